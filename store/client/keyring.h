/*
 * keyring.h - the keys that records are sealed under, each with a serial
 * number.  Private to store/client.
 *
 * What is to become unreadable has a key of its own, or one that is young, and
 * destroying that key erases it wherever old pages of the database still lie.
 * So the keys are outside the database, in the keyslot file, sealed under the
 * master key, and file and database change together:
 *
 *   1  the file is written with the new keys, and with those that are to go
 *   2  the database commits, and with it a higher generation number
 *   3  the file is written without the keys that went
 *
 * A ring as it lies in the file therefore fits two generations of the database,
 * before and after one change.  Settling it for one of them drops what belongs
 * to the other alone.  A crash in between leaves a key too many, never one too
 * few.
 *
 * A ring that others hold is never changed; holders are counted.  All of it is
 * in locked, undumpable memory and wiped when the last holder lets go.
 */
#ifndef TACIT_STORE_CLIENT_KEYRING_H
#define TACIT_STORE_CLIENT_KEYRING_H

#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "store/client/keyslots.h"
#include "store/client/vault.h"

enum {
	KEYRING_KEY_BYTES = 32,
	KEYRING_ROWS_MAX = 65536,
	KEYRING_EPOCHS_MAX = 4, /* keys that every table has one derived of */
	KEYRING_HEAD_BYTES = 8 + 8 + 4 + 4,
	KEYRING_ROW_BYTES = 4 + 1 + 1 + 8 + 8 + KEYRING_KEY_BYTES,
	KEYRING_BOX_OVERHEAD = 24 + 16, /* nonce and tag */
	KEYRING_BOX_BYTES = KEYRING_HEAD_BYTES +
			    KEYRING_ROWS_MAX * KEYRING_ROW_BYTES +
			    KEYRING_BOX_OVERHEAD,
};

/* Begun once, a hash is half as dear as from its key each time. */
enum { KEYRING_LOOKUP_BYTES = sizeof(crypto_generichash_state) };

struct keyring_row {
	uint32_t serial; /* from 1; rises; never used again */
	enum vault_ring_kind kind;
	bool doomed; /* not in the generation after */
	uint64_t number;
	int64_t created_ms;
	uint8_t key[KEYRING_KEY_BYTES];
};

/* A BASE or DAILY key, as derived for each table. */
struct keyring_epoch {
	uint32_t serial;
	uint8_t seal[VAULT_TABLES_COUNT][KEYRING_KEY_BYTES];
};

struct keyring {
	size_t holders;
	uint64_t before; /* generations of the database that it fits */
	uint64_t after;
	uint32_t first_new; /* serials from here are not in the one before */
	uint32_t next_serial;
	/* A keyed hash that has taken in its key and a zero; once settled. */
	uint8_t lookup[KEYRING_LOOKUP_BYTES];
	size_t epochs_count; /* filled once settled */
	struct keyring_epoch epochs[KEYRING_EPOCHS_MAX];
	size_t count;
	size_t room;
	struct keyring_row rows[]; /* in order of their serials */
};

/* With room for so many keys.  FULL: KEYRING_ROWS_MAX.  NOMEM. */
enum status keyring_new(size_t room, struct keyring **k);

/* Another holder; the last one to let go wipes it.  NULL is fine to let go. */
struct keyring *keyring_hold(struct keyring *k);
void keyring_let_go(struct keyring *k);

/* The ring of a new profile, for generation 0: a BASE and a DAILY key. */
enum status keyring_first(int64_t now_ms, struct keyring **k);

/*
 * A ring of its own that fits this generation alone, and can be used.
 * CONFLICT: it is for earlier or later ones.  CRYPTO: it has not what every
 * ring has.  NOMEM.
 */
enum status keyring_settle(
    const struct keyring *k, uint64_t generation, struct keyring **settled);

/* One that nobody else holds, to be changed further.  NOMEM. */
enum status keyring_copy(const struct keyring *k, struct keyring **copy);

/*
 * For a settled ring that nobody else holds.  Adding may move it, so that *k
 * changes.  FULL: KEYRING_ROWS_MAX.  NOMEM.
 */
enum status keyring_add(struct keyring **k, enum vault_ring_kind kind,
    uint64_t number, int64_t created_ms, uint32_t *serial);
/* All keys of this kind and number but the newest, or with `all` that too. */
void keyring_doom(
    struct keyring *k, enum vault_ring_kind kind, uint64_t number, bool all);

/* The newest that is not doomed, or NULL. */
const struct keyring_row *keyring_newest(
    const struct keyring *k, enum vault_ring_kind kind, uint64_t number);

/* The oldest that is not doomed, or NULL. */
const struct keyring_row *keyring_oldest(
    const struct keyring *k, enum vault_ring_kind kind, uint64_t number);

/* The row of that serial, or NULL. */
const struct keyring_row *keyring_find(
    const struct keyring *k, uint32_t serial);

/* The key by which this table's records of that serial are sealed, or NULL. */
const uint8_t *keyring_key(
    const struct keyring *k, uint32_t serial, enum vault_table table);

/* No key lies in it that this generation does not have. */
bool keyring_is_tidy(const struct keyring *k, uint64_t generation);

/*
 * {nonce, XChaCha20-Poly1305 box} under a subkey of the master key; appends.
 * FULL, NOMEM.  Opened it is not settled yet.  CRYPTO: does not open, or is
 * not a ring.
 */
enum status keyring_seal(
    const struct keyring *k, const struct master_key *master, struct buf *out);
enum status keyring_open(
    struct bytes box, const struct master_key *master, struct keyring **k);

/* What lies in the box; for tests of hostile ones. */
enum status keyring_parse(struct bytes plain, struct keyring **k);

#endif
