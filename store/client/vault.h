/*
 * vault.h - a client's database in which nothing is readable (docs/storage.md
 * 4).
 *
 * Values are XChaCha20-Poly1305 under their table's key with a random nonce;
 * table and lookup key are associated data, so that a record moved elsewhere
 * does not open.  Each names its key epoch.  Lookup keys are keyed hashes or
 * plain counters, never names: what a thief learns is how many there are.
 *
 * A vault and its transactions belong to one thread.
 */
#ifndef TACIT_STORE_CLIENT_VAULT_H
#define TACIT_STORE_CLIENT_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "store/client/keyslots.h"
#include "store/db.h"

/* Numbers are in the associated data: append only, never renumber. */
enum vault_table {
	VAULT_META,                    /* singletons: self, counters, cursors */
	VAULT_CONTACTS,                /* H(account) */
	VAULT_SESSIONS,                /* H(account, device) */
	VAULT_PREKEYS,                 /* id, one-time */
	VAULT_SIGNED_PREKEYS,          /* id */
	VAULT_BASE_KEYS,               /* H(account, device, base key) */
	VAULT_PAIRS,                   /* H(account, device) */
	VAULT_SENDER_KEYS,             /* H(group, account, device) */
	VAULT_SENDER_KEY_IDS,          /* H(account, device, key id) */
	VAULT_SENDERS,                 /* H(conversation, account, device) */
	VAULT_HISTORY,                 /* n */
	VAULT_HISTORY_BY_CONVERSATION, /* H(conversation) n */
	VAULT_HISTORY_BY_ID,           /* H(sender, id); H(id's start) n */
	VAULT_OUTBOX,                  /* order */
	VAULT_OUTBOX_BY_ID,            /* H(message id) order */
	VAULT_SEEN,                    /* H(what was seen) */
	VAULT_QUARANTINE,              /* order */
	VAULT_GROUPS,                  /* H(group) */
	VAULT_GROUP_NAMES,             /* H(local name) */
	VAULT_GROUP_LOG,               /* H(place) index */
	VAULT_GROUP_KEYS,              /* H(place) H(place, key id) */
	VAULT_SENDER_KEY_SENT,         /* H(group, account, device) */
	VAULT_HISTORY_BY_NUMBER, /* H(conversation, account, device) seq */
	VAULT_GAPS,              /* H(conversation, account, device) last */
	VAULT_SENT,              /* H(ciphertext) */
	VAULT_TALLIES,           /* H(what is counted) */
	VAULT_LISTS,             /* H(account, account key) */
	VAULT_RECEIPTS,          /* H(conversation, account, device) */
	VAULT_RECEIPTS_DUE,      /* H(account, device) */
	VAULT_RECEIPT_LOSSES,    /* H(message id, account) */
	VAULT_HISTORY_DUE,       /* minute n */
	VAULT_GROUP_OFFERS,      /* H(group, chain, inviter) */
	VAULT_GROUP_ANSWERS,     /* H(group, account) */
	VAULT_JOIN_REQUESTS,     /* H(group, account) */
	VAULT_AUDIENCES,         /* H(group) */
	VAULT_HISTORY_DIRTY,     /* bucket of the history */
	VAULT_WORDS,             /* H(conversation, message) H(author) */
	VAULT_TABLES_COUNT,
};

struct vault;
struct vault_txn;
struct vault_cursor;

/*
 * Open or make the database in dir; takes over `key`, also on failure.
 * CRYPTO: made with other keys.  BAD_INPUT: a later release's format.
 * NO_SPACE, NOMEM, IO.
 */
enum status vault_open(
    const char *dir, struct epoch_key *key, struct vault **v);
void vault_close(struct vault *v); /* NULL is fine */

/* As in db.h. */
enum status vault_txn_begin(
    struct vault *v, enum db_mode mode, struct vault_txn **t);
enum status vault_txn_begin_nested(
    struct vault_txn *parent, struct vault_txn **t);
enum status vault_txn_commit(struct vault_txn **t);
void vault_txn_abort(struct vault_txn *t);

enum {
	VAULT_HASH_BYTES = 16,
	VAULT_KEY_MAX_BYTES = 32,
	VAULT_VALUE_MAX_BYTES = 32 * 1024 * 1024,
};

/* A lookup key.  Build it with the functions below. */
struct vault_key {
	uint8_t raw[VAULT_KEY_MAX_BYTES];
	size_t len;
};

/* Keyed BLAKE2b over table and length-prefixed parts: 16 bytes. */
struct vault_key vault_key_hash(struct vault_txn *t, enum vault_table table,
    const struct bytes *parts, size_t parts_count);
struct vault_key vault_key_number(uint64_t number);
struct vault_key vault_key_append(struct vault_key key, uint64_t number);
uint64_t vault_key_last_number(struct bytes raw_key); /* its last 8 bytes; 0
						       * when shorter */

/*
 * Read: an owned buffer (wiped by buf_free).  NOT_FOUND.  CRYPTO: damaged or
 * moved here from elsewhere.  NOMEM, IO.
 */
enum status vault_get(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, struct buf **value);
/* Insert or replace.  FULL: above VAULT_VALUE_MAX_BYTES.  NO_SPACE, IO. */
enum status vault_put(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, struct bytes value);
/* NOT_FOUND, NO_SPACE, IO. */
enum status vault_del(
    struct vault_txn *t, enum vault_table table, const struct vault_key *key);

/* Whether there is a record, without opening it.  OK or NOT_FOUND; IO. */
enum status vault_has(
    struct vault_txn *t, enum vault_table table, const struct vault_key *key);
enum status vault_count(
    struct vault_txn *t, enum vault_table table, size_t *count);

/*
 * Walk a table.  `prefix` (may be empty) bounds the walk; `from` is the first
 * key wanted, or NULL for the first of the prefix.  Backwards: `from` is the
 * last key wanted, or NULL for the last of the prefix.  Records may be put and
 * deleted meanwhile: the walk goes on from the last key it gave.
 */
enum status vault_cursor_open(struct vault_txn *t, enum vault_table table,
    const struct vault_key *prefix, const struct vault_key *from,
    bool backwards, struct vault_cursor **c);
void vault_cursor_close(struct vault_cursor *c); /* NULL is fine */

/*
 * The next record: *key borrowed until the next call, *value (may be NULL when
 * not wanted) owned by the caller.  NOT_FOUND past the end.
 */
enum status vault_cursor_next(
    struct vault_cursor *c, struct bytes *key, struct buf **value);

/*
 * Show every record of a table, in key order and borrowed for the call; the
 * walk ends early with whatever is not OK.
 */
typedef enum status vault_show_fn(struct bytes plain, void *arg);
enum status vault_each(struct vault_txn *t, enum vault_table table,
    vault_show_fn *show, void *arg);

#endif
