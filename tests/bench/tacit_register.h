/*
 * tacit_register.h - accounts for a range of devices, many connections at once,
 * since a connection registers one.
 */
#ifndef TACIT_TESTS_BENCH_TACIT_REGISTER_H
#define TACIT_TESTS_BENCH_TACIT_REGISTER_H

#include "tests/bench/driver.h"
#include "tests/bench/tacit_line.h"

struct tacit_register {
	struct tacit_lines *lines;
	uint64_t seed;
	const char *join_code; /* kept; empty: none */
	struct driver_range range;
};

/* range.done is called once, from the loop.  NOMEM: nothing was begun. */
enum status tacit_register_begin(const struct tacit_register *what);

#endif
