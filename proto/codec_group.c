/* Entries of membership logs, group.proto (protocol.md 8). */
#include <sodium.h>

#include "proto/codec_pb.h"
#include "proto/group.h"
#include "proto/group.pb-c.h"

enum {
	SEALED_VERSION = 1,
	SEALED_NONCE_BYTES = 24, /* XChaCha20-Poly1305 */
	SEALED_TAG_BYTES = 16,
	LAST_MAX_ITEMS = LIMIT_GROUP_MEMBERS * LIMIT_DEVICES_PER_ACCOUNT,
};

static enum status
put_members(const struct group_entry_body *b, struct arena *a,
    Tacit__Wire__GroupEntryBody *m)
{
	Tacit__Wire__GroupMember **members = pb_new_array(
	    a, &tacit__wire__group_member__descriptor, b->members_count);
	Tacit__Wire__LastSeq **last =
	    pb_new_array(a, &tacit__wire__last_seq__descriptor, b->last_count);

	if (members == NULL || last == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < b->members_count; i++) {
		members[i]->account = pb_text(b->members[i].account.text);
		members[i]->account_key =
		    pb_data(BYTES_OF(b->members[i].account_key.raw));
		members[i]->role = b->members[i].role;
	}
	for (size_t i = 0; i < b->last_count; i++) {
		last[i]->account = pb_text(b->last[i].device.account.text);
		last[i]->device = b->last[i].device.device;
		last[i]->seq = b->last[i].seq;
	}
	m->members = members;
	m->n_members = b->members_count;
	m->last = last;
	m->n_last = b->last_count;
	return STATUS_OK;
}

static void
put_head(const struct group_entry_body *b, Tacit__Wire__GroupEntryBody *m)
{
	if (b->has_group) {
		m->group = pb_data(hash_view(&b->group));
		m->previous = pb_data(hash_view(&b->previous));
	}
	m->index = b->index;
	m->author = pb_text(b->author.account.text);
	m->author_key = pb_data(BYTES_OF(b->author_key.raw));
	m->device = b->author.device;
	m->list_hash = pb_data(hash_view(&b->list_hash));
	m->at_ms = b->at_ms;
	if (b->has_next_key)
		m->next_key_id = pb_data(BYTES_OF(b->next_key.raw));
	m->type = b->type;
	if (!sodium_is_zero(b->nonce, NONCE_BYTES))
		m->nonce = pb_data(BYTES_OF(b->nonce));
	if (b->has_link)
		m->link_id = pb_data(BYTES_OF(b->link.raw));
	if (b->type == ENTRY_LINK)
		m->link_hash = pb_data(hash_view(&b->link_hash));
	m->link_uses = b->link_uses;
	m->link_expires_ms = b->link_expires_ms;
	m->timer_s = b->timer_s;
	m->who_may_add = b->who_may_add;
	if (b->has_chain)
		m->chain = pb_data(BYTES_OF(b->chain.raw));
}

enum status
group_put_body(const struct group_entry_body *b, struct buf *out)
{
	Tacit__Wire__GroupEntryBody m = TACIT__WIRE__GROUP_ENTRY_BODY__INIT;
	struct arena *a = NULL;
	enum status st = arena_new(LIMIT_ARENA_BYTES, &a);

	if (st != STATUS_OK)
		return st;
	put_head(b, &m);
	st = put_members(b, a, &m);
	if (st == STATUS_OK)
		st = pb_copy_text(b->name, a, &m.name);
	if (st == STATUS_OK)
		st = pb_copy_text(b->link_label, a, &m.link_label);
	if (st == STATUS_OK)
		st = pb_put(&m.base, out);
	arena_free(a);
	return st;
}

enum status
group_put_entry(const struct group_entry *e, struct buf *out)
{
	Tacit__Wire__GroupEntry m = TACIT__WIRE__GROUP_ENTRY__INIT;

	m.body = pb_data(e->body);
	m.signature = pb_data(e->signature);
	m.list_body = pb_data(e->list.body);
	m.list_signature = pb_data(e->list.signature);
	return pb_put(&m.base, out);
}

enum status
group_put_sealed(const struct sealed_entry *s, struct buf *out)
{
	Tacit__Wire__SealedEntry m = TACIT__WIRE__SEALED_ENTRY__INIT;

	m.version = SEALED_VERSION;
	m.key_id = pb_data(BYTES_OF(s->key_id.raw));
	m.nonce = pb_data(s->nonce);
	m.box = pb_data(s->box);
	return pb_put(&m.base, out);
}

static enum status
get_members(const Tacit__Wire__GroupEntryBody *m, struct arena *a,
    struct group_entry_body *b)
{
	struct group_member *to;
	enum status st = STATUS_OK;

	if (m->n_members > LIMIT_GROUP_MEMBERS)
		return STATUS_BAD_INPUT;
	to = arena_take_array(a, m->n_members, sizeof(*to));
	if (to == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; st == STATUS_OK && i < m->n_members; i++) {
		to[i].role = m->members[i]->role;
		st = pb_get_name(m->members[i]->account, &to[i].account);
		if (st == STATUS_OK)
			st = pb_get_fixed(m->members[i]->account_key,
			    to[i].account_key.raw, SIGN_PUBLIC_BYTES);
	}
	b->members = to;
	b->members_count = m->n_members;
	return st;
}

static enum status
get_last(const Tacit__Wire__GroupEntryBody *m, struct arena *a,
    struct group_entry_body *b)
{
	struct last_seq *to;
	enum status st = STATUS_OK;

	if (m->n_last > LAST_MAX_ITEMS)
		return STATUS_BAD_INPUT;
	to = arena_take_array(a, m->n_last, sizeof(*to));
	if (to == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; st == STATUS_OK && i < m->n_last; i++) {
		to[i].seq = m->last[i]->seq;
		st = pb_get_address(
		    m->last[i]->account, m->last[i]->device, &to[i].device);
	}
	b->last = to;
	b->last_count = m->n_last;
	return st;
}

/* Group and previous are in every entry but the first, index 0. */
static enum status
get_place(const Tacit__Wire__GroupEntryBody *m, struct group_entry_body *b)
{
	bool has_previous = false;
	enum status st;

	b->index = m->index;
	st = pb_get_optional(m->group, b->group.raw, HASH_BYTES, &b->has_group);
	if (st == STATUS_OK)
		st = pb_get_optional(
		    m->previous, b->previous.raw, HASH_BYTES, &has_previous);
	if (st == STATUS_OK &&
	    (b->has_group != (m->index > 0) || has_previous != (m->index > 0)))
		st = STATUS_BAD_INPUT;
	return st;
}

static enum status
get_head(const Tacit__Wire__GroupEntryBody *m, struct group_entry_body *b)
{
	bool has_nonce = false;
	enum status st = get_place(m, b);

	b->at_ms = m->at_ms;
	b->type = m->type;
	b->timer_s = m->timer_s;
	b->who_may_add = m->who_may_add;
	if (st == STATUS_OK)
		st = pb_get_address(m->author, m->device, &b->author);
	if (st == STATUS_OK)
		st = pb_get_fixed(
		    m->author_key, b->author_key.raw, SIGN_PUBLIC_BYTES);
	if (st == STATUS_OK)
		st = pb_get_fixed(m->list_hash, b->list_hash.raw, HASH_BYTES);
	if (st == STATUS_OK)
		st = pb_get_optional(m->next_key_id, b->next_key.raw,
		    GROUP_KEY_ID_BYTES, &b->has_next_key);
	if (st == STATUS_OK)
		st = pb_get_optional(
		    m->nonce, b->nonce, NONCE_BYTES, &has_nonce);
	if (st == STATUS_OK && m->timer_s > LIMIT_TIMER_S)
		st = STATUS_BAD_INPUT;
	if (st == STATUS_OK)
		st = pb_get_optional(
		    m->chain, b->chain.raw, CHAIN_ID_BYTES, &b->has_chain);
	if (st == STATUS_OK && m->type == ENTRY_ADOPT && !b->has_chain)
		st = STATUS_BAD_INPUT;
	/* Without it, two groups of one creator could be one. */
	if (st == STATUS_OK && m->type == ENTRY_CREATE && !has_nonce)
		st = STATUS_BAD_INPUT;
	return st;
}

static enum status
get_link(const Tacit__Wire__GroupEntryBody *m, struct group_entry_body *b)
{
	bool has_hash = false;
	enum status st = pb_get_optional(
	    m->link_id, b->link.raw, JOIN_ID_BYTES, &b->has_link);

	b->link_uses = m->link_uses;
	b->link_expires_ms = m->link_expires_ms;
	if (st == STATUS_OK)
		st = pb_get_optional(
		    m->link_hash, b->link_hash.raw, HASH_BYTES, &has_hash);
	if (st == STATUS_OK)
		st = pb_get_text(
		    m->link_label, LIMIT_LINK_LABEL_BYTES, &b->link_label);
	if (st != STATUS_OK)
		return st;
	if (m->link_expires_ms < 0 || has_hash != (m->type == ENTRY_LINK))
		return STATUS_BAD_INPUT;
	if ((m->type == ENTRY_LINK || m->type == ENTRY_UNLINK) && !b->has_link)
		return STATUS_BAD_INPUT;
	return STATUS_OK;
}

enum status
group_get_body(struct bytes from, struct arena *a, struct group_entry_body *b)
{
	struct group_entry_body got = { 0 };
	ProtobufCMessage *base = NULL;
	const Tacit__Wire__GroupEntryBody *m;
	enum status st;

	if (from.len > LIMIT_CHAIN_ENTRY_BYTES)
		return STATUS_BAD_INPUT;
	st = pb_unpack(
	    &tacit__wire__group_entry_body__descriptor, from, a, &base);
	if (st != STATUS_OK)
		return st;
	m = (const void *)base;
	st = get_head(m, &got);
	if (st == STATUS_OK)
		st = pb_get_text(m->name, LIMIT_GROUP_NAME_BYTES, &got.name);
	if (st == STATUS_OK)
		st = get_members(m, a, &got);
	if (st == STATUS_OK)
		st = get_last(m, a, &got);
	if (st == STATUS_OK)
		st = get_link(m, &got);
	if (st == STATUS_OK)
		*b = got;
	return st;
}

enum status
group_get_entry(struct bytes from, struct arena *a, struct group_entry *e)
{
	struct group_entry got = { 0 };
	ProtobufCMessage *base = NULL;
	const Tacit__Wire__GroupEntry *m;
	enum status st;

	if (from.len > LIMIT_CHAIN_ENTRY_BYTES)
		return STATUS_BAD_INPUT;
	st = pb_unpack(&tacit__wire__group_entry__descriptor, from, a, &base);
	if (st != STATUS_OK)
		return st;
	m = (const void *)base;
	st = pb_get_view(m->body, 1, LIMIT_CHAIN_ENTRY_BYTES, &got.body);
	if (st == STATUS_OK)
		st = pb_get_view(m->signature, SIGN_SIGNATURE_BYTES,
		    SIGN_SIGNATURE_BYTES, &got.signature);
	if (st == STATUS_OK)
		st = pb_get_list(m->list_body, m->list_signature, &got.list);
	if (st == STATUS_OK)
		*e = got;
	return st;
}

enum status
group_get_sealed(struct bytes from, struct arena *a, struct sealed_entry *s)
{
	struct sealed_entry got = { 0 };
	ProtobufCMessage *base = NULL;
	const Tacit__Wire__SealedEntry *m;
	enum status st;

	if (from.len > LIMIT_CHAIN_ENTRY_BYTES)
		return STATUS_BAD_INPUT;
	st = pb_unpack(&tacit__wire__sealed_entry__descriptor, from, a, &base);
	if (st != STATUS_OK)
		return st;
	m = (const void *)base;
	if (m->version > SEALED_VERSION)
		return STATUS_NOT_FOUND;
	if (m->version < SEALED_VERSION)
		return STATUS_BAD_INPUT;
	st = pb_get_fixed(m->key_id, got.key_id.raw, GROUP_KEY_ID_BYTES);
	if (st == STATUS_OK)
		st = pb_get_view(m->nonce, SEALED_NONCE_BYTES,
		    SEALED_NONCE_BYTES, &got.nonce);
	if (st == STATUS_OK)
		st = pb_get_view(m->box, SEALED_TAG_BYTES,
		    LIMIT_CHAIN_ENTRY_BYTES, &got.box);
	if (st == STATUS_OK)
		*s = got;
	return st;
}
