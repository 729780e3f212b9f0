/*
 * proof.h - what a device signs to register, to authenticate and to remove its
 * account (protocol.md 4.2): bound to this relay, this connection and this TLS
 * session, so that a proof is worth nothing anywhere else.
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

/* `purpose` is SIGN_REGISTER, SIGN_AUTHENTICATE or SIGN_REMOVE_ACCOUNT; body:
 * the hash of the device list for the first, empty for the others.  NOMEM. */
enum status proof_make(const struct proof_context *context,
    enum sign_purpose purpose, struct bytes body,
    const struct sign_secret *secret, struct signature *proof);

/* CRYPTO: not by this key for this connection.  NOMEM. */
enum status proof_check(const struct proof_context *context,
    enum sign_purpose purpose, struct bytes body, const struct sign_public *key,
    struct bytes proof);

#endif
