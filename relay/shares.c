#include "relay/shares.h"

#include <stdlib.h>
#include <string.h>

#include "relay/rate.h"

enum {
	PAIRS = 200000, /* of senders and crowded mailboxes */
	DAY_MS = 24 * BUCKET_HOUR_MS,
	ITEMS = 0,
	KIB = 1,
};

struct shares {
	struct lane_limits limits[LANES_COUNT];
	struct rate *lanes[LANES_COUNT];
};

static struct bucket_rule
part_of(uint64_t limit, unsigned percent)
{
	uint64_t part = limit / 100 * percent + limit % 100 * percent / 100;

	return bucket_rule_per(part > 0 ? part : 1, DAY_MS);
}

enum status
shares_new(
    unsigned percent, const struct lane_limits *limits, struct shares **s)
{
	struct shares *fresh = calloc(1, sizeof(*fresh));
	enum status st = STATUS_OK;

	if (fresh == NULL)
		return STATUS_NOMEM;
	memcpy(fresh->limits, limits, sizeof(fresh->limits));
	for (size_t i = 0; st == STATUS_OK && i < LANES_COUNT; i++) {
		const struct rate_rule rule = {
			.kinds = {
			    [ITEMS] = part_of(limits[i].items, percent),
			    [KIB] = part_of(limits[i].bytes / 1024, percent),
			},
			.max_keys = PAIRS,
		};

		st = rate_new(&rule, &fresh->lanes[i]);
	}
	if (st != STATUS_OK) {
		shares_free(fresh);
		return st;
	}
	*s = fresh;
	return STATUS_OK;
}

void
shares_free(struct shares *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < LANES_COUNT; i++)
		rate_free(s->lanes[i]);
	free(s);
}

bool
shares_take(struct shares *s, const struct share_taker *taker,
    const struct lane *now, int64_t mono_ms)
{
	const struct lane_limits *max = &s->limits[taker->lane];
	const uint32_t key[] = { taker->sender, taker->slot };
	struct rate_cost cost = { { 0 } };
	uint64_t unused;

	if (now->items * 2 < max->items && now->bytes * 2 < max->bytes)
		return true;
	cost.tokens[ITEMS] = 1;
	cost.tokens[KIB] = (uint32_t)((taker->len + 1023) / 1024);
	return rate_take_all(s->lanes[taker->lane],
		   bytes_view(key, sizeof(key)), &cost, mono_ms,
		   &unused) != STATUS_FULL;
}
