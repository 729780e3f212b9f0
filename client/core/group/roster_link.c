/* roster_link.c - links into a group: who may make them, whom they admit. */
#include <assert.h>

#include "client/core/group/roster_internal.h"

static bool
id_equal(const struct join_id *a, const struct join_id *b)
{
	return memcmp(a->raw, b->raw, sizeof(a->raw)) == 0;
}

static struct roster_link *
find(struct roster *r, const struct join_id *id)
{
	for (size_t i = 0; i < r->links_count; i++)
		if (id_equal(&r->links[i].id, id))
			return &r->links[i];
	return NULL;
}

const struct roster_link *
roster_link_find(const struct roster *r, const struct join_id *id)
{
	for (size_t i = 0; i < r->links_count; i++)
		if (id_equal(&r->links[i].id, id))
			return &r->links[i];
	return NULL;
}

size_t
roster_links(const struct roster *r)
{
	return r->links_count;
}

const struct roster_link *
roster_link_at(const struct roster *r, size_t i)
{
	assert(i < r->links_count);
	return &r->links[i];
}

static enum link_state
state_of(const struct roster_link *link, int64_t at_ms)
{
	if (link->revoked)
		return LINK_REVOKED;
	if (link->uses > 0 && link->used >= link->uses)
		return LINK_USED_UP;
	if (link->expires_ms > 0 && at_ms >= link->expires_ms)
		return LINK_EXPIRED;
	return LINK_GOOD;
}

enum link_state
roster_link_state(
    const struct roster *r, const struct join_id *id, int64_t at_ms)
{
	const struct roster_link *link = roster_link_find(r, id);

	return link == NULL ? LINK_UNKNOWN : state_of(link, at_ms);
}

bool
roster_removed_since(const struct roster *r, const struct roster_link *link,
    const struct account_name *name)
{
	struct bytes raw = buf_view(r->spans);
	const struct span *spans = (const void *)raw.data;

	for (size_t i = 0; i < raw.len / sizeof(*spans); i++)
		if (spans[i].removed && spans[i].to > link->made_at &&
		    account_name_equal(&spans[i].account, name))
			return true;
	return false;
}

/* A place for one more, perhaps of one that takes nobody in any more. */
static size_t
free_place(const struct roster *r, int64_t at_ms)
{
	if (r->links_count < LIMIT_GROUP_LINKS)
		return r->links_count;
	for (size_t i = 0; i < r->links_count; i++)
		if (state_of(&r->links[i], at_ms) != LINK_GOOD)
			return i;
	return LIMIT_GROUP_LINKS;
}

const char *
roster_judge_link(const struct roster *r, const struct group_entry_body *b)
{
	if (roster_link_find(r, &b->link) != NULL)
		return "there is a link of this id already";
	if (b->link_expires_ms > 0 && b->at_ms >= b->link_expires_ms)
		return "it is expired when it is made";
	if (free_place(r, b->at_ms) == LIMIT_GROUP_LINKS)
		return "the group has as many links as it may have";
	return NULL;
}

const char *
roster_judge_unlink(const struct roster *r, const struct group_entry_body *b)
{
	const struct roster_link *link = roster_link_find(r, &b->link);

	if (link == NULL)
		return "its link is unknown";
	return link->revoked ? "its link is revoked already" : NULL;
}

static const char *
judge_state(const struct roster *r, const struct group_entry_body *b)
{
	switch (roster_link_state(r, &b->link, b->at_ms)) {
	case LINK_GOOD:
		return NULL;
	case LINK_UNKNOWN:
		return "its link is unknown";
	case LINK_REVOKED:
		return "its link is revoked";
	case LINK_USED_UP:
		return "its link is used up";
	case LINK_EXPIRED:
		return "its link is expired";
	}
	return "its link is unknown";
}

const char *
roster_judge_add_by_link(const struct roster *r,
    const struct group_member *author, const struct group_entry_body *b)
{
	const char *why;

	if (author->role != ROLE_ADMIN)
		return "only an admin adds by a link";
	if (b->members_count != 1 || b->members[0].role != ROLE_MEMBER)
		return "a link takes in one ordinary member at a time";
	if (roster_find_exact(
		r, &b->members[0].account, &b->members[0].account_key) != NULL)
		return "everyone named is a member already";
	why = judge_state(r, b);
	if (why != NULL)
		return why;
	if (roster_find(r, &b->members[0].account) != NULL)
		return "a link replaces nobody's key";
	if (roster_removed_since(
		r, roster_link_find(r, &b->link), &b->members[0].account))
		return "its link is older than the removal of who comes by it";
	if (r->members_count == LIMIT_GROUP_MEMBERS)
		return "the group is full";
	return NULL;
}

void
roster_take_link(struct roster *r, const struct group_entry_body *b)
{
	size_t place = free_place(r, b->at_ms);
	struct roster_link link = {
		.id = b->link,
		.hash = b->link_hash,
		.author = b->author.account,
		.made_at = r->length,
		.uses = b->link_uses,
		.expires_ms = b->link_expires_ms,
	};

	assert(place < LIMIT_GROUP_LINKS);
	assert(b->link_label.len < sizeof(link.label));
	if (b->link_label.len > 0)
		memcpy(link.label, b->link_label.data, b->link_label.len);
	r->links[place] = link;
	if (place == r->links_count)
		r->links_count++;
}

void
roster_take_unlink(struct roster *r, const struct group_entry_body *b)
{
	struct roster_link *link = find(r, &b->link);

	assert(link != NULL);
	link->revoked = true;
}

void
roster_use_link(struct roster *r, const struct group_entry_body *b)
{
	struct roster_link *link = find(r, &b->link);

	assert(link != NULL);
	link->used++;
}
