/*
 * signing.h - what exactly is signed of a message (protocol.md 7.3), for those
 * who sign it, take it in, and check it years later.
 */
#ifndef TACIT_CLIENT_CORE_SIGNING_H
#define TACIT_CLIENT_CORE_SIGNING_H

#include <stdint.h>

#include "proto/address.h"
#include "proto/sign.h"

/* The context that does not travel; all of it is borrowed. */
struct signer {
	const struct account_name *account;
	const struct sign_public *account_key;
	uint32_t device;
	const struct hash *conversation; /* the signed one */
};

/* SHA-256(salt || content): once the salt is gone it confirms no guess. */
enum status signing_digest(
    struct bytes salt, struct bytes content, struct hash *digest);

/* NOMEM alone. */
enum status signing_sign(const struct signer *by,
    const struct sign_secret *device_secret, struct bytes body,
    struct signature *signature);

/* CRYPTO: not signed so by this device.  NOMEM. */
enum status signing_verify(const struct signer *by,
    const struct sign_public *device_key, struct bytes body,
    struct bytes signature);

#endif
