#include "relay/common.h"

#include <stdlib.h>

enum {
	SOURCES = 100000, /* addresses remembered */
	ACCOUNTS = 100000,
	PAIRS = 400000,
	REGISTRATION_MS = 1000,
	GUESS_MS = 30 * 1000,
	ALL_GUESSES_BURST = 200,
	ALL_GUESSES_MS = 1000,
	LOOKUPS_BURST = 4096, /* four of the largest groups at once */
	LOOKUPS_MS = 20,
	PAIR_BURST = 64, /* one-time prekeys of one target for one account */
	PAIR_MS = 10 * 1000,
	APPENDS_BURST = 8192, /* KiB: chains are kept for ever */
	APPENDS_MS = 200,     /* 420 MiB a day */
};

enum status
common_new(const struct settings *settings, struct storage *storage,
    const struct hash *pin, struct common **c)
{
	const struct rate_rule guesses = {
		(uint32_t)settings->join_guesses_burst, GUESS_MS, SOURCES
	};
	const struct rate_rule all = { ALL_GUESSES_BURST, ALL_GUESSES_MS, 1 };
	const struct rate_rule registrations = {
		(uint32_t)settings->registrations_burst, REGISTRATION_MS,
		SOURCES
	};
	const struct rate_rule lookups = { LOOKUPS_BURST, LOOKUPS_MS,
		ACCOUNTS };
	const struct rate_rule pairs = { PAIR_BURST, PAIR_MS, PAIRS };
	const struct rate_rule appends = { APPENDS_BURST, APPENDS_MS,
		ACCOUNTS };
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
		st = rate_new(&guesses, &fresh->guesses);
	if (st == STATUS_OK)
		st = rate_new(&all, &fresh->all_guesses);
	if (st == STATUS_OK)
		st = rate_new(&registrations, &fresh->registrations);
	if (st == STATUS_OK)
		st = rate_new(&lookups, &fresh->lookups);
	if (st == STATUS_OK)
		st = rate_new(&pairs, &fresh->pairs);
	if (st == STATUS_OK)
		st = rate_new(&appends, &fresh->appends);
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
	rate_free(c->appends);
	rate_free(c->pairs);
	rate_free(c->lookups);
	rate_free(c->registrations);
	rate_free(c->all_guesses);
	rate_free(c->guesses);
	receivers_free(c->receivers);
	free(c);
}
