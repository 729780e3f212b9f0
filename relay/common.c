#include "relay/common.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum {
	SOURCES = 100000, /* addresses remembered */
	ACCOUNTS = 100000,
	PAIRS = 400000,
	REGISTRATION_MS = 1000,
	GUESS_MS = 30 * 1000,
	ALL_GUESSES_BURST = 200,
	ALL_GUESSES_MS = 1000,
	PAIR_BURST = 64, /* one-time prekeys of one target for one account */
	PAIR_MS = 10 * 1000,
	PUBLISHED_PER_HOUR = 4000, /* ten times what a device may have */
	/*
	 * What an unknown name costs more is known after it was answered, and
	 * as many as a bucket holds may be asked for at once
	 * (request_account.c).
	 */
	LOOKUP_DEBTS = 50,
};

/* Where a rate stands in struct common, and the rule it works by. */
struct row {
	struct rate **rate;
	struct rate_rule rule;
};

enum { ROWS = 10 };

static struct bucket_rule
slowly(uint64_t burst, int64_t refill_ms)
{
	return (struct bucket_rule){ .burst = (uint32_t)burst,
		.refill_ns = refill_ms * BUCKET_MS_NS };
}

static struct bucket_rule
per_minute(uint64_t tokens)
{
	return bucket_rule_per(tokens, BUCKET_MINUTE_MS);
}

static struct bucket_rule
per_hour(uint64_t tokens)
{
	return bucket_rule_per(tokens, BUCKET_HOUR_MS);
}

static struct bucket_rule
lookups(uint64_t per_minute)
{
	struct bucket_rule rule = bucket_rule_per(per_minute, BUCKET_MINUTE_MS);

	rule.debts = LOOKUP_DEBTS;
	return rule;
}

static void
fill_rows(struct common *c, const struct settings *s, struct row rows[ROWS])
{
	const struct bucket_rule no_rule = { 0 };
	const struct row all[ROWS] = {
		{ &c->guesses,
		    { { slowly(s->join_guesses_burst, GUESS_MS) }, SOURCES } },
		{ &c->all_guesses,
		    { { slowly(ALL_GUESSES_BURST, ALL_GUESSES_MS) }, 1 } },
		{ &c->registrations,
		    { { slowly(s->registrations_burst, REGISTRATION_MS) },
			SOURCES } },
		{ &c->lookups,
		    { { lookups(s->lookups_per_minute) }, ACCOUNTS } },
		{ &c->pairs, { { slowly(PAIR_BURST, PAIR_MS) }, PAIRS } },
		{ &c->targets,
		    { { per_hour(s->prekeys_per_hour) }, ACCOUNTS } },
		{ &c->publishes,
		    { { per_hour(PUBLISHED_PER_HOUR) }, ACCOUNTS } },
		{ &c->appends,
		    { { per_hour(s->chain_mib_per_hour * 1024) }, ACCOUNTS } },
		{ &c->device_sends,
		    { { per_minute(s->device_submits_per_minute),
			  per_minute(s->device_mib_per_minute * 1024),
			  no_rule },
			ACCOUNTS } },
		{ &c->account_sends,
		    { { per_minute(s->account_submits_per_minute),
			  per_minute(s->account_mib_per_minute * 1024),
			  per_minute(s->account_recipients_per_minute) },
			ACCOUNTS } },
	};

	memcpy(rows, all, sizeof(all));
}

void
common_set_limits(struct common *c, const struct settings *settings)
{
	struct row rows[ROWS];

	fill_rows(c, settings, rows);
	for (size_t i = 0; i < ROWS; i++)
		rate_set_rule(*rows[i].rate, &rows[i].rule);
}

static enum status
make_rates(struct common *c, const struct settings *settings)
{
	struct row rows[ROWS];
	enum status st = STATUS_OK;

	fill_rows(c, settings, rows);
	for (size_t i = 0; st == STATUS_OK && i < ROWS; i++)
		st = rate_new(&rows[i].rule, rows[i].rate);
	return st;
}

enum pressure
common_pressure(const struct common *c)
{
	return (enum pressure)atomic_load_explicit(
	    &c->pressure, memory_order_relaxed);
}

void
common_look_for_room(struct common *c, const struct settings *settings)
{
	enum pressure before = common_pressure(c), now;
	struct storage_room room;

	if (storage_room(c->storage, &room) != STATUS_OK)
		return;
	now = pressure_after(
	    before, &room, settings->disk_reserve_mib * 1024 * 1024);
	if (now == before)
		return;
	atomic_store_explicit(&c->pressure, (int)now, memory_order_relaxed);
	log_event(now > before ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, "pressure",
	    "level=%s disk_free_mib=%" PRIu64 " map_free_mib=%" PRIu64,
	    now == PRESSURE_NONE  ? "none"
	    : now == PRESSURE_LOW ? "no-new-accounts"
				  : "nothing-new",
	    room.disk_free_bytes >> 20,
	    (room.map_bytes - room.map_used_bytes) >> 20);
}

enum status
common_new(const struct settings *settings, struct storage *storage,
    const struct hash *pin, struct common **c)
{
	struct common *fresh = calloc(1, sizeof(*fresh));
	struct sign_secret secret;
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->storage = storage;
	fresh->pin = *pin;
	storage_epoch(storage, fresh->epoch);
	sign_generate(&fresh->nobody, &secret);
	sign_secret_clear(&secret);
	st = receivers_new(&fresh->receivers);
	if (st == STATUS_OK)
		st = make_rates(fresh, settings);
	if (st != STATUS_OK) {
		common_free(fresh);
		return st;
	}
	*c = fresh;
	return STATUS_OK;
}

void
common_free(struct common *c)
{
	if (c == NULL)
		return;
	rate_free(c->account_sends);
	rate_free(c->device_sends);
	rate_free(c->appends);
	rate_free(c->publishes);
	rate_free(c->targets);
	rate_free(c->pairs);
	rate_free(c->lookups);
	rate_free(c->registrations);
	rate_free(c->all_guesses);
	rate_free(c->guesses);
	receivers_free(c->receivers);
	free(c);
}
