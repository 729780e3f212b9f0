/*
 * idle_child.h - the part of the idle job that holds the connections: a process
 * for each some thousands, told what to do by single bytes on a socket and
 * answering each with a report.
 */
#ifndef TACIT_TESTS_BENCH_IDLE_CHILD_H
#define TACIT_TESTS_BENCH_IDLE_CHILD_H

#include "tests/bench/options.h"

enum idle_order {
	IDLE_PREPARE = 'p', /* make the devices known to the server */
	IDLE_CONNECT = 'c', /* and report when all are connected */
	IDLE_SERVE = 's',   /* some send to others, over the whole range */
	IDLE_COUNT = 'n',   /* how many are still connected? */
	IDLE_QUIT = 'q',    /* disconnect; the process ends with its report */
};

struct idle_report {
	uint32_t ok;
	uint32_t count;   /* devices connected, or messages exchanged */
	double median_ms; /* of messages */
	double most_ms;
};

struct idle_range {
	uint32_t first; /* device */
	uint32_t count;
	uint32_t sources; /* addresses to come from */
};

/* Serves orders from `fd` until IDLE_QUIT or its end; the exit code. */
int idle_child(const struct options *o, const struct idle_range *range, int fd);

#endif
