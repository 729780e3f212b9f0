/*
 * worker.h - a thread with a libuv loop, its connections and its storage port.
 *
 * Connections are handed to it by the server's acceptor; it never listens
 * itself, so that every worker gets its share and port 0 means one port.
 */
#ifndef TACIT_RELAY_WORKER_H
#define TACIT_RELAY_WORKER_H

#include "base/status.h"
#include "relay/common.h"
#include "relay/doors.h"
#include "relay/snapshot.h"

struct worker;

struct worker_options {
	struct common *common;
	struct snapshot *snapshot; /* to begin with; held by the worker */
	struct doors *doors;
	size_t workers; /* that there are, sharing the memory_mib */
};

/* All of the options are borrowed and outlive it.  NOMEM, IO. */
enum status worker_start(
    const struct worker_options *options, struct worker **w);

/*
 * Hand over a connection that entered through the doors; any thread.  FULL: it
 * has too many waiting; fd stays the caller's.
 */
enum status worker_take(struct worker *w, int fd, const struct source *source);

/*
 * From its next turn on it works by this one, which it holds; connections stay
 * as they are.  Any thread.
 */
void worker_reconfigure(struct worker *w, struct snapshot *snapshot);

/* When its loop last looked at the clock, monotonic; any thread. */
int64_t worker_beat_ms(const struct worker *w);

/* Ask it to answer what is in flight and end; any thread. */
void worker_stop(struct worker *w);

/* Wait for its end and free it. */
void worker_join(struct worker *w);

#endif
