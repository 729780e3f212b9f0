/*
 * courier_flush.h - one flush of the outbox; for courier_send.c (rows out),
 * courier_seal.c (drafts into ciphertext), courier_compose.c (what is to be
 * said yet), courier_needed.c (who has to be met), courier_due.c (what is due),
 * courier_number.c (submit ids), courier_answers.c (answers in),
 * courier_attempt.c (what is under way) and courier_expire.c (the end).
 *
 * A flush turns round: take the answers that came, then in one transaction
 * file them and seal and number the next rows, commit, and only then let the
 * bytes go.  One commit serves a batch in both directions.
 *
 * What has a submit id was sealed before what has none, and goes first: a
 * device that got the later ciphertext first would be told of a gap.
 *
 * A scan looks at rows above f->after, which moves with it.  It stops early
 * when a turn is full (go on from there), when f->window_full (rows behind need
 * a submit id, and only an answer frees one), or f->at_end.  Either of the two
 * leaves nothing to do but wait for an answer.  f->rescan begins at the first
 * row again: somebody was met, so drafts that were passed can be sealed, or an
 * answer gave a row back.  Rows that are settled or under way are passed over.
 * Once the relay asks to send more slowly (f->slowed) nothing more is sent: the
 * rest keeps its place behind what was refused, for another flush.
 *
 * An answer counts for the attempt that it answers.  Another process that sends
 * from the same outbox may have filed its own answer to that, and the row be a
 * draft again, or at an attempt of fewer recipients: then it says nothing of
 * the row, which is looked at again.
 *
 * The flush is over when nothing is under way and nothing is left to scan; a
 * full window without anything under way is one of rows that are not due.
 */
#ifndef TACIT_CLIENT_CORE_COURIER_FLUSH_H
#define TACIT_CLIENT_CORE_COURIER_FLUSH_H

#include "client/core/courier/courier_private.h"
#include "client/core/messenger/messenger.h"
#include "store/client/outbox.h"

enum {
	FLUSH_TRIES = 3,
	FLUSH_FULL_MAX = 16, /* whose mailboxes are remembered to be full */
};

struct attempts;
struct meetings;

/* A row that this flush has dealt with, or that has a submit id. */
struct attempt {
	uint64_t order;
	uint64_t counter; /* its submit id; 0: none any more */
	uint64_t request_id;
	unsigned tries;
	bool due;     /* where only what is due goes: it does */
	bool settled; /* not to be touched again in this flush */
};

enum status attempts_new(struct attempts **a);
void attempts_free(struct attempts *a); /* NULL is fine */
/* The entry of a row, made when missing.  NOMEM. */
enum status attempts_take(
    struct attempts *a, uint64_t order, struct attempt **attempt);
struct attempt *attempts_find(struct attempts *a, uint64_t order);
struct attempt *attempts_of_request(struct attempts *a, uint64_t request_id);
/* It is under way as this request; 0: no longer.  NOMEM. */
enum status attempts_set_request(
    struct attempts *a, struct attempt *attempt, uint64_t request_id);
size_t attempts_under_way(const struct attempts *a);
/* The lowest submit counter without an answer; 0: none. */
uint64_t attempts_floor(const struct attempts *a);

/*
 * Once, when all that have a submit id are here: their rows in the order of
 * those, which is the order in which they were sealed.  NOMEM.
 */
enum status attempts_sort(struct attempts *a);
size_t attempts_numbered(const struct attempts *a);
uint64_t attempts_numbered_at(const struct attempts *a, size_t i);

struct answer {
	uint64_t order;
	struct reply reply; /* borrows from answers_arena */
};

struct fate {
	struct courier_fate view;
	struct tacit_error error;
	struct fate *next;
};

struct flush {
	struct courier *c;
	int64_t deadline_ms;
	bool due_only;
	uint64_t marked; /* rows up to here were marked, if only those go */
	size_t receipts_left;  /* devices that may still be told what we have */
	courier_sent_fn *sent; /* may be NULL */
	void *arg;
	const struct courier_source *source; /* NULL: nothing to compose */

	struct attempts *attempts;
	size_t numbered;  /* so many of those with a submit id were looked at */
	uint64_t after;   /* rows up to here were looked at */
	bool at_end;      /* no rows above `after` */
	bool window_full; /* no more submit ids before an answer */
	bool rescan;      /* rows below `after` may go now */
	bool drafts;      /* among the rows up to `after` */
	bool slowed;      /* the relay takes no more for now */

	/* Who had no room for a message of two: the next one waits behind it.
	 */
	struct account_name full[FLUSH_FULL_MAX];
	size_t full_count;

	/* Accounts whose bundles are wanted, and all that were asked for. */
	struct account_name needed[LIMIT_BUNDLE_ACCOUNTS];
	size_t needed_count;
	struct meetings *meetings;
	struct tacit_error waiting; /* why the last row had to wait */

	/* Of one turn. */
	struct arena *arena; /* rows and fates */
	struct outbox_row rows[BATCH_ITEMS];
	size_t rows_count;
	size_t rows_bytes;
	struct arena *answers_arena;
	struct answer answers[BATCH_ITEMS];
	size_t answers_count;
	struct fate *fates, **fates_end;
};

/* Note what became of a row; error->code DONE: it is at the relay. */
enum status flush_note(struct flush *f, uint64_t order,
    enum message_state state, const struct tacit_error *error,
    struct fate **fate);

/* The row stays as it is; nobody looks at it again in this flush. */
enum status flush_put_aside(struct flush *f, const struct outbox_row *row,
    enum message_state state, const struct tacit_error *why);

/*
 * Seal what is a draft, or can be sealed for more.  *ready: the row can be
 * submitted, and *row is what it has become; else it was put aside, or waits
 * for accounts that are now in f->needed.
 */
enum status flush_seal(
    struct flush *f, struct step *s, struct outbox_row *row, bool *ready);

/* Tell what was noted, which was committed. */
void flush_tell(struct flush *f);

/* Where only what is due goes: mark what does.  Uses f->arena. */
enum status flush_mark_due(struct flush *f, struct step *s);

/* Rows that have a submit id stand for the floor before anything is sent. */
enum status flush_note_numbered(struct flush *f, struct step *s);

/*
 * Submit ids for the rows of this turn that have none.  Where the window is
 * full the turn ends, and the rows behind wait for an answer.
 */
enum status flush_number(struct flush *f, struct step *s);

/*
 * The same for a row to come.  *floor: the lowest id without an answer, from
 * attempts_floor(); it is kept up.  FULL: the window is.
 */
enum status flush_next_id(
    struct step *s, uint64_t *floor, struct submit_id *id);

/*
 * Compose what is still to be said, until `end_ms` (clock_mono_ms()) or the
 * turn is full; one at least, where the turn has nothing else to do.
 */
bool flush_has_source(const struct flush *f); /* something is left */
enum status flush_compose(struct flush *f, struct step *s, int64_t end_ms);

/* Bytes of a row that are to be carried. */
size_t flush_weight(const struct outbox_row *row);

/* Recipients of a row that the next attempt names. */
size_t flush_open_recipients(const struct outbox_row *row);

enum status meetings_new(struct meetings **m);
void meetings_free(struct meetings *m); /* NULL is fine */

/*
 * Each account is asked for once in a flush.  flush_need() puts it on f->needed
 * unless it is there or was asked for, as far as there is room: a row that is
 * passed over for that is looked at again.  flush_meet() meets all of them.
 * flush_unmet() is what came of it, NULL before: whoever was met and still has
 * no session, for want of prekeys say, counts as not met.
 */
enum status flush_need(struct flush *f, const struct account_name *name);
enum tacit_code flush_meet(struct flush *f, struct tacit_error *e);
const struct meeting *flush_unmet(
    const struct flush *f, const struct account_name *name);
/* Does the relay know no such account?  As far as somebody asked. */
bool flush_is_gone(const struct flush *f, const struct account_name *name);

/*
 * After the last turn, which came to `code`, also when the line broke: what
 * this flush tried, still has, and is older than 14 days, ends and is told.
 */
enum tacit_code flush_expire(
    struct flush *f, enum tacit_code code, struct tacit_error *e);

/* Take what answers there are; wait for one when `wait`. */
enum tacit_code flush_gather(struct flush *f, bool wait, struct tacit_error *e);
/* Its devices are not those the ciphertext was made for. */
bool flush_says_changed(const struct reply *reply);
/* Is it for somebody who had no room for another, earlier message of two? */
bool flush_is_full(const struct flush *f, const struct outbox_row *row);
/* Put aside for that. */
enum status flush_hold_back(struct flush *f, const struct outbox_row *row);
/* Learn about devices that answers speak of. */
enum tacit_code flush_look_up(struct flush *f, struct tacit_error *e);
/* File them. */
enum status flush_apply(struct flush *f, struct step *s);

#endif
