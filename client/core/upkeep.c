#include "client/core/upkeep.h"

#include "base/clock.h"
#include "base/log.h"
#include "client/core/tidy.h"
#include "store/client/vault_rekey.h"

void
upkeep_run(struct core *core, int64_t budget_ms)
{
	int64_t end_ms = clock_mono_ms() + budget_ms;
	int64_t now_ms = clock_wall_ms();
	bool more = false;
	enum status st = tidy_run(core);

	if (st == STATUS_OK)
		st = vault_rekey_due(core->vault, now_ms, &more);
	while (st == STATUS_OK && more) {
		st = vault_rekey_step(core->vault, now_ms, false, &more);
		if (clock_mono_ms() >= end_ms)
			break;
	}
	if (st != STATUS_OK)
		log_event(LOG_LEVEL_WARN, "upkeep-failed", "reason=%s",
		    status_name(st));
}
