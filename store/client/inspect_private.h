/* inspect_private.h - what inspect*.c share. */
#ifndef TACIT_STORE_CLIENT_INSPECT_PRIVATE_H
#define TACIT_STORE_CLIENT_INSPECT_PRIVATE_H

#include "store/client/inspect.h"
#include "store/client/record.h"
#include "store/client/vault_private.h"

/*
 * Every record of a table that opens, in the order of keys; a damaged one is
 * handed over with plain.data NULL.  `row` may change the table.  What it
 * answers but OK ends the walk.
 */
typedef enum status inspect_row_fn(
    const struct vault_key *key, struct bytes plain, void *arg);
enum status inspect_walk(struct vault_txn *t, enum vault_table table,
    inspect_row_fn *row, void *arg);

enum status inspect_clear(struct vault_txn *t, enum vault_table table);

#endif
