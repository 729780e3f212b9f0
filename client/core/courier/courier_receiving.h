/*
 * courier_receiving.h - items on their way into the history; for
 * courier_receive.c (taking them), courier_drain.c and courier_follow.c.
 */
#ifndef TACIT_CLIENT_CORE_COURIER_RECEIVING_H
#define TACIT_CLIENT_CORE_COURIER_RECEIVING_H

#include "client/core/courier/courier_private.h"

enum { GATHER_REPLIES = 64 };

struct receiving {
	struct courier *c;
	struct arena *arena;
	struct reply pushes[GATHER_REPLIES];
	size_t pushes_count;
	size_t items_count;
	size_t bytes;
	bool drained;
	bool replaced;
	bool apart;  /* gathered: something in it fails */
	bool chains; /* gathered: somebody appended to a log we follow */
	uint64_t departures; /* of devices, before the mailbox was asked for */
};

enum status receiving_new(struct courier *c, struct receiving **r);
void receiving_free(struct receiving *r); /* NULL is fine */

/* Pushes that are here, after waiting for a first one.  AGAIN: none came. */
enum status receiving_gather(struct receiving *r, int64_t deadline_ms);

/*
 * File what was gathered, in batches, each acknowledged after its commit.
 * UNREACHABLE: filed, but the relay could not be told.
 */
enum status receiving_take(struct receiving *r);

/* In a step: the mailbox is filed up to seq (0: nothing new), drained or not.
 */
enum status receiving_remember(
    struct receiving *r, struct step *s, uint64_t seq);

/*
 * All that was in the mailbox when this was called last has been filed: devices
 * that had left then are read no more.  Begins with a call whose answer is that
 * of nothing.
 */
enum status receiving_let_go(struct receiving *r);

/* What to tell the user when one of these failed. */
enum tacit_code receiving_error(
    const struct receiving *r, struct tacit_error *e, enum status st);

#endif
