/*
 * history_blocks.h - of each full bucket of the history one record, to be
 * searched in place of its rows (client/core/search.h fills it).
 *
 * A block lies under the key of its bucket, and leaves with what was erased in
 * it: a sweep removes it, and it is made anew.
 */
#ifndef TACIT_STORE_CLIENT_HISTORY_BLOCKS_H
#define TACIT_STORE_CLIENT_HISTORY_BLOCKS_H

#include "store/client/history.h"

enum { HISTORY_BUCKET_ROWS = 1024 };

/* Numbers of a bucket: from bucket * HISTORY_BUCKET_ROWS; there is no 0. */
static inline uint64_t
history_bucket_of(uint64_t n)
{
	return n / HISTORY_BUCKET_ROWS;
}

/* How many buckets no row will be added to any more; the next one is open. */
enum status history_full_buckets(struct vault_txn *t, uint64_t *count);

/* Owned.  NOT_FOUND; CRYPTO, NOMEM, IO. */
enum status history_block_get(
    struct vault_txn *t, uint64_t bucket, struct buf **block);
/* FULL: too long.  NO_SPACE, NOMEM, IO. */
enum status history_block_put(
    struct vault_txn *t, uint64_t bucket, struct bytes block);
/* The first full bucket without one.  NOT_FOUND: each has its block. */
enum status history_block_missing(struct vault_txn *t, uint64_t *bucket);

#endif
