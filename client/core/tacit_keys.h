/*
 * tacit_keys.h - what opens a profile: a passphrase or none, and the keyring of
 * the desktop; a part of tacit.h, which includes it.
 */
#ifndef TACIT_KEYS_H
#define TACIT_KEYS_H

#include "tacit.h"

struct tacit_ways {
	bool passphrase; /* false: whoever reads the files opens them */
	bool keyring;
	bool recovery_key;
};

/* What opens it now. */
enum tacit_code tacit_ways(
    struct tacit *t, struct tacit_ways *ways, struct tacit_error *e);

/*
 * Another passphrase, or with no bytes none.  The old one opens nothing any
 * more but old copies of the profile.  Slow on purpose; no message is touched,
 * and other processes on the profile go on.  What the desktop's keyring has
 * stays, but is given up with the passphrase.
 *
 * DISK_FULL, DAMAGED, FAILED: it is as it was.
 */
enum tacit_code tacit_set_passphrase(
    struct tacit *t, const void *passphrase, size_t len, struct tacit_error *e);

/*
 * A random key that opens the profile, kept in the desktop's keyring; and
 * without it again.  FAILED: there is no keyring that answers.  EXISTS (drop):
 * there was none.
 */
enum tacit_code tacit_keyring_add(struct tacit *t, struct tacit_error *e);
enum tacit_code tacit_keyring_drop(struct tacit *t, struct tacit_error *e);

/*
 * Whether tacit_open() without a passphrase asks the desktop's keyring for the
 * profile in dir; false when there is none.
 */
enum tacit_code tacit_asks_keyring(
    const char *dir, bool *asks, struct tacit_error *e);

#endif
