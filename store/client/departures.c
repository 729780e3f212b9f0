#include "store/client/departures.h"

#include "store/client/record.h"
#include "store/client/vault_private.h"

enum status
departure_put(struct vault_txn *t, const struct departure_row *row)
{
	struct vault_key key = vault_key_number(row->n);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_departure(row, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_DEPARTURES, &key, buf_view(packed));
	return st;
}

enum status
departure_get(struct vault_txn *t, uint64_t n, struct departure_row *row)
{
	struct vault_key key = vault_key_number(n);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_DEPARTURES, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_departure(plain, vault_arena(t), row);
	if (st == STATUS_OK)
		row->n = n;
	return st;
}

enum status
departure_del(struct vault_txn *t, uint64_t n)
{
	struct vault_key key = vault_key_number(n);

	return vault_del(t, VAULT_DEPARTURES, &key);
}
