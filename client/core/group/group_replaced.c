/*
 * group_replaced.c - members whose device was replaced (protocol.md 8.7).
 *
 * Whoever has the device that is gone may have the log key, so an admin makes
 * another one; and the new device may know nothing of the group, so it is
 * invited again.  One does it, in the order of the roster: the others see in
 * the log that the key has changed since they noticed.  Where the member is the
 * only admin, the others invite it, and it changes the key itself.
 */
#include <string.h>

#include "client/core/error.h"
#include "client/core/group/group_act.h"
#include "client/core/group/group_chores.h"
#include "client/core/group/group_internal.h"
#include "store/client/repairs.h"

enum {
	ADMIN_TURN_MS = 2 * 60 * 1000,
	MEMBER_TURN_MS = 10 * 60 * 1000,
	MEMBERS_MAX = 8, /* so many of them, where there is no other admin */
	A_DAY = 3,       /* replacements of one member that are followed */
	AGAIN_MS = 3600 * 1000,
	PASS_MAX = 16, /* groups; the next drain goes on */
};

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

/* Our turn among those who may do it; false: it is not for us. */
static bool
find_turn(const struct step *s, const struct roster *r,
    const struct group_member *who, int64_t *wait_ms)
{
	const size_t admins = roster_admins(r) - (who->role == ROLE_ADMIN);
	size_t before = 0;

	*wait_ms = 0;
	if (group_is_self(s, who))
		return who->role == ROLE_ADMIN;
	for (size_t i = 0; i < roster_count(r); i++) {
		const struct group_member *m = roster_at(r, i);

		if (account_name_equal(&m->account, &who->account) ||
		    (admins > 0 && m->role != ROLE_ADMIN))
			continue;
		if (group_is_self(s, m)) {
			*wait_ms =
			    (int64_t)before *
			    (admins > 0 ? ADMIN_TURN_MS : MEMBER_TURN_MS);
			return admins > 0 || before < MEMBERS_MAX;
		}
		before++;
	}
	return false;
}

/* FULL: its devices change too often to be followed. */
static enum status
count_change(
    struct step *s, const struct hash *group, const struct account_name *name)
{
	const struct bytes parts[] = { BYTES("device-replaced"),
		hash_view(group), account_name_bytes(name) };
	const struct tally tally = { parts, 3, A_DAY, day_ms };

	return tally_add(s->txn, &tally, 1, s->now_ms);
}

static void
add_lost(struct group_record *g, const struct group_lost *l)
{
	size_t at = 0;

	while (at < g->lost_count &&
	       !account_name_equal(&g->lost[at].name, &l->name))
		at++;
	if (at == GROUP_LOST_MAX)
		at = 0; /* the oldest gives way */
	if (at < g->lost_count)
		memmove(&g->lost[at], &g->lost[at + 1],
		    (--g->lost_count - at) * sizeof(g->lost[0]));
	g->lost[g->lost_count++] = *l;
}

static enum status
note(struct step *s, const struct hash *group, const struct account_name *name,
    const struct sign_public *key)
{
	struct group_lost l = { .name = *name, .account_key = *key };
	const struct group_member *who;
	struct group_record g;
	struct roster *r;
	int64_t wait_ms;
	enum status st = group_get(s->txn, group, &g);

	if (st != STATUS_OK || g.standing != GROUP_MEMBER)
		return st == STATUS_NOT_FOUND ? STATUS_OK : st;
	st = group_fold(s, &g, &r);
	if (st != STATUS_OK)
		return st;
	who = roster_find_exact(r, name, key);
	if (who == NULL || !find_turn(s, r, who, &wait_ms))
		return STATUS_OK;
	st = count_change(s, group, name);
	if (st != STATUS_OK)
		return st == STATUS_FULL ? STATUS_OK : st;
	l.log_key = g.log_key;
	l.due_ms = s->now_ms + wait_ms;
	add_lost(&g, &l);
	return group_put(s->txn, &g);
}

enum status
group_device_replaced(struct step *s, const struct device_list *list)
{
	struct group_ids all = { .count = 0 };
	enum status st = groups_list(s->txn, true, s->arena, &all);

	for (size_t i = 0; st == STATUS_OK && i < all.count; i++)
		st = note(s, &all.ids[i], &list->account, &list->account_key);
	return st;
}

enum status
group_own_device_is_new(struct step *s, const struct hash *group)
{
	const struct self *self = &s->core->self;

	return note(s, group, &self->address.account, &self->account_key);
}

/* What is to be done for the first of a group that is due. */
enum duty { DUTY_NONE, DUTY_REKEY, DUTY_INVITE };

struct task {
	struct hash group;
	struct group_lost who;
	enum duty duty;
};

static void
drop_lost(struct group_record *g, const struct account_name *name)
{
	for (size_t i = 0; i < g->lost_count; i++)
		if (account_name_equal(&g->lost[i].name, name)) {
			memmove(&g->lost[i], &g->lost[i + 1],
			    (--g->lost_count - i) * sizeof(g->lost[0]));
			return;
		}
}

static struct group_lost *
find_lost(struct group_record *g, const struct account_name *name)
{
	for (size_t i = 0; i < g->lost_count; i++)
		if (account_name_equal(&g->lost[i].name, name))
			return &g->lost[i];
	return NULL;
}

/*
 * Decided on the log as it has been read.  Another key may be in force because
 * of somebody else, so an admin invites all the same: to be invited twice does
 * no harm.  That the only admin has changed it says that it is back.
 */
static enum status
decide(struct step *s, struct group_record *g, struct group_lost *l,
    enum duty *duty)
{
	const bool changed =
	    memcmp(&l->log_key, &g->log_key, sizeof(g->log_key)) != 0;
	const struct account_name *own = &s->core->self.address.account;
	const struct group_member *who, *self;
	struct roster *r;
	enum status st = group_fold(s, g, &r);

	*duty = DUTY_NONE;
	if (st != STATUS_OK)
		return st;
	who = roster_find_exact(r, &l->name, &l->account_key);
	self = roster_find(r, own);
	if (who != NULL && self != NULL) {
		if (self->role == ROLE_ADMIN && !changed)
			*duty = DUTY_REKEY;
		else if ((self->role == ROLE_ADMIN || !changed) &&
			 !account_name_equal(&l->name, own))
			*duty = DUTY_INVITE;
	}
	if (*duty == DUTY_REKEY) {
		l->due_ms = s->now_ms + AGAIN_MS; /* should it not come off */
		return group_put(s->txn, g);
	}
	if (*duty == DUTY_INVITE)
		st = group_invite_send(s, g, &l->name);
	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND ? STATUS_OK : st;
	drop_lost(g, &l->name);
	return group_put(s->txn, g);
}

/* One step: *duty says whether the key is to be changed before the next. */
static enum status
step_on(struct core *core, const struct task *t, enum duty *duty)
{
	struct group_record g;
	struct group_lost *l;
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	*duty = DUTY_NONE;
	if (st == STATUS_OK)
		st = group_get(s.txn, &t->group, &g);
	if (st != STATUS_OK)
		goto out;
	l = find_lost(&g, &t->who.name);
	if (l == NULL || g.locked || g.leaving || g.standing != GROUP_MEMBER)
		goto out; /* another process was faster; or later */
	st = decide(&s, &g, l, duty);
	if (st == STATUS_OK)
		st = step_commit(&s);
out:
	step_abort(&s);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

static enum tacit_code
follow(struct courier *c, const struct task *t, int64_t deadline_ms,
    struct tacit_error *e)
{
	struct core *core = courier_core(c);
	enum duty duty;
	enum tacit_code code = error_status(e, step_on(core, t, &duty));

	if (code != TACIT_DONE || duty != DUTY_REKEY)
		return code;
	code = group_act_rekey(c, &t->group, deadline_ms, e);
	if (code != TACIT_DONE)
		return group_chores_end(code) ? code : error_clear(e);
	return error_status(e, step_on(core, t, &duty));
}

struct tasks {
	struct task list[PASS_MAX];
	size_t count;
	int64_t now_ms;
};

static enum status
find_due(const struct group_record *g, void *arg)
{
	struct tasks *all = arg;

	for (size_t i = 0; i < g->lost_count; i++)
		if (g->lost[i].due_ms <= all->now_ms && all->count < PASS_MAX) {
			all->list[all->count].group = g->id;
			all->list[all->count++].who = g->lost[i];
		}
	return STATUS_OK;
}

enum tacit_code
group_follow_devices(
    struct courier *c, int64_t deadline_ms, struct tacit_error *e)
{
	struct tasks all = { .count = 0 };
	struct step s = { 0 };
	enum tacit_code code;
	enum status st = step_begin(courier_core(c), DB_READ, &s);

	all.now_ms = s.now_ms;
	if (st == STATUS_OK)
		st = groups_each(s.txn, find_due, &all);
	step_abort(&s);
	code = error_status(e, st);
	for (size_t i = 0; code == TACIT_DONE && i < all.count; i++)
		code = follow(c, &all.list[i], deadline_ms, e);
	if (code == TACIT_DONE && all.count > 0)
		code = courier_flush_due(c, deadline_ms, e);
	return code;
}
