/*
 * history_due.h - between the history's files alone: which entries are to be
 * erased, in the order of their time.
 *
 * Lookup keys are not sealed, so they tell the minute and not more.
 */
#ifndef TACIT_STORE_CLIENT_HISTORY_DUE_H
#define TACIT_STORE_CLIENT_HISTORY_DUE_H

#include "store/client/history.h"

/* Note when e is to be erased, if it ever is. */
enum status history_due_put(struct vault_txn *t, const struct history_entry *e);
/* Whether that is noted, or need not be.  OK or NOT_FOUND; IO. */
enum status history_due_holds(
    struct vault_txn *t, const struct history_entry *e);

/* The entries whose time ends in this hour, and perhaps a few others. */
enum status history_due_each(struct vault_txn *t, uint64_t hour,
    enum status (*each)(uint64_t n, void *arg), void *arg);

#endif
