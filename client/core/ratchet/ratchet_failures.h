/*
 * ratchet_failures.h - whose messages keep failing (private to ratchet*.c).
 *
 * An undecryptable message costs milliseconds, so the attempts per device and
 * minute are bounded.  In memory only: it protects this process, not a promise.
 */
#ifndef TACIT_CLIENT_CORE_RATCHET_FAILURES_H
#define TACIT_CLIENT_CORE_RATCHET_FAILURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/address.h"

enum { RATCHET_FAILURES_DEVICES = 64, RATCHET_FAILURES_WINDOW_MS = 60 * 1000 };

struct ratchet_failure {
	struct address from;
	int64_t since_ms; /* monotonic, of the first failure counted */
	uint32_t count;   /* 0: a free place */
};

/* All zeros is empty. */
struct ratchet_failures {
	struct ratchet_failure rows[RATCHET_FAILURES_DEVICES];
};

/* Whether `from` has used up its failures of this minute. */
bool ratchet_failures_are_many(const struct ratchet_failures *f,
    const struct address *from, int64_t mono_ms);

/* Count one; when all places are taken, the oldest device is forgotten. */
void ratchet_failures_count(
    struct ratchet_failures *f, const struct address *from, int64_t mono_ms);

#endif
