/*
 * server_watchdog.c - the service manager hears from us only while all threads
 * do their work: this loop, the workers, and the one that writes.
 */
#include "base/clock.h"
#include "base/log.h"
#include "relay/server_private.h"

enum { BEAT_MS = 2500 }; /* a worker's clock ticks once a second */

/* What does not move any more; NULL: all is well. */
static const char *
find_stuck(const struct server *s, int64_t now_ms, int64_t patience_ms)
{
	for (size_t i = 0; i < s->workers_count; i++)
		if (now_ms - worker_beat_ms(s->workers[i]) > patience_ms)
			return "worker";
	if (storage_step_ms(s->options->storage, now_ms) > patience_ms)
		return "storage";
	return NULL;
}

void
server_feed_watchdog(struct server *s)
{
	const struct notify *notify = s->options->notify;
	int64_t now_ms = clock_mono_ms();
	int64_t patience_ms = notify->watchdog_ms / 2;
	const char *stuck;

	if (notify->watchdog_ms == 0 ||
	    now_ms - s->fed_ms < notify->watchdog_ms / 3)
		return;
	stuck = find_stuck(
	    s, now_ms, patience_ms > BEAT_MS ? patience_ms : BEAT_MS);
	if (stuck != NULL) {
		if (!s->stuck)
			log_event(LOG_LEVEL_ERROR, "watchdog",
			    "stuck=%s what=\"the service manager is not told "
			    "that all is well\"",
			    stuck);
		s->stuck = true;
		return;
	}
	s->stuck = false;
	s->fed_ms = now_ms;
	notify_say(notify, "WATCHDOG=1");
}
