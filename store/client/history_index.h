/*
 * history_index.h - ways into the history other than by number.  Private.
 *
 * VAULT_HISTORY_BY_ID holds two kinds under one roof, both behind H(first bytes
 * of the id), so that a message changes one page: H(account, device, id), which
 * no message may take twice, and H(id) n, which finds an id, or the start of
 * one, whoever wrote it.  Notices are in neither.
 */
#ifndef TACIT_STORE_CLIENT_HISTORY_INDEX_H
#define TACIT_STORE_CLIENT_HISTORY_INDEX_H

#include "store/client/history.h"

/* Whether this message is there.  OK or NOT_FOUND; IO. */
enum status history_index_has(
    struct vault_txn *t, const struct history_entry *e);
enum status history_index_put(
    struct vault_txn *t, const struct history_entry *e);
/* Whether all that history_index_put() puts is there.  OK or NOT_FOUND; IO. */
enum status history_index_holds(
    struct vault_txn *t, const struct history_entry *e);

#endif
