/* vault_record.c - one record: read, written, counted. */
#include <assert.h>

#include "base/log.h"
#include "store/client/vault_private.h"

static struct bytes
vault_key_view(const struct vault_key *key)
{
	return bytes_view(key->raw, key->len);
}

/* Append the record's plain bytes to `out`. */
static enum status
vault_read(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, struct buf *out)
{
	struct bytes sealed;
	enum status st =
	    db_get(t->txn, (unsigned)table, vault_key_view(key), &sealed);

	if (st == STATUS_OK)
		st = vault_unseal(
		    t->ring, table, vault_key_view(key), sealed, out);
	if (st == STATUS_CRYPTO)
		log_event(LOG_LEVEL_ERROR, "vault-record-damaged", "table=%s",
		    vault_table_name(table));
	return st;
}

enum status
vault_peek(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, struct bytes *value)
{
	struct buf *plain = t->vault->plain;
	enum status st;

	buf_clear(plain);
	st = vault_read(t, table, key, plain);
	if (st == STATUS_OK)
		*value = buf_view(plain);
	return st;
}

enum status
vault_get(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, struct buf **value)
{
	struct buf *fresh = NULL;
	enum status st = buf_new(VAULT_VALUE_MAX_BYTES, &fresh);

	if (st == STATUS_OK)
		st = vault_read(t, table, key, fresh);
	if (st != STATUS_OK) {
		buf_free(fresh);
		return st;
	}
	*value = fresh;
	return STATUS_OK;
}

static enum status
vault_write(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, struct bytes value, uint32_t serial,
    const uint8_t *seal)
{
	uint8_t *room = NULL;
	enum status st;

	if (value.len > VAULT_VALUE_MAX_BYTES)
		return STATUS_FULL;
	st = db_reserve(t->txn, (unsigned)table, vault_key_view(key),
	    value.len + VAULT_OVERHEAD_BYTES, DB_PUT, &room);
	if (st == STATUS_OK)
		vault_seal(
		    t, seal, serial, table, vault_key_view(key), value, room);
	return st;
}

enum status
vault_put_under(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, struct bytes value, uint32_t serial)
{
	const struct keyring_row *row = keyring_find(t->ring, serial);

	if (row == NULL)
		return STATUS_NOT_FOUND;
	/* vault_rekey() looks for DAILY's records in DAILY's tables alone. */
	assert(row->kind != VAULT_RING_DAILY ||
	       vault_kind(table) == VAULT_RING_DAILY);
	return vault_write(
	    t, table, key, value, serial, keyring_key(t->ring, serial, table));
}

enum status
vault_put(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, struct bytes value)
{
	uint32_t serial = keyring_newest(t->ring, vault_kind(table), 0)->serial;

	return vault_write(
	    t, table, key, value, serial, keyring_key(t->ring, serial, table));
}

enum status
vault_serial(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, uint32_t *serial)
{
	struct bytes sealed;
	enum status st =
	    db_get(t->txn, (unsigned)table, vault_key_view(key), &sealed);

	return st == STATUS_OK ? vault_sealed_serial(sealed, serial) : st;
}

enum status
vault_del(
    struct vault_txn *t, enum vault_table table, const struct vault_key *key)
{
	return db_del(t->txn, (unsigned)table, vault_key_view(key));
}

enum status
vault_has(
    struct vault_txn *t, enum vault_table table, const struct vault_key *key)
{
	struct bytes sealed;

	return db_get(t->txn, (unsigned)table, vault_key_view(key), &sealed);
}

enum status
vault_count(struct vault_txn *t, enum vault_table table, size_t *count)
{
	return db_count(t->txn, (unsigned)table, count);
}

struct buf *
vault_packed(struct vault_txn *t)
{
	buf_clear(t->vault->packed);
	return t->vault->packed;
}

struct arena *
vault_arena(struct vault_txn *t)
{
	arena_reset(t->vault->arena);
	return t->vault->arena;
}
