/*
 * keyslots_private.h - the inside of the keyslot file, for store/client alone.
 */
#ifndef TACIT_STORE_CLIENT_KEYSLOTS_PRIVATE_H
#define TACIT_STORE_CLIENT_KEYSLOTS_PRIVATE_H

#include "store/client/keyring.h"
#include "store/client/record.h"

enum { KEYSLOTS_ARENA_BYTES = 2 * KEYRING_BOX_BYTES + 256 * 1024 };

struct master_key {
	uint8_t raw[MASTER_KEY_BYTES];
};

enum status master_key_new(struct master_key **key); /* NOMEM; not filled */

/* What one slot borrows; wiped with slot_room_clear(). */
struct slot_room {
	uint8_t salt[16];
	uint8_t nonce[24];
	uint8_t wrapped[MASTER_KEY_BYTES + 16];
};

/*
 * Fill a slot that borrows from `room`.  `secret` is a passphrase, a key of
 * SLOT_SECRET_BYTES, or nothing, as the kind wants it.  NOMEM: also when
 * Argon2id got no memory.
 */
enum status keyslot_wrap(const struct master_key *key, enum slot_kind kind,
    struct bytes secret, struct slot_room *room, struct keyslot *slot);

/* LOCKED: another secret's.  CRYPTO: not a slot we would make.  NOMEM. */
enum status keyslot_unwrap(
    const struct keyslot *slot, struct bytes secret, struct master_key **key);

/* Read and decode; *k borrows from the arena.  As keyslots_open(). */
enum status keyslots_load(const char *dir, struct arena *a, struct keyslots *k);

/* The slot of that kind, or NULL. */
const struct keyslot *keyslots_find(
    const struct keyslots *k, enum slot_kind kind);

/*
 * The ring as it lies in the file: not settled.  As keyslots_open(); CRYPTO:
 * also when the master key is another profile's.
 */
enum status keyslots_read_ring(
    const char *dir, const struct master_key *key, struct keyring **ring);

/* The file with this ring instead of its own; appends. */
enum status keyslots_pack(const char *dir, const struct master_key *key,
    const struct keyring *ring, struct buf *file);

/*
 * Changes of the file.  The caller has a write transaction of the profile's
 * database, whose lock keeps changes apart.  What was in the file before is
 * overwritten.  CRYPTO, BAD_INPUT, NOT_FOUND: it cannot be read; nothing
 * changed.  FULL: KEYSLOTS_MAX slots.  NO_SPACE, NOMEM, IO: it is the old one
 * or the new one.
 */
enum status keyslots_write_ring(
    const char *dir, const struct master_key *key, const struct keyring *ring);
/* Instead of a slot of that kind; PASSPHRASE and PLAIN exclude each other. */
enum status keyslots_put_slot(const char *dir, const struct keyslot *slot);
/* DENIED: a profile keeps its PASSPHRASE or PLAIN.  EXISTS: there is none. */
enum status keyslots_drop_slot(const char *dir, enum slot_kind kind);
/* RECOVERY_NEXT in the place of RECOVERY.  EXISTS: there is none. */
enum status keyslots_turn_recovery(const char *dir);

#endif
