/*
 * run.h - what every job of tacit-clients is given: options, a relay that
 * answers, and a place for profiles.
 *
 * tacit-clients measures real clients, in groups and in pairs: libtacit on
 * profiles of its own, a tacit-relay process, TLS on loopback, every commit
 * with its sync.  A job runs in a process of its own, so that its CPU is its
 * own and the main process never holds a profile open.  docs/benchmarks.md says
 * what each job means.
 */
#ifndef TACIT_TESTS_BENCH_CLIENTS_RUN_H
#define TACIT_TESTS_BENCH_CLIENTS_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "tests/bench/clients/table.h"
#include "tests/bench/probe.h"
#include "tests/bench/result.h"

struct clients_options {
	char relay[CONFIG_TEXT_BYTES]; /* the program to start */
	char tacit[CONFIG_TEXT_BYTES]; /* the program of the job oneshot */
	char data[CONFIG_TEXT_BYTES];  /* empty: a directory that goes */
	uint64_t members;              /* 0: the job's own number, as next */
	uint64_t messages;
	uint64_t senders;
	uint64_t rounds;
	uint64_t kills; /* of 100 turns */
	uint64_t seconds;
	uint64_t sample;
	uint64_t workers; /* processes at once */
	uint64_t seed;
	uint64_t json; /* 0 or 1 */
};

struct run {
	const struct clients_options *options;
	struct probe probe; /* of the relay */
	const char *link;
	const char *dir;     /* of this run */
	struct table *table; /* shared with the other processes */
};

/* false: it failed, and stderr says why. */
typedef bool run_job(struct run *r);

run_job job_create;  /* job_create.c */
run_job job_send;    /* job_send.c */
run_job job_first;   /* job_first.c */
run_job job_remove;  /* job_remove.c */
run_job job_fetch;   /* job_fetch.c */
run_job job_receive; /* job_receive.c */
run_job job_crowd;   /* crowd.c */
run_job job_direct;  /* job_direct.c */
run_job job_pair;    /* job_direct.c */
run_job job_oneshot; /* job_oneshot.c */
run_job job_hammer;  /* job_hammer.c */

/* A line on stderr; always false, so that a job may return it. */
[[gnu::format(printf, 1, 2)]] bool run_failed(const char *format, ...);

/* User and system time of this process, by getrusage(2). */
double run_cpu_ms(void);

/* Members or messages as asked for, or `usual`. */
uint64_t run_number(uint64_t asked, uint64_t usual);

#endif
