/*
 * receipts.h - who has what of whose messages (protocol.md 7.5).
 *
 *   receipts_owe.c    what we have of others' messages, and owe them word of
 *   receipts_gone.c   the same, to whoever has the place of who wrote them
 *   receipts_send.c   into the outbox, one item for each device
 *   receipts_answer.c what became of them
 *   receipts_take.c   what others have of ours
 *   receipts_state.c  what that makes of a message of ours
 *
 * Nothing here costs a message: a receipt that is lost is made good by the
 * next, and one that cannot be read is dropped without a word.
 */
#ifndef TACIT_CLIENT_CORE_RECEIPTS_H
#define TACIT_CLIENT_CORE_RECEIPTS_H

#include "client/core/core.h"
#include "client/core/messenger/pair.h"
#include "store/client/history.h"
#include "store/client/outbox.h"
#include "store/client/receipts.h"

/* Whose messages, where: `conversation` is the signed one. */
struct receipt_talk {
	enum conversation_kind kind;
	const struct hash *conversation;
	const struct address *from;
	const struct sign_public *account_key;
	const struct contact
	    *contact; /* `from`, where it is at hand, or NULL */
};

/* What a receipt may say. */
enum receipt_word { RECEIPT_DELIVERED = 1, RECEIPT_READ };

/*
 * The one place that decides whether a sender is told (*sent).  What is not
 * told is not kept for telling either: who switches receipts on again says
 * nothing of what came or was shown before.  NOMEM, IO.
 *
 * Spec: docs/protocol.md 7.5.
 */
enum status receipts_are_sent(struct step *s, enum receipt_word word,
    const struct receipt_talk *t, bool *sent);

/* Write down that this device is to be told; *owed: there was room for it. */
enum status receipts_owe(
    struct step *s, const struct receipt_talk *t, bool *owed);

/*
 * This device of c's account is gone: the one that has its place, which may
 * know of what it wrote and not of what it was told, is owed word of all we
 * have of that, and of those before it.
 *
 * Spec: docs/protocol.md 7.5.
 */
enum status receipts_owe_gone(
    struct step *s, const struct contact *c, uint32_t device);

/*
 * A message with this number was filed.  The sender's `chain` gets it, and is
 * written by the caller, in the same step.
 */
enum status receipts_note_filed(struct step *s, const struct receipt_talk *t,
    uint64_t seq, struct sender_state *chain);

/*
 * Our head of the group's log is owed to this device, whatever it wrote and
 * whatever receipts say otherwise: in a frozen group it shows that there are
 * two logs, and says nothing of messages.
 */
enum status receipts_owe_head(struct step *s, const struct receipt_talk *t);

/* Messages of others that were shown to the user, in the caller's order. */
struct receipt_shown {
	enum conversation_kind kind;
	struct hash group; /* groups */
	struct address from;
	struct sign_public account_key;
	uint64_t seq;
};
enum status receipts_note_shown(
    struct step *s, const struct receipt_shown *shown, size_t count);

/*
 * Receipts for at most `most` devices that are owed one, sealed into one row of
 * the outbox; *count says how many devices were looked at, 0: nothing is owed.
 */
enum {
	RECEIPTS_OF_ROW = 64,
	RECEIPTS_LATER_MS = 10 * 60 * 1000, /* where it cannot be sent now */
};
enum status receipts_gather(struct step *s, size_t most, size_t *count);

/* What is owed to a device is owed no more, until its next message. */
enum status receipts_forget(struct step *s, const struct receipt_due *d);

/* The relay's answer to such a row, which ends: refused ones are owed again. */
enum status receipts_submitted(
    struct step *s, const struct outbox_row *row, const struct reply *reply);

/* An item of the receipt lane; on OK it is dealt with, read or not. */
enum status receipts_take_item(struct step *s, const struct item *item);

/* What a verified device says it has of ours, as the relay had it at told_ms */
enum status receipts_take(
    struct step *s, const struct pair_arrival *arrival, int64_t told_ms);

/*
 * What one account has of a message of ours in `conversation`; times are 0 when
 * it was long ago.
 */
struct receipt_fate {
	bool delivered;
	bool read;
	int64_t delivered_ms;
	int64_t read_ms;
};
/* Which of ours: numbers of a device of ours begin at 1. */
struct own_place {
	uint32_t device;
	uint64_t seq;
};
enum status receipts_fate(struct step *s, const struct hash *conversation,
    const struct own_place *place, const struct account_name *who,
    struct receipt_fate *fate);

/*
 * Whether everybody who is in the group, and was when this message of ours was
 * written, is known not to get it.  Somebody must be.
 */
enum status receipts_is_lost(
    struct step *s, const struct history_entry *e, bool *lost);

/* When the other of two had it, zeros in a group and where it is not known. */
enum status receipts_times(
    struct step *s, const struct history_entry *e, struct receipt_fate *fate);

/* The state of a message of ours, with what is known from receipts. */
enum status receipts_state(
    struct step *s, const struct history_entry *e, enum message_state *state);

#endif
