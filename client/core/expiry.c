#include "client/core/expiry.h"

#include "base/log.h"
#include "store/client/history.h"

enum { STEP_ITEMS = 128 };

static enum status
look(struct core *core)
{
	struct step s = { 0 };
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = history_has_due(s.txn, s.now_ms);
	step_abort(&s);
	return st;
}

static enum status
erase_some(struct core *core, size_t *looked)
{
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = history_erase_due(s.txn, s.now_ms, STEP_ITEMS, looked);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

enum status
expiry_run(struct core *core)
{
	size_t looked = STEP_ITEMS;
	enum status st = look(core);

	while (st == STATUS_OK && looked == STEP_ITEMS)
		st = erase_some(core, &looked);
	if (st == STATUS_NO_SPACE)
		log_event(LOG_LEVEL_WARN, "expiry-no-space", "%s",
		    "texts whose time is over stay on disk for now");
	return st == STATUS_NOT_FOUND || st == STATUS_NO_SPACE ? STATUS_OK : st;
}
