/*
 * roster.h - who is in a group: the fold of its membership log
 * (protocol.md 8.2).  Pure: no store, no time, no keys but to verify.
 *
 * Order comes from the relay, truth does not: an entry that its author had no
 * right to make has no effect, for everyone alike.
 */
#ifndef TACIT_CLIENT_CORE_ROSTER_H
#define TACIT_CLIENT_CORE_ROSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/group.h"

struct roster;

enum status roster_new(struct roster **r);
void roster_free(struct roster *r); /* NULL is fine */

/* What an entry did; views borrow from the entry's arena. */
struct roster_effect {
	struct group_entry_body body;
	struct hash hash; /* of the body */
	bool effective;
	const char *why_not; /* when not effective; static */
	bool shrinks;        /* devices lost: sender keys must change */
};

/*
 * Apply the next entry.  Index, previous hash, group id, the author's device
 * list and both signatures are checked; then authority.
 *
 * OK: applied, see effect (perhaps without effect).  CONFLICT: does not follow
 * on what is here (another log).  CRYPTO: a signature is wrong.  BAD_INPUT:
 * malformed.  NOT_FOUND: an entry type of a later release: freeze.  The roster
 * is unchanged on anything but OK.  NOMEM.
 */
enum status roster_apply(struct roster *r, struct bytes entry, struct arena *a,
    struct roster_effect *effect);

/* Would this body be effective next?  why_not as above, NULL when it would. */
const char *roster_judge(
    const struct roster *r, const struct group_entry_body *body);

const struct hash *roster_group(const struct roster *r);
struct bytes roster_name(const struct roster *r); /* borrowed */
uint64_t roster_length(const struct roster *r);   /* entries applied */
const struct hash *roster_head(const struct roster *r);

size_t roster_count(const struct roster *r);
const struct group_member *roster_at(const struct roster *r, size_t i);
/* NULL: not a member with any key. */
const struct group_member *roster_find(
    const struct roster *r, const struct account_name *name);
size_t roster_admins(const struct roster *r);

/* Highest sequence number accepted from a removed device, if it was removed:
 * false when there is no bound. */
bool roster_bound(const struct roster *r, const struct address *device,
    const struct sign_public *account_key, uint64_t *seq);

/* Was (account, key) a member when the log had `length` entries? */
bool roster_was_member(const struct roster *r, uint64_t length,
    const struct account_name *name, const struct sign_public *key);

/* Hash of the head when the log had `length` entries; NOT_FOUND beyond. */
enum status roster_head_at(
    const struct roster *r, uint64_t length, struct hash *head);

#endif
