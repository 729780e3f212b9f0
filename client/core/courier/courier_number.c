/*
 * courier_number.c - submit ids (protocol.md 4.6): one for each attempt of a
 * row, in rising order, never outside the window that the relay remembers.
 */
#include <string.h>

#include "base/random.h"
#include "client/core/courier/courier_flush.h"

enum status
flush_note_numbered(struct flush *f, struct step *s)
{
	struct outbox_row row = { 0 };
	struct attempt *attempt;
	enum status st = STATUS_OK;

	while (st == STATUS_OK) {
		arena_reset(f->arena);
		st = outbox_next(s->txn, row.order, f->arena, &row);
		if (st != STATUS_OK || row.submit_counter == 0)
			continue;
		st = attempts_take(f->attempts, row.order, &attempt);
		if (st == STATUS_OK)
			attempt->counter = row.submit_counter;
	}
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

static void
begin_stream(struct counters *counters)
{
	if (counters->has_stream)
		return;
	random_bytes(counters->submit_stream, sizeof(counters->submit_stream));
	counters->has_stream = true;
	counters->submit_high = 0;
}

/* The next submit id, unless it would leave the relay's window. */
static bool
take_number(struct counters *counters, uint64_t floor, struct outbox_row *row)
{
	if (floor != 0 && counters->submit_high + 1 - floor >= SUBMIT_SPAN)
		return false;
	row->submit_counter = ++counters->submit_high;
	memcpy(row->submit_stream, counters->submit_stream,
	    sizeof(row->submit_stream));
	return true;
}

enum status
flush_number(struct flush *f, struct step *s)
{
	uint64_t floor = attempts_floor(f->attempts);
	struct counters counters;
	enum status st = counters_get(s->txn, &counters);

	if (st != STATUS_OK)
		return st;
	begin_stream(&counters);
	for (size_t i = 0; st == STATUS_OK && i < f->rows_count; i++) {
		struct outbox_row *row = &f->rows[i];
		struct attempt *attempt;
		uint64_t order;

		if (row->submit_counter == 0) {
			if (!take_number(&counters, floor, row)) {
				f->window_full = true;
				f->at_end = false;
				f->after = row->order - 1;
				f->rows_count = i;
				break;
			}
			st = outbox_put(s->txn, row, &order);
		}
		if (st == STATUS_OK)
			st = attempts_take(f->attempts, row->order, &attempt);
		if (st != STATUS_OK)
			return st;
		attempt->counter = row->submit_counter;
		if (floor == 0 || attempt->counter < floor)
			floor = attempt->counter;
	}
	return counters_put(s->txn, &counters);
}

enum status
flush_next_id(struct step *s, uint64_t *floor, struct submit_id *id)
{
	struct outbox_row row = { .submit_counter = 0 };
	struct counters counters;
	enum status st = counters_get(s->txn, &counters);

	if (st != STATUS_OK)
		return st;
	begin_stream(&counters);
	if (!take_number(&counters, *floor, &row))
		return STATUS_FULL;
	id->counter = row.submit_counter;
	memcpy(id->stream, row.submit_stream, sizeof(id->stream));
	if (*floor == 0)
		*floor = id->counter;
	return counters_put(s->txn, &counters);
}
