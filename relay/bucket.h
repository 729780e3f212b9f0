/*
 * bucket.h - one token bucket, for whoever has a place of its own to keep it.
 *
 * It is kept as the time at which it will be full again ("generic cell rate"):
 * one number, exact, nothing to refill.  Zeros are a full bucket.  There is no
 * lock and no allocation, so that a message costs a few nanoseconds; rate.h has
 * tables of buckets that threads share.
 */
#ifndef TACIT_RELAY_BUCKET_H
#define TACIT_RELAY_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
	int64_t full_ns; /* monotonic */
};

struct bucket_rule {
	uint32_t burst;    /* tokens of a full bucket */
	int64_t refill_ns; /* until one token comes back */
	uint32_t debts;    /* buckets that may be owed besides the first */
};

enum {
	BUCKET_MINUTE_MS = 60 * 1000,
	BUCKET_HOUR_MS = 60 * BUCKET_MINUTE_MS,
};

#define BUCKET_MS_NS INT64_C(1000000)

/*
 * A bucket that holds what comes back in a period: whoever was quiet for so
 * long may take all of it at once.  1 <= tokens.
 */
static inline struct bucket_rule
bucket_rule_per(uint64_t tokens, int64_t period_ms)
{
	uint64_t burst = tokens < UINT32_MAX ? tokens : UINT32_MAX;
	int64_t refill_ns = period_ms * BUCKET_MS_NS / (int64_t)burst;

	return (struct bucket_rule){ .burst = (uint32_t)burst,
		.refill_ns = refill_ns > 0 ? refill_ns : 1 };
}

static inline int64_t
bucket_depth_ns(const struct bucket_rule *r)
{
	return (int64_t)r->burst * r->refill_ns;
}

/* More than a bucket holds costs all of it, or it could never be had. */
static inline int64_t
bucket_cost_ns(const struct bucket_rule *r, uint64_t tokens)
{
	return tokens < r->burst ? (int64_t)tokens * r->refill_ns
				 : bucket_depth_ns(r);
}

/*
 * When it will be full: not in the past, and never further ahead than it and
 * what may be owed, also under a rule that was another one when the tokens were
 * taken.
 */
static inline int64_t
bucket_full_ns(
    const struct bucket *b, const struct bucket_rule *r, int64_t now_ns)
{
	int64_t most_ns = now_ns + (2 + (int64_t)r->debts) * bucket_depth_ns(r);
	int64_t full_ns = b->full_ns > now_ns ? b->full_ns : now_ns;

	return full_ns < most_ns ? full_ns : most_ns;
}

/* How long until `tokens` can be taken, in ns; 0: now. */
static inline int64_t
bucket_wait_ns(const struct bucket *b, const struct bucket_rule *r,
    uint64_t tokens, int64_t now_ms)
{
	int64_t now_ns = now_ms * BUCKET_MS_NS;
	int64_t wait_ns = bucket_full_ns(b, r, now_ns) +
			  bucket_cost_ns(r, tokens) - now_ns -
			  bucket_depth_ns(r);

	return wait_ns > 0 ? wait_ns : 0;
}

/*
 * Take them whether or not they are there: a bucket is owed at most, or as many
 * more as the rule says.
 */
static inline void
bucket_charge(struct bucket *b, const struct bucket_rule *r, uint64_t tokens,
    int64_t now_ms)
{
	int64_t now_ns = now_ms * BUCKET_MS_NS;

	b->full_ns = bucket_full_ns(b, r, now_ns) + bucket_cost_ns(r, tokens);
	b->full_ns = bucket_full_ns(b, r, now_ns);
}

static inline void
bucket_give_back(struct bucket *b, const struct bucket_rule *r, uint64_t tokens)
{
	b->full_ns -= bucket_cost_ns(r, tokens);
}

#endif
