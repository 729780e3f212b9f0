/*
 * history_erase.h - between the history's files alone: what is taken out of it.
 *
 * Rows are counted in buckets of HISTORY_BUCKET_ROWS.  A bucket is dirty while
 * the database may hold an older form of one of its rows, with what was erased.
 */
#ifndef TACIT_STORE_CLIENT_HISTORY_ERASE_H
#define TACIT_STORE_CLIENT_HISTORY_ERASE_H

#include "store/client/history.h"

enum { HISTORY_BUCKET_ROWS = 1024 };

/* Rewrite e->n without text and salt.  NOT_FOUND, NO_SPACE, NOMEM, IO. */
enum status history_erase_text(
    struct vault_txn *t, const struct history_entry *e);

#endif
