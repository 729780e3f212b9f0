#include "client/core/group/group_chores.h"

#include "client/core/error.h"
#include "client/core/group/group_act.h"
#include "client/core/group/group_internal.h"

enum { LEAVES_MAX = 16 }; /* a pass; the next drain goes on */

struct leaves {
	struct hash groups[LEAVES_MAX];
	size_t count;
};

/* A log that cannot be written to is left alone until it is another. */
static enum status
note_leave(const struct group_record *g, void *arg)
{
	struct leaves *l = arg;

	if (g->leaving && !g->locked && g->standing == GROUP_MEMBER &&
	    l->count < LEAVES_MAX)
		l->groups[l->count++] = g->id;
	return STATUS_OK;
}

/* The log says no: still a member, and told so. */
static enum status
give_up_leaving(
    struct core *core, const struct hash *group, const char *sentence)
{
	struct group_record g;
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = group_get(s.txn, group, &g);
	if (st == STATUS_OK && g.leaving) {
		g.leaving = false;
		st = group_put(s.txn, &g);
		if (st == STATUS_OK)
			st = group_tell(&s, &g, NOTICE_STILL_MEMBER, NULL, NULL,
			    bytes_text(sentence));
	}
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

bool
group_chores_end(enum tacit_code code)
{
	return code == TACIT_UNREACHABLE || code == TACIT_DAMAGED ||
	       code == TACIT_DISK_FULL;
}

static enum tacit_code
leave(struct courier *c, const struct hash *group, int64_t deadline_ms,
    struct tacit_error *e)
{
	enum tacit_code code = group_act_leave(c, group, deadline_ms, e);

	if (code == TACIT_NOT_ALLOWED)
		return error_status(
		    e, give_up_leaving(courier_core(c), group, e->message));
	return group_chores_end(code) ? code : error_clear(e);
}

enum tacit_code
group_chores(struct courier *c, int64_t deadline_ms, struct tacit_error *e)
{
	struct leaves leaves = { .count = 0 };
	struct step s = { 0 };
	enum tacit_code code;
	enum status st = step_begin(courier_core(c), DB_READ, &s);

	if (st == STATUS_OK)
		st = groups_each(s.txn, note_leave, &leaves);
	step_abort(&s);
	code = error_status(e, st);
	for (size_t i = 0; code == TACIT_DONE && i < leaves.count; i++)
		code = leave(c, &leaves.groups[i], deadline_ms, e);
	if (code == TACIT_DONE)
		code = group_follow_devices(c, deadline_ms, e);
	if (code == TACIT_DONE)
		code = group_admit(c, deadline_ms, e);
	return code;
}
