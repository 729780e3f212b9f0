/*
 * viewer_items.h - items of one mailbox, picked under the lock and read without
 * it.
 */
#ifndef TACIT_RELAY_VIEWER_ITEMS_H
#define TACIT_RELAY_VIEWER_ITEMS_H

#include "proto/arena.h"
#include "store/relay/index.h"

struct pick {
	struct journal_file *file; /* held */
	uint32_t place;            /* in it */
	uint32_t len;              /* of the payload */
	uint64_t seq;
};

enum { PICKS_BUFFER_BYTES = 64 * 1024 };

struct picks {
	uint8_t *buffer; /* PICKS_BUFFER_BYTES, borrowed */
	struct pick *list;
	size_t count;
	size_t bytes; /* of all payloads */
	uint32_t slot;
};

/* For so many; from the arena, which they live in.  NOMEM. */
enum status picks_room(struct picks *p, struct arena *a, size_t most);

/* The lock is held; there is room, and the entry is no hole.  IO. */
enum status picks_add(struct picks *p, struct journal *j,
    const struct mailbox *m, uint64_t seq, const struct queue_entry *e);
void picks_release(struct picks *p, struct journal *j);

/*
 * Read all, in order, without the lock.  `take` gets each with the length of
 * its payload and says where that is to be put.  NOMEM, IO.
 */
typedef enum status picks_take(
    void *arg, const struct segment_item *item, uint8_t **payload);
enum status picks_read(const struct picks *p, picks_take *take, void *arg);

#endif
