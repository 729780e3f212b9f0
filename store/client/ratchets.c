#include "store/client/ratchets.h"

#include "store/client/record.h"
#include "store/client/vault_private.h"

enum status
session_get(
    struct vault_txn *t, const struct address *with, struct buf **record)
{
	struct vault_key key = vault_key_device(t, VAULT_SESSIONS, NULL, with);

	return vault_get(t, VAULT_SESSIONS, &key, record);
}

enum status
session_put(
    struct vault_txn *t, const struct address *with, struct bytes record)
{
	struct vault_key key = vault_key_device(t, VAULT_SESSIONS, NULL, with);

	return vault_put(t, VAULT_SESSIONS, &key, record);
}

enum status
session_del(struct vault_txn *t, const struct address *with)
{
	struct vault_key key = vault_key_device(t, VAULT_SESSIONS, NULL, with);

	return vault_del(t, VAULT_SESSIONS, &key);
}

enum status
pair_get(struct vault_txn *t, const struct address *with, struct pair_state *p)
{
	struct vault_key key = vault_key_device(t, VAULT_PAIRS, NULL, with);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_PAIRS, &key, &plain);

	if (st == STATUS_NOT_FOUND) {
		*p = (struct pair_state){ 0 };
		return STATUS_OK;
	}
	if (st == STATUS_OK)
		st = record_open_pair(plain, vault_arena(t), p);
	return st;
}

enum status
pair_put(
    struct vault_txn *t, const struct address *with, const struct pair_state *p)
{
	struct vault_key key = vault_key_device(t, VAULT_PAIRS, NULL, with);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_pair(p, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_PAIRS, &key, buf_view(packed));
	return st;
}
