/* relay_process.h - a real tacit-relay, started and stopped by a test. */
#ifndef TACIT_TESTS_SUPPORT_RELAY_PROCESS_H
#define TACIT_TESTS_SUPPORT_RELAY_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "proto/limits.h"

struct relay_process {
	pid_t pid; /* 0: not running */
	int out;   /* its standard output */
	char link[LIMIT_LINK_BYTES + 1];
};

/*
 * Run `program serve --data dir ...` with further arguments up to NULL, and
 * wait until it is ready.  false: it was not, within 20 s.
 */
bool relay_process_start(struct relay_process *p, const char *program,
    const char *dir, const char *const *more);

/* SIGTERM and wait; the exit code, or -1 when it did not exit by itself. */
int relay_process_stop(struct relay_process *p);

/* kill -9 and wait. */
void relay_process_kill(struct relay_process *p);

/* Run a program to its end; its standard output, cut to size; the exit code. */
int run_program(const char *const *argv, char *out, size_t size);

#endif
