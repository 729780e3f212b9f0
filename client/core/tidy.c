#include "client/core/tidy.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/client/history.h"

enum { TIDY_MS = 1000 };

/* OK: there is something to do.  NOT_FOUND: there is not. */
static enum status
look(struct core *core)
{
	struct step s = { 0 };
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = history_has_dirty(s.txn, s.now_ms);
	step_abort(&s);
	return st;
}

static enum status
sweep_one(struct core *core)
{
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = history_sweep(s.txn, s.now_ms);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

enum status
tidy_run(struct core *core)
{
	int64_t until_ms = clock_mono_ms() + TIDY_MS;
	enum status st = look(core);

	while (st == STATUS_OK && clock_mono_ms() < until_ms)
		st = sweep_one(core);
	if (st == STATUS_NO_SPACE || st == STATUS_FULL)
		log_event(LOG_LEVEL_WARN, "tidy-put-off", "reason=%s",
		    status_name(st));
	return st == STATUS_NOT_FOUND || st == STATUS_NO_SPACE ||
		       st == STATUS_FULL
		   ? STATUS_OK
		   : st;
}
