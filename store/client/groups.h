/* groups.h - the groups a profile is or was in: their log, keys and state. */
#ifndef TACIT_STORE_CLIENT_GROUPS_H
#define TACIT_STORE_CLIENT_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/group.h"
#include "store/client/vault.h"

enum { GROUP_LOCAL_NAME_BYTES = LIMIT_GROUP_NAME_BYTES + 8 };

enum group_standing {
	GROUP_INVITED = 1, /* the log is not here in full yet */
	GROUP_MEMBER,
	GROUP_LEFT,
	GROUP_REMOVED,
	GROUP_FROZEN, /* two logs, or one we cannot understand: see reason */
};

/*
 * An invitation to a group that we are still in, as far as we know: its log may
 * tell that we were removed meanwhile.  Its entries wait behind the log's end.
 */
struct group_offer {
	uint64_t length; /* of the log it brings; 0: there is none */
	uint64_t next;   /* the entry that comes next */
	struct account_name from;
	struct chain_id chain;
	struct group_key_id log_key;
};

/*
 * What is kept of a group beside its log.  The roster is not stored: it is the
 * fold of the log (client/core/group/roster.h) and read from there.
 */
struct group_record {
	struct hash id;
	char name[GROUP_LOCAL_NAME_BYTES + 1]; /* local, unique here */
	enum group_standing standing;
	struct chain_id chain;
	uint64_t length;  /* entries verified and stored */
	struct hash head; /* of the last of them */
	uint64_t heard;   /* entries there are, as the relay said last */
	uint64_t expected_length; /* of an invitation still arriving */
	struct group_key_id
	    log_key;        /* seals the next entry, unless it changes */
	bool log_key_stale; /* someone left: the next author makes a new one */
	struct account_name inviter;
	char reason[128]; /* when frozen */
	struct group_offer offer;
	uint64_t claimed; /* entries there are, as a receipt of a member has it
			   * (group_heads.c); 0: none said more than we have */
	/* Our own sender key here. */
	bool has_sender_key;
	uint32_t sender_key_id;
	int64_t sender_key_made_ms;
	uint64_t sender_key_uses;
	bool sender_key_stale; /* the set of devices shrank */
	/* The user left, and the log does not say so yet. */
	bool leaving;
};

enum status group_get(
    struct vault_txn *t, const struct hash *id, struct group_record *g);
enum status group_put(struct vault_txn *t, const struct group_record *g);
enum status group_find_name(
    struct vault_txn *t, const char *name, struct hash *id);
/* Takes or changes the local name; the old one is freed.  EXISTS. */
enum status group_set_name(
    struct vault_txn *t, struct group_record *g, const char *name);
enum status groups_each(struct vault_txn *t,
    enum status (*each)(const struct group_record *g, void *arg), void *arg);

/* Entries are GroupEntry bytes (proto/group.h); owned. */
enum status group_log_put(struct vault_txn *t, const struct hash *id,
    uint64_t index, struct bytes entry);
enum status group_log_get(struct vault_txn *t, const struct hash *id,
    uint64_t index, struct buf **entry);

/* A log key with the write token bound to it (protocol.md 8.3). */
struct group_secret {
	struct group_key_id id;
	struct log_key key;
	struct chain_token token;
};
enum status group_secret_get(struct vault_txn *t, const struct hash *group,
    const struct group_key_id *key_id, struct group_secret *s);
enum status group_secret_put(struct vault_txn *t, const struct hash *group,
    const struct group_secret *s);

/* Devices that hold our current sender key: one record per (group, device). */
enum status sender_key_sent_has(struct vault_txn *t, const struct hash *group,
    const struct address *to, uint32_t key_id); /* OK or NOT_FOUND */
enum status sender_key_sent_put(struct vault_txn *t, const struct hash *group,
    const struct address *to, uint32_t key_id);

#endif
