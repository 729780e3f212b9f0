/*
 * ratchet_crypto.h - the ratchet library's primitives, from OpenSSL's EVP
 * (private to ratchet*.c and fingerprint.c).
 *
 * Algorithms are fetched once and contexts reused: with OpenSSL 3 that halves
 * the cost of a message (docs/decisions/0003-ratchet-wrapper.md).
 */
#ifndef TACIT_CLIENT_CORE_RATCHET_CRYPTO_H
#define TACIT_CLIENT_CORE_RATCHET_CRYPTO_H

#include <signal_protocol.h>

#include "base/status.h"

struct ratchet_crypto;

/* NOMEM: also when OpenSSL lacks an algorithm, which no release of it does. */
enum status ratchet_crypto_new(struct ratchet_crypto **c);
void ratchet_crypto_free(struct ratchet_crypto *c); /* NULL is fine */

/* A libsignal context that uses c, which must outlive it.  NOMEM. */
enum status ratchet_crypto_context(
    struct ratchet_crypto *c, signal_context **context);

/* Overwrite the keys that the cached contexts were last used with. */
void ratchet_crypto_forget(struct ratchet_crypto *c);

#endif
