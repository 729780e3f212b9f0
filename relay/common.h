/*
 * common.h - what all workers of one relay share.
 *
 * Made before the workers start and freed after they ended; everything in it is
 * either constant or locks itself.
 */
#ifndef TACIT_RELAY_COMMON_H
#define TACIT_RELAY_COMMON_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "proto/message.h"
#include "relay/metrics.h"
#include "relay/pressure.h"
#include "relay/rate.h"
#include "relay/receivers.h"
#include "relay/settings.h"
#include "relay/storage.h"

struct common {
	struct storage *storage;
	struct metrics *metrics; /* borrowed; NULL: nothing is counted */
	struct receivers *receivers;
	struct hash pin;
	uint8_t epoch[EPOCH_BYTES];
	struct sign_public nobody;  /* a key whose secret half is gone */
	struct rate *guesses;       /* join codes, per source */
	struct rate *all_guesses;   /* join codes, everybody together */
	struct rate *registrations; /* per source */
	struct rate *lookups;       /* accounts and bundles, per account */
	struct rate *pairs;         /* bundles, per account and target */
	struct rate *targets;       /* one-time prekeys, per target */
	struct rate *publishes;     /* prekeys published, per device */
	struct rate *appends;       /* KiB in chains, per account */
	struct rate *device_sends;  /* spending.h; per device */
	struct rate *account_sends; /* the same, per account */
	atomic_int pressure;        /* enum pressure */
	bool frozen; /* about to be moved: mail is fetched, nothing comes in */
};

/* `storage` is borrowed and outlives it; `settings` are read now.  NOMEM. */
enum status common_new(const struct settings *settings, struct storage *storage,
    const struct hash *pin, struct common **c);
void common_free(struct common *c); /* NULL is fine */

/* The limits of a reload, from the next request on; any thread. */
void common_set_limits(struct common *c, const struct settings *settings);

/* Look how much room there is; about twice a second, from one thread. */
void common_look_for_room(struct common *c, const struct settings *settings);
enum pressure common_pressure(const struct common *c); /* any thread */

#endif
