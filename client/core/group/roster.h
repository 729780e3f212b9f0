/*
 * roster.h - who is in a group: the fold of its membership log
 * (protocol.md 8.2).  Pure: no store, no time, no secrets.
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

/*
 * Whether an entry proves who wrote it.  What was stored here was checked once
 * and is sealed since, so that folding a log again costs no signatures.
 */
enum roster_proof { PROOF_UNCHECKED, PROOF_GOOD, PROOF_BAD };

/* What an entry did; views borrow from the arena given. */
struct roster_effect {
	struct group_entry_body body; /* meaningless when `malformed` */
	struct hash hash;             /* the new head */
	bool malformed;
	enum roster_proof proof; /* never PROOF_UNCHECKED */
	bool effective;
	const char *why_not;   /* when not effective; static */
	bool shrinks;          /* devices lost: sender keys must change */
	bool leaver_knows_key; /* the next author makes a new log key */
	/* Which settings are others than before. */
	bool may_add_changed;
	bool timer_changed;
};

/*
 * Apply the next entry (a GroupEntry as it was opened).  Whatever stands at an
 * index counts, so that all readers agree on the head: nonsense, a wrong
 * signature and a lack of authority are entries without effect.
 *
 * OK: applied, see effect.  CONFLICT: a member wrote this index upon another
 * head than ours: someone is shown another log.  NOT_FOUND: a member made an
 * entry of a type this release does not know.  FULL: there are
 * LIMIT_CHAIN_ENTRIES already.  These freeze the group, and the roster is
 * unchanged.  NOMEM: throw the roster away.
 */
enum status roster_apply(struct roster *r, struct bytes entry,
    enum roster_proof proof, struct arena *a, struct roster_effect *effect);

/*
 * Read an entry by itself, of whatever log: what it says, its hash, and whether
 * it proves who wrote it.  Nothing is said of its effect, which depends on
 * those before it; `why_not` is there when it proves nothing.  NOMEM.
 */
enum status roster_read(struct bytes entry, enum roster_proof proof,
    struct arena *a, struct roster_effect *effect);

/* Would this body be effective next?  NULL when it would; else why not. */
const char *roster_judge(
    const struct roster *r, const struct group_entry_body *body);

const struct hash *roster_group(const struct roster *r);
struct bytes roster_name(const struct roster *r); /* borrowed */
uint64_t roster_length(const struct roster *r);   /* entries applied */
const struct hash *roster_head(const struct roster *r);

size_t roster_count(const struct roster *r);
const struct group_member *roster_at(const struct roster *r, size_t i);
/* NULL: not a member, with whatever key. */
const struct group_member *roster_find(
    const struct roster *r, const struct account_name *name);
/* A member is (account, account key): the same name with new keys is not. */
const struct group_member *roster_find_exact(const struct roster *r,
    const struct account_name *name, const struct sign_public *key);
size_t roster_admins(const struct roster *r);

/* Settings: what holds until an entry says otherwise is admins, and no timer.
 */
bool roster_members_may_add(const struct roster *r);
/* How long messages stay before they disappear, seconds; 0: for ever. */
uint64_t roster_timer_s(const struct roster *r);

/* A link into the group, as the log has it (protocol.md 8.2). */
struct roster_link {
	struct join_id id;
	struct hash hash; /* of its secret */
	struct account_name author;
	uint64_t made_at;   /* log length when it was made */
	uint64_t uses;      /* 0: any number */
	uint64_t used;      /* whom it has taken in */
	int64_t expires_ms; /* 0: never */
	char label[LIMIT_LINK_LABEL_BYTES + 1];
	bool revoked;
};

enum link_state {
	LINK_GOOD,
	LINK_UNKNOWN,
	LINK_REVOKED,
	LINK_USED_UP,
	LINK_EXPIRED,
};

/* Links whose place no later one took; the oldest need not come first. */
size_t roster_links(const struct roster *r);
const struct roster_link *roster_link_at(const struct roster *r, size_t i);
const struct roster_link *roster_link_find(
    const struct roster *r, const struct join_id *id); /* NULL: none */
enum link_state roster_link_state(
    const struct roster *r, const struct join_id *id, int64_t at_ms);

/* Did an admin remove this name since the link was made? */
bool roster_removed_since(const struct roster *r,
    const struct roster_link *link, const struct account_name *name);

/*
 * The highest sequence number still accepted from a device of a member who was
 * removed at or after log length `length`.  false: no bound.
 */
bool roster_bound(const struct roster *r, uint64_t length,
    const struct address *device, const struct sign_public *account_key,
    uint64_t *seq);

/* Was (account, key) a member when the log had `length` entries? */
bool roster_was_member(const struct roster *r, uint64_t length,
    const struct account_name *name, const struct sign_public *key);

/* Was it one without a break while the log had `first` to `last` entries? */
bool roster_was_member_throughout(const struct roster *r, uint64_t first,
    uint64_t last, const struct account_name *name,
    const struct sign_public *key);

/* Was (account, key) ever a member? */
bool roster_knew(const struct roster *r, const struct account_name *name,
    const struct sign_public *key);

/*
 * Up to which length of the log (account, key) was a member last: UINT64_MAX
 * while it is one; 0: it never was.
 */
uint64_t roster_until(const struct roster *r, const struct account_name *name,
    const struct sign_public *key);

/* The last entry by which an admin moved the log to a chain; NULL: none did. */
struct adoption {
	uint64_t index;
	struct chain_id chain;
	struct account_name author;
	struct sign_public author_key;
};
const struct adoption *roster_adoption(const struct roster *r);

/* The head when the log had `length` entries; NOT_FOUND beyond the end. */
enum status roster_head_at(
    const struct roster *r, uint64_t length, struct hash *head);

#endif
