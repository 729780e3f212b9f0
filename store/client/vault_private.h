/*
 * vault_private.h - the inside of a vault, for store/client alone.
 *
 * Scratch memory lives with the vault, so that a step of several records does
 * not allocate for each; it is wiped before every reuse and when a transaction
 * ends.
 */
#ifndef TACIT_STORE_CLIENT_VAULT_PRIVATE_H
#define TACIT_STORE_CLIENT_VAULT_PRIVATE_H

#include "proto/address.h"
#include "proto/arena.h"
#include "proto/sign.h"
#include "store/client/keyring.h"
#include "store/client/vault.h"

enum {
	VAULT_NONCE_BYTES = 24,
	VAULT_TAG_BYTES = 16,
	/* version, u32 serial of the key, nonce */
	VAULT_HEAD_BYTES = 1 + 4 + VAULT_NONCE_BYTES,
	VAULT_OVERHEAD_BYTES = VAULT_HEAD_BYTES + VAULT_TAG_BYTES,
	VAULT_RECORD_VERSION = 1,
};

struct vault {
	struct db *db;
	char *dir;
	struct master_key *master;
	struct keyring *ring; /* settled; of the last transaction */
	bool untidy;          /* the file holds keys that went */
	struct buf *plain;    /* of vault_peek() */
	struct buf *packed;   /* of vault_packed() */
	struct arena *arena;  /* of vault_arena() */
};

/* Singletons of VAULT_META: numbers, while cursors are hashes. */
enum vault_meta {
	VAULT_META_CHECK = 0,
	VAULT_META_SELF = 1,
	VAULT_META_COUNTERS = 2,
	VAULT_META_SETTINGS = 3,
	/*
	 * The generation of the key ring, a u64 in clear: which keys there are
	 * is asked before any can be used.  Absent: 0.
	 */
	VAULT_META_RING = 4,
	VAULT_META_NEXT_SELF = 5,
	VAULT_META_PREKEYS = 6,
	VAULT_META_REQUESTS = 7,
	VAULT_META_ELSEWHERE = 8,
};

/* One record of VAULT_META, open (vault_held.c). */
struct vault_held {
	enum vault_meta which;
	struct buf *plain; /* NULL: none is held */
	bool changed;      /* the database has it as it was */
};

struct vault_txn {
	struct vault *vault;
	struct db_txn *txn;
	struct vault_txn *parent; /* NULL: the outermost */
	enum db_mode mode;
	struct keyring *ring;
	bool ring_changed; /* in this one: the ring is its own */
	struct vault_held held;
	/* Of the record sealed last, in the outermost. */
	bool has_nonce;
	uint8_t nonce[VAULT_NONCE_BYTES];
};

/* Fills sealed, which is plain.len + VAULT_OVERHEAD_BYTES long. */
void vault_seal(struct vault_txn *t, const uint8_t seal[KEYRING_KEY_BYTES],
    uint32_t serial, enum vault_table table, struct bytes key,
    struct bytes plain, uint8_t *sealed);

/* Appends to out.  CRYPTO: also when the ring has no such key.  NOMEM. */
enum status vault_unseal(const struct keyring *ring, enum vault_table table,
    struct bytes key, struct bytes sealed, struct buf *out);

/* What a sealed record names; CRYPTO: too short, or another format. */
enum status vault_sealed_serial(struct bytes sealed, uint32_t *serial);

/* As in the database. */
const char *vault_table_name(enum vault_table table);

/* As vault_txn_begin(), but CONFLICT when keys and database do not fit. */
enum status vault_txn_start(
    struct vault *v, enum db_mode mode, struct vault_txn **t);

/* As vault_ring_renew(), made at that time. */
enum status vault_ring_add(struct vault_txn *t, enum vault_ring_kind kind,
    uint64_t number, int64_t created_ms, uint32_t *serial);

/*
 * The ring of a transaction (vault_ring.c).  Follow: take up the ring that fits
 * its snapshot; AGAIN: the snapshot is gone by, begin anew; CONFLICT: it fits
 * none; CRYPTO, NOMEM, IO.  Before a commit the file is written and the
 * generation raised; after it the file is tidied, and the vault goes on with
 * the new ring.
 */
enum status vault_ring_follow(struct vault_txn *t);
enum status vault_ring_before_commit(struct vault_txn *t);
void vault_ring_after_commit(struct vault *v, struct keyring *changed);

/* As vault_get(), but borrowed until the next vault_peek() or the end. */
enum status vault_peek(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, struct bytes *value);

/*
 * As vault_peek() and vault_put(), for what is read and written with every
 * message: it is opened once, and sealed when the transaction commits or a
 * nested one begins.  A transaction holds one such record, which is used by
 * these alone.  *value: until the next put, or the end.
 */
enum status vault_held_peek(
    struct vault_txn *t, enum vault_meta which, struct bytes *value);
enum status vault_held_put(
    struct vault_txn *t, enum vault_meta which, struct bytes value);

/* For vault_txn.c: write what has changed; forget what is held. */
enum status vault_held_settle(struct vault_txn *t);
void vault_held_drop(struct vault_txn *t);

/*
 * The first value above `after` of a table keyed by numbers; owned.
 * NOT_FOUND past the end.
 */
enum status vault_next_value(struct vault_txn *t, enum vault_table table,
    uint64_t after, struct buf **value);

/* Emptied scratch: for packing a record, and for what one decodes into. */
struct buf *vault_packed(struct vault_txn *t);
struct arena *vault_arena(struct vault_txn *t);

/* H(scope, account, device); scope may be NULL. */
struct vault_key vault_key_device(struct vault_txn *t, enum vault_table table,
    const struct hash *scope, const struct address *device);

#endif
