/* viewer_private.h - what the parts of viewer share. */
#ifndef TACIT_RELAY_VIEWER_PRIVATE_H
#define TACIT_RELAY_VIEWER_PRIVATE_H

#include "relay/viewer.h"
#include "relay/viewer_items.h"

struct viewer {
	struct db *db;
	struct journal *journal;
	struct index *index;
	struct arena *scratch;
	struct db_txn *txn; /* NULL: none was needed yet */
	uint8_t buffer[PICKS_BUFFER_BYTES];
};

/* Items as they are read, one after the other. */
struct gathering {
	struct storage_item *items;
	uint32_t *senders; /* slots */
	size_t count;
	uint8_t *room;
};

/* A picks_take for it. */
enum status viewer_gather(
    void *arg, const struct segment_item *from, uint8_t **payload);

/* The lock is held.  Who is only about to be added is not there yet. */
struct mailbox *viewer_find(const struct viewer *v, const struct address *who);

#endif
