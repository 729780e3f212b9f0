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
#include "store/client/backup_stream.h"
#include "store/client/vault.h"

enum {
	VAULT_SUBKEY_BYTES = 32,
	VAULT_NONCE_BYTES = 24,
	VAULT_TAG_BYTES = 16,
	/* version, u32 epoch, nonce */
	VAULT_HEAD_BYTES = 1 + 4 + VAULT_NONCE_BYTES,
	VAULT_OVERHEAD_BYTES = VAULT_HEAD_BYTES + VAULT_TAG_BYTES,
	VAULT_RECORD_VERSION = 1,
};

/* In locked memory. */
struct vault_keys {
	uint32_t epoch;
	uint8_t seal[VAULT_TABLES_COUNT][VAULT_SUBKEY_BYTES];
	uint8_t lookup[VAULT_SUBKEY_BYTES];
	struct backup_key backup;
};

struct vault {
	struct db *db;
	struct vault_keys *keys;
	struct buf *plain;   /* of vault_peek() */
	struct buf *packed;  /* of vault_packed() */
	struct arena *arena; /* of vault_arena() */
};

struct vault_txn {
	struct vault *vault;
	struct db_txn *txn;
	bool is_nested;
};

/* Singletons of VAULT_META: numbers, while cursors are hashes. */
enum vault_meta {
	VAULT_META_CHECK = 0,
	VAULT_META_SELF = 1,
	VAULT_META_COUNTERS = 2,
	VAULT_META_SETTINGS = 3,
};

/* Derive all keys of an epoch (BLAKE2b, libsodium's crypto_kdf).  NOMEM. */
enum status vault_keys_new(
    const struct epoch_key *key, struct vault_keys **keys);
void vault_keys_free(struct vault_keys *keys); /* NULL is fine; wipes */

/* Fills sealed, which is plain.len + VAULT_OVERHEAD_BYTES long. */
void vault_seal(const struct vault_keys *keys, enum vault_table table,
    struct bytes key, struct bytes plain, uint8_t *sealed);

/* Appends to out.  CRYPTO, NOMEM. */
enum status vault_unseal(const struct vault_keys *keys, enum vault_table table,
    struct bytes key, struct bytes sealed, struct buf *out);

/* As vault_get(), but borrowed until the next vault_peek() or the end. */
enum status vault_peek(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, struct bytes *value);

/*
 * The first value above `after` of a table keyed by numbers; owned.
 * NOT_FOUND past the end.
 */
enum status vault_next_value(struct vault_txn *t, enum vault_table table,
    uint64_t after, struct buf **value);

/* Of this profile's backups; the caller wipes it. */
void vault_backup_key(const struct vault *v, struct backup_key *key);

/* Emptied scratch: for packing a record, and for what one decodes into. */
struct buf *vault_packed(struct vault_txn *t);
struct arena *vault_arena(struct vault_txn *t);

/* H(scope, account, device); scope may be NULL. */
struct vault_key vault_key_device(struct vault_txn *t, enum vault_table table,
    const struct hash *scope, const struct address *device);

#endif
