/*
 * ratchet_point.h - public keys that are no keys (private to ratchet*.c).
 *
 * Agreement with a point of small order gives zeros whatever the secret is, and
 * libsignal does not look (docs/decisions/0003-ratchet-wrapper.md, hole 5).
 */
#ifndef TACIT_CLIENT_CORE_RATCHET_POINT_H
#define TACIT_CLIENT_CORE_RATCHET_POINT_H

#include <curve.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "proto/devices.h"

/* Whether a Curve25519 point has small order, in any of its encodings. */
bool ratchet_point_is_weak(const uint8_t point[32]);

/* A key's 33 bytes.  BAD_INPUT: NULL, or of small order.  NOMEM. */
enum status ratchet_point_check(
    const ec_public_key *key, uint8_t raw[IDENTITY_KEY_BYTES]);

#endif
