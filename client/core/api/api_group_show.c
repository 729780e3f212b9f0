/* api_group_show.c - tacit_groups() and tacit_group(): rosters shown. */
#include "base/number.h"
#include "client/core/group/group_internal.h"
#include "client/core/handle.h"

enum tacit_code
handle_explain_group(enum status st, const char *group, struct tacit_error *e)
{
	if (st == STATUS_NOT_FOUND)
		return error_set(e, TACIT_NOT_FOUND,
		    "no group named %s; `tacit group list` shows yours", group);
	if (st == STATUS_CONFLICT)
		return error_set(e, TACIT_NOT_FOUND,
		    "%s fits several groups; give more digits of the id",
		    group);
	return error_status(e, st);
}

static const char *
standing_name(enum group_standing standing)
{
	switch (standing) {
	case GROUP_INVITED:
		return "invited";
	case GROUP_MEMBER:
		return "member";
	case GROUP_LEFT:
		return "left";
	case GROUP_REMOVED:
		return "removed";
	case GROUP_FROZEN:
		return "frozen";
	case GROUP_ASKED:
		return "asked";
	case GROUP_REFUSED:
		return "refused";
	}
	return "unknown";
}

struct shown_member {
	char key[SIGN_PUBLIC_BYTES * 2 + 1];
};

static enum status
show_member(struct step *s, const struct hash *group,
    const struct group_member *m, struct shown_member *text,
    struct tacit_member *out)
{
	hex_encode(BYTES_OF(m->account_key.raw), text->key);
	out->account = m->account.text;
	out->key = text->key;
	out->role = m->role == ROLE_ADMIN ? "admin" : "member";
	out->self = group_is_self(s, m);
	return group_known_length(s, group, &m->account, &out->known_length);
}

static enum status
show_group(struct step *s, const struct group_record *g, tacit_group_fn *show,
    void *arg, bool *go_on)
{
	char id[HASH_BYTES * 2 + 1];
	char head[HASH_BYTES * 2 + 1];
	struct tacit_group out = { .id = id, .name = g->name, .head = head };
	struct tacit_member *members;
	struct shown_member *texts;
	struct roster *r;
	enum status st = group_roster(s, &g->id, &r);

	if (st != STATUS_OK)
		return st;
	members =
	    arena_take_array(s->arena, roster_count(r) + 1, sizeof(*members));
	texts = arena_take_array(s->arena, roster_count(r) + 1, sizeof(*texts));
	if (members == NULL || texts == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; st == STATUS_OK && i < roster_count(r); i++)
		st = show_member(
		    s, &g->id, roster_at(r, i), &texts[i], &members[i]);
	if (st != STATUS_OK)
		return st;
	hex_encode(hash_view(&g->id), id);
	hex_encode(hash_view(&g->head), head);
	out.standing = g->leaving ? "leaving" : standing_name(g->standing);
	if (g->standing == GROUP_FROZEN || g->standing == GROUP_REFUSED)
		out.reason = g->reason;
	out.length = g->length;
	out.members = members;
	out.members_count = roster_count(r);
	out.who_may_add = roster_members_may_add(r) ? "members" : "admins";
	out.timer_s = roster_timer_s(r);
	*go_on = show(&out, arg);
	return STATUS_OK;
}

/* Records are collected first: folding a log walks other tables. */
struct record_list {
	struct group_record *records;
	size_t count;
	size_t max;
};

static enum status
count_record(const struct group_record *g, void *arg)
{
	struct record_list *list = arg;

	(void)g;
	list->max++;
	return STATUS_OK;
}

static enum status
keep_record(const struct group_record *g, void *arg)
{
	struct record_list *list = arg;

	if (list->count < list->max)
		list->records[list->count++] = *g;
	return STATUS_OK;
}

static enum status
list_records(struct step *s, struct record_list *list)
{
	enum status st = groups_each(s->txn, count_record, list);

	if (st != STATUS_OK)
		return st;
	list->records =
	    arena_take_array(s->arena, list->max + 1, sizeof(*list->records));
	if (list->records == NULL)
		return STATUS_NOMEM;
	return groups_each(s->txn, keep_record, list);
}

enum tacit_code
tacit_groups(
    struct tacit *t, tacit_group_fn *show, void *arg, struct tacit_error *e)
{
	struct record_list list = { 0 };
	struct step s = { 0 };
	bool go_on = true;
	enum status st = step_begin(&t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = list_records(&s, &list);
	for (size_t i = 0; st == STATUS_OK && go_on && i < list.count; i++)
		st = show_group(&s, &list.records[i], show, arg, &go_on);
	step_abort(&s);
	return error_status(e, st);
}

enum tacit_code
tacit_group(struct tacit *t, const char *group, tacit_group_fn *show, void *arg,
    struct tacit_error *e)
{
	struct group_record g;
	struct step s = { 0 };
	bool go_on;
	enum status st = step_begin(&t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = group_find(&s, group, &g);
	if (st == STATUS_OK)
		st = show_group(&s, &g, show, arg, &go_on);
	step_abort(&s);
	return handle_explain_group(st, group, e);
}
