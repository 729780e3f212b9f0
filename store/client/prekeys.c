/* One-time and signed prekeys, and the base keys that were used up. */
#include "store/client/ratchets.h"
#include "store/client/record.h"
#include "store/client/vault_private.h"

static enum status
prekey_read(struct vault_txn *t, enum vault_table table, uint32_t id,
    struct buf **record)
{
	struct vault_key key = vault_key_number(id);
	struct stored_prekey info;
	struct bytes plain;
	struct bytes inner;
	enum status st = vault_peek(t, table, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_prekey(plain, vault_arena(t), &info, &inner);
	if (st == STATUS_OK)
		st = buf_copy(inner, record);
	return st;
}

static enum status
prekey_write(struct vault_txn *t, enum vault_table table,
    const struct stored_prekey *info, struct bytes record)
{
	struct vault_key key = vault_key_number(info->id);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_prekey(info, record, packed);

	if (st == STATUS_OK)
		st = vault_put(t, table, &key, buf_view(packed));
	return st;
}

static enum status
prekey_erase(struct vault_txn *t, enum vault_table table, uint32_t id)
{
	struct vault_key key = vault_key_number(id);

	return vault_del(t, table, &key);
}

/* The caller may use the vault, so what it is shown has its own memory. */
struct prekey_walk {
	struct arena *a;
	prekey_each_fn *each;
	void *arg;
};

static enum status
prekey_show(struct bytes plain, void *arg)
{
	const struct prekey_walk *walk = arg;
	struct stored_prekey info;
	struct bytes record;
	enum status st;

	arena_reset(walk->a);
	st = record_open_prekey(plain, walk->a, &info, &record);
	return st == STATUS_OK ? walk->each(&info, record, walk->arg) : st;
}

static enum status
prekey_walk(struct vault_txn *t, enum vault_table table, prekey_each_fn *each,
    void *arg)
{
	struct prekey_walk walk = { .each = each, .arg = arg };
	enum status st = arena_new(LIMIT_ARENA_BYTES, &walk.a);

	if (st == STATUS_OK)
		st = vault_each(t, table, prekey_show, &walk);
	arena_free(walk.a);
	return st;
}

enum status
prekey_get(struct vault_txn *t, uint32_t id, struct buf **record)
{
	return prekey_read(t, VAULT_PREKEYS, id, record);
}

enum status
prekey_put(
    struct vault_txn *t, const struct stored_prekey *info, struct bytes record)
{
	return prekey_write(t, VAULT_PREKEYS, info, record);
}

enum status
prekey_del(struct vault_txn *t, uint32_t id)
{
	return prekey_erase(t, VAULT_PREKEYS, id);
}

enum status
prekeys_each(struct vault_txn *t, prekey_each_fn *each, void *arg)
{
	return prekey_walk(t, VAULT_PREKEYS, each, arg);
}

enum status
signed_prekey_get(struct vault_txn *t, uint32_t id, struct buf **record)
{
	return prekey_read(t, VAULT_SIGNED_PREKEYS, id, record);
}

enum status
signed_prekey_put(
    struct vault_txn *t, const struct stored_prekey *info, struct bytes record)
{
	return prekey_write(t, VAULT_SIGNED_PREKEYS, info, record);
}

enum status
signed_prekey_del(struct vault_txn *t, uint32_t id)
{
	return prekey_erase(t, VAULT_SIGNED_PREKEYS, id);
}

enum status
signed_prekeys_each(struct vault_txn *t, prekey_each_fn *each, void *arg)
{
	return prekey_walk(t, VAULT_SIGNED_PREKEYS, each, arg);
}

enum status
signed_prekey_info(struct vault_txn *t, uint32_t id, struct stored_prekey *info)
{
	struct vault_key key = vault_key_number(id);
	struct bytes plain;
	struct bytes record;
	enum status st = vault_peek(t, VAULT_SIGNED_PREKEYS, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_prekey(plain, vault_arena(t), info, &record);
	return st;
}

enum status
prekeys_newest(struct vault_txn *t, uint32_t last, size_t count,
    prekey_each_fn *each, void *arg)
{
	struct vault_key from = vault_key_number(last);
	struct vault_cursor *c = NULL;
	struct prekey_walk walk = { .each = each, .arg = arg };
	struct bytes key;
	enum status st = arena_new(LIMIT_ARENA_BYTES, &walk.a);

	if (st == STATUS_OK)
		st = vault_cursor_open(t, VAULT_PREKEYS, NULL, &from, true, &c);
	for (; st == STATUS_OK && count > 0; count--) {
		struct buf *value = NULL;

		st = vault_cursor_next(c, &key, &value);
		if (st == STATUS_OK)
			st = prekey_show(buf_view(value), &walk);
		buf_free(value);
	}
	vault_cursor_close(c);
	arena_free(walk.a);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

enum status
prekeys_has_below(struct vault_txn *t, uint32_t id, bool *has)
{
	struct vault_cursor *c = NULL;
	struct bytes key;
	enum status st =
	    vault_cursor_open(t, VAULT_PREKEYS, NULL, NULL, false, &c);

	if (st == STATUS_OK)
		st = vault_cursor_next(c, &key, NULL);
	*has = st == STATUS_OK && vault_key_last_number(key) < id;
	vault_cursor_close(c);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

enum status
prekeys_del_below(struct vault_txn *t, uint32_t id)
{
	struct vault_cursor *c = NULL;
	struct bytes key;
	enum status st =
	    vault_cursor_open(t, VAULT_PREKEYS, NULL, NULL, false, &c);

	while (st == STATUS_OK) {
		st = vault_cursor_next(c, &key, NULL);
		if (st == STATUS_OK && vault_key_last_number(key) >= id)
			break;
		if (st == STATUS_OK)
			st = prekey_erase(t, VAULT_PREKEYS,
			    (uint32_t)vault_key_last_number(key));
	}
	vault_cursor_close(c);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

enum status
prekey_life_get(struct vault_txn *t, struct prekey_life *l)
{
	struct vault_key key = vault_key_number(VAULT_META_PREKEYS);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_META, &key, &plain);

	if (st == STATUS_NOT_FOUND) {
		*l = (struct prekey_life){ 0 };
		return STATUS_OK;
	}
	if (st == STATUS_OK)
		st = record_open_prekey_life(plain, vault_arena(t), l);
	return st;
}

enum status
prekey_life_put(struct vault_txn *t, const struct prekey_life *l)
{
	struct vault_key key = vault_key_number(VAULT_META_PREKEYS);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_prekey_life(l, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_META, &key, buf_view(packed));
	return st;
}

static struct vault_key
base_key_place(
    struct vault_txn *t, const struct address *from, struct bytes base_key)
{
	uint8_t device[4];
	struct bytes parts[] = {
		account_name_bytes(&from->account),
		BYTES_OF(device),
		base_key,
	};

	store_u32(device, from->device);
	return vault_key_hash(t, VAULT_BASE_KEYS, parts, 3);
}

enum status
base_key_has(
    struct vault_txn *t, const struct address *from, struct bytes base_key)
{
	struct vault_key key = base_key_place(t, from, base_key);

	return vault_has(t, VAULT_BASE_KEYS, &key);
}

enum status
base_key_put(struct vault_txn *t, const struct address *from,
    struct bytes base_key, uint32_t signed_prekey_id, int64_t now_ms)
{
	struct vault_key key = base_key_place(t, from, base_key);
	struct stamped s = { now_ms, signed_prekey_id };
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_stamped(&s, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_BASE_KEYS, &key, buf_view(packed));
	return st;
}
