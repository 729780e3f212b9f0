/*
 * rate.h - token buckets: how often one source may try something.
 *
 * A table holds one bucket per key and forgets the key that was quiet longest
 * when it is full, so a flood of new keys costs memory nobody has to give.  Any
 * thread may call.
 */
#ifndef TACIT_RELAY_RATE_H
#define TACIT_RELAY_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

struct rate;

enum { RATE_KEY_BYTES = 80 };

struct rate_rule {
	uint32_t burst;    /* tokens of a full bucket */
	int64_t refill_ms; /* time until one token comes back */
	size_t max_keys;
};

enum status rate_new(const struct rate_rule *rule, struct rate **r);
void rate_free(struct rate *r); /* NULL is fine */

/*
 * Take `tokens` of key's bucket, or none.
 *
 *   key             1..RATE_KEY_BYTES bytes
 *   now_ms          monotonic
 *   retry_after_ms  out on FULL: when enough will have come back
 *
 * FULL: too often.  NOMEM.
 */
enum status rate_take(struct rate *r, struct bytes key, uint32_t tokens,
    int64_t now_ms, uint64_t *retry_after_ms);

/* Undo a take that turned out to be deserved. */
void rate_give_back(struct rate *r, struct bytes key, uint32_t tokens);

#endif
