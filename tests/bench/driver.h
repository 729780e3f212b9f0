/*
 * driver.h - what a job of the load program asks of a server, whichever it is.
 *
 * A job (job_*.c) knows devices by number, messages by a tag, and time; how a
 * device connects, sends and receives is the driver's.  So the same jobs run
 * against the relay and against the servers it is held against, and a ratio
 * compares servers, not load programs.
 *
 * Everything happens on one libuv loop in one thread.  Functions begin things
 * and return; the loop calls back.  Nothing is called back from inside a call
 * of ours, so that a job may call anything from a callback (also close the
 * line it is called for; nothing is called for that line afterwards).
 *
 * A driver must cost the client little, since the load shares the machine with
 * the server: what is asked for during one turn of the loop leaves in one
 * write and as few TLS records as it fits, and nothing is allocated for each
 * message where that can be helped.
 */
#ifndef TACIT_TESTS_BENCH_DRIVER_H
#define TACIT_TESTS_BENCH_DRIVER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/bytes.h"
#include "base/status.h"

/*
 * What one driver keeps for one server: its address, the devices prepared, and
 * what all lines share.
 */
struct driver_run;

/* One connection of one device. */
struct driver_line;

/*
 * A device, from 0: an account, a stream or a session, named by the driver as
 * it likes, but always the same for the same seed and number.  It can send and
 * receive, both on one line, if its role says so.
 */
enum driver_role {
	DRIVER_SENDS = 1,
	DRIVER_RECEIVES = 2,
};

struct driver_setup {
	uv_loop_t *loop; /* outlives the run */

	/*
	 * Where the server is, as the driver writes it: tacit://... for the
	 * relay, redis://:PASSWORD@127.0.0.1:PORT,
	 * mqtt://USER:PASSWORD@127.0.0.1:PORT.  Always TLS 1.3.
	 */
	const char *target;

	/* Names and keys follow from it: a second run finds its devices. */
	uint64_t seed;
};

struct driver_range {
	uint32_t first;
	uint32_t count;
	unsigned roles;    /* of enum driver_role */
	uint32_t parallel; /* how many may be under way at once, at least 1 */

	/*
	 * Called once, from the loop, when every device of the range is known
	 * to the server, or with what went wrong.
	 */
	void (*done)(void *owner, enum status st);
	void *owner;
};

/* What a job hears about a line; every one must be set.  From the loop. */
struct driver_events {
	/* TCP, TLS and authentication are through: may submit and receive. */
	void (*ready)(void *owner);

	/*
	 * The server's OK to the submit with this tag came.  What an OK means
	 * (on disk or not) is the driver's `ok_means`.
	 */
	void (*accepted)(void *owner, uint64_t tag);

	/*
	 * One message, in the order of the mailbox.  `payload` is borrowed for
	 * the call.  A message that comes a second time is handed on again:
	 * that is for the job to notice.
	 */
	void (*arrived)(void *owner, struct bytes payload);

	/* Answer to settle(). */
	void (*settled)(void *owner);

	/*
	 * The line is of no more use: it broke, or something was refused; the
	 * reason is on stderr, one line.  The job still has to close() it.
	 */
	void (*failed)(void *owner, enum status why);
};

struct driver_connect {
	uint32_t device;
	const struct sockaddr_in *from;     /* NULL: the kernel chooses */
	const struct driver_events *events; /* kept: outlives the line */
	void *owner;                        /* handed to every event */
};

struct driver {
	const char *name; /* "tacit", "redis", "mosquitto" */

	/* One sentence: what has happened to a message when accepted() comes.
	 */
	const char *ok_means;

	/*
	 * BAD_INPUT: the target cannot be read.  NOMEM, IO.  No connection is
	 * made yet.
	 */
	enum status (*open)(
	    const struct driver_setup *setup, struct driver_run **run);

	/*
	 * Forget everything.  Every line has been closed; handles that still
	 * have to be given back by the loop are closed here, so the job runs
	 * the loop to its end afterwards and only then frees it.  Memory that
	 * such handles need goes with their close callbacks.  NULL is fine.
	 */
	void (*close)(struct driver_run *run);

	/*
	 * Make the devices of the range known to the server: registers
	 * accounts, or makes persistent sessions and their subscriptions; a
	 * server that needs nothing calls done() from the next turn.  Devices
	 * that exist already are a success, and what waits for them is kept.
	 * One range at a time.  Connections made for it are closed when done()
	 * comes.
	 */
	enum status (*prepare)(
	    struct driver_run *run, const struct driver_range *range);

	/*
	 * Begin to connect a prepared device: TCP, TLS 1.3, authentication as
	 * the device, and nothing more.  A device has one line at a time.
	 * ready() or failed() follows.  IO, NOMEM: no line was made.
	 */
	enum status (*connect)(struct driver_run *run,
	    const struct driver_connect *c, struct driver_line **line);

	/*
	 * Send one payload to one device, which need not be connected.
	 * Copied before the call returns.  accepted(tag) follows when the
	 * server's OK has come; tags of one line are distinct while they are
	 * under way.  FULL: too much is under way on this line for this
	 * server; try again after the next accepted().
	 */
	enum status (*submit)(struct driver_line *line, uint32_t to,
	    struct bytes payload, uint64_t tag);

	/*
	 * Send one payload to every device of a range, as cheaply as the
	 * server's protocol lets a group message be; accepted(tag) follows
	 * once, when all of it is OK.  NULL: the server has no such thing,
	 * and the job says so.
	 */
	enum status (*submit_group)(struct driver_line *line, uint32_t first,
	    uint32_t count, struct bytes payload, uint64_t tag);

	/*
	 * Become the receiver of this device's mailbox: arrived() is called for
	 * what waits and then for what comes, until the line is closed.  The
	 * driver acknowledges by itself: after arrived() has been called for
	 * the messages of one piece of input, it tells the server, in the
	 * cheapest way that removes them durably, that they may go.
	 */
	enum status (*receive)(struct driver_line *line);

	/*
	 * Ask for settled(): it comes when the server has taken every
	 * acknowledgement made so far (and, where its protocol can say so,
	 * has removed those messages durably).
	 */
	enum status (*settle)(struct driver_line *line);

	/*
	 * Let go of the line.  What was asked for before is still sent as far
	 * as the socket takes it without waiting.  Nothing is called back any
	 * more.  NULL is fine.
	 */
	void (*disconnect)(struct driver_line *line);

	/*
	 * Bytes that this line has handed to the socket and taken from it since
	 * it was made, TLS included if the driver can tell, else without.
	 */
	void (*traffic)(const struct driver_line *line, uint64_t *sent_bytes,
	    uint64_t *received_bytes);
};

/* The drivers this program was built with; count is their number. */
const struct driver *const *driver_all(size_t *count);

/* NULL: there is none of that name. */
const struct driver *driver_find(const char *name);

extern const struct driver driver_tacit;
extern const struct driver driver_redis;     /* where hiredis is installed */
extern const struct driver driver_mosquitto; /* where it was asked for */

#endif
