#include "client/core/tidy.h"

#include "base/clock.h"
#include "base/log.h"
#include "client/core/search.h"
#include "store/client/history.h"

enum { TIDY_MS = 1000 };

/* One piece of work in a transaction of its own; NOT_FOUND: nothing is left. */
typedef enum status work_fn(struct step *s);

static enum status
has_dirty(struct step *s)
{
	return history_has_dirty(s->txn, s->now_ms);
}

static enum status
sweep(struct step *s)
{
	return history_sweep(s->txn, s->now_ms);
}

/* Looked for without the lock of writers: hardly ever there is any. */
static enum status
look(struct core *core, work_fn *is_due)
{
	struct step s = { 0 };
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = is_due(&s);
	step_abort(&s);
	return st;
}

static enum status
work_once(struct core *core, work_fn *work)
{
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = work(&s);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

static enum status
work_until(struct core *core, work_fn *is_due, work_fn *work, int64_t until_ms)
{
	enum status st = look(core, is_due);

	while (st == STATUS_OK && clock_mono_ms() < until_ms)
		st = work_once(core, work);
	if (st == STATUS_NO_SPACE || st == STATUS_FULL)
		log_event(LOG_LEVEL_WARN, "tidy-put-off", "reason=%s",
		    status_name(st));
	return st == STATUS_NOT_FOUND || st == STATUS_NO_SPACE ||
		       st == STATUS_FULL
		   ? STATUS_OK
		   : st;
}

enum status
tidy_run(struct core *core)
{
	int64_t until_ms = clock_mono_ms() + TIDY_MS;
	enum status st = work_until(core, has_dirty, sweep, until_ms);

	if (st == STATUS_OK)
		st = work_until(core, search_is_behind, search_build, until_ms);
	return st;
}

enum status
tidy_blocks(struct core *core)
{
	return work_until(core, search_is_behind, search_build, INT64_MAX);
}
