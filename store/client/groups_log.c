/* groups_log.c - what lies at the place of a group: its log and its keys. */
#include <string.h>

#include "store/client/groups.h"
#include "store/client/record.h"
#include "store/client/vault_private.h"

static struct vault_key
place_key(struct vault_txn *t, enum vault_table table, const struct hash *place)
{
	struct bytes part = hash_view(place);

	return vault_key_hash(t, table, &part, 1);
}

static struct vault_key
row_key(struct vault_txn *t, const struct group_record *g, uint64_t index)
{
	return vault_key_append(
	    place_key(t, VAULT_GROUP_LOG, &g->place), index);
}

enum status
group_log_put(struct vault_txn *t, const struct group_record *g, uint64_t index,
    struct bytes row)
{
	struct vault_key key = row_key(t, g, index);

	return vault_put(t, VAULT_GROUP_LOG, &key, row);
}

enum status
group_log_get(struct vault_txn *t, const struct group_record *g, uint64_t index,
    struct buf **row)
{
	struct vault_key key = row_key(t, g, index);

	return vault_get(t, VAULT_GROUP_LOG, &key, row);
}

/*
 * Behind the place, so that all of one can be walked; an id itself stands in
 * every entry at the relay, and would tell a thief which chain is ours.
 */
static struct vault_key
secret_key(struct vault_txn *t, const struct group_record *g,
    const struct group_key_id *key_id)
{
	struct bytes parts[] = { hash_view(&g->place), BYTES_OF(key_id->raw) };
	struct vault_key id = vault_key_hash(t, VAULT_GROUP_KEYS, parts, 2);

	return vault_key_append(
	    place_key(t, VAULT_GROUP_KEYS, &g->place), load_u64(id.raw));
}

enum status
group_secret_get(struct vault_txn *t, const struct group_record *g,
    const struct group_key_id *key_id, struct group_secret *s)
{
	struct vault_key key = secret_key(t, g, key_id);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_GROUP_KEYS, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_group_secret(plain, vault_arena(t), s);
	return st;
}

enum status
group_secret_put(struct vault_txn *t, const struct group_record *g,
    const struct group_secret *s)
{
	struct vault_key key = secret_key(t, g, &s->id);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_group_secret(s, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_GROUP_KEYS, &key, buf_view(packed));
	return st;
}

enum status
group_secret_del(struct vault_txn *t, const struct group_record *g,
    const struct group_key_id *key_id)
{
	struct vault_key key = secret_key(t, g, key_id);
	enum status st = vault_del(t, VAULT_GROUP_KEYS, &key);

	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

static enum status
del_keys(struct vault_txn *t, const struct hash *place)
{
	struct vault_key prefix = place_key(t, VAULT_GROUP_KEYS, place);
	struct vault_cursor *c = NULL;
	struct bytes raw;
	enum status st =
	    vault_cursor_open(t, VAULT_GROUP_KEYS, &prefix, NULL, false, &c);

	while (st == STATUS_OK) {
		struct vault_key key;

		st = vault_cursor_next(c, &raw, NULL);
		if (st != STATUS_OK)
			break;
		key = vault_key_append(prefix, vault_key_last_number(raw));
		st = vault_del(t, VAULT_GROUP_KEYS, &key);
	}
	vault_cursor_close(c);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

enum status
group_place_del(struct vault_txn *t, const struct hash *place, uint64_t length)
{
	enum status st = del_keys(t, place);

	for (uint64_t i = 0; st == STATUS_OK && i < length; i++) {
		struct vault_key key =
		    vault_key_append(place_key(t, VAULT_GROUP_LOG, place), i);

		st = vault_del(t, VAULT_GROUP_LOG, &key);
		if (st == STATUS_NOT_FOUND)
			st = STATUS_OK;
	}
	return st;
}

static struct vault_key
answers_key(struct vault_txn *t, const struct hash *group,
    const struct account_name *to)
{
	struct bytes parts[] = { hash_view(group), account_name_bytes(to) };

	return vault_key_hash(t, VAULT_GROUP_ANSWERS, parts, 2);
}

enum status
group_answers_get(struct vault_txn *t, const struct hash *group,
    const struct account_name *to, uint64_t *number)
{
	struct vault_key key = answers_key(t, group, to);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_GROUP_ANSWERS, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_number(plain, vault_arena(t), number);
	return st;
}

enum status
group_answers_put(struct vault_txn *t, const struct hash *group,
    const struct account_name *to, uint64_t number)
{
	struct vault_key key = answers_key(t, group, to);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_number(number, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_GROUP_ANSWERS, &key, buf_view(packed));
	return st;
}
