/*
 * link_group.h - links into a group (protocol.md 10.1):
 * tacit://host[:port]/g#pin=..,group=..,link=..,secret=..,admin=NAME~HASH
 */
#ifndef TACIT_PROTO_LINK_GROUP_H
#define TACIT_PROTO_LINK_GROUP_H

#include "proto/address.h"
#include "proto/join.h"
#include "proto/link.h"

enum { LINK_KEY_HASH_BYTES = 16 };

/* An admin who may be asked, and what their account key hashes to. */
struct link_admin {
	struct account_name name;
	uint8_t key_hash[LINK_KEY_HASH_BYTES]; /* SHA-256, the first of it */
};

/* Holds a secret: its owner calls link_group_clear() on every exit. */
struct link_group {
	struct link relay; /* without a join code */
	struct hash group;
	struct join_id id;
	struct join_secret secret;
	struct link_admin admins[LIMIT_LINK_ADMINS];
	size_t admins_count; /* at least 1 */
};

/*
 * As link_parse().  BAD_INPUT: not such a link, or a part of it is missing,
 * damaged or there twice; *why is a sentence for who pasted it.
 */
enum status link_group_parse(
    struct bytes text, struct link_group *l, const char **why);

/* Writes at most LIMIT_LINK_BYTES and a NUL, safe unquoted in a shell. */
enum status link_group_format(
    const struct link_group *l, char text[LIMIT_LINK_BYTES + 1]);

/* Of an account key, as a link has it. */
void link_key_hash(
    const struct sign_public *account_key, uint8_t hash[LINK_KEY_HASH_BYTES]);

void link_group_clear(struct link_group *l);

#endif
