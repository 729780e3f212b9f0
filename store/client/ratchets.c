#include "store/client/ratchets.h"

#include <string.h>

#include "store/client/audience.h"
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

/* A walk goes on from the last key it gave, so what it gave may go. */
static enum status
empty_table(struct vault_txn *t, enum vault_table table)
{
	struct vault_cursor *c = NULL;
	struct vault_key key;
	struct bytes raw;
	enum status st = vault_cursor_open(t, table, NULL, NULL, false, &c);

	while (st == STATUS_OK) {
		st = vault_cursor_next(c, &raw, NULL);
		if (st != STATUS_OK)
			break;
		memcpy(key.raw, raw.data, raw.len);
		key.len = raw.len;
		st = vault_del(t, table, &key);
	}
	vault_cursor_close(c);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

enum status
ratchets_forget(struct vault_txn *t)
{
	static const enum vault_table tables[] = { VAULT_SESSIONS, VAULT_PAIRS,
		VAULT_PREKEYS, VAULT_SIGNED_PREKEYS, VAULT_BASE_KEYS,
		VAULT_SENDER_KEY_SENT };
	enum status st = STATUS_OK;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (st == STATUS_OK)
			st = empty_table(t, tables[i]);
	return st == STATUS_OK ? audience_forget_all(t) : st;
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
