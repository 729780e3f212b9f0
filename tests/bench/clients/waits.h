/*
 * waits.h - how long this process waits for its turn to write, and how long it
 * keeps it.
 *
 * The linker puts waits.c around db_txn_begin(), db_txn_commit() and
 * db_txn_abort() (-Wl,--wrap).
 */
#ifndef TACIT_TESTS_BENCH_CLIENTS_WAITS_H
#define TACIT_TESTS_BENCH_CLIENTS_WAITS_H

#include <stdint.h>

struct waits {
	uint64_t turns;
	int64_t waited_us; /* all of them together */
	int64_t kept_us;
	int64_t longest_wait_us;
	int64_t longest_kept_us;
};

void waits_reset(void);
const struct waits *waits_read(void);

#endif
