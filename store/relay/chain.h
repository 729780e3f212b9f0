/*
 * chain.h - append-only lists of opaque entries, kept in order by
 * compare-and-append (protocol.md 6).
 */
#ifndef TACIT_STORE_RELAY_CHAIN_H
#define TACIT_STORE_RELAY_CHAIN_H

#include "proto/arena.h"
#include "proto/message.h"
#include "store/db.h"

/*
 * Append at exactly the index named; index 0 begins the chain under the token
 * given.
 *
 * OK, with *changed false, also when this very entry stands there already.
 * CONFLICT: another one does, or the index lies beyond the end; *length is
 * written as on OK.  DENIED: wrong token.  FULL: LIMIT_CHAIN_ENTRIES.
 */
enum status chain_append(struct db_txn *txn, const struct chain_append *append,
    struct arena *scratch, uint64_t *length, bool *changed);

/*
 * Entries from `from` on, copied into the arena, as many as fit *left bytes
 * (which is lowered) but never none for want of room when all of *left was
 * LIMIT_CHAIN_READ_BYTES.  No such chain: length 0.
 */
enum status chain_tail(struct db_txn *txn, const struct chain_position *from,
    struct arena *a, size_t *left, struct chain_tail *tail);

#endif
