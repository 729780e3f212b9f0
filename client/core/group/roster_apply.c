/* roster_apply.c - taking the next entry of a log. */
#include <assert.h>

#include "client/core/group/roster_internal.h"

/* Static text when the entry does not prove who wrote it. */
static const char *
check_proof(const struct group_entry *e, const struct group_entry_body *b)
{
	struct device_list list;
	const struct device_entry *device;
	struct hash list_hash;

	if (device_list_open(e->list, &list) != STATUS_OK)
		return "its author's device list is wrong";
	hash_bytes(e->list.body, &list_hash);
	device = device_list_find(&list, b->author.device);
	if (device == NULL || !hash_equal(&list_hash, &b->list_hash) ||
	    !account_name_equal(&list.account, &b->author.account) ||
	    !key_equal(&list.account_key, &b->author_key))
		return "its author's device list is another one";
	if (sign_verify(&device->device_key, SIGN_GROUP_ENTRY, NULL, 0, e->body,
		e->signature) != STATUS_OK)
		return "its signature is wrong";
	return NULL;
}

static enum status
open_span(struct roster *r, const struct group_member *m)
{
	struct span span;

	/* Padding bytes are zeroed: the struct is stored as bytes. */
	memset(&span, 0, sizeof(span));
	span.account = m->account;
	span.key = m->account_key;
	span.from = r->length + 1;
	span.to = UINT64_MAX;
	return buf_put(r->spans, BYTES_OF(span));
}

static void
close_span(struct roster *r, const struct account_name *account, bool removed)
{
	struct bytes raw = buf_view(r->spans);
	struct span *spans = (struct span *)(void *)(uintptr_t)raw.data;

	for (size_t i = 0; i < raw.len / sizeof(*spans); i++)
		if (spans[i].to == UINT64_MAX &&
		    account_name_equal(&spans[i].account, account)) {
			spans[i].to = r->length + 1;
			spans[i].removed = removed;
		}
}

static void
drop_member(struct roster *r, const struct account_name *account, bool removed)
{
	for (size_t i = 0; i < r->members_count; i++) {
		if (!account_name_equal(&r->members[i].account, account))
			continue;
		close_span(r, account, removed);
		memmove(&r->members[i], &r->members[i + 1],
		    (r->members_count - i - 1) * sizeof(r->members[0]));
		r->members_count--;
		return;
	}
}

static enum status
admit(struct roster *r, const struct group_member *m)
{
	enum status st;

	if (roster_find_exact(r, &m->account, &m->account_key) != NULL)
		return STATUS_OK;
	/* The same name with a new key takes the place of the old one. */
	drop_member(r, &m->account, false);
	st = open_span(r, m);
	if (st != STATUS_OK)
		return st;
	assert(r->members_count < LIMIT_GROUP_MEMBERS);
	r->members[r->members_count++] = *m;
	return STATUS_OK;
}

static enum status
record_bounds(struct roster *r, const struct group_entry_body *b,
    const struct group_member *removed)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; i < b->last_count && st == STATUS_OK; i++) {
		struct bound bound;

		if (!account_name_equal(
			&b->last[i].device.account, &removed->account))
			continue;
		memset(&bound, 0, sizeof(bound));
		bound.device = b->last[i].device;
		bound.account_key = removed->account_key;
		bound.removed_at = r->length;
		bound.seq = b->last[i].seq;
		st = buf_put(r->bounds, BYTES_OF(bound));
	}
	return st;
}

static enum status
expel(struct roster *r, const struct group_entry_body *b)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; i < b->members_count && st == STATUS_OK; i++) {
		const struct group_member *m = &b->members[i];

		if (roster_find_exact(r, &m->account, &m->account_key) == NULL)
			continue;
		st = record_bounds(r, b, m);
		drop_member(r, &m->account, true);
	}
	return st;
}

/* Leaving, one says oneself how far one had written. */
static enum status
depart(struct roster *r, const struct group_entry_body *b)
{
	struct group_member self =
	    *roster_find_exact(r, &b->author.account, &b->author_key);
	enum status st = record_bounds(r, b, &self);

	drop_member(r, &self.account, false);
	return st;
}

static void
set_roles(struct roster *r, const struct group_entry_body *b)
{
	for (size_t i = 0; i < b->members_count; i++)
		for (size_t k = 0; k < r->members_count; k++)
			if (account_name_equal(&r->members[k].account,
				&b->members[i].account) &&
			    key_equal(&r->members[k].account_key,
				&b->members[i].account_key))
				r->members[k].role = b->members[i].role;
}

static void
set_name(struct roster *r, struct bytes name)
{
	assert(name.len <= LIMIT_GROUP_NAME_BYTES);
	memcpy(r->name, name.data, name.len);
	r->name_len = name.len;
}

static void
set_settings(struct roster *r, struct roster_effect *e)
{
	bool may_add = e->body.who_may_add == ROLE_MEMBER;

	e->may_add_changed = r->members_may_add != may_add;
	e->timer_changed = r->timer_s != e->body.timer_s;
	r->members_may_add = may_add;
	r->timer_s = e->body.timer_s;
}

static enum status
create(
    struct roster *r, const struct group_entry_body *b, const struct hash *hash)
{
	struct group_member creator = { 0 };

	creator.account = b->author.account;
	creator.account_key = b->author_key;
	creator.role = ROLE_ADMIN;
	r->group = *hash;
	set_name(r, b->name);
	return admit(r, &creator);
}

static enum status
admit_all(struct roster *r, const struct group_entry_body *b)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; i < b->members_count && st == STATUS_OK; i++)
		st = admit(r, &b->members[i]);
	return st;
}

static void
note_adoption(struct roster *r, const struct group_entry_body *b)
{
	r->has_adoption = true;
	r->adoption.index = r->length;
	r->adoption.chain = b->chain;
	r->adoption.author = b->author.account;
	r->adoption.author_key = b->author_key;
}

static enum status
take_effect(struct roster *r, struct roster_effect *e)
{
	const struct group_entry_body *b = &e->body;

	switch ((enum group_entry_type)b->type) {
	case ENTRY_CREATE:
		return create(r, b, &e->hash);
	case ENTRY_ADD:
		if (b->has_link)
			roster_use_link(r, b);
		/* A replaced key is a device lost as well. */
		e->shrinks = true;
		for (size_t i = 0; i < b->members_count; i++)
			if (roster_find(r, &b->members[i].account) != NULL)
				return admit_all(r, b);
		e->shrinks = false;
		return admit_all(r, b);
	case ENTRY_REMOVE:
		e->shrinks = true;
		return expel(r, b);
	case ENTRY_LEAVE:
		e->shrinks = true;
		e->leaver_knows_key = true;
		return depart(r, b);
	case ENTRY_ROLE:
		set_roles(r, b);
		return STATUS_OK;
	case ENTRY_RENAME:
		set_name(r, b->name);
		return STATUS_OK;
	case ENTRY_SETTINGS:
		set_settings(r, e);
		return STATUS_OK;
	case ENTRY_LINK:
		roster_take_link(r, b);
		return STATUS_OK;
	case ENTRY_UNLINK:
		roster_take_unlink(r, b);
		return STATUS_OK;
	case ENTRY_REKEY:
		return STATUS_OK;
	case ENTRY_ADOPT:
		note_adoption(r, b);
		return STATUS_OK;
	}
	return STATUS_OK;
}

enum status
roster_read(struct bytes raw, enum roster_proof proof, struct arena *a,
    struct roster_effect *effect)
{
	struct roster_effect e = { 0 };
	struct group_entry entry;
	enum status st = group_get_entry(raw, a, &entry);

	if (st == STATUS_OK)
		st = group_get_body(entry.body, a, &e.body);
	if (st == STATUS_NOMEM)
		return st;
	if (st != STATUS_OK) {
		e.malformed = true;
		e.why_not = "it is malformed";
		hash_bytes(raw, &e.hash);
	} else {
		hash_bytes(entry.body, &e.hash);
		if (proof == PROOF_UNCHECKED)
			e.why_not = check_proof(&entry, &e.body);
		else if (proof == PROOF_BAD)
			e.why_not = "its signature is wrong";
	}
	e.proof = e.why_not == NULL ? PROOF_GOOD : PROOF_BAD;
	*effect = e;
	return STATUS_OK;
}

/* Decide on an entry without changing anything. */
static enum status
examine(const struct roster *r, struct bytes raw, enum roster_proof proof,
    struct arena *a, struct roster_effect *e)
{
	enum status st = roster_read(raw, proof, a, e);

	if (st != STATUS_OK || e->proof == PROOF_BAD)
		return st;
	if (r->length > 0 && roster_find_exact(r, &e->body.author.account,
				 &e->body.author_key) != NULL) {
		if (e->body.type < ENTRY_CREATE ||
		    e->body.type > ENTRY_TYPE_MAX)
			return STATUS_NOT_FOUND;
		if (e->body.index == r->length &&
		    !hash_equal(&e->body.previous, &r->head))
			return STATUS_CONFLICT;
	}
	if (e->body.index != r->length)
		e->why_not = "it was made for another place";
	else
		e->why_not = roster_judge(r, &e->body);
	return STATUS_OK;
}

enum status
roster_apply(struct roster *r, struct bytes raw, enum roster_proof proof,
    struct arena *a, struct roster_effect *effect)
{
	struct roster_effect e = { 0 };
	enum status st;

	if (r->length >= LIMIT_CHAIN_ENTRIES)
		return STATUS_FULL;
	st = examine(r, raw, proof, a, &e);
	if (st != STATUS_OK)
		return st;
	e.effective = e.why_not == NULL;
	/* A log whose first entry creates nothing is nobody's. */
	if (r->length == 0 && !e.effective)
		return STATUS_CONFLICT;
	st = buf_put(r->heads, BYTES_OF(e.hash));
	if (st == STATUS_OK && e.effective)
		st = take_effect(r, &e);
	if (st != STATUS_OK) {
		/* Half done: no log has this head, so nobody uses it again. */
		memset(&r->head, 0xff, sizeof(r->head));
		return st;
	}
	r->head = e.hash;
	r->length++;
	*effect = e;
	return STATUS_OK;
}
