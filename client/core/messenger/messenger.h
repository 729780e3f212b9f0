/*
 * messenger.h - the only place in the client where a message changes state.
 *
 *   send:     compose -> outbox draft -> seal (ratchet) -> READY -> stored
 *   receive:  item -> decrypt, verify, file -> history | quarantine
 *
 * Nothing here waits: steps in, decisions out.  courier.h moves the bytes.
 */
#ifndef TACIT_CLIENT_CORE_MESSENGER_H
#define TACIT_CLIENT_CORE_MESSENGER_H

#include "client/core/core.h"
#include "proto/envelope.h"
#include "proto/group.h"
#include "store/client/contacts.h"
#include "store/client/history.h"
#include "store/client/outbox.h"

/* What is to be said to whom, before there are keys. */
struct draft {
	enum conversation_kind kind;
	struct account_name to; /* direct */
	struct hash group;      /* group */
	struct message_id id;
	struct bytes text; /* checked: UTF-8, 1..LIMIT_TEXT_BYTES */
	uint32_t type;     /* enum message_type; 0: a text */
	bool has_target;   /* its hash is zeros when that is not sealed yet */
	struct message_target target;
	/*
	 * A text disappears after this time, or sooner where the conversation
	 * says so; a MESSAGE_TIMER sets it for the conversation.  0: never.
	 */
	uint64_t timer_s;
};

/* 1..LIMIT_TEXT_BYTES of UTF-8 without NUL: what tacit.h promises of a text. */
bool messenger_is_text(struct bytes text);

/*
 * File it in the history as queued, and in the outbox as a draft; or change the
 * draft that it is about.  DENIED: that one never leaves.  EXISTS:
 * that id was composed before (success for a retry); *order is then 0 unless
 * it is still in the outbox, *n its place in the history.  CONFLICT: it is of
 * a message of somebody else, or in another conversation.
 */
enum status messenger_compose(
    struct step *s, const struct draft *d, uint64_t *n, uint64_t *order);

/* Names one attempt of a row at the relay (protocol.md 4.6). */
struct submit_id {
	uint8_t stream[STREAM_BYTES];
	uint64_t counter;
};

/*
 * Compose and seal in one go, which is much cheaper: for a direct message that
 * nothing stands in the way of.  The outbox must hold no draft, or it would
 * overtake that.
 *
 * *row: READY under that submit id, borrowing from the step's arena; *n: the
 * place in the history.  Any other status than OK: something stands in the way,
 * or it was composed before; the step is to be undone, and messenger_compose()
 * and messenger_seal() find out what it is.
 */
enum status messenger_say(struct step *s, const struct draft *d,
    const struct submit_id *id, uint64_t *n, struct outbox_row *row);

/* Queue a control message for all devices of one account. */
enum status messenger_control(
    struct step *s, const struct account_name *to, const struct plaintext *p);

/*
 * The same for many accounts, in one row and one submit: each device gets a
 * ciphertext of its own.  Whoever was met is pinned: nobody gets it who
 * has the name under another key by then.  Those without a session are met on
 * the way; those who cannot be reached, or whose mailbox is full, are tried
 * again for 14 days, and nobody waits for them.  A device that was exchanged
 * meanwhile gets it anew.  It stands in no order with other rows.
 *
 *   names   as many as there are, each once; copied; not our own
 *   p       as for messenger_control()
 *
 * Spec: docs/protocol.md 7.1.
 */
enum status messenger_control_many(struct step *s,
    const struct account_name *names, size_t count, const struct plaintext *p);

/*
 * The same for members of a group, who may not have been met: nobody gets it
 * but under the account key that stands in the roster.
 */
enum status messenger_control_members(struct step *s,
    const struct group_member *members, size_t count,
    const struct plaintext *p);

/*
 * The same for one of them, to whom p brings a message of ours again: the user
 * is told (messenger_tell_gone()) when there is no such account any more, and
 * what the relay says later of the item is about the message.
 */
enum status messenger_control_again(struct step *s,
    const struct group_member *to, const struct plaintext *p,
    const struct history_entry *message);

/*
 * Seal a row for many for those who can be reached, after the others were tried
 * in vain; `gone` are forgotten, as the relay knows no such accounts.  AGAIN:
 * nobody can be reached, the row says so.  Otherwise as messenger_seal().
 */
enum status messenger_seal_some(struct step *s, uint64_t order,
    const struct account_name *gone, size_t gone_count);

/*
 * Seal a group's message for its members but `gone`, whom the relay does not
 * know; they stand in the row as left out.  CLOSED: nobody else is a member;
 * nothing has changed.  Otherwise as messenger_seal().
 */
enum status messenger_seal_without(struct step *s, uint64_t order,
    const struct account_name *gone, size_t gone_count);

/* Whether there is something to seal in it before its next attempt. */
static inline bool
messenger_wants_seal(const struct outbox_row *row)
{
	return row->state == OUTBOX_DRAFT ||
	       (row->waiting_count > 0 && row->submit_counter == 0);
}

/*
 * Turn a draft into ciphertext, once: in this step's transaction ratchet,
 * history (signed body) and outbox move together.
 *
 * OK: the row is READY (or was).  AGAIN: sessions are missing; `needed` (at
 * most *needed_count) names the accounts to take bundles of; with nobody
 * needed it waits for something else, and the row says for what.  CONFLICT: an
 * earlier draft of the same conversation still waits.  UNTRUSTED: the key
 * changed; the row stays, with its reason.  DENIED: it can never be sent, as
 * we are not a member any more or it is too long: the row is gone, the message
 * `failed` with the reason.
 */
enum status messenger_seal(struct step *s, uint64_t order,
    struct account_name *needed, size_t *needed_count);

/* The account does not exist: the draft becomes `failed`. */
enum status messenger_fail(struct step *s, uint64_t order, const char *reason);

/*
 * A message to a group of which nobody else is left: it is `failed`, also where
 * its row has ended with what the relay said of the devices of before, and none
 * of `gone` gets it.  The sentence is for the user.
 */
extern const char messenger_alone[];
enum status messenger_fail_alone(struct step *s, const struct outbox_row *row,
    const struct account_name *gone, size_t gone_count);

/*
 * What the relay answered to an attempt (REPLY_SUBMITTED or REPLY_ERROR): rows
 * end, refused recipients stay for a later attempt, times to try again are set.
 *
 * An attempt names the recipients that are not `done`, in the row's order, and
 * refusals count in those.  A row whose submit_counter is 0 afterwards needs a
 * new submit id; otherwise the same attempt is to be repeated.  Its return
 * handle is the message id, so that a note of the relay finds the message.
 *
 * *attempted: the row, read in this step; it is left as it was.
 *
 * *state: the message's state afterwards, except STATE_REFUSED: it waits, since
 * every mailbox refused it.
 */
enum status messenger_submitted(struct step *s,
    const struct outbox_row *attempted, const struct reply *reply,
    enum message_state *state);

/*
 * The row has waited longer than a message is tried, 14 days; it ends as
 * `expired`, or stays `stored` when some of a group have it (*state).
 */
bool messenger_is_old(const struct outbox_row *row, int64_t now_ms);
enum status messenger_expire(
    struct step *s, uint64_t order, enum message_state *state);

/*
 * Take one item that the relay pushed.  Whatever it is, on OK it is dealt with
 * durably once the step commits, and may be acknowledged: filed, quarantined
 * with its notice, or known already.  Any other status (NOMEM, NO_SPACE, IO):
 * abort, acknowledge nothing.
 */
enum status messenger_take(struct step *s, const struct item *item);

/* Whether messenger_take_together() may be handed the item: no first words. */
static inline bool
messenger_goes_together(const struct item *item)
{
	return item->has_sender &&
	       (item->type == ITEM_SENDER_KEY || item->type == ITEM_RATCHET);
}

/*
 * Take items that go together, in order and at once, which is cheaper.  OK: as
 * if messenger_take() had taken each.  Any other status: nothing has changed,
 * one of them is special; messenger_take() each.
 */
enum status messenger_take_together(
    struct step *s, const struct item *const *items, size_t count);

/*
 * The user accepts the changed key of `name`: what waits under the old one
 * becomes `failed`, what was quarantined for the new one is read.  *changed is
 * false when there was nothing to accept.  NOT_FOUND: no such contact.
 */
enum status messenger_trust(
    struct step *s, const struct account_name *name, bool *changed);

/* Try again what was quarantined for `why` from `sender` (NULL: anyone). */
enum status messenger_retry_quarantine(struct step *s,
    enum quarantine_reason why, const struct account_name *sender);

/*
 * For the group modules: sign and verify, direct and group alike.
 *
 * messenger_sign makes body, signature and salt for a message of ours in
 * `conversation` (the signed one), stepping our own chain there.  `place` is
 * NULL for a conversation of two.
 */
struct log_place {
	uint64_t length;  /* of the group's log as we have it, in entries */
	struct hash head; /* of its last entry */
};
/* What is signed of a message of ours, besides its place in our chain. */
struct saying {
	struct message_id id;
	uint32_t type; /* enum message_type */
	bool has_target;
	struct message_target target;
	int64_t sent_ms;  /* when the user said it; keys may come much later */
	uint64_t timer_s; /* 0: it stays */
	struct bytes content;
	/* Direct: the setting that it knows of (timers.h). */
	uint64_t talk_turn;
	uint64_t talk_timer_s;
};
struct signed_parts {
	struct buf *body;
	struct signature signature;
	uint8_t salt[SALT_BYTES];
};
enum status messenger_sign(struct step *s, const struct hash *conversation,
    const struct saying *what, const struct log_place *place,
    struct signed_parts *parts, uint64_t *seq);

/*
 * What a draft says, from the row and its entry in the history.  DENIED: it is
 * about a message of ours that never left.
 */
enum status messenger_saying(
    struct step *s, const struct outbox_row *row, struct saying *what);

/*
 * Check a message of `sender`'s `device` in `conversation` and file it with
 * the sender's chain advanced (gaps become notices).  EXISTS: filed before.
 * A wrong signature is filed as such: OK.
 */
enum status messenger_file(struct step *s, enum conversation_kind kind,
    const struct hash *conversation, const struct hash *history_key,
    const struct contact *sender, const struct device_entry *device,
    const struct signed_message *m, uint64_t *n);

/* One line in a conversation that is not a message. */
struct notice {
	enum notice_kind kind;
	enum conversation_kind conversation_kind;
	struct hash conversation; /* history key */
	struct account_name peer; /* direct */
	struct account_name from;
	struct account_name subject;
	struct bytes detail;
};
enum status messenger_notice(struct step *s, const struct notice *notice);

#endif
