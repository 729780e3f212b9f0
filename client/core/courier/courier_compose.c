/*
 * courier_compose.c - what is still to be said, into a turn of a flush
 * (courier_flush.h).
 *
 * Mostly nothing stands in the way of it, and then it leaves with this turn. If
 * something does, all of it becomes drafts, which the next scan comes to: that
 * finds out what it is, and keeps the order.
 */
#include "base/clock.h"
#include "client/core/courier/courier_flush.h"

bool
flush_has_source(const struct flush *f)
{
	return f->source != NULL && f->source->more(f->source->arg);
}

static bool
has_room(const struct flush *f, int64_t end_ms)
{
	return f->rows_count < BATCH_ITEMS && f->rows_bytes < BATCH_BYTES &&
	       flush_has_source(f) &&
	       (f->rows_count == 0 || clock_mono_ms() < end_ms);
}

/* Into the rows of this turn, as many as go.  FULL: out of submit ids. */
static enum status
say_some(struct flush *f, struct step *s, int64_t end_ms)
{
	uint64_t floor = attempts_floor(f->attempts);
	enum status st = STATUS_OK;

	for (size_t i = 0; i < f->rows_count; i++)
		if (floor == 0 || f->rows[i].submit_counter < floor)
			floor = f->rows[i].submit_counter;
	while (st == STATUS_OK && has_room(f, end_ms)) {
		struct outbox_row *row = &f->rows[f->rows_count];
		struct submit_id id;

		st = flush_next_id(s, &floor, &id);
		if (st == STATUS_FULL)
			f->window_full = true;
		if (st == STATUS_OK)
			st = f->source->say(s, &id, row, f->source->arg);
		if (st == STATUS_OK) {
			f->rows_bytes += flush_weight(row);
			f->rows_count++;
		}
	}
	return f->window_full ? STATUS_OK : st;
}

/* Those of this turn from `first` on are under way once it commits. */
static enum status
note_said(struct flush *f, size_t first)
{
	enum status st = STATUS_OK;

	for (size_t i = first; i < f->rows_count && st == STATUS_OK; i++) {
		struct attempt *attempt;

		f->after = f->rows[i].order;
		st = attempts_take(f->attempts, f->rows[i].order, &attempt);
		if (st == STATUS_OK)
			attempt->counter = f->rows[i].submit_counter;
	}
	return st;
}

/* *said: it is done, or there is no room for it. */
static enum status
say(struct flush *f, struct step *outer, int64_t end_ms, bool *said)
{
	size_t first = f->rows_count;
	size_t bytes = f->rows_bytes;
	struct step s = { 0 };
	enum status st = step_nest(outer, &s);

	if (st != STATUS_OK)
		return st;
	s.arena = f->arena; /* the rows live as long as the turn */
	st = say_some(f, &s, end_ms);
	*said = st == STATUS_OK;
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	if (*said)
		return st == STATUS_OK ? note_said(f, first) : st;
	f->rows_count = first;
	f->rows_bytes = bytes;
	f->source->settle(false, f->source->arg);
	return st == STATUS_NOMEM || st == STATUS_NO_SPACE || st == STATUS_IO
		   ? st
		   : STATUS_OK;
}

static enum status
draft(struct flush *f, struct step *s, int64_t end_ms)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; st == STATUS_OK && i < BATCH_ITEMS; i++) {
		if (!flush_has_source(f) ||
		    (i > 0 && clock_mono_ms() >= end_ms))
			break;
		st = f->source->draft(s, f->source->arg);
	}
	f->at_end = false; /* they are behind it */
	return st;
}

enum status
flush_compose(struct flush *f, struct step *s, int64_t end_ms)
{
	bool said = false;
	enum status st = STATUS_OK;

	if (!f->drafts && f->full_count == 0)
		st = say(f, s, end_ms, &said);
	return st == STATUS_OK && !said ? draft(f, s, end_ms) : st;
}
