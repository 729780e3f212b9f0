/* roster_judge.c - who may make which entry (protocol.md 8.2). */
#include "client/core/group/roster_internal.h"

/* Entries that say nothing new are without effect, so repeats are harmless. */
static const char *
judge_add(const struct roster *r, const struct group_entry_body *b)
{
	size_t fresh = 0;

	for (size_t i = 0; i < b->members_count; i++) {
		const struct group_member *m = &b->members[i];

		if (m->role != ROLE_ADMIN && m->role != ROLE_MEMBER)
			return "it names a role that does not exist";
		if (roster_find_exact(r, &m->account, &m->account_key) != NULL)
			continue;
		/* The new key could be the last admin's, and be none. */
		if (account_name_equal(&m->account, &b->author.account))
			return "nobody re-admits themselves";
		fresh++;
	}
	if (fresh == 0)
		return "everyone named is a member already";
	if (fresh > LIMIT_GROUP_MEMBERS - r->members_count)
		return "the group is full";
	return NULL;
}

/* Where members may add, they make no admins and replace nobody's key. */
static const char *
judge_add_by_member(const struct roster *r, const struct group_entry_body *b)
{
	for (size_t i = 0; i < b->members_count; i++) {
		if (b->members[i].role != ROLE_MEMBER)
			return "only an admin makes admins";
		if (roster_find(r, &b->members[i].account) != NULL)
			return "only an admin re-admits a name";
	}
	return judge_add(r, b);
}

static const char *
judge_remove(const struct roster *r, const struct group_entry_body *b)
{
	size_t gone = 0;

	for (size_t i = 0; i < b->members_count; i++) {
		const struct group_member *m = &b->members[i];

		if (account_name_equal(&m->account, &b->author.account))
			return "nobody removes themselves; one leaves";
		gone +=
		    roster_find_exact(r, &m->account, &m->account_key) != NULL;
	}
	return gone == 0 ? "nobody named is a member" : NULL;
}

static const char *
judge_role(const struct roster *r, const struct group_entry_body *b)
{
	size_t admins = roster_admins(r);
	size_t changed = 0;

	for (size_t i = 0; i < b->members_count; i++) {
		const struct group_member *to = &b->members[i];
		const struct group_member *m =
		    roster_find_exact(r, &to->account, &to->account_key);

		if (to->role != ROLE_ADMIN && to->role != ROLE_MEMBER)
			return "it names a role that does not exist";
		if (m == NULL || m->role == to->role)
			continue;
		changed++;
		if (to->role == ROLE_MEMBER && --admins == 0)
			return "a group keeps at least one admin";
	}
	return changed == 0 ? "everyone named has that role already" : NULL;
}

static const char *
judge_leave(const struct roster *r, const struct group_member *author)
{
	if (author->role == ROLE_ADMIN && roster_admins(r) == 1 &&
	    r->members_count > 1)
		return "the last admin names another before leaving";
	return NULL;
}

/* An entry says all settings, so that the last one holds as a whole. */
static const char *
judge_settings(const struct roster *r, const struct group_entry_body *b)
{
	if (b->who_may_add != ROLE_ADMIN && b->who_may_add != ROLE_MEMBER)
		return "it names a role that does not exist";
	if (r->members_may_add == (b->who_may_add == ROLE_MEMBER) &&
	    r->timer_s == b->timer_s)
		return "the settings are so already";
	return NULL;
}

/* For everything after the first entry, by someone who is a member. */
static const char *
judge_member(const struct roster *r, const struct group_member *author,
    const struct group_entry_body *b)
{
	if (b->type == ENTRY_LEAVE)
		return judge_leave(r, author);
	if (b->type == ENTRY_ADD && b->has_link)
		return roster_judge_add_by_link(r, author, b);
	if (b->type == ENTRY_ADD && r->members_may_add &&
	    author->role != ROLE_ADMIN)
		return judge_add_by_member(r, b);
	if (author->role != ROLE_ADMIN)
		return "its author is not an admin";
	switch ((enum group_entry_type)b->type) {
	case ENTRY_ADD:
		return judge_add(r, b);
	case ENTRY_REMOVE:
		return judge_remove(r, b);
	case ENTRY_ROLE:
		return judge_role(r, b);
	case ENTRY_RENAME:
		return b->name.len == 0 ? "the name is empty" : NULL;
	case ENTRY_SETTINGS:
		return judge_settings(r, b);
	case ENTRY_LINK:
		return roster_judge_link(r, b);
	case ENTRY_UNLINK:
		return roster_judge_unlink(r, b);
	case ENTRY_REKEY:
	case ENTRY_ADOPT:
		return NULL;
	case ENTRY_CREATE:
	case ENTRY_LEAVE:
		break;
	}
	return "a group is created once";
}

const char *
roster_judge(const struct roster *r, const struct group_entry_body *b)
{
	const struct group_member *author;

	if (r->length == 0) {
		if (b->type != ENTRY_CREATE || b->has_group)
			return "the first entry creates the group";
		return b->name.len == 0 ? "the name is empty" : NULL;
	}
	if (!b->has_group || !hash_equal(&b->group, &r->group))
		return "it belongs to another group";
	author = roster_find_exact(r, &b->author.account, &b->author_key);
	if (author == NULL)
		return "its author is not a member";
	return judge_member(r, author, b);
}
