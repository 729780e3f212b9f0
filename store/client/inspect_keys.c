/* inspect_keys.c - the key ring, as it is in use and as it lies in the file. */
#include "store/client/inspect_private.h"
#include "store/client/keyslots_private.h"

enum status
inspect_keys(struct vault_txn *t, struct inspect_keys *found)
{
	const struct keyring *ring = t->ring;
	const struct keyring_row *daily =
	    keyring_newest(ring, VAULT_RING_DAILY, 0);
	struct keyring *file = NULL;
	enum status st =
	    keyslots_read_ring(t->vault->dir, t->vault->master, &file);

	if (st == STATUS_OK)
		*found = (struct inspect_keys){
			.keys = ring->count,
			.daily_ms = daily == NULL ? 0 : daily->created_ms,
			.is_tidy = keyring_is_tidy(file, ring->after),
		};
	keyring_let_go(file);
	return st == STATUS_NOT_FOUND ? STATUS_CRYPTO : st;
}
