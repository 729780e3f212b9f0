#include "relay/rate.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Out of memory is an answer here, not the end of the program. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct entry {
	struct bucket kinds[RATE_KINDS];
	UT_hash_handle hh;
	unsigned key_len;
	uint8_t key[];
};

struct rate {
	pthread_mutex_t lock;
	struct rate_rule rule;
	struct entry *entries; /* in the order of their last use */
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
	struct entry *e, *next;

	if (r == NULL)
		return;
	HASH_ITER(hh, r->entries, e, next)
	{
		HASH_DEL(r->entries, e);
		free(e);
	}
	pthread_mutex_destroy(&r->lock);
	free(r);
}

void
rate_set_rule(struct rate *r, const struct rate_rule *rule)
{
	pthread_mutex_lock(&r->lock);
	r->rule = *rule;
	pthread_mutex_unlock(&r->lock);
}

static struct entry *
find(struct rate *r, struct bytes key)
{
	struct entry *e = NULL;

	HASH_FIND(hh, r->entries, key.data, (unsigned)key.len, e);
	return e;
}

/* Adds at the end of the order; NULL when there is no memory. */
static struct entry *
add(struct rate *r, struct entry *e)
{
	e->hh.tbl = NULL;
	HASH_ADD_KEYPTR(hh, r->entries, e->key, e->key_len, e);
	if (e->hh.tbl != NULL)
		return e;
	free(e);
	return NULL;
}

static struct entry *
touch(struct rate *r, struct bytes key)
{
	struct entry *e = find(r, key);

	if (e != NULL) {
		HASH_DEL(r->entries, e);
		return add(r, e);
	}
	while (HASH_COUNT(r->entries) >= r->rule.max_keys) {
		struct entry *oldest = r->entries;

		HASH_DEL(r->entries, oldest);
		free(oldest);
	}
	e = calloc(1, sizeof(*e) + key.len);
	if (e == NULL)
		return NULL;
	memcpy(e->key, key.data, key.len);
	e->key_len = (unsigned)key.len;
	return add(r, e);
}

static bool
counts(const struct rate *r, size_t kind)
{
	return r->rule.kinds[kind].burst > 0;
}

/* An older rule may have made it wait far longer than this one can. */
static void
settle(struct rate *r, struct entry *e, int64_t now_ms)
{
	for (size_t i = 0; i < RATE_KINDS; i++)
		if (counts(r, i))
			e->kinds[i].full_ns = bucket_full_ns(&e->kinds[i],
			    &r->rule.kinds[i], now_ms * BUCKET_MS_NS);
}

/* When all of it can be had; 0: now. */
static int64_t
wait_ns(const struct rate *r, const struct entry *e,
    const struct rate_cost *cost, int64_t now_ms)
{
	int64_t longest = 0;

	for (size_t i = 0; i < RATE_KINDS; i++) {
		int64_t wait = 0;

		if (counts(r, i) && cost->tokens[i] > 0)
			wait = bucket_wait_ns(&e->kinds[i], &r->rule.kinds[i],
			    cost->tokens[i], now_ms);
		if (wait > longest)
			longest = wait;
	}
	return longest;
}

static void
charge(struct rate *r, struct entry *e, const struct rate_cost *cost,
    int64_t now_ms)
{
	for (size_t i = 0; i < RATE_KINDS; i++)
		if (counts(r, i))
			bucket_charge(&e->kinds[i], &r->rule.kinds[i],
			    cost->tokens[i], now_ms);
}

enum status
rate_take_all(struct rate *r, struct bytes key, const struct rate_cost *cost,
    int64_t now_ms, uint64_t *retry_after_ms)
{
	enum status st = STATUS_OK;
	struct entry *e;
	int64_t wait;

	assert(key.len > 0 && key.len <= RATE_KEY_BYTES);
	pthread_mutex_lock(&r->lock);
	e = touch(r, key);
	if (e == NULL) {
		st = STATUS_NOMEM;
		goto out;
	}
	settle(r, e, now_ms);
	wait = wait_ns(r, e, cost, now_ms);
	if (wait > 0) {
		*retry_after_ms =
		    (uint64_t)((wait + BUCKET_MS_NS - 1) / BUCKET_MS_NS);
		st = STATUS_FULL;
		goto out;
	}
	charge(r, e, cost, now_ms);
out:
	pthread_mutex_unlock(&r->lock);
	return st;
}

void
rate_give_back_all(
    struct rate *r, struct bytes key, const struct rate_cost *cost)
{
	struct entry *e;

	pthread_mutex_lock(&r->lock);
	e = find(r, key);
	for (size_t i = 0; e != NULL && i < RATE_KINDS; i++)
		if (counts(r, i))
			bucket_give_back(
			    &e->kinds[i], &r->rule.kinds[i], cost->tokens[i]);
	pthread_mutex_unlock(&r->lock);
}

enum status
rate_take(struct rate *r, struct bytes key, uint32_t tokens, int64_t now_ms,
    uint64_t *retry_after_ms)
{
	const struct rate_cost cost = { { tokens } };

	return rate_take_all(r, key, &cost, now_ms, retry_after_ms);
}

void
rate_give_back(struct rate *r, struct bytes key, uint32_t tokens)
{
	const struct rate_cost cost = { { tokens } };

	rate_give_back_all(r, key, &cost);
}

void
rate_charge(struct rate *r, struct bytes key, uint32_t tokens, int64_t now_ms)
{
	const struct rate_cost cost = { { tokens } };
	struct entry *e;

	pthread_mutex_lock(&r->lock);
	e = touch(r, key);
	if (e != NULL)
		charge(r, e, &cost, now_ms);
	pthread_mutex_unlock(&r->lock);
}
