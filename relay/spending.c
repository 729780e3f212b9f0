#include "relay/spending.h"

#include <string.h>

enum {
	AHEAD_PART = 64, /* of a minute's worth is taken ahead, at most */
	AHEAD_SUBMITS = 256,
	AHEAD_KIB = 1024,
	AHEAD_RECIPIENTS = 1024,
	/* Whatever a client had sent before it could hear of it is here by
	 * then. */
	CLOSED_MS = 1000,
};

static uint32_t
kib_of(size_t bytes)
{
	return (uint32_t)((bytes + 1023) / 1024);
}

void
spending_cost(const struct submit *submit, struct rate_cost *cost)
{
	size_t bytes = submit->shared.len;

	for (size_t i = 0; i < submit->recipients_count; i++)
		bytes += submit->recipients[i].payload.len;
	cost->tokens[SPEND_SUBMITS] = 1;
	cost->tokens[SPEND_KIB] = kib_of(bytes);
	cost->tokens[SPEND_RECIPIENTS] = (uint32_t)submit->recipients_count;
}

struct device_key {
	uint8_t raw[sizeof(struct account_name) + sizeof(uint32_t)];
};

static struct device_key
key_of(const struct address *who)
{
	struct bytes name = account_name_bytes(&who->account);
	struct device_key key = { { 0 } };

	memcpy(key.raw, name.data, name.len);
	memcpy(
	    key.raw + sizeof(who->account), &who->device, sizeof(who->device));
	return key;
}

/* The device's bucket first: it is the smaller one. */
static enum status
take_shared(struct common *common, const struct address *who,
    const struct rate_cost *cost, int64_t mono_ms, uint64_t *retry_after_ms)
{
	struct device_key key = key_of(who);
	enum status st = rate_take_all(common->device_sends, BYTES_OF(key.raw),
	    cost, mono_ms, retry_after_ms);

	if (st != STATUS_OK)
		return st;
	st = rate_take_all(common->account_sends,
	    account_name_bytes(&who->account), cost, mono_ms, retry_after_ms);
	if (st != STATUS_OK)
		rate_give_back_all(
		    common->device_sends, BYTES_OF(key.raw), cost);
	return st;
}

static uint32_t
ahead(uint64_t per_minute, uint32_t most)
{
	uint64_t part = per_minute / AHEAD_PART;

	return part < most ? (uint32_t)part : most;
}

static bool
is_covered(const struct spending *s, const struct rate_cost *cost)
{
	for (size_t i = 0; i < RATE_KINDS; i++)
		if (s->left.tokens[i] < cost->tokens[i])
			return false;
	return true;
}

/* More than is needed, where that much is to be had. */
static enum status
refill(struct spending *s, struct common *common,
    const struct settings *settings, const struct address *who,
    const struct rate_cost *cost, int64_t mono_ms, uint64_t *retry_after_ms)
{
	const uint32_t more[RATE_KINDS] = {
		ahead(settings->device_submits_per_minute, AHEAD_SUBMITS),
		ahead(settings->device_mib_per_minute * 1024, AHEAD_KIB),
		ahead(
		    settings->account_recipients_per_minute, AHEAD_RECIPIENTS),
	};
	struct rate_cost need, wish;
	enum status st;

	for (size_t i = 0; i < RATE_KINDS; i++) {
		uint32_t left = s->left.tokens[i];

		need.tokens[i] =
		    cost->tokens[i] > left ? cost->tokens[i] - left : 0;
		wish.tokens[i] = need.tokens[i] + more[i];
	}
	st = take_shared(common, who, &wish, mono_ms, retry_after_ms);
	if (st == STATUS_FULL) {
		wish = need;
		st = take_shared(common, who, &wish, mono_ms, retry_after_ms);
	}
	if (st != STATUS_OK)
		return st;
	for (size_t i = 0; i < RATE_KINDS; i++)
		s->left.tokens[i] += wish.tokens[i];
	return STATUS_OK;
}

enum status
spending_take(struct spending *s, struct common *common,
    const struct settings *settings, const struct address *who,
    const struct rate_cost *cost, int64_t mono_ms, uint64_t *retry_after_ms)
{
	enum status st = STATUS_OK;

	if (mono_ms < s->closed_ms) {
		*retry_after_ms = (uint64_t)(s->closed_ms - mono_ms);
		return STATUS_FULL;
	}
	if (!is_covered(s, cost))
		st = refill(
		    s, common, settings, who, cost, mono_ms, retry_after_ms);
	if (st == STATUS_FULL) {
		if (*retry_after_ms < CLOSED_MS)
			*retry_after_ms = CLOSED_MS;
		s->closed_ms = mono_ms + (int64_t)*retry_after_ms;
	}
	if (st != STATUS_OK)
		return st;
	for (size_t i = 0; i < RATE_KINDS; i++)
		s->left.tokens[i] -= cost->tokens[i];
	return STATUS_OK;
}

void
spending_end(
    struct spending *s, struct common *common, const struct address *who)
{
	struct device_key key = key_of(who);
	size_t none = 0;

	for (size_t i = 0; i < RATE_KINDS; i++)
		none += s->left.tokens[i] == 0;
	if (none == RATE_KINDS)
		return;
	rate_give_back_all(common->device_sends, BYTES_OF(key.raw), &s->left);
	rate_give_back_all(
	    common->account_sends, account_name_bytes(&who->account), &s->left);
	*s = (struct spending){ 0 };
}
