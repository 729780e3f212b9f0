/* writer_seen.c - which day each account was last seen (storage_admin.h). */
#include "relay/writer_private.h"

enum {
	SEEN_SCAN = 64, /* slots looked at per commit */
	SEEN_SAVES = 8, /* rows written per commit */
};

uint32_t
day_of(int64_t now_ms)
{
	const int64_t day_ms = (int64_t)24 * 60 * 60 * 1000;

	if (now_ms < 0 || now_ms / day_ms > UINT32_MAX)
		return 0;
	return (uint32_t)(now_ms / day_ms);
}

void
account_seen(struct account *a, int64_t now_ms)
{
	a->seen_day = day_of(now_ms);
}

static uint32_t
seen_day(const struct writer *w, const struct account *a)
{
	uint32_t day;

	index_lock(w->index);
	day = a->seen_day;
	index_unlock(w->index);
	return day;
}

static enum status
save_seen(struct writer *w, struct account *a)
{
	struct account_record record;
	enum status st = TABLE_RESERVE(&w->batch.changes, 1);

	arena_reset(w->scratch);
	if (st == STATUS_OK)
		st = writer_get_account(w, &a->name, w->scratch, &record);
	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND ? STATUS_IO : st;
	record.seen_day = seen_day(w, a);
	st = record_put_account(
	    w->batch.txn, account_name_bytes(&a->name), &record);
	if (st != STATUS_OK)
		return st;
	w->batch.changes.list[w->batch.changes.len++] =
	    (struct account_change){ a, CHANGE_SEEN, record.seen_day, NULL };
	w->batch.wrote = true;
	return STATUS_OK;
}

/* A few slots at each commit, in turn; an account is met at its first device.
 */
enum status
seen_stage(struct writer *w)
{
	const size_t end = index_slots(w->index);
	const size_t scan = w->thorough > 0 ? end : SEEN_SCAN;
	const size_t max = w->thorough > 0 ? w->thorough : SEEN_SAVES;
	size_t saved = 0;
	enum status st = STATUS_OK;

	for (size_t i = 0; i < scan && saved < max && st == STATUS_OK; i++) {
		struct mailbox *m;
		struct account *a;

		if (w->seen_next >= end)
			w->seen_next = 0;
		if (end == 0)
			break;
		m = index_slot(w->index, (uint32_t)w->seen_next++);
		a = m != NULL ? m->account : NULL;
		if (a == NULL || a->leaving || m != a->devices ||
		    seen_day(w, a) == a->seen_saved)
			continue;
		st = save_seen(w, a);
		saved++;
	}
	return st == STATUS_OK ? sweep_save(w) : st;
}
