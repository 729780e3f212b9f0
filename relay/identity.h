/*
 * identity.h - who this relay is (protocol.md 1.2).
 *
 * A long-lived identity key, in a self-signed CA certificate, whose hash links
 * pin; and a TLS key that it signs, which may change without a new link.  Both
 * live in the data directory, 0600.
 */
#ifndef TACIT_RELAY_IDENTITY_H
#define TACIT_RELAY_IDENTITY_H

#include <limits.h>

#include "base/status.h"
#include "proto/sign.h"

struct identity {
	struct hash pin;          /* SHA-256 of the SubjectPublicKeyInfo */
	char cert_file[PATH_MAX]; /* the TLS certificate, then its issuer */
	char key_file[PATH_MAX];
};

/*
 * Load what is in dir, making what is missing; a crash between two files is
 * taken up where it ended.
 *
 * NO_SPACE: disk full.  IO: a file cannot be read, written or understood; the
 * reason is in the log.  NOMEM.
 */
enum status identity_ensure(const char *dir, struct identity *id);

/* As identity_ensure(), but NOT_FOUND when there is no identity in dir. */
enum status identity_load(const char *dir, struct identity *id);

/*
 * A new TLS key and its certificate in place of the present ones; the identity
 * and with it every link stay.  NOT_FOUND, NO_SPACE, IO, NOMEM.
 */
enum status identity_renew(const char *dir);

#endif
