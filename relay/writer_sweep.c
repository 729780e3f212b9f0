/*
 * writer_sweep.c - goes round the mailboxes, a few at a time, for what is too
 * old: mail that nobody fetched (writer_expire.c), accounts that nobody used.
 *
 * What is too old is judged by the calendar (calendar.h) and not by a clock
 * that may have jumped.
 */
#include "base/clock.h"
#include "base/log.h"
#include "relay/writer_private.h"

enum {
	SWEEP_SLOTS = 32,       /* looked at in a step that had work */
	SWEEP_SLOTS_IDLE = 512, /* in one that had none */
	SWEEP_PAUSE_MS = 100,   /* between two that write, under load */
	SWEEP_ROUND_MS = 10000, /* from the beginning of a round to the next */
	SWEEP_SAVE_MS = 60 * 60 * 1000, /* the calendar, at most so often */
};

void
sweep_look(struct writer *w)
{
	bool jumped = false;
	const int64_t wall_ms = clock_wall_ms();
	const int64_t now_ms = calendar_look(
	    &w->sweep.calendar, wall_ms, clock_mono_ms(), &jumped);

	if (jumped && w->sweep.calendar.claim_ms != 0)
		log_event(LOG_LEVEL_WARN, "clock-jumped",
		    "by_s=%lld what=\"nothing expires by the new time until it "
		    "has held for an hour\"",
		    (long long)((wall_ms - now_ms) / 1000));
	else if (jumped)
		log_event(LOG_LEVEL_INFO, "clock-settled", "off_s=%lld",
		    (long long)((wall_ms - now_ms) / 1000));
}

int64_t
sweep_stamp(const struct writer *w, int64_t now_ms)
{
	return w->sweep.ttl_ms > 0 ? calendar_stamp(&w->sweep.calendar, now_ms)
				   : now_ms;
}

/* An account whose first device this is, and that nobody used for long. */
static bool
is_unused(const struct writer *w, const struct mailbox *m)
{
	const struct account *a = m->account;
	const uint32_t today = day_of(w->sweep.calendar.now_ms);

	return w->sweep.inactive_days > 0 && m == a->devices &&
	       a->suspended == SUSPENDED_NOT && !a->leaving && !a->pending &&
	       a->seen_day != 0 && today > a->seen_day &&
	       today - a->seen_day > w->sweep.inactive_days;
}

/* Of those of whom no day was kept, it is counted from now on. */
static void
begin_count(const struct writer *w, struct mailbox *m)
{
	if (w->sweep.inactive_days > 0 && m->account->seen_day == 0)
		account_seen(m->account, w->sweep.calendar.now_ms);
}

enum found { FOUND_NOTHING, FOUND_MAIL, FOUND_ACCOUNT };

/* What is to be done among the next few slots; *m is whose. */
static enum found
find(struct writer *w, size_t slots, struct mailbox **m)
{
	const size_t end = index_slots(w->index);
	enum found found = FOUND_NOTHING;

	index_lock(w->index);
	for (; slots > 0 && found == FOUND_NOTHING && w->sweep.next < end;
	     slots--) {
		*m = index_slot(w->index, (uint32_t)w->sweep.next++);
		if (*m == NULL)
			continue;
		begin_count(w, *m);
		if (is_unused(w, *m))
			found = FOUND_ACCOUNT;
		else if (expire_is_due(w, *m))
			found = FOUND_MAIL;
	}
	index_unlock(w->index);
	return found;
}

static bool
is_between_rounds(struct writer *w, int64_t mono_ms)
{
	struct sweep *s = &w->sweep;

	if (s->next < index_slots(w->index))
		return false;
	if (mono_ms - s->began_ms < SWEEP_ROUND_MS)
		return true;
	s->began_ms = mono_ms;
	s->next = 0;
	return false;
}

enum status
sweep_save(struct writer *w)
{
	const int64_t now_ms = w->sweep.calendar.now_ms;
	struct relay_meta meta;
	enum status st;

	if (!w->batch.wrote || (now_ms >= w->sweep.saved_ms &&
				   now_ms - w->sweep.saved_ms < SWEEP_SAVE_MS))
		return STATUS_OK;
	st = schema_get_meta(w->batch.txn, &meta);
	if (st != STATUS_OK)
		return st;
	meta.calendar_ms = now_ms;
	/* Should the commit fail, an older time is saved for an hour more. */
	w->sweep.saved_ms = now_ms;
	return schema_put_meta(w->batch.txn, &meta);
}

enum status
sweep_open(struct writer *w)
{
	struct relay_meta meta;
	struct db_txn *txn = NULL;
	enum status st = db_txn_begin(w->db, DB_READ, &txn);

	if (st == STATUS_OK)
		st = schema_get_meta(txn, &meta);
	db_txn_abort(txn);
	if (st != STATUS_OK)
		return st;
	w->sweep.saved_ms = meta.calendar_ms;
	calendar_start(&w->sweep.calendar, meta.calendar_ms, clock_wall_ms(),
	    clock_mono_ms());
	sweep_look(w);
	w->sweep.began_ms = clock_mono_ms();
	return st;
}

/*
 * What waited for removed accounts.  true: something was done, and there may be
 * more; one whose senders have no room to be told gets its turn again later.
 */
static bool
settle_estate(struct writer *w)
{
	struct account *a = index_estate(w->index);
	size_t left = 0;

	if (a == NULL)
		return false;
	for (size_t i = 0; i < a->devices_count; i++) {
		if (a->devices[i].queue_len == 0)
			continue;
		if (expire_some(w, &a->devices[i]))
			return true;
		left++;
	}
	if (left == 0 && writer_close_estate(w, a) == STATUS_OK)
		return true;
	index_bury_account(w->index, a);
	return false;
}

int64_t
writer_wait_ms(const struct writer *w)
{
	return index_estate(w->index) != NULL || w->sweep.ttl_ms > 0 ||
		       w->sweep.inactive_days > 0
		   ? SWEEP_ROUND_MS
		   : 0;
}

bool
sweep_some(struct writer *w, bool idle)
{
	const int64_t mono_ms = clock_mono_ms();
	struct mailbox *m = NULL;
	bool more;

	if (writer_wait_ms(w) == 0)
		return false;
	if (!idle && mono_ms - w->sweep.wrote_ms < SWEEP_PAUSE_MS)
		return false;
	sweep_look(w);
	if (settle_estate(w)) {
		w->sweep.wrote_ms = mono_ms;
		return idle;
	}
	if (is_between_rounds(w, mono_ms))
		return false;
	switch (find(w, idle ? SWEEP_SLOTS_IDLE : SWEEP_SLOTS, &m)) {
	case FOUND_NOTHING:
		break;
	case FOUND_ACCOUNT:
		w->sweep.wrote_ms = mono_ms;
		(void)(writer_suspend_unused(w, m->account) == STATUS_OK);
		break;
	case FOUND_MAIL:
		w->sweep.wrote_ms = mono_ms;
		/* There may be more in the same one. */
		if (expire_some(w, m))
			w->sweep.next = m->device.slot;
		break;
	}
	more = w->sweep.next < index_slots(w->index);
	return idle && more;
}
