/*
 * history_erase.h - between the history's files alone: texts are taken out.
 */
#ifndef TACIT_STORE_CLIENT_HISTORY_ERASE_H
#define TACIT_STORE_CLIENT_HISTORY_ERASE_H

#include "store/client/history.h"

/*
 * Rewrite e->n without text and salt, under its bucket's key.  The caller sees
 * to the key under which they lay.  NO_SPACE, NOMEM, IO.
 */
enum status history_replace_bare(
    struct vault_txn *t, const struct history_entry *e);

/* The same as its time is over: the key of its hour goes with the hour. */
enum status history_erase_over(struct vault_txn *t, uint64_t n, int64_t now_ms);

#endif
