/*
 * spending.h - what a connection may still submit before it asks again.
 *
 * How much devices and accounts submit is counted in tables that all workers
 * share (rate.h), too slow to ask for every message.  So a connection takes
 * many tokens at a time, spends them by itself, and gives back the rest when it
 * ends.
 */
#ifndef TACIT_RELAY_SPENDING_H
#define TACIT_RELAY_SPENDING_H

#include "proto/message.h"
#include "relay/common.h"
#include "relay/settings.h"

/* The kinds of the shared tables, in their order. */
enum {
	SPEND_SUBMITS,
	SPEND_KIB,        /* of payloads, one that is shared counted once */
	SPEND_RECIPIENTS, /* of accounts alone */
};

struct spending {
	struct rate_cost left; /* of device and account alike */
	int64_t closed_ms;     /* monotonic; nothing is spent before it */
};

/* What a submit costs. */
void spending_cost(const struct submit *submit, struct rate_cost *cost);

/*
 * Spend `cost` of what `who` may submit, or none of it.  Spec 4.6: once that
 * was too much, all that comes on this connection for a while is.
 *
 *   mono_ms         monotonic
 *   retry_after_ms  out on FULL
 *
 * FULL: too much.  NOMEM.
 */
enum status spending_take(struct spending *s, struct common *common,
    const struct settings *settings, const struct address *who,
    const struct rate_cost *cost, int64_t mono_ms, uint64_t *retry_after_ms);

/* Others of the account may have the rest. */
void spending_end(
    struct spending *s, struct common *common, const struct address *who);

#endif
