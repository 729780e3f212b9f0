/*
 * proof.h - what is signed to register, to authenticate, to replace a device,
 * to read what recovers an account and to remove it (protocol.md 4.2): bound to
 * this relay, this connection and this TLS session, so that a proof is worth
 * nothing anywhere else.
 */
#ifndef TACIT_PROTO_PROOF_H
#define TACIT_PROTO_PROOF_H

#include "proto/channel.h"
#include "proto/message.h"

struct proof_context {
	struct address who;
	struct hash relay_key;
	uint8_t nonce[NONCE_BYTES];
	uint8_t exporter[CHANNEL_EXPORTER_BYTES];
};

/*
 * `body` is the hash of the device list for SIGN_REGISTER and
 * SIGN_REPLACE_DEVICES, and empty for the other purposes.  The device is 0 for
 * SIGN_RECOVER, which no device signs.  NOMEM.
 */
enum status proof_make(const struct proof_context *context,
    enum sign_purpose purpose, struct bytes body,
    const struct sign_secret *secret, struct signature *proof);

/* CRYPTO: not by this key for this connection.  NOMEM. */
enum status proof_check(const struct proof_context *context,
    enum sign_purpose purpose, struct bytes body, const struct sign_public *key,
    struct bytes proof);

#endif
