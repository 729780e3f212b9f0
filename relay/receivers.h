/*
 * receivers.h - which connection receives for a device, over all workers.
 *
 * One at a time, and the newest wins.  The one that lost is told by its own
 * worker: losers wait in that worker's inbox, and `poke` wakes its loop.
 */
#ifndef TACIT_RELAY_RECEIVERS_H
#define TACIT_RELAY_RECEIVERS_H

#include "base/status.h"
#include "proto/address.h"

struct receivers;
struct receiver;

/* One per worker.  `poke` may run on any thread, under the table's lock. */
struct receivers_inbox {
	void (*poke)(struct receivers_inbox *inbox);
	struct receiver *lost; /* guarded by the table's lock */
};

enum status receivers_new(struct receivers **r);
void receivers_free(struct receivers *r); /* NULL is fine */

/* `owner` is the caller's.  Released before the inbox goes.  NOMEM. */
enum status receivers_claim(struct receivers *r, const struct address *who,
    struct receivers_inbox *inbox, void *owner, struct receiver **claim);

/* From the thread that claimed; NULL is fine. */
void receivers_release(struct receivers *r, struct receiver *claim);

/* The owner of a claim of this inbox that was lost since; NULL: no more. */
void *receivers_next_lost(struct receivers *r, struct receivers_inbox *inbox);

#endif
