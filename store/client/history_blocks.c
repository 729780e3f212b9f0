#include "store/client/history_blocks.h"

#include "store/client/self.h"
#include "store/client/vault_private.h"

enum status
history_full_buckets(struct vault_txn *t, uint64_t *count)
{
	struct counters counters;
	enum status st = counters_get(t, &counters);

	if (st == STATUS_OK)
		*count = history_bucket_of(counters.next_history);
	return st;
}

enum status
history_block_get(struct vault_txn *t, uint64_t bucket, struct buf **block)
{
	struct vault_key key = vault_key_number(bucket);

	return vault_get(t, VAULT_HISTORY_BLOCKS, &key, block);
}

enum status
history_block_put(struct vault_txn *t, uint64_t bucket, struct bytes block)
{
	struct vault_key key = vault_key_number(bucket);
	uint32_t serial = 0;
	enum status st = vault_ring_use(t, VAULT_RING_BUCKET, bucket, &serial);

	if (st == STATUS_OK)
		st = vault_put_under(
		    t, VAULT_HISTORY_BLOCKS, &key, block, serial);
	return st;
}

enum status
history_block_missing(struct vault_txn *t, uint64_t *bucket)
{
	uint64_t full = 0;
	size_t count = 0;
	enum status st = history_full_buckets(t, &full);

	if (st == STATUS_OK)
		st = vault_count(t, VAULT_HISTORY_BLOCKS, &count);
	/* Asked after every command, so not one by one. */
	if (st == STATUS_OK && count >= full)
		return STATUS_NOT_FOUND;
	for (uint64_t i = 0; st == STATUS_OK && i < full; i++) {
		struct vault_key key = vault_key_number(i);

		st = vault_has(t, VAULT_HISTORY_BLOCKS, &key);
		if (st == STATUS_NOT_FOUND) {
			*bucket = i;
			return STATUS_OK;
		}
	}
	return st == STATUS_OK ? STATUS_NOT_FOUND : st;
}
