/*
 * group_mend.h - a log that the relay has less of than we do.
 *
 * A relay that was restored from a backup has lost what was appended since, and
 * those who had not read it wait for ever.  Whoever has it puts it back: the
 * entries are those of their authors, sealed anew for the same places under the
 * keys they were under, with the write tokens that went with these.
 */
#ifndef TACIT_CLIENT_CORE_GROUP_MEND_H
#define TACIT_CLIENT_CORE_GROUP_MEND_H

#include "client/core/courier/courier.h"
#include "client/core/group/group_internal.h"

/*
 * Append our entries from `from` on, also all of them where the chain is gone.
 * What the relay refuses stays as it is: somebody else may be doing the same.
 *
 * As group_sync() where the line or the store fails.
 */
enum tacit_code group_mend(struct courier *c, const struct hash *group,
    uint64_t from, int64_t deadline_ms, struct tacit_error *e);

/*
 * Begin a new chain with our log as it is now, up to its end: one that nobody
 * knows of yet.  FAILED, with a time to try again, where the relay allows no
 * more for now.
 */
enum tacit_code group_mend_elsewhere(struct courier *c,
    const struct hash *group, const struct chain_id *chain, int64_t deadline_ms,
    struct tacit_error *e);

/* An entry of ours for its place, and what it borrows from. */
struct mending {
	struct chain_append append;
	struct buf *sealed;
	struct kept_entry kept;
};

/*
 * One of them, in a step; mending_clear() on every exit.  In the group's chain
 * (NULL), or in another one.  NOT_FOUND: there is none at `index`, or we lack a
 * key that it needs.
 */
enum status mending_make(struct step *s, const struct hash *group,
    const struct chain_id *chain, uint64_t index, struct mending *m);
void mending_clear(struct mending *m);

#endif
