/* ratchet_prekeys.c - the prekeys of ratchet.h: made, stored, listed. */
#include <key_helper.h>
#include <ratchet.h>
#include <session_pre_key.h>

#include "client/core/ratchet/ratchet.h"
#include "client/core/ratchet/ratchet_inner.h"
#include "client/core/ratchet/ratchet_point.h"

/* Ids run up to 0xfffffd: libsignal wraps there, and 0xffffff is special. */
enum { PREKEY_IDS_END = 0xfffffe };

/* One serialized record into the store; wipes it. */
static enum status
store_prekey(
    struct vault_txn *t, const struct stored_prekey *info, signal_buffer *made)
{
	enum status st = prekey_put(t, info,
	    bytes_view(signal_buffer_data(made), signal_buffer_len(made)));

	signal_buffer_bzero_free(made);
	return st;
}

static enum status
store_prekeys(struct vault_txn *t,
    const signal_protocol_key_helper_pre_key_list_node *node, int64_t now_ms)
{
	for (; node; node = signal_protocol_key_helper_key_list_next(node)) {
		const session_pre_key *key =
		    signal_protocol_key_helper_key_list_element(node);
		const struct stored_prekey info = {
			.id = session_pre_key_get_id(key),
			.created_ms = now_ms,
		};
		signal_buffer *serialized = NULL;
		enum status st;

		if (session_pre_key_serialize(&serialized, key) < 0)
			return STATUS_NOMEM;
		st = store_prekey(t, &info, serialized);
		if (st != STATUS_OK)
			return st;
	}
	return STATUS_OK;
}

enum status
ratchet_make_prekeys(
    struct ratchet *r, struct vault_txn *t, size_t count, int64_t now_ms)
{
	signal_protocol_key_helper_pre_key_list_node *made = NULL;
	struct counters c;
	enum status st;

	st = counters_get(t, &c);
	if (st != STATUS_OK)
		return st;
	if (c.next_prekey_id == 0)
		c.next_prekey_id = 1;
	if (c.next_prekey_id > PREKEY_IDS_END ||
	    count > PREKEY_IDS_END - c.next_prekey_id)
		return STATUS_FULL;

	st = ratchet_status(
	    NULL, signal_protocol_key_helper_generate_pre_keys(&made,
		      c.next_prekey_id, (unsigned int)count, r->context));
	if (st != STATUS_OK)
		return st;
	st = store_prekeys(t, made, now_ms);
	signal_protocol_key_helper_key_list_free(made);
	if (st != STATUS_OK)
		return st;
	c.next_prekey_id += (uint32_t)count;
	return counters_put(t, &c);
}

static enum status
identity_of(
    struct ratchet *r, const struct self *s, ratchet_identity_key_pair **pair)
{
	ec_public_key *public = NULL;
	ec_private_key *secret = NULL;
	enum status st;

	st =
	    ratchet_status(NULL, curve_decode_point(&public, s->identity_public,
				     sizeof(s->identity_public), r->context));
	if (st == STATUS_OK)
		st = ratchet_status(NULL,
		    curve_decode_private_point(&secret, s->identity_secret,
			sizeof(s->identity_secret), r->context));
	if (st == STATUS_OK)
		st = ratchet_status(NULL,
		    ratchet_identity_key_pair_create(pair, public, secret));
	SIGNAL_UNREF(public);
	SIGNAL_UNREF(secret);
	return st;
}

/* Sign, serialize and store the signed prekey `info` tells about. */
static enum status
make_signed(struct ratchet *r, struct vault_txn *t, const struct self *s,
    const struct stored_prekey *info)
{
	ratchet_identity_key_pair *pair = NULL;
	session_signed_pre_key *key = NULL;
	signal_buffer *serialized = NULL;
	enum status st;

	st = identity_of(r, s, &pair);
	if (st == STATUS_OK)
		st = ratchet_status(NULL,
		    signal_protocol_key_helper_generate_signed_pre_key(&key,
			pair, info->id, (uint64_t)info->created_ms,
			r->context));
	if (st == STATUS_OK)
		st = ratchet_status(
		    NULL, session_signed_pre_key_serialize(&serialized, key));
	if (st == STATUS_OK)
		st = signed_prekey_put(t, info,
		    bytes_view(signal_buffer_data(serialized),
			signal_buffer_len(serialized)));
	signal_buffer_bzero_free(serialized);
	SIGNAL_UNREF(key);
	SIGNAL_UNREF(pair);
	return st;
}

enum status
ratchet_make_signed_prekey(struct ratchet *r, struct vault_txn *t,
    const struct self *s, int64_t now_ms)
{
	struct stored_prekey info = { .created_ms = now_ms };
	struct counters c;
	enum status st;

	st = counters_get(t, &c);
	if (st != STATUS_OK)
		return st;
	if (c.next_signed_prekey_id == 0)
		c.next_signed_prekey_id = 1;
	if (c.next_signed_prekey_id >= PREKEY_IDS_END)
		return STATUS_FULL;
	info.id = c.next_signed_prekey_id++;

	st = make_signed(r, t, s, &info);
	if (st != STATUS_OK)
		return st;
	return counters_put(t, &c);
}

/* A list that grows in an arena up to the number of stored prekeys. */
struct lister {
	signal_context *context;
	bool unpublished_only;
	uint32_t published_id; /* one-time: those up to here are */
	struct arena *arena;
	struct prekey *items;
	size_t count;
	size_t room;
	struct stored_prekey newest; /* signed; id 0: none */
};

static enum status
public_part(struct lister *l, const ec_key_pair *pair, struct bytes *public_key)
{
	uint8_t raw[IDENTITY_KEY_BYTES];
	enum status st;

	st = ratchet_point_check(ec_key_pair_get_public(pair), raw);
	return st == STATUS_OK ? arena_copy(l->arena, BYTES_OF(raw), public_key)
			       : st;
}

static enum status
list_one_time(const struct stored_prekey *info, struct bytes record, void *arg)
{
	struct lister *l = arg;
	struct prekey item = { .type = PREKEY_ONE_TIME, .id = info->id };
	session_pre_key *key = NULL;
	enum status st;

	if (l->unpublished_only && info->id <= l->published_id)
		return STATUS_OK;
	if (l->count == l->room)
		return STATUS_FULL;
	st = ratchet_status(NULL, session_pre_key_deserialize(&key, record.data,
				      record.len, l->context));
	if (st != STATUS_OK)
		return st;
	st =
	    public_part(l, session_pre_key_get_key_pair(key), &item.public_key);
	if (st == STATUS_OK)
		l->items[l->count++] = item;
	SIGNAL_UNREF(key);
	return st;
}

static enum status
note_newest(const struct stored_prekey *info, struct bytes record, void *arg)
{
	struct lister *l = arg;

	(void)record;
	l->newest = *info; /* ids rise */
	return STATUS_OK;
}

static enum status
list_signed_record(struct lister *l, struct bytes record)
{
	struct prekey item = { .type = PREKEY_SIGNED, .id = l->newest.id };
	session_signed_pre_key *key = NULL;
	enum status st;

	st = ratchet_status(NULL, session_signed_pre_key_deserialize(&key,
				      record.data, record.len, l->context));
	if (st != STATUS_OK)
		return st;
	st = public_part(
	    l, session_signed_pre_key_get_key_pair(key), &item.public_key);
	if (st == STATUS_OK)
		st = arena_copy(l->arena,
		    bytes_view(session_signed_pre_key_get_signature(key),
			session_signed_pre_key_get_signature_len(key)),
		    &item.signature);
	if (st == STATUS_OK)
		l->items[l->count++] = item;
	SIGNAL_UNREF(key);
	return st;
}

static enum status
list_signed(struct lister *l, struct vault_txn *t)
{
	struct buf *record = NULL;
	enum status st;

	st = signed_prekeys_each(t, note_newest, l);
	if (st != STATUS_OK || l->newest.id == 0)
		return st;
	if (l->unpublished_only && l->newest.published)
		return STATUS_OK;
	st = signed_prekey_get(t, l->newest.id, &record);
	if (st == STATUS_OK)
		st = list_signed_record(l, buf_view(record));
	buf_free(record);
	return st;
}

enum status
ratchet_list_prekeys(struct ratchet *r, struct vault_txn *t,
    const struct self *s, bool unpublished_only, struct arena *a,
    struct prekeys *list)
{
	struct lister l = {
		.context = r->context,
		.unpublished_only = unpublished_only,
		.arena = a,
	};
	struct prekey_life life;
	size_t stored = 0;
	enum status st;

	(void)s; /* signed when they were made */
	st = vault_count(t, VAULT_PREKEYS, &stored);
	if (st == STATUS_OK)
		st = prekey_life_get(t, &life);
	if (st != STATUS_OK)
		return st;
	l.published_id = life.published_id;
	l.room = stored + 1; /* and the signed one */
	l.items = arena_take_array(a, l.room, sizeof(*l.items));
	if (!l.items)
		return STATUS_NOMEM;
	st = list_signed(&l, t);
	if (st == STATUS_OK)
		st = prekeys_each(t, list_one_time, &l);
	if (st == STATUS_OK)
		*list = (struct prekeys){ l.items, l.count };
	return st;
}

/* They were found with ids falling. */
static void
turn_round(struct prekey *items, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		struct prekey other = items[count - 1 - i];

		items[count - 1 - i] = items[i];
		items[i] = other;
	}
}

enum status
ratchet_list_newest(struct ratchet *r, struct vault_txn *t, size_t one_time,
    struct arena *a, struct prekeys *list, uint32_t *lowest)
{
	struct lister l = { .context = r->context, .arena = a };
	struct prekey_life life;
	size_t first;
	enum status st = prekey_life_get(t, &life);

	if (st != STATUS_OK)
		return st;
	l.room = one_time + 1;
	l.items = arena_take_array(a, l.room, sizeof(*l.items));
	if (!l.items)
		return STATUS_NOMEM;
	st = list_signed(&l, t);
	first = l.count;
	if (st == STATUS_OK)
		st = prekeys_newest(
		    t, life.published_id, one_time, list_one_time, &l);
	if (st != STATUS_OK)
		return st;
	turn_round(l.items + first, l.count - first);
	*lowest = l.count > first ? l.items[first].id : 0;
	*list = (struct prekeys){ l.items, l.count };
	return STATUS_OK;
}
