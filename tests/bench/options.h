/* options.h - what may be said to tacit-bench; --help prints the table. */
#ifndef TACIT_TESTS_BENCH_OPTIONS_H
#define TACIT_TESTS_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/status.h"

struct options {
	char driver[CONFIG_TEXT_BYTES];
	char target[CONFIG_TEXT_BYTES];
	char metrics[CONFIG_TEXT_BYTES];
	char relay[CONFIG_TEXT_BYTES]; /* the program to start */
	char data[CONFIG_TEXT_BYTES];
	char listen[CONFIG_TEXT_BYTES];  /* where that program listens */
	struct config_list relay_option; /* NAME=VALUE for that program */
	uint64_t pid;
	uint64_t senders;
	uint64_t window; /* submits under way for each sender */
	uint64_t recipients;
	uint64_t messages; /* 0: the job's own number */
	uint64_t size_bytes;
	uint64_t parallel; /* connections that are being made at once */
	uint64_t pairs;
	uint64_t rate; /* a second */
	uint64_t seconds;
	uint64_t members;
	uint64_t devices;
	uint64_t processes;
	uint64_t hold_s;
	uint64_t limit_ms;
	uint64_t seed;
	uint64_t json;     /* 0 or 1, as all below */
	uint64_t prepared; /* the devices exist */
	uint64_t receive;  /* idle: devices ask for their mailbox */
	uint64_t serve;    /* idle: some exchange messages */
};

/*
 * Read the options before the first word that is none; *used is how many
 * arguments that were.  A choice of no and yes may stand without its value.
 * BAD_INPUT: told on stderr.  CLOSED: help was asked for, and printed.
 */
enum status options_read(
    struct options *o, int argc, char *const *argv, int *used);

#endif
