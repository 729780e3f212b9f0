#include "base/clock.h"

#include <stdbool.h>
#include <time.h>

/* The one mutable global: set by tests before any thread starts. */
static struct {
	bool on;
	int64_t wall_ms;
	int64_t mono_ms;
} fake;

static int64_t
read_ms(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
clock_wall_ms(void)
{
	return fake.on ? fake.wall_ms : read_ms(CLOCK_REALTIME);
}

int64_t
clock_mono_ms(void)
{
	return fake.on ? fake.mono_ms : read_ms(CLOCK_MONOTONIC);
}

int64_t
clock_mono_us(void)
{
	struct timespec now;

	if (fake.on)
		return fake.mono_ms * 1000;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void
clock_sleep_ms(int64_t ms)
{
	struct timespec time = { ms / 1000, (ms % 1000) * 1000000 };

	(void)nanosleep(&time, NULL);
}

void
clock_fake(int64_t wall_ms, int64_t mono_ms)
{
	fake.on = true;
	fake.wall_ms = wall_ms;
	fake.mono_ms = mono_ms;
}

void
clock_unfake(void)
{
	fake.on = false;
}
