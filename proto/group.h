/*
 * group.h - entries of a group's membership log, as plain structs
 * (protocol.md 8).  Only their shape is checked here; who may make which entry
 * is client/core/group/roster.h's question.
 */
#ifndef TACIT_PROTO_GROUP_H
#define TACIT_PROTO_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "proto/address.h"
#include "proto/arena.h"
#include "proto/devices.h"
#include "proto/envelope.h"
#include "proto/join.h"
#include "proto/sign.h"

enum group_entry_type {
	ENTRY_CREATE = 1,
	ENTRY_ADD,
	ENTRY_REMOVE,
	ENTRY_LEAVE,
	ENTRY_ROLE,
	ENTRY_RENAME,
	ENTRY_SETTINGS,
	ENTRY_REKEY,
	ENTRY_LINK,
	ENTRY_UNLINK,
	ENTRY_ADOPT,
};
enum { ENTRY_TYPE_MAX = ENTRY_ADOPT };

enum group_role { ROLE_ADMIN = 1, ROLE_MEMBER = 2 };

struct group_member {
	struct account_name account;
	struct sign_public account_key;
	uint32_t role; /* enum group_role; 0 in a removal */
};

struct last_seq {
	struct address device;
	uint64_t seq;
};

struct group_entry_body {
	bool has_group;    /* false in the first entry only */
	struct hash group; /* else zeros */
	uint64_t index;
	struct hash previous; /* zeros in the first */
	struct address author;
	struct sign_public author_key; /* the account key */
	struct hash list_hash;         /* SHA-256 of the author's list body */
	int64_t at_ms;
	bool has_next_key;
	struct group_key_id next_key;
	uint32_t type; /* enum group_entry_type, or a later release's */
	uint8_t nonce[NONCE_BYTES];
	struct bytes name; /* valid UTF-8 of at most LIMIT_GROUP_NAME_BYTES */
	const struct group_member *members;
	size_t members_count; /* at most LIMIT_GROUP_MEMBERS */
	const struct last_seq *last;
	size_t last_count;
	uint64_t timer_s;     /* settings: at most LIMIT_TIMER_S; 0: off */
	uint32_t who_may_add; /* settings: enum group_role */
	bool has_link; /* always in link and unlink; an add may name one */
	struct join_id link;
	struct hash link_hash;   /* link: of its secret */
	uint64_t link_uses;      /* link: 0: any number */
	int64_t link_expires_ms; /* link: 0: never */
	struct bytes link_label; /* link: valid UTF-8, perhaps empty */
	bool has_chain;          /* ENTRY_ADOPT: where the log is from now on */
	struct chain_id chain;
};

struct group_entry {
	struct bytes body;
	struct bytes signature;
	struct signed_list list;
};

struct sealed_entry {
	struct group_key_id key_id;
	struct bytes nonce; /* 24 bytes */
	struct bytes box;
};

/* Append the encoding to `out`.  FULL: out's ceiling.  NOMEM. */
enum status group_put_body(const struct group_entry_body *b, struct buf *out);
enum status group_put_entry(const struct group_entry *e, struct buf *out);
enum status group_put_sealed(const struct sealed_entry *s, struct buf *out);

/*
 * Decode; results borrow from the input and the arena.  BAD_INPUT: malformed
 * or over a limit.  NOT_FOUND (sealed only): a version of a later release.
 * NOMEM.
 */
enum status group_get_body(
    struct bytes from, struct arena *a, struct group_entry_body *b);
enum status group_get_entry(
    struct bytes from, struct arena *a, struct group_entry *e);
enum status group_get_sealed(
    struct bytes from, struct arena *a, struct sealed_entry *s);

#endif
