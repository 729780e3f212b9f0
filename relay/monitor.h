/*
 * monitor.h - the page that monitoring reads: HTTP on a loopback port of its
 * own.
 *
 *   GET /metrics   everything that is counted, as Prometheus reads it
 *   GET /healthz   200 while a new start would not help
 *   GET /readyz    200 while clients are served, else 503 and one word: why
 *
 * libmicrohttpd answers on a thread of its own, which reads atomics and files
 * that were opened before, and neither locks nor waits for anything that
 * serves clients.  Whoever holds its few connections open without end loses the
 * oldest of them.  There is neither TLS nor a password: the port is for this
 * machine, and a reverse proxy shows it to others (docs/operations.md).
 */
#ifndef TACIT_RELAY_MONITOR_H
#define TACIT_RELAY_MONITOR_H

#include "base/status.h"
#include "relay/metrics.h"
#include "relay/storage.h"

struct monitor;

/* What the main loop says of itself. */
enum monitor_state {
	MONITOR_STARTING,
	MONITOR_READY,
	MONITOR_FULL, /* no connection or nothing new is taken */
	MONITOR_FROZEN,
	MONITOR_STOPPING,
	MONITOR_BROKEN, /* storage; a new start reads what is on disk */
};

struct monitor_options {
	int fd; /* bound and listening; the monitor's from the start on */
	struct metrics *metrics; /* borrowed, outlives the monitor */
	const struct storage *storage;
	int64_t stuck_ms; /* silent for so long is stuck; 0: 15 s */
};

/*
 * Answers from now on, with MONITOR_STARTING.  NOMEM, IO: the fd is closed or
 * lost then, and the relay does not start.
 */
enum status monitor_start(
    const struct monitor_options *options, struct monitor **m);

/*
 * How things are; any thread, and again at least every few seconds: a main loop
 * that has stopped saying so is stuck, and /healthz says that.  NULL is fine.
 */
void monitor_tell(struct monitor *m, enum monitor_state state);

void monitor_stop(struct monitor *m); /* NULL is fine */

#endif
