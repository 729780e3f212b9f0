#include "relay/rate.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Out of memory is an answer here, not the end of the program. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/*
 * A bucket is kept as the time at which it will be full again (a "generic cell
 * rate"): one number, exact, nothing to refill.
 */
struct bucket {
	uint8_t key[RATE_KEY_BYTES];
	unsigned key_len;
	int64_t full_ms;
	UT_hash_handle hh;
};

struct rate {
	pthread_mutex_t lock;
	struct rate_rule rule;
	struct bucket *buckets; /* in the order of their last use */
};

enum status
rate_new(const struct rate_rule *rule, struct rate **r)
{
	struct rate *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->rule = *rule;
	pthread_mutex_init(&fresh->lock, NULL);
	*r = fresh;
	return STATUS_OK;
}

void
rate_free(struct rate *r)
{
	struct bucket *b, *next;

	if (r == NULL)
		return;
	HASH_ITER(hh, r->buckets, b, next)
	{
		HASH_DEL(r->buckets, b);
		free(b);
	}
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static struct bucket *
find(struct rate *r, struct bytes key)
{
	struct bucket *b = NULL;

	HASH_FIND(hh, r->buckets, key.data, (unsigned)key.len, b);
	return b;
}

/* Adds at the end of the order; NULL when there is no memory. */
static struct bucket *
add(struct rate *r, struct bucket *b)
{
	b->hh.tbl = NULL;
	HASH_ADD_KEYPTR(hh, r->buckets, b->key, b->key_len, b);
	if (b->hh.tbl != NULL)
		return b;
	free(b);
	return NULL;
}

static struct bucket *
touch(struct rate *r, struct bytes key, int64_t now_ms)
{
	struct bucket *b = find(r, key);

	if (b != NULL) {
		HASH_DEL(r->buckets, b);
		return add(r, b);
	}
	if (HASH_COUNT(r->buckets) >= r->rule.max_keys) {
		struct bucket *oldest = r->buckets;

		HASH_DEL(r->buckets, oldest);
		free(oldest);
	}
	b = calloc(1, sizeof(*b));
	if (b == NULL)
		return NULL;
	memcpy(b->key, key.data, key.len);
	b->key_len = (unsigned)key.len;
	b->full_ms = now_ms;
	return add(r, b);
}

enum status
rate_take(struct rate *r, struct bytes key, uint32_t tokens, int64_t now_ms,
    uint64_t *retry_after_ms)
{
	int64_t cost_ms = (int64_t)tokens * r->rule.refill_ms;
	int64_t depth_ms = (int64_t)r->rule.burst * r->rule.refill_ms;
	enum status st = STATUS_OK;
	struct bucket *b;
	int64_t full_ms;

	assert(key.len > 0 && key.len <= RATE_KEY_BYTES);
	pthread_mutex_lock(&r->lock);
	b = touch(r, key, now_ms);
	if (b == NULL) {
		st = STATUS_NOMEM;
		goto out;
	}
	full_ms = (b->full_ms > now_ms ? b->full_ms : now_ms) + cost_ms;
	if (full_ms - now_ms > depth_ms) {
		*retry_after_ms = (uint64_t)(full_ms - now_ms - depth_ms);
		st = STATUS_FULL;
		goto out;
	}
	b->full_ms = full_ms;
out:
	pthread_mutex_unlock(&r->lock);
	return st;
}

void
rate_give_back(struct rate *r, struct bytes key, uint32_t tokens)
{
	struct bucket *b;

	pthread_mutex_lock(&r->lock);
	b = find(r, key);
	if (b != NULL)
		b->full_ms -= (int64_t)tokens * r->rule.refill_ms;
	pthread_mutex_unlock(&r->lock);
}
