/*
 * pressure.h - how short of room on disk the relay is, and what it refuses
 * then.
 *
 * The main loop looks twice a second; workers read one atomic number.  New
 * accounts go first, since they stay; then whatever stores something.  What is
 * there can be fetched and acknowledged at every level, which makes room, and
 * the level falls by itself once there is some.
 */
#ifndef TACIT_RELAY_PRESSURE_H
#define TACIT_RELAY_PRESSURE_H

#include <stdint.h>

#include "relay/storage.h"

enum pressure {
	PRESSURE_NONE,
	PRESSURE_LOW, /* no new accounts */
	PRESSURE_OUT, /* nothing new at all */
};

enum { PRESSURE_RETRY_MS = 60 * 1000 };

/*
 * The level that follows `before`.  LOW below the reserve or with an eighth of
 * the database's map left, OUT below a quarter of the reserve or with a
 * sixteenth of the map; a level ends a quarter above where it begins, or it
 * would come and go with every message.
 *
 *   reserve_bytes  0: the disk is not looked at
 */
enum pressure pressure_after(enum pressure before,
    const struct storage_room *room, uint64_t reserve_bytes);

#endif
