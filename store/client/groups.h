/* groups.h - the groups a profile is or was in: their log, keys and state. */
#ifndef TACIT_STORE_CLIENT_GROUPS_H
#define TACIT_STORE_CLIENT_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/group.h"
#include "store/client/vault.h"

enum { GROUP_LOCAL_NAME_BYTES = LIMIT_GROUP_NAME_BYTES + 8 };

enum {
	GROUP_LOOSE_KEYS = 32, /* that came and no entry has named yet */
	GROUP_LOST_MAX = 4,
};

enum group_standing {
	GROUP_INVITED = 1, /* an offer: its log is being read, group_offer_* */
	GROUP_MEMBER,
	GROUP_LEFT,
	GROUP_REMOVED,
	GROUP_FROZEN,  /* two logs, or one we cannot understand: see reason */
	GROUP_ASKED,   /* to be taken in, by a link */
	GROUP_REFUSED, /* so we were: see reason */
};

enum group_frost {
	FROST_NONE,
	FROST_OTHER_LOG, /* a member was shown another log than ours */
	FROST_NEWER,     /* made by a later release: read again at every sync */
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
	struct hash place; /* of its log and keys in the store, random */
	uint64_t length;   /* entries verified and stored */
	struct hash head;  /* of the last of them */
	uint64_t heard;    /* entries there are, as the relay said last */
	struct group_key_id
	    log_key;        /* seals the next entry, unless it changes */
	bool log_key_stale; /* any key may come next: someone left, or none is
			     * known yet */
	/* The last invitation, and what its sender had read. */
	struct account_name inviter;
	uint64_t expected_length;
	struct hash expected_head;
	int64_t invited_ms;
	bool told; /* an offer that only the user can decide on */
	/* The key that the next entry is under and that has not come. */
	bool is_waiting;
	struct group_key_id wanted;
	uint32_t asks; /* so far, for this key */
	int64_t next_ask_ms;
	struct group_key_id loose[GROUP_LOOSE_KEYS]; /* oldest first */
	size_t loose_count;
	enum group_frost frost; /* when frozen, and why: */
	char reason[128];       /* also when refused */
	bool locked;            /* the relay refuses our write token */
	uint64_t claimed; /* entries there are, as a receipt of a member has it
			   * (group_heads.c); 0: none said more than we have */
	/* Our own sender key here. */
	bool has_sender_key;
	uint32_t sender_key_id;
	int64_t sender_key_made_ms;
	uint64_t sender_key_uses;
	bool sender_key_stale; /* the set of devices shrank */
	/* GROUP_ASKED: by which link, and whom; only they may refuse. */
	struct join_id asked_link;
	struct group_asked {
		struct account_name name;
		struct sign_public account_key;
	} asked[LIMIT_LINK_ADMINS];
	size_t asked_count;
	/* The user left, and the log does not say so yet. */
	bool leaving;
	/* Members whose device was replaced (group_replaced.c), oldest first.
	 */
	struct group_lost {
		struct account_name name;
		struct sign_public account_key;
		struct group_key_id log_key; /* in force when we noticed */
		int64_t due_ms;
	} lost[GROUP_LOST_MAX];
	size_t lost_count;
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

/*
 * The ids of all groups, or of those that we are a member of, in the arena: for
 * whoever changes records on the way.  NOMEM, IO.
 */
struct group_ids {
	struct hash *ids;
	size_t count;
};
enum status groups_list(struct vault_txn *t, bool members_only, struct arena *a,
    struct group_ids *all);

/*
 * Logs offered to us and not taken up yet: records of GROUP_INVITED, which
 * group_put() keeps apart from the groups.  One for each chain and inviter, so
 * that nobody spoils another's.
 */
enum status group_offer_get(struct vault_txn *t, const struct hash *id,
    const struct chain_id *chain, const struct account_name *inviter,
    struct group_record *g);
enum status group_offers_each(struct vault_txn *t,
    enum status (*each)(const struct group_record *g, void *arg), void *arg);
/* The record alone, or with its log and its keys. */
enum status group_offer_forget(
    struct vault_txn *t, const struct group_record *g);
enum status group_offer_del(struct vault_txn *t, const struct group_record *g);

/* Log and keys of a place that nobody uses any more. */
enum status group_place_del(
    struct vault_txn *t, const struct hash *place, uint64_t length);

/* Rows of the log at g->place; owned. */
enum status group_log_put(struct vault_txn *t, const struct group_record *g,
    uint64_t index, struct bytes row);
enum status group_log_get(struct vault_txn *t, const struct group_record *g,
    uint64_t index, struct buf **row);

/* A log key with the write token bound to it (protocol.md 8.3), at g->place. */
struct group_secret {
	struct group_key_id id;
	struct log_key key;
	struct chain_token token;
};
enum status group_secret_get(struct vault_txn *t, const struct group_record *g,
    const struct group_key_id *key_id, struct group_secret *s);
enum status group_secret_put(struct vault_txn *t, const struct group_record *g,
    const struct group_secret *s);
enum status group_secret_del(struct vault_txn *t, const struct group_record *g,
    const struct group_key_id *key_id);

/* How often keys were handed to one who asked: in which hour, how many. */
enum status group_answers_get(struct vault_txn *t, const struct hash *group,
    const struct account_name *to, uint64_t *number);
enum status group_answers_put(struct vault_txn *t, const struct hash *group,
    const struct account_name *to, uint64_t number);

/* Devices that hold our current sender key: one record per (group, device). */
enum status sender_key_sent_has(struct vault_txn *t, const struct hash *group,
    const struct address *to, uint32_t key_id); /* OK or NOT_FOUND */
enum status sender_key_sent_put(struct vault_txn *t, const struct hash *group,
    const struct address *to, uint32_t key_id);

#endif
