/*
 * workers.h - the same work for many numbers, in a few processes at once.
 *
 * A worker is forked from a process that holds no profile open, opens what it
 * needs itself, and dies with its parent.
 */
#ifndef TACIT_TESTS_BENCH_CLIENTS_WORKERS_H
#define TACIT_TESTS_BENCH_CLIENTS_WORKERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* false: it failed, and stderr says why. */
typedef bool worker_fn(void *arg, uint64_t number);

/*
 * Call work(arg, n) for every n below `count`, in `processes` of them; what it
 * writes into memory is lost unless the memory is shared.  false: one failed.
 */
bool workers_run(
    uint64_t processes, uint64_t count, worker_fn *work, void *arg);

/* One process for work(arg, number); its exit code is 0 for true.  -1: none. */
pid_t worker_start(worker_fn *work, void *arg, uint64_t number);

#endif
