#include "client/core/expiry.h"

#include "base/log.h"
#include "client/core/clock_trust.h"
#include "client/core/group/group.h"
#include "client/core/tidy.h"
#include "store/client/history.h"

enum { STEP_ITEMS = 128 };

static enum status
has_due(struct step *s, int64_t until_ms)
{
	enum status st = history_has_due(s->txn, until_ms);

	return st == STATUS_NOT_FOUND ? quarantine_has_due(s->txn, until_ms)
				      : st;
}

/* Up to when it may be erased; NOT_FOUND: nothing is over by our clock. */
static enum status
judge(struct step *s, int64_t *until_ms, struct counters *counters,
    bool *doubts_changed)
{
	enum status st = has_due(s, s->now_ms);

	if (st == STATUS_OK)
		st = counters_get(s->txn, counters);
	if (st == STATUS_OK)
		*until_ms = clock_trust_until(s, counters, doubts_changed);
	return st;
}

static enum status
note_doubts(struct core *core)
{
	struct counters counters;
	struct step s = { 0 };
	int64_t until_ms;
	bool changed = false;
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = judge(&s, &until_ms, &counters, &changed);
	if (st == STATUS_OK && changed)
		st = counters_put(s.txn, &counters);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

/* Is there something to erase?  OK or NOT_FOUND. */
static enum status
look(struct core *core, int64_t *until_ms)
{
	struct counters counters;
	struct step s = { 0 };
	bool changed = false;
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = judge(&s, until_ms, &counters, &changed);
	if (st == STATUS_OK && *until_ms < s.now_ms)
		st = has_due(&s, *until_ms);
	step_abort(&s);
	if (changed && (st == STATUS_OK || st == STATUS_NOT_FOUND)) {
		enum status noted = note_doubts(core);

		if (noted != STATUS_OK)
			return noted;
	}
	return st;
}

static enum status
erase_some(struct core *core, int64_t until_ms, size_t *looked)
{
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = history_erase_due(s.txn, until_ms, STEP_ITEMS, looked);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

/* What was not filed yet has no row among those that are due. */
static enum status
let_go_held(struct core *core, int64_t until_ms)
{
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = quarantine_has_due(s.txn, until_ms);
	if (st == STATUS_OK)
		st = group_expire_held(&s, until_ms);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

enum status
expiry_run(struct core *core)
{
	size_t looked = STEP_ITEMS;
	int64_t until_ms = 0;
	enum status st = look(core, &until_ms);

	while (st == STATUS_OK && looked == STEP_ITEMS)
		st = erase_some(core, until_ms, &looked);
	if (st == STATUS_OK)
		st = let_go_held(core, until_ms);
	if (st == STATUS_NO_SPACE)
		log_event(LOG_LEVEL_WARN, "expiry-no-space", "%s",
		    "texts whose time is over stay on disk for now");
	if (st == STATUS_OK || st == STATUS_NOT_FOUND)
		st = tidy_run(core);
	return st == STATUS_NO_SPACE ? STATUS_OK : st;
}
