#include "client/core/group/group_act.h"

#include <string.h>

#include "base/wipe.h"
#include "client/core/error.h"
#include "client/core/group/group_internal.h"
#include "client/core/group/group_prepare.h"
#include "client/core/group/group_sync.h"
#include "client/core/repair/repair.h"

enum {
	APPEND_TRIES = 16,
	STALLED_TRIES = 2, /* though nobody was faster, as far as we can read */
};

enum tacit_code
group_append(struct courier *c, const struct chain_append *entry,
    int64_t deadline_ms, bool *moved, struct tacit_error *e)
{
	struct request request = { .kind = REQUEST_CHAIN_APPEND };
	struct arena *a = NULL;
	struct reply reply;
	enum tacit_code code;
	enum status st;

	*moved = false;
	request.u.append = *entry;
	st = arena_new(LIMIT_ARENA_BYTES, &a);
	if (st == STATUS_OK)
		st = uplink_call(
		    courier_uplink(c), &request, deadline_ms, a, &reply);
	if (st != STATUS_OK)
		code = error_status(e, st);
	else if (reply.kind == REPLY_CHAIN_APPENDED)
		code = error_clear(e);
	else {
		*moved = reply.kind == REPLY_ERROR &&
			 (reply.u.error.code == ERROR_CHAIN_TAKEN ||
			     reply.u.error.code == ERROR_DENIED);
		code = error_reply(e, &reply);
	}
	wipe(&request, sizeof(request));
	arena_free(a);
	return code;
}

static enum tacit_code
prepare(struct courier *c, const struct hash *group,
    const struct group_wish *wish, struct group_prepared *p,
    struct tacit_error *e)
{
	struct step s;
	enum tacit_code code =
	    error_status(e, step_begin(courier_core(c), DB_WRITE, &s));

	if (code != TACIT_DONE) {
		memset(p, 0, sizeof(*p));
		return code;
	}
	code = group_prepare(&s, group, wish, p, e);
	if (code == TACIT_DONE && p->changed > 0)
		code = error_status(e, step_commit(&s));
	step_abort(&s);
	return code;
}

static enum tacit_code
act_once(struct courier *c, const struct hash *group,
    const struct group_wish *wish, int64_t deadline_ms, size_t *changed,
    bool *moved, struct tacit_error *e)
{
	struct group_prepared p;
	enum tacit_code code;

	*moved = false;
	code = group_sync(c, deadline_ms, e);
	if (code == TACIT_DONE)
		code = group_meet_members(c, group, deadline_ms, e);
	if (code != TACIT_DONE)
		return code;
	code = prepare(c, group, wish, &p, e);
	*changed = p.changed;
	if (code != TACIT_DONE || p.changed == 0)
		goto out;
	if (p.keys_queued)
		code = courier_flush(c, deadline_ms, NULL, NULL, e);
	if (code == TACIT_DONE)
		code = group_append(c, &p.append, deadline_ms, moved, e);
	if (code == TACIT_DONE)
		code = group_sync(c, deadline_ms, e);
	/* Taking our own entry in has queued invitations. */
	if (code == TACIT_DONE)
		code = courier_flush(c, deadline_ms, NULL, NULL, e);
out:
	group_prepared_clear(&p);
	return code;
}

/*
 * Again and again somebody was faster, or our token is not taken: `group adopt`
 * looks for this mark.  *behind: it is our log that ends too early, since a key
 * has not come.
 */
static enum status
note_locked(struct core *core, const struct hash *group, bool *behind)
{
	struct group_record g;
	struct step s;
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = group_get(s.txn, group, &g);
	*behind = st == STATUS_OK && g.length < g.heard;
	if (st == STATUS_OK && !*behind) {
		g.locked = true;
		st = group_put(s.txn, &g);
	}
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

static enum tacit_code
explain_locked(
    struct courier *c, const struct hash *group, struct tacit_error *e)
{
	bool behind = false;
	enum tacit_code code =
	    error_status(e, note_locked(courier_core(c), group, &behind));

	if (code != TACIT_DONE)
		return code;
	return error_set(e, TACIT_FAILED, "%s",
	    behind ? "what has changed in this group cannot be read here yet; "
		     "the key to it has been asked for, try again later"
		   : "this group's log cannot be written to at the relay; an "
		     "admin can put it right with `tacit group adopt`");
}

static enum status
read_length(struct core *core, const struct hash *group, uint64_t *length)
{
	struct group_record g;
	struct step s;
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = group_get(s.txn, group, &g);
	step_abort(&s);
	if (st == STATUS_OK)
		*length = g.length;
	return st;
}

/* Each try may cost every member a key: not again and again for nothing. */
static enum tacit_code
act(struct courier *c, const struct hash *group, const struct group_wish *wish,
    int64_t deadline_ms, size_t *changed, struct tacit_error *e)
{
	bool moved = true;
	enum tacit_code code = TACIT_FAILED;
	uint64_t length = 0;
	uint64_t before = 0;
	int stalled = 0;

	for (int i = 0; i < APPEND_TRIES && stalled < STALLED_TRIES && moved;
	     i++) {
		/* The key of what was written meanwhile comes by mailbox. */
		code =
		    i == 0 ? error_clear(e) : courier_drain(c, deadline_ms, e);
		if (code != TACIT_DONE)
			return code;
		code =
		    act_once(c, group, wish, deadline_ms, changed, &moved, e);
		if (!moved)
			return code;
		code = error_status(
		    e, read_length(courier_core(c), group, &length));
		if (code != TACIT_DONE)
			return code;
		stalled = i > 0 && length == before ? stalled + 1 : 0;
		before = length;
	}
	return explain_locked(c, group, e);
}

enum tacit_code
group_act_change(struct courier *c, const struct hash *group,
    enum tacit_group_act what, const struct account_name *names, size_t count,
    int64_t deadline_ms, size_t *changed, struct tacit_error *e)
{
	static const struct group_wish wishes[] = {
		[TACIT_GROUP_ADD] = { .type = ENTRY_ADD },
		[TACIT_GROUP_REMOVE] = { .type = ENTRY_REMOVE },
		[TACIT_GROUP_PROMOTE] = { .type = ENTRY_ROLE,
		    .role = ROLE_ADMIN },
		[TACIT_GROUP_DEMOTE] = { .type = ENTRY_ROLE,
		    .role = ROLE_MEMBER },
	};
	struct group_wish wish = wishes[what];
	enum tacit_code code = error_clear(e);

	*changed = 0;
	if (what == TACIT_GROUP_ADD)
		code = courier_meet(c, names, count, deadline_ms, e);
	for (size_t i = 0; code == TACIT_DONE && i < count;
	     i += GROUP_NAMES_PER_ENTRY) {
		size_t made = 0;

		wish.names = names + i;
		wish.names_count = count - i < GROUP_NAMES_PER_ENTRY
				       ? count - i
				       : GROUP_NAMES_PER_ENTRY;
		code = act(c, group, &wish, deadline_ms, &made, e);
		*changed += made;
	}
	return code;
}

static enum status
queue_history(struct courier *c, const struct hash *group,
    const struct account_name *names, size_t count, int64_t history_ms)
{
	struct roster *r = NULL;
	struct step s = { 0 };
	enum status st = step_begin(courier_core(c), DB_WRITE, &s);

	if (st == STATUS_OK)
		st = group_roster(&s, group, &r);
	for (size_t i = 0; st == STATUS_OK && i < count; i++) {
		const struct group_member *m = roster_find(r, &names[i]);

		if (m != NULL && !group_is_self(&s, m))
			st = repair_send_history(
			    &s, group, m, s.now_ms - history_ms);
	}
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

enum tacit_code
group_act_send_history(struct courier *c, const struct hash *group,
    const struct account_name *names, size_t count, int64_t history_ms,
    int64_t deadline_ms, struct tacit_error *e)
{
	enum tacit_code code =
	    error_status(e, queue_history(c, group, names, count, history_ms));

	if (code == TACIT_DONE)
		code = courier_flush(c, deadline_ms, NULL, NULL, e);
	return code;
}

enum tacit_code
group_act_leave(struct courier *c, const struct hash *group,
    int64_t deadline_ms, struct tacit_error *e)
{
	struct group_wish wish = { .type = ENTRY_LEAVE };
	size_t changed;

	return act(c, group, &wish, deadline_ms, &changed, e);
}

enum tacit_code
group_act_rename(struct courier *c, const struct hash *group, const char *name,
    int64_t deadline_ms, struct tacit_error *e)
{
	struct group_wish wish = {
		.type = ENTRY_RENAME,
		.name = bytes_text(name),
	};
	size_t changed;

	return act(c, group, &wish, deadline_ms, &changed, e);
}

enum tacit_code
group_act_rekey(struct courier *c, const struct hash *group,
    int64_t deadline_ms, struct tacit_error *e)
{
	struct group_wish wish = { .type = ENTRY_REKEY };
	size_t changed;

	return act(c, group, &wish, deadline_ms, &changed, e);
}

enum tacit_code
group_act_set(struct courier *c, const struct hash *group,
    const struct tacit_group_settings *wanted, int64_t deadline_ms,
    size_t *changed, struct tacit_error *e)
{
	struct group_wish wish = {
		.type = ENTRY_SETTINGS,
		.has_timer = wanted->has_timer,
		.timer_s = wanted->timer_s,
	};

	if (wanted->who_may_add == TACIT_ADMINS_MAY_ADD)
		wish.who_may_add = ROLE_ADMIN;
	else if (wanted->who_may_add == TACIT_MEMBERS_MAY_ADD)
		wish.who_may_add = ROLE_MEMBER;
	return act(c, group, &wish, deadline_ms, changed, e);
}

enum tacit_code
group_act_link(struct courier *c, const struct hash *group,
    const struct group_link_wish *wanted, int64_t deadline_ms,
    struct tacit_error *e)
{
	struct group_wish wish = {
		.type = ENTRY_LINK,
		.has_link = true,
		.link = wanted->id,
		.link_hash = wanted->secret,
		.link_uses = wanted->uses,
		.link_expires_ms = wanted->expires_ms,
		.link_label = wanted->label,
	};
	size_t changed;

	return act(c, group, &wish, deadline_ms, &changed, e);
}

enum tacit_code
group_act_unlink(struct courier *c, const struct hash *group,
    const struct join_id *id, int64_t deadline_ms, size_t *changed,
    struct tacit_error *e)
{
	struct group_wish wish = {
		.type = ENTRY_UNLINK,
		.has_link = true,
		.link = *id,
	};

	return act(c, group, &wish, deadline_ms, changed, e);
}

enum tacit_code
group_act_admit(struct courier *c, const struct hash *group,
    const struct account_name *name, const struct join_id *link,
    int64_t deadline_ms, struct tacit_error *e)
{
	struct group_wish wish = {
		.type = ENTRY_ADD,
		.names = name,
		.names_count = 1,
		.has_link = true,
		.link = *link,
	};
	size_t changed;

	return act(c, group, &wish, deadline_ms, &changed, e);
}
