/* outbox_index.h - the way to a row by its id, for store/client alone. */
#ifndef TACIT_STORE_CLIENT_OUTBOX_INDEX_H
#define TACIT_STORE_CLIENT_OUTBOX_INDEX_H

#include "store/client/outbox.h"

/* Of a message's row.  NO_SPACE, NOMEM, IO. */
enum status outbox_index_put(struct vault_txn *t, const struct outbox_row *row);

#endif
