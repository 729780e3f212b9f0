#include "store/client/history_erase.h"

#include "store/client/history_place.h"
#include "store/client/vault_private.h"

enum status
history_erase(struct vault_txn *t, uint64_t n)
{
	struct history_place before;
	struct history_entry e;
	enum status st = history_get(t, n, vault_arena(t), &e);

	if (st != STATUS_OK || e.erased)
		return st;
	st = history_place_now(t, n, &before);
	if (st == STATUS_OK)
		st = history_replace_bare(t, &e);
	return st == STATUS_OK ? history_place_soil(t, &before, 0) : st;
}

enum status
history_erase_over(struct vault_txn *t, uint64_t n, int64_t now_ms)
{
	struct history_place before;
	struct history_entry e;
	enum status st = history_get(t, n, vault_arena(t), &e);

	/* What does not open is gone as well, and must not stop the others. */
	if (st == STATUS_NOT_FOUND || st == STATUS_CRYPTO)
		return STATUS_OK;
	if (st != STATUS_OK || !history_is_gone(&e, now_ms) || e.erased)
		return st;
	st = history_place_now(t, n, &before);
	if (st == STATUS_OK)
		st = history_replace_bare(t, &e);
	if (st == STATUS_OK && before.kind != VAULT_RING_HOUR)
		st = history_place_soil(t, &before, 0);
	return st;
}
