/* courier_send.c - the outbox to the relay, in turns (courier_flush.h). */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hook.h"
#include "base/log.h"
#include "client/core/courier/courier_flush.h"
#include "client/core/messenger/receipts.h"

enum {
	PIPE_BYTES = 8 * 1024 * 1024,
	/* A ratchet step each: no send is to be late for them. */
	RECEIPTS_ASIDE = 16,
};

size_t
flush_weight(const struct outbox_row *row)
{
	size_t bytes = row->shared.len;

	for (size_t i = 0; i < row->recipients_count; i++)
		bytes += row->recipients[i].payload.len;
	return bytes;
}

/* Nobody is left to send it to: a group of one, say. */
static enum status
finish_alone(struct flush *f, struct step *s, const struct outbox_row *row)
{
	struct reply reply = { .kind = REPLY_SUBMITTED };
	enum message_state state = STATE_STORED;
	struct tacit_error none;
	enum status st = messenger_submitted(s, row, &reply, &state);

	error_clear(&none);
	return st == STATUS_OK ? flush_put_aside(f, row, state, &none) : st;
}

/* What was queued after the marking has overtaken nothing by then. */
static bool
goes(const struct flush *f, const struct step *s, const struct outbox_row *row,
    const struct attempt *attempt)
{
	if (!f->due_only)
		return true;
	if (row->order > f->marked)
		return row->next_attempt_ms <= s->now_ms;
	return attempt != NULL && attempt->due;
}

static bool
has_numbered(const struct flush *f)
{
	return f->numbered < attempts_numbered(f->attempts);
}

/*
 * First those that have a submit id, then all above f->after.  AGAIN: it is
 * gone, another is next.
 */
static enum status
next_row(struct flush *f, struct step *s, struct outbox_row *row)
{
	enum status st;

	if (has_numbered(f)) {
		st = outbox_get(s->txn,
		    attempts_numbered_at(f->attempts, f->numbered++), f->arena,
		    row);
		return st == STATUS_NOT_FOUND ? STATUS_AGAIN : st;
	}
	st = outbox_next(s->txn, f->after, f->arena, row);
	if (st == STATUS_OK)
		f->after = row->order;
	return st;
}

/* Look at one row; NOT_FOUND at the end of the outbox. */
static enum status
scan_one(struct flush *f, struct step *s)
{
	struct outbox_row *row = &f->rows[f->rows_count];
	struct attempt *attempt;
	bool ready;
	enum status st = next_row(f, s, row);

	if (st != STATUS_OK)
		return st == STATUS_AGAIN ? STATUS_OK : st;
	attempt = attempts_find(f->attempts, row->order);
	ready = !messenger_wants_seal(row);
	if ((attempt != NULL &&
		(attempt->settled || attempt->request_id != 0)) ||
	    !goes(f, s, row, attempt)) {
		f->drafts = f->drafts || !ready;
		return STATUS_OK;
	}
	if (flush_is_full(f, row)) {
		f->drafts = f->drafts || !ready;
		return flush_hold_back(f, row);
	}
	if (!ready)
		st = flush_seal(f, s, row, &ready);
	f->drafts = f->drafts || !ready;
	if (st != STATUS_OK || !ready)
		return st;
	if (flush_open_recipients(row) == 0)
		return finish_alone(f, s, row);
	f->rows_bytes += flush_weight(row);
	f->rows_count++;
	return STATUS_OK;
}

static enum status
scan(struct flush *f, struct step *s, int64_t end_ms)
{
	bool numbered = has_numbered(f); /* a turn has these, or others */
	enum status st = STATUS_OK;

	if (f->rescan) {
		f->after = 0;
		f->drafts = false;
	}
	f->rescan = false;
	f->at_end = false;
	f->window_full = false;
	f->rows_count = 0;
	f->rows_bytes = 0;
	if (f->slowed)
		return STATUS_OK;
	while (st == STATUS_OK && f->rows_count < BATCH_ITEMS &&
	       f->rows_bytes < BATCH_BYTES &&
	       f->needed_count < LIMIT_BUNDLE_ACCOUNTS &&
	       clock_mono_ms() < end_ms && has_numbered(f) == numbered)
		st = scan_one(f, s);
	if (st != STATUS_NOT_FOUND)
		return st;
	f->at_end = true;
	return STATUS_OK;
}

/* What is owed goes with what is sent, as one row more. */
static enum status
gather_receipts(struct flush *f, struct step *s)
{
	size_t count = 0;
	enum status st = receipt_due_count(s->txn, &count);

	if (st != STATUS_OK || count == 0 || f->receipts_left == 0)
		return st;
	count = 0;
	st = receipts_gather(s, f->receipts_left, &count);
	if (st != STATUS_OK)
		return st;
	/* Another row in the next turn, when there may be more. */
	f->receipts_left =
	    count < RECEIPTS_OF_ROW ? 0 : f->receipts_left - RECEIPTS_OF_ROW;
	f->rescan = f->rescan || f->receipts_left > 0;
	f->at_end = f->at_end && count == 0;
	return STATUS_OK;
}

/* One transaction: what was answered, and what goes next. */
static enum status
step_turn(struct flush *f)
{
	struct step s = { 0 };
	enum status st = step_begin(f->c->core, DB_WRITE, &s);
	int64_t end_ms = clock_mono_ms() + BATCH_MS;

	f->fates = NULL;
	f->fates_end = &f->fates;
	arena_reset(f->arena);
	if (st == STATUS_OK)
		st = flush_apply(f, &s);
	if (st == STATUS_OK && !f->slowed)
		st = gather_receipts(f, &s);
	if (st == STATUS_OK)
		st = scan(f, &s, end_ms);
	if (st == STATUS_OK && f->rows_count > 0)
		st = flush_number(f, &s);
	if (st == STATUS_OK && f->at_end && flush_has_source(f))
		st = flush_compose(f, &s, end_ms);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	if (f->source != NULL)
		f->source->settle(st == STATUS_OK, f->source->arg);
	return st;
}

static enum status
submit(struct flush *f, const struct outbox_row *row)
{
	struct request r = { .kind = REQUEST_SUBMIT };
	struct attempt *attempt = attempts_find(f->attempts, row->order);
	struct recipient *to =
	    arena_take_array(f->arena, row->recipients_count + 1, sizeof(*to));
	size_t count = 0;
	uint64_t id = 0;
	enum status st;

	if (to == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < row->recipients_count; i++) {
		const struct outbox_recipient *from = &row->recipients[i];

		if (from->done)
			continue;
		to[count++] = (struct recipient){
			.to = from->to,
			.registration_id = from->registration_id,
			.type = from->type,
			.suite = from->suite,
			.payload = from->payload,
		};
	}
	memcpy(
	    r.u.submit.stream, row->submit_stream, sizeof(r.u.submit.stream));
	r.u.submit.counter = row->submit_counter;
	r.u.submit.shared = row->shared;
	r.u.submit.recipients = to;
	r.u.submit.recipients_count = count;
	/* A note of the relay finds the message by it (messenger_note.c). */
	if (row->kind == OUTBOX_MESSAGE)
		r.u.submit.return_handle = BYTES_OF(row->id);
	attempt->tries++;
	st = uplink_send(f->c->u, &r, &id);
	if (st != STATUS_OK)
		return st;
	return attempts_set_request(f->attempts, attempt, id);
}

void
flush_tell(struct flush *f)
{
	for (const struct fate *fate = f->fates; fate != NULL;
	     fate = fate->next)
		if (f->sent != NULL)
			f->sent(&fate->view, f->arg);
}

/* Is there something to do but wait for an answer? */
static bool
has_work(const struct flush *f)
{
	if (f->slowed || uplink_waiting_bytes(f->c->u) > PIPE_BYTES)
		return false;
	return f->rescan ||
	       ((!f->at_end || flush_has_source(f)) && !f->window_full);
}

static enum tacit_code
turn(struct flush *f, struct tacit_error *e)
{
	bool wait = attempts_under_way(f->attempts) > 0 && !has_work(f);
	enum tacit_code code = flush_gather(f, wait, e);
	enum status st;

	if (code == TACIT_DONE)
		code = flush_look_up(f, e);
	if (code != TACIT_DONE)
		return code;
	st = step_turn(f);
	if (st != STATUS_OK)
		return error_status(e, st);
	hook_reach("courier-sealed");
	for (size_t i = 0; st == STATUS_OK && i < f->rows_count; i++)
		st = submit(f, &f->rows[i]);
	flush_tell(f);
	code = error_status(e, st == STATUS_FULL ? STATUS_NOMEM : st);
	if (code == TACIT_DONE && f->needed_count > 0 &&
	    (f->at_end || f->needed_count == LIMIT_BUNDLE_ACCOUNTS))
		code = flush_meet(f, e);
	return code;
}

/*
 * Over when every row was looked at and nothing is under way, or when a window
 * full of rows that are not due leaves no submit id for the others.
 */
static bool
is_over(const struct flush *f)
{
	return attempts_under_way(f->attempts) == 0 && !has_work(f);
}

static enum tacit_code
flush(struct flush *f, struct tacit_error *e)
{
	struct step s = { 0 };
	enum tacit_code code = TACIT_DONE;
	enum status st;

	st = arena_new(STEP_ARENA_BYTES, &f->arena);
	if (st == STATUS_OK)
		st = arena_new(2 * STEP_ARENA_BYTES, &f->answers_arena);
	if (st == STATUS_OK)
		st = attempts_new(&f->attempts);
	if (st == STATUS_OK)
		st = meetings_new(&f->meetings);
	if (st == STATUS_OK)
		st = step_begin(f->c->core, DB_READ, &s);
	if (st == STATUS_OK)
		st = flush_note_numbered(f, &s);
	if (st == STATUS_OK)
		st = attempts_sort(f->attempts);
	if (st == STATUS_OK && f->due_only)
		st = flush_mark_due(f, &s);
	step_abort(&s);
	error_set(&f->waiting, TACIT_UNREACHABLE,
	    "An earlier message of this conversation has to leave first.");
	code = error_status(e, st);
	if (code == TACIT_DONE)
		do
			code = turn(f, e);
		while (code == TACIT_DONE && !is_over(f));
	if (f->attempts != NULL && f->arena != NULL)
		code = flush_expire(f, code, e);
	arena_free(f->arena);
	arena_free(f->answers_arena);
	attempts_free(f->attempts);
	meetings_free(f->meetings);
	return code;
}

static enum tacit_code
flush_some(struct courier *c, size_t receipts, bool due_only,
    const struct courier_source *source, int64_t deadline_ms,
    courier_sent_fn *sent, void *arg, struct tacit_error *e)
{
	struct flush *f = calloc(1, sizeof(*f));
	enum tacit_code code;

	if (f == NULL)
		return error_status(e, STATUS_NOMEM);
	f->c = c;
	f->deadline_ms = deadline_ms;
	f->due_only = due_only;
	f->receipts_left = receipts;
	f->source = source;
	f->sent = sent;
	f->arg = arg;
	code = flush(f, e);
	free(f);
	return code;
}

enum tacit_code
courier_flush(struct courier *c, int64_t deadline_ms, courier_sent_fn *sent,
    void *arg, struct tacit_error *e)
{
	return flush_some(
	    c, RECEIPTS_ASIDE, false, NULL, deadline_ms, sent, arg, e);
}

enum tacit_code
courier_send(struct courier *c, const struct courier_source *source,
    int64_t deadline_ms, courier_sent_fn *sent, void *arg,
    struct tacit_error *e)
{
	return flush_some(
	    c, RECEIPTS_ASIDE, false, source, deadline_ms, sent, arg, e);
}

enum tacit_code
courier_flush_due(struct courier *c, int64_t deadline_ms, struct tacit_error *e)
{
	return flush_some(c, 0, true, NULL, deadline_ms, NULL, NULL, e);
}

enum tacit_code
courier_flush_receipts(
    struct courier *c, size_t most, int64_t deadline_ms, struct tacit_error *e)
{
	struct step s = { 0 };
	size_t count = 0;
	enum status st = step_begin(c->core, DB_READ, &s);

	/* Mostly nothing: a look before a write transaction. */
	if (st == STATUS_OK)
		st = receipt_due_count(s.txn, &count);
	step_abort(&s);
	if (st != STATUS_OK || count == 0)
		return error_status(e, st);
	return flush_some(c, most, true, NULL, deadline_ms, NULL, NULL, e);
}
