/*
 * probe.h - what a server process has used so far, seen from outside: by its
 * number from /proc and its clock, and, where it offers that, by its own
 * metrics.
 */
#ifndef TACIT_TESTS_BENCH_PROBE_H
#define TACIT_TESTS_BENCH_PROBE_H

#include <stdint.h>
#include <sys/types.h>

#include "tests/bench/result.h"

struct probe {
	pid_t pid;           /* 0: nothing is known of the process */
	const char *metrics; /* ADDR:PORT of its /metrics, or NULL */
	const char *data;    /* its directory, or NULL */
};

/* NAN: unknown. */
struct probe_sample {
	double cpu_s;         /* user and system, all threads, together */
	double load_cpu_s;    /* the same of the load program itself */
	double written_bytes; /* handed to the disk (/proc/PID/io) */
	double rss_bytes;     /* VmRSS */
	double commits;       /* as it counts them itself */
	double log_bytes;     /* of files that hold messages, likewise */
	double disk_bytes;    /* blocks under its directory */
};

/* Files that it may have open; NAN. */
double probe_descriptors(const struct probe *p);

void probe_take(const struct probe *p, struct probe_sample *s);

/* Seconds of a clock that never goes back. */
double probe_now_s(void);
int64_t probe_now_ns(void);

/*
 * The rows that every measured stretch has: CPU seconds per million of server
 * and load, commits, messages per commit and bytes written per message.
 */
void probe_report(struct result *r, const struct probe_sample *before,
    const struct probe_sample *after, double messages);

#endif
