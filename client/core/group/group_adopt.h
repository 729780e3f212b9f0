/*
 * group_adopt.h - an admin puts a group right whose chain is not: a new chain
 * with our log as it is, one entry that says so, and everyone invited to it
 * (protocol.md 8.4).
 *
 * A group freezes when its members were shown different logs; a chain is locked
 * when whoever had its write token replaced it.  Neither heals by itself, since
 * somebody has to say which log counts.
 */
#ifndef TACIT_CLIENT_CORE_GROUP_ADOPT_H
#define TACIT_CLIENT_CORE_GROUP_ADOPT_H

#include "client/core/courier/courier.h"
#include "store/client/groups.h"

/*
 * *moved_log is false when the log can be written to and was right: it has a
 * new key now, which also reaches whoever had not got the last one.
 * NOT_ALLOWED: we are no admin, or only a newer release can read the log.
 *
 * Nothing is stored and nobody told before the relay has all of the new chain;
 * then one step takes it up and queues the invitations.
 */
enum tacit_code group_adopt(struct courier *c, const struct hash *group,
    int64_t deadline_ms, bool *moved_log, struct tacit_error *e);

/*
 * Take up the log that `from` offered and that we did not take up by ourselves.
 * NOT_FOUND: nobody of that name offers one, or it has not been read yet.
 */
enum tacit_code group_adopt_from(struct courier *c, const struct hash *group,
    const struct account_name *from, int64_t deadline_ms,
    struct tacit_error *e);

/* The entry at the end of the new chain, and the keys from then on. */
struct adopting {
	struct chain_append append; /* entry is in `sealed` */
	struct hash head;           /* of our log, which it follows */
	struct group_secret seal;   /* it is under this one, */
	struct group_secret next;   /* and what follows under this one */
	struct buf *entry;
	struct buf *sealed;
};

/* Both in a step; adopting_clear() on every exit. */
struct step;
enum tacit_code adopting_make(struct step *s, const struct hash *group,
    struct adopting *a, struct tacit_error *e);
/* CONFLICT: our log has moved since; make it anew. */
enum status adopting_take(
    struct step *s, const struct hash *group, const struct adopting *a);
void adopting_clear(struct adopting *a);

#endif
