/* roster.c - what a roster holds and answers. */
#include <assert.h>
#include <stdlib.h>

#include "client/core/group/roster_internal.h"

enum status
roster_new(struct roster **r)
{
	struct roster *fresh = calloc(1, sizeof(*fresh));
	size_t most = LIMIT_CHAIN_ENTRIES;
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->members = calloc(LIMIT_GROUP_MEMBERS, sizeof(fresh->members[0]));
	st = fresh->members == NULL ? STATUS_NOMEM : STATUS_OK;
	if (st == STATUS_OK)
		st = buf_new(most * sizeof(struct hash), &fresh->heads);
	if (st == STATUS_OK)
		st = buf_new(most * sizeof(struct span), &fresh->spans);
	if (st == STATUS_OK)
		st = buf_new(most * sizeof(struct bound), &fresh->bounds);
	if (st != STATUS_OK) {
		roster_free(fresh);
		return st;
	}
	*r = fresh;
	return STATUS_OK;
}

void
roster_free(struct roster *r)
{
	if (r == NULL)
		return;
	buf_free(r->heads);
	buf_free(r->spans);
	buf_free(r->bounds);
	free(r->members);
	free(r);
}

const struct group_member *
roster_find(const struct roster *r, const struct account_name *name)
{
	for (size_t i = 0; i < r->members_count; i++)
		if (account_name_equal(&r->members[i].account, name))
			return &r->members[i];
	return NULL;
}

const struct group_member *
roster_find_exact(const struct roster *r, const struct account_name *name,
    const struct sign_public *key)
{
	const struct group_member *m = roster_find(r, name);

	return m != NULL && key_equal(&m->account_key, key) ? m : NULL;
}

size_t
roster_admins(const struct roster *r)
{
	size_t admins = 0;

	for (size_t i = 0; i < r->members_count; i++)
		admins += r->members[i].role == ROLE_ADMIN;
	return admins;
}

bool
roster_members_may_add(const struct roster *r)
{
	return r->members_may_add;
}

uint64_t
roster_timer_s(const struct roster *r)
{
	return r->timer_s;
}

const struct hash *
roster_group(const struct roster *r)
{
	return &r->group;
}

struct bytes
roster_name(const struct roster *r)
{
	return bytes_view(r->name, r->name_len);
}

uint64_t
roster_length(const struct roster *r)
{
	return r->length;
}

const struct hash *
roster_head(const struct roster *r)
{
	return &r->head;
}

size_t
roster_count(const struct roster *r)
{
	return r->members_count;
}

const struct group_member *
roster_at(const struct roster *r, size_t i)
{
	assert(i < r->members_count);
	return &r->members[i];
}

bool
roster_bound(const struct roster *r, uint64_t length,
    const struct address *device, const struct sign_public *account_key,
    uint64_t *seq)
{
	struct bytes raw = buf_view(r->bounds);
	const struct bound *bounds = (const void *)raw.data;

	for (size_t i = 0; i < raw.len / sizeof(*bounds); i++) {
		if (bounds[i].removed_at < length ||
		    !address_equal(&bounds[i].device, device) ||
		    !key_equal(&bounds[i].account_key, account_key))
			continue;
		*seq = bounds[i].seq;
		return true;
	}
	return false;
}

bool
roster_was_member_throughout(const struct roster *r, uint64_t first,
    uint64_t last, const struct account_name *name,
    const struct sign_public *key)
{
	struct bytes raw = buf_view(r->spans);
	const struct span *spans = (const void *)raw.data;

	for (size_t i = 0; i < raw.len / sizeof(*spans); i++)
		if (spans[i].from <= first && last < spans[i].to &&
		    account_name_equal(&spans[i].account, name) &&
		    key_equal(&spans[i].key, key))
			return true;
	return false;
}

bool
roster_was_member(const struct roster *r, uint64_t length,
    const struct account_name *name, const struct sign_public *key)
{
	return roster_was_member_throughout(r, length, length, name, key);
}

bool
roster_knew(const struct roster *r, const struct account_name *name,
    const struct sign_public *key)
{
	struct bytes raw = buf_view(r->spans);
	const struct span *spans = (const void *)raw.data;

	for (size_t i = 0; i < raw.len / sizeof(*spans); i++)
		if (account_name_equal(&spans[i].account, name) &&
		    key_equal(&spans[i].key, key))
			return true;
	return false;
}

uint64_t
roster_until(const struct roster *r, const struct account_name *name,
    const struct sign_public *key)
{
	struct bytes raw = buf_view(r->spans);
	const struct span *spans = (const void *)raw.data;
	uint64_t until = 0;

	for (size_t i = 0; i < raw.len / sizeof(*spans); i++)
		if (spans[i].to > until &&
		    account_name_equal(&spans[i].account, name) &&
		    key_equal(&spans[i].key, key))
			until = spans[i].to;
	return until;
}

const struct adoption *
roster_adoption(const struct roster *r)
{
	return r->has_adoption ? &r->adoption : NULL;
}

enum status
roster_head_at(const struct roster *r, uint64_t length, struct hash *head)
{
	struct bytes raw = buf_view(r->heads);

	if (length == 0 || length > r->length)
		return STATUS_NOT_FOUND;
	memcpy(head, raw.data + (length - 1) * sizeof(*head), sizeof(*head));
	return STATUS_OK;
}
