/*
 * rate.h - tables of token buckets: how often one source may try something.
 *
 * A table holds a few buckets per key, one for each thing that is counted, and
 * forgets the key that was quiet longest when it is full, so a flood of new
 * keys costs memory nobody has to give.  Any thread may call.  A take is a lock
 * and a look-up: for what is rare, or for many tokens at a time (spending.h).
 */
#ifndef TACIT_RELAY_RATE_H
#define TACIT_RELAY_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "relay/bucket.h"

struct rate;

enum { RATE_KEY_BYTES = 80, RATE_KINDS = 3 };

struct rate_rule {
	struct bucket_rule kinds[RATE_KINDS]; /* burst 0: without a limit */
	size_t max_keys;                      /* at least 1 */
};

/* One count for each kind, of one key. */
struct rate_cost {
	uint32_t tokens[RATE_KINDS];
};

enum status rate_new(const struct rate_rule *rule, struct rate **r);
void rate_free(struct rate *r); /* NULL is fine */

/* From the next take on; what is owed is at most what the new rule allows. */
void rate_set_rule(struct rate *r, const struct rate_rule *rule);

/*
 * Take `tokens` of the first kind out of key's bucket, or none.
 *
 *   key             1..RATE_KEY_BYTES bytes
 *   now_ms          monotonic
 *   retry_after_ms  out on FULL: when enough will have come back
 *
 * FULL: too often.  NOMEM.
 */
enum status rate_take(struct rate *r, struct bytes key, uint32_t tokens,
    int64_t now_ms, uint64_t *retry_after_ms);

/* The same of all kinds: each of them, or none. */
enum status rate_take_all(struct rate *r, struct bytes key,
    const struct rate_cost *cost, int64_t now_ms, uint64_t *retry_after_ms);

/* Undo a take that turned out to be deserved. */
void rate_give_back(struct rate *r, struct bytes key, uint32_t tokens);
void rate_give_back_all(
    struct rate *r, struct bytes key, const struct rate_cost *cost);

/*
 * What turned out to be worth more: taken from the first kind whether or not
 * it is there, so that the next take waits the longer.
 */
void rate_charge(
    struct rate *r, struct bytes key, uint32_t tokens, int64_t now_ms);

#endif
