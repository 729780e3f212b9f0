/*
 * repair_parcel.h - messages on their way to somebody who lacks them, in as
 * many pairwise items as they need; for repair_answer.c, repair_history.c
 * and repair_member.c.
 */
#ifndef TACIT_CLIENT_CORE_REPAIR_PARCEL_H
#define TACIT_CLIENT_CORE_REPAIR_PARCEL_H

#include "client/core/repair/repair.h"

struct parcel_out {
	struct step *s;
	struct group_member to; /* its role does not matter */
	struct hash group;
	bool history;
	const struct history_entry *again; /* this one alone, or NULL */
	size_t left;                       /* bytes that may still be given */
	/* Of the item that is being filled. */
	struct arena *a;
	struct arena *scratch;
	struct resent_message *messages;
	size_t count;
	size_t bytes;
};

enum status parcel_begin(struct parcel_out *p);
void parcel_end(struct parcel_out *p); /* on every exit */

/*
 * What stands at `n`, until the next call.  NOT_FOUND: nothing that can be sent
 * again: no message, not signed, or its text is gone.
 */
enum status parcel_read(struct parcel_out *p, uint64_t n,
    struct history_entry *e, struct message_body *body);

/*
 * Add what parcel_read() gave; `hash` is what it was asked for by, or NULL.  A
 * full item is queued.  FULL: it is more than may be given.
 */
enum status parcel_add(struct parcel_out *p, const struct history_entry *e,
    const struct hash *hash);

/* Queue what is left. */
enum status parcel_flush(struct parcel_out *p);

#endif
