/*
 * storage_admin.h - what an operator asks of storage (storage.h): who is here,
 * by which invitation, who may not connect, and who has to go.
 *
 * Lists come in pages of at most STORAGE_PAGE_ITEMS in the order of their keys,
 * so that a long one holds nothing up: `after` is the last of the page before.
 * What changed between two pages is in the one or the other as it was then.
 *
 * A removed account leaves the directory, its prekeys and its mailbox in one
 * commit; its name stays taken until it is freed.  A suspended one keeps all of
 * it and goes on getting mail and handing out prekeys, as if it were away: only
 * it cannot connect, and it learns why only with its key
 * (docs/decisions/0016).  Sessions of both end: storage_port_on_evicted().
 */
#ifndef TACIT_RELAY_STORAGE_ADMIN_H
#define TACIT_RELAY_STORAGE_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/address.h"
#include "proto/sign.h"
#include "store/relay/suspension.h"

enum {
	STORAGE_PAGE_ITEMS = 128,
	STORAGE_LABEL_BYTES = 64,
	STORAGE_INVITE_ID_DIGITS = 8,
	STORAGE_INVITE_ID_LEAST = 4, /* of a prefix */
};

struct storage_user {
	struct account_name name;
	int64_t created_ms; /* 0: before this was kept */
	uint32_t invite;    /* first 32 bits of its id; 0: none, or unknown */
	uint32_t seen_day;  /* days since 1970-01-01 UTC; 0: unknown */
	enum suspension suspended;
	uint32_t devices;
	uint64_t queued_items; /* of all its devices, receipts included */
	uint64_t queued_bytes;
};

/* A name that nobody has and nobody may take. */
struct storage_gone {
	struct account_name name;
	int64_t removed_ms;
	bool by_owner;
};

/* What is stored of a join code; never the code. */
struct storage_invite {
	struct hash code_hash;
	uint64_t uses;      /* 0: without end */
	int64_t expires_ms; /* 0: never */
	char label[STORAGE_LABEL_BYTES + 1];
};

struct storage_invite_info {
	char id[STORAGE_INVITE_ID_DIGITS + 1]; /* lower-case hex */
	bool endless;
	uint64_t uses_left; /* when not endless */
	uint64_t used;
	int64_t created_ms;                  /* 0: before this was kept */
	int64_t expires_ms;                  /* 0: never */
	char label[STORAGE_LABEL_BYTES + 1]; /* any bytes but NUL */
};

struct storage_stats {
	uint64_t accounts;
	uint64_t gone; /* names that were somebody's, freed ones included */
	uint64_t invites;
	uint64_t prekeys; /* rows of that table */
	uint64_t chains;
	uint64_t chain_entries;
	uint64_t devices;      /* these four as of the last look at them all */
	uint64_t queued_bytes; /* payloads */
	uint64_t deepest_items;
	uint64_t half_full; /* mailboxes */
	uint64_t queued_items;
	uint64_t log_files;
	uint64_t log_bytes;       /* of those files */
	uint64_t log_alive_bytes; /* of what is still wanted in them */
	uint64_t commits;         /* since the start */
	uint64_t expired;         /* items given up, since the start */
};

/* Inputs and results, in the union of struct storage_op. */

struct storage_users_op {
	struct account_name after;  /* empty: from the first on */
	struct storage_user *items; /* out */
	size_t count;
	bool more; /* out: another page follows */
};

struct storage_gone_op {
	struct account_name after;
	struct storage_gone *items; /* out */
	size_t count;
	bool more;
};

/* NOT_FOUND: no such account.  EXISTS: it is so already (success). */
struct storage_suspend_op {
	struct account_name name;
	enum suspension suspended; /* SUSPENDED_NOT: it may connect again */
};

/*
 * NOT_FOUND: no such account.  DENIED: by its owner, and another key holds the
 * name by now.
 */
struct storage_remove_op {
	struct account_name name;
	bool by_owner;
	struct sign_public account_key; /* when by_owner */
};

/*
 * NOT_FOUND: nobody was removed who had it.  FULL: a worker has yet to close
 * the sessions of whoever had it; again in a moment.
 */
struct storage_free_op {
	struct account_name name;
	bool busy; /* storage's own */
};

struct storage_invites_op {
	struct hash after; /* `last` of the page before; zeros: the first */
	struct storage_invite_info *items; /* out */
	size_t count;
	struct hash last;
	bool more;
};

struct storage_invite_put_op {
	struct storage_invite invite;
	bool replaced; /* out: that code was there; uses, expiry, label are new
			*/
};

/*
 * `prefix`: STORAGE_INVITE_ID_LEAST to STORAGE_INVITE_ID_DIGITS hex digits, of
 * either case.  NOT_FOUND.  CONFLICT: several begin so.  BAD_INPUT: no digits.
 */
struct storage_invite_revoke_op {
	char prefix[STORAGE_INVITE_ID_DIGITS + 1];
	struct storage_invite_info revoked; /* out */
};

#endif
