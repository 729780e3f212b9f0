/*
 * keyslots_file.h - the keyslot file as bytes: read whole, made and replaced
 * atomically.  Private to keyslots*.c.
 */
#ifndef TACIT_STORE_CLIENT_KEYSLOTS_FILE_H
#define TACIT_STORE_CLIENT_KEYSLOTS_FILE_H

#include "base/bytes.h"
#include "base/status.h"
#include "store/client/keyring.h"

enum { KEYSLOTS_FILE_BYTES = KEYRING_BOX_BYTES + 16 * 1024 };

/* OK or NOT_FOUND; IO. */
enum status keyslots_file_has(const char *dir);

/* NOT_FOUND.  CRYPTO: larger than any such file.  NOMEM, IO. */
enum status keyslots_file_read(const char *dir, struct buf **file);

/*
 * After STATUS_OK the file is on disk under its name, and a crash at any
 * moment leaves either none or all of it.  EXISTS: there was one, which stays.
 * NO_SPACE, IO.
 */
enum status keyslots_file_create(const char *dir, struct bytes content);

/*
 * After STATUS_OK the new content is on disk under the file's name; a crash at
 * any moment leaves the old or the new one, whole.  The blocks that held the
 * old one are overwritten, so that keys that went are not in free space; see
 * docs/threat-model.md for what that does not reach.  One caller at a time.
 * NOT_FOUND, NO_SPACE, IO.
 */
enum status keyslots_file_replace(const char *dir, struct bytes content);

#endif
