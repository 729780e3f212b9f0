/*
 * keyslots.h - the small file outside the database that holds a profile's
 * keys (docs/storage.md 3).
 *
 * A passphrase goes through Argon2id and unwraps the epoch keys, so changing
 * it later rewrites this file and nothing else.  A profile without passphrase
 * has them unwrapped, readable by whoever can read the file (0600).  The file
 * is replaced atomically: a crash leaves the old one or the new one.
 */
#ifndef TACIT_STORE_CLIENT_KEYSLOTS_H
#define TACIT_STORE_CLIENT_KEYSLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

enum { EPOCH_KEY_BYTES = 32 };

/*
 * The newest epoch's key, in locked, undumpable memory.  Every table's keys are
 * derived from it (BLAKE2b, libsodium's crypto_kdf).
 */
struct epoch_key;

/* NULL is fine; wipes. */
void epoch_key_free(struct epoch_key *key);
uint32_t epoch_key_number(const struct epoch_key *key); /* from 1 */
const uint8_t *epoch_key_raw(const struct epoch_key *key);

/*
 * Make the file in dir.  An empty passphrase means none.  Slow on purpose with
 * one (64 MiB).  EXISTS: there is one.  NOT_FOUND: no such directory.
 * NO_SPACE, NOMEM, IO.
 */
enum status keyslots_create(
    const char *dir, struct bytes passphrase, struct epoch_key **key);

/*
 * NOT_FOUND: no such file.  LOCKED: the passphrase is wrong or missing.
 * CRYPTO: the file is damaged.  BAD_INPUT: a later release's.  NOMEM, IO.
 */
enum status keyslots_open(
    const char *dir, struct bytes passphrase, struct epoch_key **key);

/* Whether a passphrase is needed.  NOT_FOUND, CRYPTO, BAD_INPUT, NOMEM, IO. */
enum status keyslots_need_passphrase(const char *dir, bool *needed);
/* The same of a copy of the file, as it stands in a backup. */
enum status keyslots_bytes_need_passphrase(struct bytes file, bool *needed);

#endif
