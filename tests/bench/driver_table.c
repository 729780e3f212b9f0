/* driver_table.c - the drivers this program was built with. */
#include <string.h>

#include "tests/bench/driver.h"

static const struct driver *const drivers[] = {
	&driver_tacit,
#ifdef BENCH_REDIS
	&driver_redis,
#endif
#ifdef BENCH_MOSQUITTO
	&driver_mosquitto,
#endif
};

const struct driver *const *
driver_all(size_t *count)
{
	*count = sizeof(drivers) / sizeof(drivers[0]);
	return drivers;
}

const struct driver *
driver_find(const char *name)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (strcmp(drivers[i]->name, name) == 0)
			return drivers[i];
	return NULL;
}
