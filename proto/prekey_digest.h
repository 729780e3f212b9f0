/*
 * prekey_digest.h - one hash over a device's prekeys (protocol.md 4.5), made by
 * the relay over what it holds and by the client over what it believes the
 * relay holds: when they differ, the client publishes everything again.
 */
#ifndef TACIT_PROTO_PREKEY_DIGEST_H
#define TACIT_PROTO_PREKEY_DIGEST_H

#include "proto/message.h"
#include "proto/sign.h"

/*
 * SHA-256 over each prekey's u32 type, u32 id, u32 length and public key,
 * big-endian.
 *
 * Signatures stay outside: they are checked by whoever uses the key.
 *
 *   list  the newest signed prekey, then every one-time prekey in rising id;
 *         the order is the caller's to keep
 */
void prekeys_digest(struct prekeys list, struct hash *digest);

#endif
