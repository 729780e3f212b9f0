/*
 * channel_moved.h - a relay's word of where it is now, signed by its identity
 * key: the one that links pin (protocol.md 4.10).
 */
#ifndef TACIT_PROTO_CHANNEL_MOVED_H
#define TACIT_PROTO_CHANNEL_MOVED_H

#include "base/bytes.h"
#include "base/status.h"
#include "proto/limits.h"
#include "proto/sign.h"

enum { MOVED_KEY_BYTES = 256, MOVED_SIGNATURE_BYTES = 256 };

struct moved_notice {
	char link[LIMIT_LINK_BYTES + 1]; /* empty: it has not moved */
	uint8_t key[MOVED_KEY_BYTES];    /* SubjectPublicKeyInfo, DER */
	size_t key_len;
	uint8_t signature[MOVED_SIGNATURE_BYTES];
	size_t signature_len;
};

/*
 * What is signed: the purpose, the hash of the identity key, and the link; the
 * caller frees it.  NOMEM.
 */
enum status moved_body(
    struct bytes link, const struct hash *relay_key, struct buf **body);

/*
 * Is it the word of whoever holds the identity key with this hash?  CRYPTO: of
 * another key, or not signed.  NOMEM.
 */
enum status moved_check(
    const struct moved_notice *n, const struct hash *relay_key);

#endif
