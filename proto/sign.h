/*
 * sign.h - the one signing function (protocol.md 3.2), Ed25519 of libsodium.
 *
 * Every signed object is an opaque body and a signature over the purpose, a
 * context that both ends know and that does not travel, and the body.  Bytes
 * are verified and stored as they came; nothing is ever re-encoded.
 */
#ifndef TACIT_PROTO_SIGN_H
#define TACIT_PROTO_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

enum {
	SIGN_PUBLIC_BYTES = 32,
	SIGN_SECRET_BYTES = 64,
	SIGN_SIGNATURE_BYTES = 64,
	HASH_BYTES = 32, /* SHA-256 */
};

struct sign_public {
	uint8_t raw[SIGN_PUBLIC_BYTES];
};

/* A secret: its owner calls sign_secret_clear() on every exit. */
struct sign_secret {
	uint8_t raw[SIGN_SECRET_BYTES];
};

struct signature {
	uint8_t raw[SIGN_SIGNATURE_BYTES];
};

struct hash {
	uint8_t raw[HASH_BYTES];
};

enum sign_purpose {
	SIGN_DEVICE_LIST,     /* account key: the devices of an account */
	SIGN_REGISTER,        /* account key and device key: taking a name */
	SIGN_AUTHENTICATE,    /* device key: opening a connection */
	SIGN_MESSAGE,         /* device key: something said to people */
	SIGN_GROUP_ENTRY,     /* device key: an entry of a membership log */
	SIGN_SENDER_KEY,      /* device key: a sender key of a group */
	SIGN_REMOVE_ACCOUNT,  /* account key: leaving a relay for good */
	SIGN_REPLACE_DEVICES, /* account key and device key: another device */
	SIGN_RECOVER,         /* recovery key: reading the account's list */
};

void sign_generate(struct sign_public *public, struct sign_secret *secret);
void sign_secret_clear(struct sign_secret *secret);

/*
 * Sign `body` for `purpose`.  What is hashed: the purpose string, then each
 * context field (both with a u32 big-endian length in front), then the body
 * alone.  NOMEM only.
 */
enum status sign_body(const struct sign_secret *secret,
    enum sign_purpose purpose, const struct bytes *context,
    size_t context_count, struct bytes body, struct signature *signature);

/* CRYPTO: not signed so by this key.  NOMEM. */
enum status sign_verify(const struct sign_public *public,
    enum sign_purpose purpose, const struct bytes *context,
    size_t context_count, struct bytes body, struct bytes signature);

void hash_bytes(struct bytes from, struct hash *out); /* SHA-256, FIPS 180-4 */
struct bytes hash_view(const struct hash *h);

#endif
