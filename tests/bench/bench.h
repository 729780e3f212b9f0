/*
 * bench.h - what every job of the load program is given: options, a driver and
 * its run, a loop, and the probe of the server.
 *
 * A job is one function that runs the loop until it is done.  It says false
 * when something did not work; the reason is on stderr by then.
 */
#ifndef TACIT_TESTS_BENCH_BENCH_H
#define TACIT_TESTS_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "tests/bench/driver.h"
#include "tests/bench/options.h"
#include "tests/bench/probe.h"
#include "tests/bench/result.h"

/*
 * Devices by number: each kind has its own, so that what one job left in a
 * mailbox does not come into another.
 */
enum {
	FIRST_SENDER = 0,
	FIRST_RECIPIENT = 100000,
	FIRST_PAIR = 200000,
	FIRST_MEMBER = 300000,
	FIRST_DEEP = 400000,
	FIRST_IDLE = 1000000,
};

struct bench {
	const struct options *options;
	const struct driver *driver;
	struct driver_run *run;
	uv_loop_t loop;
	struct probe probe;
	bool over; /* the loop has nothing more to do for now */
	bool failed;
};

typedef bool job_function(struct bench *b);

job_function job_submit;   /* job_mail.c */
job_function job_drain;    /* job_mail.c */
job_function job_online;   /* job_online.c */
job_function job_deep;     /* job_deep.c */
job_function job_fanout;   /* job_fanout.c */
job_function job_idle;     /* job_idle.c */
job_function job_register; /* main.c */
job_function job_limits;   /* job_limits.c; needs no server */

/* false: the target cannot be used. */
bool bench_open(struct bench *b, const struct options *o);
void bench_close(struct bench *b);

/* Run the loop until bench_over() or bench_fail(); false after the latter. */
bool bench_run(struct bench *b);
void bench_over(struct bench *b);

/* One line on stderr, and the end of bench_run(). */
[[gnu::format(printf, 2, 3)]] void bench_fail(
    struct bench *b, const char *format, ...);

/* Make devices known to the server, unless --prepared. */
bool bench_prepare(
    struct bench *b, uint32_t first, uint64_t count, unsigned roles);

#endif
