/*
 * invites.h - join codes, stored as hashes (protocol.md 4.3).
 *
 * Another process may add some while a relay serves, so nothing is cached.
 */
#ifndef TACIT_STORE_RELAY_INVITES_H
#define TACIT_STORE_RELAY_INVITES_H

#include "store/relay/records.h"

/* EXISTS: that code is there already; it was replaced (success). */
enum status invites_add(struct db_txn *txn, const struct hash *code,
    const struct invite_record *invite, struct arena *scratch);

/* Use it once.  DENIED: unknown, used up or expired. */
enum status invites_use(struct db_txn *txn, const struct hash *code,
    int64_t now_ms, struct arena *scratch);

#endif
