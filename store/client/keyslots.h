/*
 * keyslots.h - the small file outside the database that holds a profile's
 * keys (docs/storage.md 3).
 *
 * Slots unwrap one master key, each in its own way: a passphrase through
 * Argon2id, a key of 32 bytes from elsewhere, or nothing at all for a profile
 * without passphrase, which whoever can read the file (0600) can open.  Under
 * the master key lies the ring of keys that records are sealed under
 * (keyring.h), so another passphrase rewrites this file and no record.
 *
 * The file is replaced atomically: a crash leaves the old one or the new one.
 * Changes of an open profile's slots are in vault_slots.h.
 */
#ifndef TACIT_STORE_CLIENT_KEYSLOTS_H
#define TACIT_STORE_CLIENT_KEYSLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

enum { MASTER_KEY_BYTES = 32, SLOT_SECRET_BYTES = 32, SLOT_ID_BYTES = 16 };

/* Numbers are in the file: append only. */
enum slot_kind {
	SLOT_PASSPHRASE = 1,
	SLOT_PLAIN,    /* open to whoever reads the file */
	SLOT_RECOVERY, /* a key of the user's recovery key */
	SLOT_DESKTOP,  /* a key in the desktop's keyring */
	/* A recovery key that may be in force and is not known to be. */
	SLOT_RECOVERY_NEXT,
};

/* In locked, undumpable memory.  It never changes in a profile's life. */
struct master_key;

void master_key_free(struct master_key *key); /* NULL is fine; wipes */

/* What else keys are derived for (BLAKE2b, libsodium's crypto_kdf). */
enum master_subkey {
	MASTER_SUBKEY_RING = 1,
	MASTER_SUBKEY_BACKUP,
};
void master_key_subkey(const struct master_key *key, enum master_subkey which,
    uint8_t subkey[MASTER_KEY_BYTES]);

/*
 * Make the file in dir, with fresh keys.  An empty passphrase means none.  Slow
 * on purpose with one (64 MiB).  EXISTS: there is one.  NOT_FOUND: no such
 * directory.  NO_SPACE, NOMEM, IO.
 */
enum status keyslots_create(
    const char *dir, struct bytes passphrase, struct master_key **key);

/*
 * NOT_FOUND: no such file.  LOCKED: the passphrase is wrong or missing.
 * CRYPTO: the file is damaged.  BAD_INPUT: another release's.  NOMEM, IO.
 */
enum status keyslots_open(
    const char *dir, struct bytes passphrase, struct master_key **key);

/*
 * By the slot of that kind alone, which is no passphrase's, and its
 * SLOT_SECRET_BYTES. LOCKED: the secret is another slot's.  NOT_FOUND: no file,
 * or no such slot. The rest as above.
 */
enum status keyslots_open_by(const char *dir, enum slot_kind kind,
    const uint8_t secret[SLOT_SECRET_BYTES], struct master_key **key);

/* Whether a passphrase is needed.  NOT_FOUND, CRYPTO, BAD_INPUT, NOMEM, IO. */
enum status keyslots_need_passphrase(const char *dir, bool *needed);
/* The same of a copy of the file, as it stands in a backup. */
enum status keyslots_bytes_need_passphrase(struct bytes file, bool *needed);

/*
 * The name under which the desktop's keyring keeps a secret, and the one that
 * the DESKTOP slot in dir wants.  NOT_FOUND: also when there is no such slot.
 * The rest as above.
 */
void slot_desktop_id(
    const uint8_t secret[SLOT_SECRET_BYTES], uint8_t id[SLOT_ID_BYTES]);
enum status keyslots_desktop_id(const char *dir, uint8_t id[SLOT_ID_BYTES]);

/* Whether there is such a slot.  The same errors. */
enum status keyslots_have(const char *dir, enum slot_kind kind, bool *have);

#endif
