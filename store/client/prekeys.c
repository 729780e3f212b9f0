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
static enum status
prekey_show(
    struct bytes plain, struct arena *a, prekey_each_fn *each, void *arg)
{
	struct stored_prekey info;
	struct bytes record;
	enum status st = record_open_prekey(plain, a, &info, &record);

	if (st == STATUS_OK)
		st = each(&info, record, arg);
	return st;
}

static enum status
prekey_walk(struct vault_txn *t, enum vault_table table, prekey_each_fn *each,
    void *arg)
{
	struct vault_cursor *c = NULL;
	struct arena *a = NULL;
	enum status st = arena_new(LIMIT_ARENA_BYTES, &a);

	if (st == STATUS_OK)
		st = vault_cursor_open(t, table, NULL, NULL, false, &c);
	while (st == STATUS_OK) {
		struct buf *value = NULL;
		struct bytes key;

		st = vault_cursor_next(c, &key, &value);
		if (st == STATUS_NOT_FOUND) {
			st = STATUS_OK;
			break;
		}
		if (st == STATUS_OK)
			st = prekey_show(buf_view(value), a, each, arg);
		arena_reset(a);
		buf_free(value);
	}
	vault_cursor_close(c);
	arena_free(a);
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
    struct bytes base_key, int64_t now_ms)
{
	struct vault_key key = base_key_place(t, from, base_key);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_mark(now_ms, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_BASE_KEYS, &key, buf_view(packed));
	return st;
}
