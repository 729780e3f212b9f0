/* roster_internal.h - the roster's insides, for its own files alone. */
#ifndef TACIT_CLIENT_CORE_ROSTER_INTERNAL_H
#define TACIT_CLIENT_CORE_ROSTER_INTERNAL_H

#include <string.h>

#include "client/core/group/roster.h"

/*
 * One membership of one key, in log lengths: from when the entry that admitted
 * it was applied until the entry that ended it was (UINT64_MAX: still in).
 */
struct span {
	struct account_name account;
	struct sign_public key;
	uint64_t from;
	uint64_t to;
	bool removed; /* by an admin */
};

/* What the author of a removal had seen of one device. */
struct bound {
	struct address device;
	struct sign_public account_key;
	uint64_t removed_at; /* log length before the removal */
	uint64_t seq;
};

struct roster {
	struct hash group;
	struct hash head;
	uint64_t length;
	char name[LIMIT_GROUP_NAME_BYTES + 1];
	size_t name_len;
	bool members_may_add;
	uint64_t timer_s;
	struct roster_link links[LIMIT_GROUP_LINKS];
	size_t links_count;
	struct group_member *members; /* LIMIT_GROUP_MEMBERS */
	size_t members_count;
	bool has_adoption;
	struct adoption adoption;
	struct buf *heads;  /* struct hash, one per entry */
	struct buf *spans;  /* struct span */
	struct buf *bounds; /* struct bound */
};

/* roster_link.c: as roster_judge(), by an admin unless it says so. */
const char *roster_judge_link(
    const struct roster *r, const struct group_entry_body *b);
const char *roster_judge_unlink(
    const struct roster *r, const struct group_entry_body *b);
const char *roster_judge_add_by_link(const struct roster *r,
    const struct group_member *author, const struct group_entry_body *b);

/* Entries that have effect. */
void roster_take_link(struct roster *r, const struct group_entry_body *b);
void roster_take_unlink(struct roster *r, const struct group_entry_body *b);
void roster_use_link(struct roster *r, const struct group_entry_body *b);

static inline bool
key_equal(const struct sign_public *a, const struct sign_public *b)
{
	return memcmp(a->raw, b->raw, sizeof(a->raw)) == 0;
}

static inline bool
hash_equal(const struct hash *a, const struct hash *b)
{
	return memcmp(a->raw, b->raw, sizeof(a->raw)) == 0;
}

#endif
