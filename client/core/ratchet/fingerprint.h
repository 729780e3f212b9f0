/*
 * fingerprint.h - safety numbers: 60 digits, libsignal's numeric fingerprint,
 * 5,200 iterations, over the Curve25519 form of both account keys with the
 * account names as stable identifiers (design: protocol.md 3.5).
 */
#ifndef TACIT_CLIENT_CORE_FINGERPRINT_H
#define TACIT_CLIENT_CORE_FINGERPRINT_H

#include "base/status.h"
#include "proto/address.h"
#include "proto/sign.h"

enum { SAFETY_NUMBER_DIGITS = 60 };

/* Both sides get the same digits.  CRYPTO: not a valid key.  NOMEM. */
enum status fingerprint_make(const struct account_name *a,
    const struct sign_public *a_key, const struct account_name *b,
    const struct sign_public *b_key, char digits[SAFETY_NUMBER_DIGITS + 1]);

#endif
