/* group_meet.c - getting to know the members before a key is handed to them. */
#include <stdlib.h>

#include "client/core/courier/courier.h"
#include "client/core/error.h"
#include "client/core/group/group_internal.h"
#include "client/core/group/group_prepare.h"

/* Members never met, whom a new log key could not be handed to. */
static enum status
list_unmet(struct core *core, const struct hash *group,
    struct account_name **names, size_t *count)
{
	struct roster *r;
	struct step s;
	enum status st = step_begin(core, DB_READ, &s);

	if (st != STATUS_OK)
		return st;
	st = group_roster(&s, group, &r);
	if (st == STATUS_OK) {
		*names = calloc(roster_count(r) + 1, sizeof(**names));
		st = *names == NULL ? STATUS_NOMEM : STATUS_OK;
	}
	for (size_t i = 0; st == STATUS_OK && i < roster_count(r); i++) {
		const struct account_name *name = &roster_at(r, i)->account;
		struct contact c;

		if (account_name_equal(name, &core->self.address.account))
			continue;
		st = contact_get(s.txn, name, &c);
		if (st == STATUS_NOT_FOUND) {
			(*names)[(*count)++] = *name;
			st = STATUS_OK;
		}
	}
	step_abort(&s);
	return st;
}

enum tacit_code
group_meet_members(struct courier *c, const struct hash *group,
    int64_t deadline_ms, struct tacit_error *e)
{
	struct account_name *names = NULL;
	size_t count = 0;
	enum tacit_code code =
	    error_status(e, list_unmet(courier_core(c), group, &names, &count));

	if (code == TACIT_DONE && count > 0)
		code = courier_try_to_meet(c, names, count, deadline_ms, e);
	free(names);
	return code;
}
