/*
 * vault.h - a client's database in which nothing is readable (docs/storage.md
 * 4).
 *
 * Values are XChaCha20-Poly1305, with nonces that each transaction counts from
 * a random one; table and lookup key are associated data, so that a record
 * moved elsewhere does not open.  Each names the key it is sealed under by its
 * serial number in the key ring.  Lookup keys are keyed hashes or plain
 * counters, never names: what a thief learns is how many there are.
 *
 * A vault and its transactions belong to one thread, and a process opens one
 * directory once at a time (LMDB): closing a second handle would destroy the
 * locks of the first.
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
	VAULT_HISTORY_BY_ID, /* H(id's start), then H(sender, id) or H(id) n */
	VAULT_OUTBOX,        /* order */
	VAULT_OUTBOX_BY_ID,  /* H(message id) order */
	VAULT_SEEN,          /* H(what was seen) */
	VAULT_QUARANTINE,    /* order */
	VAULT_GROUPS,        /* H(group) */
	VAULT_GROUP_NAMES,   /* H(local name) */
	VAULT_GROUP_LOG,     /* H(place) index */
	VAULT_GROUP_KEYS,    /* H(place) H(place, key id) */
	VAULT_SENDER_KEY_SENT,   /* H(group, account, device) */
	VAULT_HISTORY_BY_NUMBER, /* H(conversation, account, device) seq */
	VAULT_GAPS,              /* H(conversation, account, device) last */
	VAULT_SENT,              /* H(ciphertext) */
	VAULT_TALLIES,           /* H(what is counted) */
	VAULT_LISTS,             /* H(account, account key) version */
	VAULT_RECEIPTS,          /* H(conversation, account, own device) */
	VAULT_RECEIPTS_DUE,      /* H(account, device) */
	VAULT_RECEIPT_LOSSES,    /* H(message id, account) */
	VAULT_HISTORY_DUE,       /* minute n */
	VAULT_GROUP_OFFERS,      /* H(group, chain, inviter) */
	VAULT_GROUP_ANSWERS,     /* H(group, account) */
	VAULT_JOIN_REQUESTS,     /* H(group, account) */
	VAULT_AUDIENCES,         /* H(group) */
	VAULT_HISTORY_DIRTY,     /* bucket of the history */
	VAULT_WORDS,             /* H(conversation, message) H(author) */
	VAULT_TOLD,              /* n */
	VAULT_TOLD_NEWS,         /* H(conversation) */
	VAULT_REQUESTS,          /* H(account) n */
	VAULT_HISTORY_BLOCKS,    /* bucket of the history */
	VAULT_DEPARTURES,        /* n */
	VAULT_TABLES_COUNT,
};

struct vault;
struct vault_txn;
struct vault_cursor;

/*
 * Open or make the database in dir; takes over `key`, also on failure.
 * CRYPTO: made with other keys.  CONFLICT: keys and database are of different
 * times, so that one of them was replaced by an older copy; nothing changed.
 * BAD_INPUT: another release's format.  NO_SPACE, NOMEM, IO.
 */
enum status vault_open(
    const char *dir, struct master_key *key, struct vault **v);
void vault_close(struct vault *v); /* NULL is fine */

/*
 * As in db.h.  A transaction reads the key ring again when another process has
 * changed it, and keeps the keys of its snapshot until it ends.  CRYPTO: the
 * ring cannot be read any more, or does not fit the database.
 */
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
/*
 * Insert or replace, under the newest key of the table's kind: BASE, or DAILY
 * where what was overwritten is to be unreadable soon (vault_kind()).  FULL:
 * above VAULT_VALUE_MAX_BYTES.  NO_SPACE, IO.
 */
enum status vault_put(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, struct bytes value);
/* NOT_FOUND, NO_SPACE, IO. */
enum status vault_del(
    struct vault_txn *t, enum vault_table table, const struct vault_key *key);

/*
 * The key ring.  Keys of a kind and a number are told apart by serials that
 * rise; changes become true when the outermost transaction commits, and are
 * undone with a nested one that is aborted.  The file beside the database is
 * written twice at most, whatever one transaction changes.
 */
enum vault_ring_kind {
	VAULT_RING_BASE = 1, /* number 0; for as long as the profile lives */
	VAULT_RING_DAILY,    /* number 0; replaced by vault_rekey() */
	VAULT_RING_BUCKET,   /* number: a stretch of the history */
	VAULT_RING_HOUR,     /* number: the hour in which a timer ends */
};

/*
 * The newest key, made when there is none.  Of buckets those that follow are
 * made as well, so that the file is written once for several.  FULL: the ring
 * has KEYRING_ROWS_MAX keys.  NOMEM; CRYPTO, IO: the file cannot be read.
 */
enum status vault_ring_use(struct vault_txn *t, enum vault_ring_kind kind,
    uint64_t number, uint32_t *serial);

/* A fresh one besides; older ones stay until vault_ring_destroy(). */
enum status vault_ring_renew(struct vault_txn *t, enum vault_ring_kind kind,
    uint64_t number, uint32_t *serial);

/*
 * All keys of this kind and number but the newest are to go, with `all` the
 * newest too.  They open records until the outermost transaction has committed,
 * and nothing ever after: whatever is to stay was sealed again before.  Never
 * of BASE.
 */
enum status vault_ring_destroy(
    struct vault_txn *t, enum vault_ring_kind kind, uint64_t number, bool all);

/*
 * As vault_put(), under the key of that serial.  Keys of BUCKET and HOUR seal
 * as they are.  NOT_FOUND: there is no such key.
 */
enum status vault_put_under(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, struct bytes value, uint32_t serial);

/* The serial that a record names.  NOT_FOUND, CRYPTO, IO. */
enum status vault_serial(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, uint32_t *serial);

/*
 * The keyslot file as a copy of this snapshot needs it: today's slots, and the
 * ring that fits these records and no others.  Appends.  FULL, NOMEM; CRYPTO,
 * IO: the file cannot be read.
 */
enum status vault_pack_keys(struct vault_txn *t, struct buf *file);

/* Under which kind vault_put() seals: BASE or DAILY. */
enum vault_ring_kind vault_kind(enum vault_table table);

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
