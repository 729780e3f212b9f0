/*
 * messenger_internal.h - between the messenger's files alone:
 *
 *   messenger_compose.c     what the user says, into history and outbox
 *   messenger_say.c         the same, sealed in one go
 *   messenger_control.c     what devices tell each other, into the outbox
 *   messenger_seal.c        drafts into ciphertext
 *   messenger_many.c        control for many, in one row
 *   messenger_again.c       what was signed before, for another device
 *   messenger_submit.c      what the relay answered, and when to try again
 *   messenger_sign.c        bodies and their signatures
 *   messenger_file.c        messages of others, and the senders' chains
 *   messenger_receive.c     items in
 *   messenger_quarantine.c  what could not be read, kept and tried again
 *   messenger_trust.c       a changed key, accepted
 *   messenger_note.c        what the relay says of itself
 *   states.c                what becomes of messages of ours, told once
 *   timers.c                after how long what two people say disappears
 *   messenger_notice.c      lines that are not messages
 */
#ifndef TACIT_CLIENT_CORE_MESSENGER_INTERNAL_H
#define TACIT_CLIENT_CORE_MESSENGER_INTERNAL_H

#include "client/core/messenger/messenger.h"
#include "client/core/messenger/pair.h"

/* What is ours to fix, not the message's fault: abort, acknowledge nothing. */
static inline bool
messenger_is_fatal(enum status st)
{
	return st == STATUS_NOMEM || st == STATUS_NO_SPACE || st == STATUS_IO;
}

/* A damaged record of our own is IO; CRYPTO is kept for what peers send. */
static inline enum status
messenger_own(enum status st)
{
	return st == STATUS_CRYPTO ? STATUS_IO : st;
}

/* As messenger_file(), in one piece. */
struct filing {
	enum conversation_kind kind;
	const struct hash *conversation; /* the signed one */
	const struct hash *history_key;
	const struct contact *sender;
	const struct device_entry *device;
	uint64_t missing; /* known to be withheld before it: told with it */
	/* Sent again by somebody: must be signed.  NULL: as it came. */
	const struct account_name *resent_by;
	bool aside; /* from before our time: moves no chain, closes no gap */
};

/*
 * Signed by this device, in this conversation, over this content?  BAD_INPUT:
 * not what its type says.
 */
enum status messenger_verify(const struct filing *f,
    const struct signed_message *m, const struct message_body *body,
    enum signature_verdict *verdict);

/*
 * CONFLICT: it is not what its neighbours in the sender's chain name.  CRYPTO:
 * sent again, and not signed.  Else as messenger_file().
 */
enum status messenger_file_one(struct step *s, const struct filing *f,
    const struct signed_message *m, uint64_t *n);

/* What was decrypted goes where it belongs, unless consent.h holds it. */
enum status messenger_deliver(
    struct step *s, const struct pair_arrival *arrival);

/*
 * A direct message that is not to be filed: its sender's chain goes on as if it
 * had been, so that the next one that is shows no gap.  Nobody is told.
 */
enum status messenger_pass_over(
    struct step *s, const struct pair_arrival *arrival);
/* The same where the conversation is known already. */
enum status messenger_skip_one(
    struct step *s, const struct filing *f, const struct signed_message *m);

/* From our own commit on, whatever the sender's clock says; 0: never. */
static inline int64_t
messenger_expires_ms(const struct step *s, uint64_t timer_s)
{
	return timer_s == 0 ? 0 : s->now_ms + (int64_t)timer_s * 1000;
}

/* A number as the detail of a notice; borrows from text. */
enum { COUNT_TEXT_BYTES = 24 };
struct bytes messenger_count_text(uint64_t count, char text[COUNT_TEXT_BYTES]);

/* A nested step with an arena of its own, given back when it ends. */
enum status messenger_nest(struct step *outer, struct step *inner);

/*
 * NOMEM of a nested step is BAD_INPUT when the message is to blame: what it
 * unfolds to is past the arena's ceiling, and always would be.
 */
enum status messenger_blame(const struct step *inner, enum status st);

/*
 * Add to the quarantine, which is bounded: beyond that a flood is told, but no
 * longer kept.  FULL: not kept.
 */
enum status messenger_keep(
    struct step *s, const struct quarantine_entry *q, uint64_t *order);

/*
 * A notice in the direct conversation with `peer`; detail: a number.  *n: its
 * place in the history; 0: there is none, since it is blocked, or a stranger of
 * whom nothing, or no more, is told that cannot be read (consent.h).
 */
enum status messenger_tell_peer(struct step *s, enum notice_kind kind,
    const struct account_name *peer, uint64_t count, uint64_t *n);

/* As messenger_notice(); *n: its place in the history. */
enum status messenger_notice_at(
    struct step *s, const struct notice *notice, uint64_t *n);

/*
 * A notice: others get this message of ours, `who` does not.  `changed`: since
 * it was encrypted for a device that is gone; a member's next one is sent it.
 */
enum status messenger_tell_lost(struct step *s, const struct outbox_row *row,
    const struct account_name *who, bool changed);

/*
 * Take one pairwise item in a nested step: all of it, or nothing.  OK: done.
 * UNTRUSTED: by a key the user has not accepted, which is recorded now.  Other
 * statuses as pair_decrypt().
 */
enum status messenger_take_pair(struct step *s, const struct item *item);

/*
 * Keep an item that could not be taken; UNDECRYPTABLE is told, or not kept.
 * *kept: where it is, and where that stands; 0: it is not.
 */
struct kept {
	uint64_t order;
	uint64_t told;
};
enum status messenger_quarantine(struct step *s, const struct item *item,
    enum quarantine_reason reason, struct kept *kept);

/*
 * What cannot be taken for this reason is kept, told, asked for again where
 * that may help, and does not stand in the way.
 */
enum status messenger_set_aside(
    struct step *s, const struct item *item, enum status why);

/* The relay says what became of something it had accepted. */
enum status messenger_take_note(struct step *s, const struct item *item);

/*
 * A direct message that was signed before, as it is sent to another device.
 * *never is set to the reason when it cannot be.
 */
enum status messenger_check_signed(struct step *s, const struct outbox_row *row,
    const struct contact *c, struct plaintext *p, const char **never);
/* Back to a draft, of what was signed; the caller stores it. */
void messenger_unseal(struct outbox_row *row);
/*
 * The relay has given it up with its device: it is queued for whatever device
 * its account has now, a few times, else it is STATE_DEVICE_GONE.
 */
enum status messenger_send_again(struct step *s, const struct relay_note *note,
    const struct history_entry *e);
/* There was none: a notice. */
enum status messenger_tell_gone(struct step *s, const struct outbox_row *row);

/* One more own message of this conversation that `who` will never get. */
enum status messenger_tell_unfetched(struct step *s, enum notice_kind kind,
    const struct history_entry *message, const struct account_name *who);

/* Remember that the refusal of one attempt towards `to` is known. */
enum status messenger_know_refusal(
    struct step *s, const struct outbox_row *row, const struct address *to);

/* The signed form of a message of ours into the history: verifiable later. */
enum status messenger_file_signed(struct step *s, const struct outbox_row *row,
    const struct signed_parts *parts, uint64_t seq);
/* Into its entry alone, which borrows from `parts` and the row. */
enum status messenger_fill_signed(struct step *s, const struct outbox_row *row,
    const struct signed_parts *parts, uint64_t seq, struct history_entry *e);

/*
 * Where an id of ours stands; EXISTS when it was composed before.  CONFLICT: it
 * is a peer's, of a message to others, who alone would have it, or of another
 * word than d, as far as that is still there.
 */
enum status messenger_find_composed(
    struct step *s, const struct draft *d, uint64_t *n, uint64_t *order);
/* The entry of a message of ours that has not left; a timer is set by it. */
enum status messenger_draft_entry(
    struct step *s, const struct draft *d, struct history_entry *e);
/* As messenger_saying(), with the entry at hand. */
enum status messenger_saying_of(struct step *s, const struct history_entry *e,
    struct bytes content, struct saying *what);

/* A message of ours to somebody, as it is encrypted: borrows from the three. */
struct plaintext messenger_plaintext(
    const struct signed_parts *parts, struct bytes content);

/*
 * Encrypt to all devices of c and store the row as READY; its recipients live
 * in the step's arena.  As pair_encrypt().
 */
enum status messenger_encrypt(struct step *s, struct outbox_row *row,
    const struct contact *c, const struct plaintext *p);

/*
 * The Plaintext of a control message, owned; its counter and device list are
 * put in when it is sealed.
 */
enum status messenger_encode_control(
    const struct plaintext *p, struct buf **content);

/* Every current device must be reachable.  NOT_FOUND: one is not. */
enum status messenger_check_sessions(struct step *s, const struct contact *c);
/* A session that cannot be used any more makes room for a fresh one. */
enum status messenger_drop_sessions(struct step *s, const struct contact *c);

/* messenger_seal() for an OUTBOX_MANY. */
enum status messenger_seal_many(struct step *s, const struct outbox_row *row,
    struct account_name *needed, size_t *needed_count);
/*
 * Whose devices were exchanged waits again; taken_back has an entry for each
 * recipient.  *row is changed alone, the caller stores it.
 */
enum status messenger_take_back(
    struct step *s, struct outbox_row *row, const bool *taken_back);
/* Its recipients are done: a draft again, for those who still wait. */
enum status messenger_go_on(struct step *s, const struct outbox_row *row);

/*
 * The row goes, its message gets this state.  One for many, which some still
 * wait for, stays for those unless its time is over.
 */
enum status messenger_end(struct step *s, const struct outbox_row *row,
    enum message_state state, const char *reason);

/* Counts the attempt and sets the time of the next one. */
void messenger_back_off(
    struct outbox_row *row, int64_t now_ms, uint64_t retry_after_ms);

#endif
