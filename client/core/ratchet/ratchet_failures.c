/* ratchet_failures.c - see ratchet_failures.h. */
#include "client/core/ratchet/ratchet_failures.h"

#include "client/core/ratchet/ratchet.h"

static bool
is_over(const struct ratchet_failure *row, int64_t mono_ms)
{
	return row->count == 0 ||
	       mono_ms - row->since_ms >= RATCHET_FAILURES_WINDOW_MS;
}

bool
ratchet_failures_are_many(const struct ratchet_failures *f,
    const struct address *from, int64_t mono_ms)
{
	for (size_t i = 0; i < RATCHET_FAILURES_DEVICES; i++) {
		const struct ratchet_failure *row = &f->rows[i];

		if (!is_over(row, mono_ms) && address_equal(&row->from, from))
			return row->count >= RATCHET_FAILURES_MAX;
	}
	return false;
}

/* The row of `from`, else a free one, else the oldest. */
static struct ratchet_failure *
row_for(struct ratchet_failures *f, const struct address *from, int64_t mono_ms)
{
	struct ratchet_failure *best = &f->rows[0];

	for (size_t i = 0; i < RATCHET_FAILURES_DEVICES; i++) {
		struct ratchet_failure *row = &f->rows[i];

		if (is_over(row, mono_ms))
			row->count = 0;
		else if (address_equal(&row->from, from))
			return row;
		if (best->count != 0 &&
		    (row->count == 0 || row->since_ms < best->since_ms))
			best = row;
	}
	best->count = 0;
	return best;
}

void
ratchet_failures_count(
    struct ratchet_failures *f, const struct address *from, int64_t mono_ms)
{
	struct ratchet_failure *row = row_for(f, from, mono_ms);

	if (row->count == 0) {
		row->from = *from;
		row->since_ms = mono_ms;
	}
	if (row->count < RATCHET_FAILURES_MAX)
		row->count++;
}
