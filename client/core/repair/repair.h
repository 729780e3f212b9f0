/*
 * repair.h - messages that did not come: seen, asked for, sent again
 * (protocol.md 9).
 *
 *   repair_gap.c      what is missing: noticed, and filled
 *   repair_ask.c      whom to ask for it, and when
 *   repair_answer.c   what others ask of us
 *   repair_take.c     what others send again, to a group
 *   repair_held.c     what of that waits for the log
 *   repair_direct.c   what goes between two
 *   repair_history.c  what was said before somebody joined
 *   repair_former.c   what our old device had signed and not got through
 *   repair_member.c   what a member's old device did not fetch
 *   repair_places.c   what others have said meanwhile, asked of them
 *   repair_last.c     what we had said, before another device took the place
 *
 * Steps in, rows out: requests and answers leave through the outbox.  Nothing
 * here is trusted for coming from whom it came: a message that is sent again is
 * judged by its author's signature and the log, as if its author had sent it.
 */
#ifndef TACIT_CLIENT_CORE_REPAIR_H
#define TACIT_CLIENT_CORE_REPAIR_H

#include "client/core/core.h"
#include "client/core/messenger/pair.h"
#include "proto/group.h"
#include "store/client/outbox.h"
#include "store/client/repairs.h"

enum {
	REPAIR_DAYS = 30 + 7, /* a relay keeps mail for 30 days */
	REPAIR_ASKS_MAX = 3,  /* for one thing */
};

/* How long what may be asked for is kept, and what was given counts. */
static const int64_t repair_kept_ms =
    INT64_C(24) * 60 * 60 * 1000 * REPAIR_DAYS;

/*
 * Numbers of a device were skipped: `g` says which, between what, and which
 * line tells of it.  What is beyond the bounds is told, but not asked for.
 */
enum status repair_note_numbers(struct step *s, const struct gap *g);

/*
 * A ciphertext of a known account does not decrypt: it lies in the quarantine
 * at `kept` (0: it does not), and the line `told` says so.
 */
struct repair_item {
	enum conversation_kind kind; /* direct: it was for us alone */
	const struct address *sender;
	struct bytes payload;
	uint64_t kept;
	uint64_t told;
	bool no_key;  /* the sender key is not here; else it does not help */
	bool suspect; /* the session may be to blame: a fresh one is wanted */
};
enum status repair_note_item(struct step *s, const struct repair_item *item);

/* Nobody is asked any more, and what was kept of it goes. */
enum status repair_forget(struct step *s, const struct gap *g);

/* It has been read after all: nobody is asked any more. */
enum status repair_item_came(
    struct step *s, const struct address *sender, struct bytes payload);

/* As that; the kept ciphertext goes, too. */
enum status repair_settle_item(struct step *s, const struct gap *g);

/*
 * Does a message by the author of the gap, with a number in it, fit between its
 * neighbours?  Where it touches one, the hashes must agree.
 */
bool repair_fits(const struct gap *g, const struct message_body *body,
    const struct hash *body_hash);

/*
 * It has been filed: the gap shrinks or falls in two, and its line counts what
 * has come.  `resent`: somebody answered, so the rest may be asked for now.
 */
enum status repair_fill(struct step *s, const struct gap *g,
    const struct message_body *body, const struct hash *body_hash, bool resent);

/*
 * Ask for what is due, after mailbox and logs were read.  repair_has_due() is a
 * look that needs no write transaction.
 */
enum status repair_has_due(struct step *s, bool *due);
enum status repair_ask(struct step *s);

/*
 * Somebody asks, by a pairwise message: what it may have is queued.  What it
 * may not have, or has had often enough, is left out without a word.
 */
enum status repair_take_request(
    struct step *s, const struct pair_arrival *arrival);

/* A message of ours went away as this ciphertext. */
enum status repair_note_sent(
    struct step *s, struct bytes ciphertext, uint64_t history_n);

/*
 * Somebody sends again.  OK also for what is dropped: it was not missing, or
 * proves nothing.
 */
enum status repair_take_resent(
    struct step *s, const struct pair_arrival *arrival);

/*
 * A row of the outbox may wait for days, longer than a text may stay.  So it
 * keeps what was signed, and no text: repair_strip() makes that of a Resent,
 * for the step's arena.  repair_fill_in() puts the texts of the history in when
 * the row is sealed, and leaves out what is gone by then.
 *
 *   talk   what the history files the messages under
 */
enum status repair_strip(
    struct step *s, const struct plaintext *p, struct plaintext *bare);
enum status repair_fill_in(
    struct step *s, const struct hash *talk, struct plaintext *p);

/* For those two: is it about what goes between us and who sends it? */
bool repair_is_direct(struct step *s, const struct pair_arrival *arrival);
enum status repair_take_direct(
    struct step *s, const struct pair_arrival *arrival);

/* What repair_take_resent() kept aside until the log came, once more. */
enum status repair_retry_resent(
    struct step *s, const struct quarantine_entry *q);

/*
 * Queue what was said in a group since then for somebody who has just become a
 * member: originals, at most REPAIR_HISTORY_BYTES of the newest.
 */
enum {
	REPAIR_HISTORY_ITEMS = 5000,
	REPAIR_HISTORY_BYTES = 8 * 1024 * 1024,
};
enum status repair_send_history(struct step *s, const struct hash *group,
    const struct group_member *to, int64_t since_ms);

/*
 * A message of ours to a group did not come to a device of that member: it goes
 * pairwise to whichever it has now.  *dealt_with: it does, or the member has it
 * anyway; else there is nothing to be sent, or it was sent often enough.
 *
 * Spec: docs/protocol.md 9.7.
 */
enum status repair_send_member(struct step *s, const struct history_entry *e,
    const struct account_name *who, bool *dealt_with);

/*
 * This device is about to give its place away, and this row waits with a
 * message of two that it has signed: a row that sends it again as it was signed
 * takes its place (*sent).  Else it cannot be sent any more.
 *
 * Spec: docs/protocol.md 11.
 */
enum status repair_send_former(
    struct step *s, const struct outbox_row *row, bool *sent);

/*
 * Are we the device that took the place of another, so lately that something
 * may be under way for that one?
 */
enum status repair_is_new_device(struct step *s, bool *is);

/*
 * This device is about to give its place to one that was not there: ask
 * everybody whom we know, and the members of our groups, how far they have
 * come, so that what is missing is seen before they write again, and say how
 * far this device was (protocol.md 11).
 */
enum status repair_ask_places(struct step *s);
/*
 * How far this device has come in a conversation, as signed and as the history
 * files it: seq and device of *place are 0 when nothing is known to have left.
 */
enum status repair_own_last(struct step *s, const struct hash *signed_as,
    const struct hash *history_key, struct talk_place *place);
/*
 * Those of these accounts that something was said to are asked and told; the
 * others stay in `names`.
 */
enum status repair_ask_one_by_one(
    struct step *s, struct account_name *names, size_t *count);
/* The next device of an account says that of one that is gone. */
enum status repair_take_last(struct step *s, const struct pair_arrival *arrival,
    const struct talk_place *place);
/*
 * A device of the sender has come so far: as if the message behind its last one
 * had come.  OK as well where we share no such conversation.
 */
enum status repair_note_place(struct step *s,
    const struct pair_arrival *arrival, const struct address *from,
    const struct talk_place *place);
/* The same for a group that such a device comes into; nothing for others. */
enum status repair_ask_group_places(struct step *s, const struct hash *group);
/* Somebody asks so, or says it. */
enum status repair_take_places(
    struct step *s, const struct pair_arrival *arrival);

#endif
