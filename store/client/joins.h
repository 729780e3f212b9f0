/*
 * joins.h - requests to be taken into groups, of others, until they are dealt
 * with (protocol.md 10.2): one for each group and account.
 */
#ifndef TACIT_STORE_CLIENT_JOINS_H
#define TACIT_STORE_CLIENT_JOINS_H

#include "proto/address.h"
#include "proto/join.h"
#include "store/client/vault.h"

struct join_row {
	struct hash group;
	struct account_name account;
	struct sign_public account_key; /* it asked under */
	struct join_id link;
	struct hash secret; /* SHA-256 of what it gave */
};

/* Takes the place of an earlier one of that account for that group. */
enum status join_put(struct vault_txn *t, const struct join_row *row);
enum status join_get(struct vault_txn *t, const struct hash *group,
    const struct account_name *account, struct join_row *row);
enum status join_del(struct vault_txn *t, const struct join_row *row);
enum status join_count(struct vault_txn *t, size_t *count);

/* In no order; `each` may not write.  What it returns but OK ends the walk. */
enum status joins_each(struct vault_txn *t,
    enum status (*each)(const struct join_row *row, void *arg), void *arg);

#endif
