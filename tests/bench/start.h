/*
 * start.h - a relay of our own for the jobs, in a directory that goes with it
 * unless one was named.
 */
#ifndef TACIT_TESTS_BENCH_START_H
#define TACIT_TESTS_BENCH_START_H

#include <stdbool.h>

#include "tests/bench/options.h"
#include "tests/support/relay_process.h"

struct start {
	struct relay_process relay;
	bool temporary; /* data is ours to remove */
	char data[CONFIG_TEXT_BYTES];
};

/*
 * Start --relay with limits that a load from one address does not reach, and
 * set --target, --pid, --metrics and --data for it.  Nothing is started when
 * --relay was not given.  false: the reason is on stderr.
 */
bool start_relay(struct start *s, struct options *o);

/* A directory and all that is in it. */
void start_remove_tree(const char *dir);

/* false: it did not end as it should. */
bool stop_relay(struct start *s);

#endif
