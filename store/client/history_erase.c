#include "store/client/history_erase.h"

#include "store/client/vault_private.h"

enum status
history_erase_text(struct vault_txn *t, const struct history_entry *e)
{
	struct history_entry bare = *e;

	bare.text = BYTES_NONE;
	bare.salt = BYTES_NONE;
	bare.erased = true;
	return history_replace(t, &bare);
}

enum status
history_erase(struct vault_txn *t, uint64_t n)
{
	struct vault_key bucket = vault_key_number(n / HISTORY_BUCKET_ROWS);
	struct history_entry e;
	enum status st = history_get(t, n, vault_arena(t), &e);

	if (st != STATUS_OK || e.erased)
		return st;
	st = history_erase_text(t, &e);
	if (st == STATUS_OK)
		st = vault_put(t, VAULT_HISTORY_DIRTY, &bucket, BYTES_NONE);
	return st;
}
