/*
 * invites.h - join codes, stored as hashes (protocol.md 4.3).
 *
 * Another process may add some while a relay serves, so nothing is cached.
 */
#ifndef TACIT_STORE_RELAY_INVITES_H
#define TACIT_STORE_RELAY_INVITES_H

#include "store/relay/records.h"

struct invite_row {
	struct hash code;
	struct invite_record invite;
};

/* EXISTS: that code is there already; it was replaced (success). */
enum status invites_add(struct db_txn *txn, const struct hash *code,
    const struct invite_record *invite, struct arena *scratch);

/* Use it once.  DENIED: unknown, used up or expired. */
enum status invites_use(struct db_txn *txn, const struct hash *code,
    int64_t now_ms, struct arena *scratch);

/*
 * Up to max rows after the code `after`, or from the first on when it is NULL,
 * into room for them.  What they point to lies in a.
 */
enum status invites_list(struct db_txn *txn, const struct hash *after,
    size_t max, struct arena *a, struct invite_row *rows, size_t *count);

/*
 * Take out the only one whose code begins with these bits (an id as people see
 * it).  `bits` is a multiple of 4, up to 32.  NOT_FOUND.  CONFLICT: several.
 */
enum status invites_revoke(struct db_txn *txn, const uint8_t prefix[4],
    size_t bits, struct arena *a, struct invite_row *revoked);

/* What is kept with an account that came by it: the first 32 bits. */
uint32_t invite_short(const struct hash *code);

#endif
