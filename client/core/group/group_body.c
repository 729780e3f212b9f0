/* group_body.c - what the entry for a wish says, on the roster as it is. */
#include <string.h>

#include "client/core/group/group_internal.h"
#include "client/core/group/group_prepare.h"

void
group_body_start(struct step *s, struct group_entry_body *body)
{
	const struct self *self = &s->core->self;

	memset(body, 0, sizeof(*body));
	body->author = self->address;
	body->author_key = self->account_key;
	hash_bytes(self_signed_list(self).body, &body->list_hash);
	body->at_ms = s->now_ms;
}

enum status
group_body_add(struct step *s, const struct roster *known,
    const struct account_name *names, size_t count,
    struct group_entry_body *body)
{
	struct group_member *members =
	    arena_take_array(s->arena, count, sizeof(*members));
	size_t added = 0;

	if (members == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < count; i++) {
		struct contact c;
		enum status st;

		if (account_name_equal(
			&names[i], &s->core->self.address.account))
			continue;
		st = contact_get(s->txn, &names[i], &c);
		if (st != STATUS_OK)
			return st;
		if (c.has_pending)
			return STATUS_UNTRUSTED;
		if (known != NULL &&
		    roster_find_exact(known, &c.name, &c.account_key) != NULL)
			continue;
		members[added].account = c.name;
		members[added].account_key = c.account_key;
		members[added++].role = ROLE_MEMBER;
	}
	body->type = ENTRY_ADD;
	body->members = members;
	body->members_count = added;
	return STATUS_OK;
}

/* How far we have read each device of those who go. */
static enum status
note_last(struct step *s, const struct hash *group,
    const struct group_entry_body *body, struct last_seq *last, size_t *count)
{
	for (size_t i = 0; i < body->members_count; i++) {
		struct contact c;
		enum status st =
		    contact_get(s->txn, &body->members[i].account, &c);

		if (st == STATUS_NOT_FOUND)
			continue;
		if (st != STATUS_OK)
			return st;
		for (size_t d = 0; d < c.list.devices_count; d++) {
			struct address from = { c.name, c.list.devices[d].id };
			struct sender_state state;

			st = sender_get(s->txn, group, &from, &state);
			if (st != STATUS_OK)
				return st;
			last[*count].device = from;
			last[(*count)++].seq = state.seq;
		}
	}
	return STATUS_OK;
}

static enum status
body_remove(struct step *s, const struct roster *r,
    const struct group_wish *wish, struct group_entry_body *body)
{
	size_t most = wish->names_count;
	struct group_member *members =
	    arena_take_array(s->arena, most, sizeof(*members));
	struct last_seq *last = arena_take_array(
	    s->arena, most * LIMIT_DEVICES_PER_ACCOUNT, sizeof(*last));

	if (members == NULL || last == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < most; i++) {
		const struct group_member *m = roster_find(r, &wish->names[i]);

		if (m == NULL)
			continue;
		members[body->members_count] = *m;
		members[body->members_count++].role = 0;
	}
	body->members = members;
	body->last = last;
	return note_last(s, roster_group(r), body, last, &body->last_count);
}

/* NOT_FOUND: someone named is not a member. */
static enum status
body_role(struct step *s, const struct roster *r, const struct group_wish *wish,
    struct group_entry_body *body)
{
	struct group_member *members =
	    arena_take_array(s->arena, wish->names_count, sizeof(*members));

	if (members == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < wish->names_count; i++) {
		const struct group_member *m = roster_find(r, &wish->names[i]);

		if (m == NULL)
			return STATUS_NOT_FOUND;
		if (m->role == (uint32_t)wish->role)
			continue;
		members[body->members_count] = *m;
		members[body->members_count++].role = wish->role;
	}
	body->members = members;
	return STATUS_OK;
}

/* A leaver says how far their own messages went. */
static enum status
body_leave(
    struct step *s, const struct roster *r, struct group_entry_body *body)
{
	struct last_seq *last = arena_take(s->arena, sizeof(*last));
	struct sender_state state;
	enum status st;

	if (last == NULL)
		return STATUS_NOMEM;
	st =
	    sender_get(s->txn, roster_group(r), &s->core->self.address, &state);
	if (st != STATUS_OK)
		return st;
	last->device = s->core->self.address;
	last->seq = state.seq;
	body->last = last;
	body->last_count = 1;
	return STATUS_OK;
}

/* Of two admins who set different things at once, neither undoes the other. */
static void
body_settings(const struct roster *r, const struct group_wish *wish,
    struct group_entry_body *body)
{
	body->who_may_add =
	    roster_members_may_add(r) ? ROLE_MEMBER : ROLE_ADMIN;
	body->timer_s = roster_timer_s(r);
	if (wish->who_may_add != 0)
		body->who_may_add = wish->who_may_add;
	if (wish->has_timer)
		body->timer_s = wish->timer_s;
}

enum status
group_body_fill(struct step *s, const struct roster *r,
    const struct group_wish *wish, struct group_entry_body *body)
{
	group_body_start(s, body);
	body->has_group = true;
	body->group = *roster_group(r);
	body->index = roster_length(r);
	body->previous = *roster_head(r);
	body->type = wish->type;
	body->has_link = wish->has_link;
	body->link = wish->link;
	switch (wish->type) {
	case ENTRY_ADD:
		return group_body_add(
		    s, r, wish->names, wish->names_count, body);
	case ENTRY_REMOVE:
		return body_remove(s, r, wish, body);
	case ENTRY_ROLE:
		return body_role(s, r, wish, body);
	case ENTRY_LEAVE:
		return body_leave(s, r, body);
	case ENTRY_RENAME:
		body->name = wish->name;
		return STATUS_OK;
	case ENTRY_SETTINGS:
		body_settings(r, wish, body);
		return STATUS_OK;
	case ENTRY_LINK:
		body->link_hash = wish->link_hash;
		body->link_uses = wish->link_uses;
		body->link_expires_ms = wish->link_expires_ms;
		body->link_label = wish->link_label;
		return STATUS_OK;
	case ENTRY_CREATE:
	case ENTRY_REKEY:
	case ENTRY_UNLINK:
	case ENTRY_ADOPT: /* made by group_adopt.c */
		break;
	}
	return STATUS_OK;
}
