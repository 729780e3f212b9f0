/*
 * api_receive.c - what the default cursor has not shown, in commit order.
 *
 * The cursor moves after the caller has flushed what it was given, so a
 * receiver that dies may show a batch again and never skips one.  Two
 * receivers at once share the cursor and may both show the same entries: each
 * sees all of them at least once between the two.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/random.h"
#include "client/core/api/api_event.h"
#include "client/core/api/api_states.h"
#include "client/core/courier/courier.h"
#include "client/core/expiry.h"
#include "client/core/handle.h"
#include "client/core/lock.h"
#include "client/core/messenger/consent.h"
#include "client/core/messenger/receipts.h"
#include "store/client/history.h"

enum {
	SHOW_ITEMS = 256,
	FOLLOW_MS = 60 * 60 * 1000, /* then the connection is made anew */
	RETRY_FIRST_MS = 1000,
	RETRY_LAST_MS = 60 * 1000,
	POLL_MS = 200, /* for what other processes commit */
	RECEIPTS_WAIT_MS = 3000,
};
struct receiver {
	struct tacit *t;
	const struct tacit_receive *how;
	tacit_event_fn *show;
	void *arg;
	size_t shown;
	/* Of one batch: messages of others, for receipts. */
	struct receipt_shown batch[SHOW_ITEMS];
	size_t batch_count;
	bool over; /* the limit is reached, or the caller wants no more */
	enum status failed;
	struct tacit_error *e;
	enum tacit_code away; /* follow: why nothing came the last time */
};

static bool
is_stopped(const struct receiver *r)
{
	return r->over || r->failed != STATUS_OK ||
	       (r->how->stop != NULL && *r->how->stop);
}

static void
note(const struct receiver *r, const char *sentence)
{
	if (r->how->note != NULL)
		r->how->note(sentence, r->arg);
}

static enum status
read_cursor(struct receiver *r, uint64_t *cursor)
{
	struct step s = { 0 };
	enum status st = step_begin(&r->t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = cursor_get(s.txn, CURSOR_SHOWN, cursor);
	step_abort(&s);
	return st;
}

/* Somebody else may have shown more meanwhile: it never moves back. */
static enum status
move_cursor(struct receiver *r, uint64_t to)
{
	struct step s = { 0 };
	uint64_t now = 0;
	enum status st = step_begin(&r->t->core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = cursor_get(s.txn, CURSOR_SHOWN, &now);
	if (st == STATUS_OK && now < to)
		st = cursor_put(s.txn, CURSOR_SHOWN, to);
	if (st == STATUS_OK)
		st = receipts_note_shown(&s, r->batch, r->batch_count);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

/* Once it is flushed its sender may be told that it was read. */
static void
keep_shown(struct receiver *r, const struct history_entry *e)
{
	struct receipt_shown *shown = &r->batch[r->batch_count];

	if (e->kind != HISTORY_MESSAGE || e->signature != SIGNATURE_VALID)
		return;
	*shown = (struct receipt_shown){
		.kind = e->conversation_kind,
		.from = { e->from, e->device },
		.account_key = e->from_key,
		.seq = e->seq,
	};
	if (e->conversation_kind == CONVERSATION_GROUP)
		shown->group = e->conversation;
	r->batch_count++;
}

static enum status
show_one(struct receiver *r, struct step *s, uint64_t n)
{
	struct history_entry entry;
	bool go_on = true;
	bool hidden = false;
	enum status st = history_get(s->txn, n, s->arena, &entry);

	/* What we said ourselves we know; notices are for us. */
	if (st == STATUS_OK && !entry.own)
		st = consent_hides(s, &entry, &hidden);
	if (st != STATUS_OK || entry.own || hidden)
		return st;
	st = event_show(s, &entry, r->show, r->arg, &go_on);
	if (st != STATUS_OK)
		return st;
	keep_shown(r, &entry);
	r->shown++;
	r->over = !go_on || (r->how->limit > 0 && r->shown >= r->how->limit);
	return STATUS_OK;
}

/* Entries above *cursor, which moves past those that were looked at. */
static enum status
show_some(struct receiver *r, uint64_t *cursor, size_t *count)
{
	uint64_t numbers[SHOW_ITEMS];
	struct step s = { 0 };
	enum status st = step_begin(&r->t->core, DB_READ, &s);

	r->batch_count = 0;
	if (st == STATUS_OK)
		st = history_list(
		    s.txn, NULL, *cursor, false, numbers, SHOW_ITEMS, count);
	for (size_t i = 0; st == STATUS_OK && i < *count && !r->over; i++) {
		st = show_one(r, &s, numbers[i]);
		if (st == STATUS_OK)
			*cursor = numbers[i];
	}
	step_abort(&s);
	return st;
}

static enum status
show_new(struct receiver *r)
{
	uint64_t cursor = 0;
	size_t count = 0;
	bool go_on = true;
	enum status st = expiry_run(&r->t->core);

	if (st == STATUS_OK)
		st = read_cursor(r, &cursor);

	while (st == STATUS_OK && !r->over) {
		st = show_some(r, &cursor, &count);
		if (st != STATUS_OK || count == 0)
			break;
		if (r->how->flush != NULL && !r->how->flush(r->arg)) {
			r->over = true;
			break;
		}
		st = move_cursor(r, cursor);
	}
	if (st == STATUS_OK && !r->over && r->how->state != NULL) {
		st = states_show(r->t, r->how, r->arg, &go_on);
		r->over = !go_on;
	}
	return st;
}

/* For courier_follow(): after each commit. */
static bool
show_progress(void *arg)
{
	struct receiver *r = arg;

	r->failed = show_new(r);
	if (!r->how->follow && r->shown > 0)
		return false; /* --wait: the first ones are here */
	return !is_stopped(r);
}

static void
note_other(struct receiver *r)
{
	char sentence[128];

	snprintf(sentence, sizeof(sentence),
	    "Process %lld receives for this profile; showing what it commits.",
	    (long long)lock_holder(r->t->core.dir));
	note(r, sentence);
}

/* Show what others commit until the deadline, or until the lock is free. */
static enum status
watch_others(struct receiver *r, int64_t end_ms, bool until_free)
{
	struct lock *lock = NULL;
	enum status st = STATUS_OK;

	while (st == STATUS_OK && !is_stopped(r) && clock_mono_ms() < end_ms) {
		clock_sleep_ms(POLL_MS);
		st = show_new(r);
		if (!r->how->follow && r->shown > 0)
			break;
		if (!until_free || st != STATUS_OK)
			continue;
		if (lock_try(r->t->core.dir, &lock) == STATUS_OK)
			break;
	}
	lock_free(lock);
	return st;
}

/* Stay on one connection; TACIT_DONE: it was ours to end. */
static enum tacit_code
stay(struct receiver *r, struct courier *c, int64_t end_ms)
{
	enum tacit_code code =
	    courier_follow(c, end_ms, r->how->stop, show_progress, r, r->e);

	if (code == TACIT_DONE)
		code = error_status(r->e, r->failed);
	return code;
}

/* If it comes to nothing now, the next connection sees to it. */
static void
send_receipts(struct courier *c)
{
	struct tacit_error ignored;

	(void)courier_flush_receipts(
	    c, COURIER_RECEIPTS, clock_mono_ms() + RECEIPTS_WAIT_MS, &ignored);
}

static enum tacit_code
receive_once(struct receiver *r)
{
	struct courier *c = NULL;
	int64_t end_ms = clock_mono_ms() + r->how->wait_ms;
	int64_t deadline_ms = handle_deadline(r->t);
	struct tacit_error shown;
	enum tacit_code code = courier_open(&r->t->core, deadline_ms, &c, r->e);

	if (code == TACIT_DONE)
		code = courier_drain(c, deadline_ms, r->e);
	if (c != NULL && courier_receiver_is_elsewhere(c))
		note_other(r);
	/* What was committed before is shown all the same. */
	if (error_status(&shown, show_new(r)) != TACIT_DONE) {
		*r->e = shown;
		code = shown.code;
	}
	if (code == TACIT_DONE && r->how->wait_ms > 0 && r->shown == 0 &&
	    !is_stopped(r)) {
		if (courier_receiver_is_elsewhere(c))
			code =
			    error_status(r->e, watch_others(r, end_ms, false));
		else
			code = stay(r, c, end_ms);
	}
	if (code == TACIT_DONE)
		send_receipts(c);
	courier_close(c);
	if (code == TACIT_DONE && r->how->wait_ms > 0 && r->shown == 0 &&
	    !is_stopped(r))
		return error_set(r->e, TACIT_NOTHING_CAME,
		    "Nothing arrived in the time given.");
	return code;
}

/* Following goes on: the line was lost, or its time is over. */
static bool
follows_on(enum tacit_code code)
{
	return code == TACIT_UNREACHABLE || code == TACIT_REFUSED ||
	       code == TACIT_DONE;
}

static void
wait_before_retry(struct receiver *r, int64_t *pause, enum tacit_code code)
{
	int64_t jitter;

	if (code == TACIT_DONE) {
		*pause = RETRY_FIRST_MS;
		return;
	}
	jitter = (int64_t)random_below((uint32_t)(*pause / 2));
	/* Once, not at every attempt; and what else it is then. */
	if (r->away != code)
		note(r, code == TACIT_UNREACHABLE
			    ? "The relay cannot be reached; trying again until "
			      "it answers."
			    : r->e->message);
	r->away = code;
	r->failed = watch_others(r, clock_mono_ms() + *pause + jitter, false);
	*pause = *pause * 2 < RETRY_LAST_MS ? *pause * 2 : RETRY_LAST_MS;
}

static enum tacit_code
follow_once(struct receiver *r)
{
	struct courier *c = NULL;
	enum tacit_code code =
	    courier_open(&r->t->core, handle_deadline(r->t), &c, r->e);

	if (code == TACIT_DONE && r->away != TACIT_DONE)
		note(r, "The relay answers again.");
	if (code == TACIT_DONE) {
		r->away = TACIT_DONE;
		code = stay(r, c, clock_mono_ms() + FOLLOW_MS);
	}
	if (c != NULL && courier_receiver_is_elsewhere(c) && follows_on(code)) {
		courier_close(c);
		note_other(r);
		return error_status(r->e, watch_others(r, INT64_MAX, true));
	}
	courier_close(c);
	return code;
}

static enum tacit_code
follow(struct receiver *r)
{
	int64_t pause = RETRY_FIRST_MS;
	enum tacit_code code = TACIT_DONE;

	r->failed = show_new(r);
	while (follows_on(code) && !is_stopped(r)) {
		code = follow_once(r);
		if (follows_on(code) && !is_stopped(r))
			wait_before_retry(r, &pause, code);
	}
	if (r->failed != STATUS_OK)
		return error_status(r->e, r->failed);
	return follows_on(code) ? error_clear(r->e) : code;
}

enum tacit_code
tacit_receive(struct tacit *t, const struct tacit_receive *how,
    tacit_event_fn *show, void *arg, struct tacit_error *e)
{
	struct receiver r = {
		.t = t,
		.how = how,
		.show = show,
		.arg = arg,
		.e = e,
	};

	error_clear(e);
	return how->follow ? follow(&r) : receive_once(&r);
}
