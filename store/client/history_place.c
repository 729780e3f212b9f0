#include "store/client/history_place.h"

#include "store/client/record.h"
#include "store/client/vault_private.h"

struct history_place
history_place_of(const struct history_entry *e)
{
	if (e->expires_ms <= 0 || e->erased)
		return (struct history_place){ VAULT_RING_BUCKET,
			history_bucket_of(e->n) };
	return (struct history_place){ VAULT_RING_HOUR,
		(uint64_t)(e->expires_ms - 1) / HISTORY_HOUR_MS + 1 };
}

enum status
history_place_now(struct vault_txn *t, uint64_t n, struct history_place *place)
{
	struct vault_key key = vault_key_number(n);
	const struct keyring_row *row;
	uint32_t serial;
	enum status st = vault_serial(t, VAULT_HISTORY, &key, &serial);

	if (st != STATUS_OK)
		return st;
	row = keyring_find(t->ring, serial);
	if (row == NULL ||
	    (row->kind != VAULT_RING_BUCKET && row->kind != VAULT_RING_HOUR))
		return STATUS_CRYPTO;
	*place = (struct history_place){ row->kind, row->number };
	return STATUS_OK;
}

enum status
history_place_soil(
    struct vault_txn *t, const struct history_place *place, int64_t due_ms)
{
	struct vault_key key =
	    vault_key_append(vault_key_number(place->kind), place->number);
	struct buf *packed;
	struct bytes plain;
	int64_t before_ms;
	enum status st = vault_peek(t, VAULT_HISTORY_DIRTY, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_mark(plain, vault_arena(t), &before_ms);
	if (st == STATUS_OK && before_ms <= due_ms)
		return STATUS_OK;
	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	packed = vault_packed(t);
	st = record_pack_mark(due_ms, packed);
	if (st == STATUS_OK)
		st = vault_put(t, VAULT_HISTORY_DIRTY, &key, buf_view(packed));
	return st;
}
