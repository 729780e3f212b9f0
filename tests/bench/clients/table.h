/*
 * table.h - what was asked for beside what came out, printed when all jobs are
 * done.  It lies in memory that the processes of the jobs share.
 */
#ifndef TACIT_TESTS_BENCH_CLIENTS_TABLE_H
#define TACIT_TESTS_BENCH_CLIENTS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum { TABLE_ROWS = 32, TABLE_TEXT_BYTES = 72 };

struct table {
	size_t count;
	struct table_row {
		char what[TABLE_TEXT_BYTES];
		char wanted[TABLE_TEXT_BYTES];
		char measured[TABLE_TEXT_BYTES];
		bool reached;
	} rows[TABLE_ROWS];
};

/* NULL: out of memory.  It lasts as long as the process. */
struct table *table_new(void);

/*
 * At most, or at least, `limit` of `unit`; `digits` after the point.  A table
 * that is full forgets the row.
 */
void table_at_most(struct table *t, const char *what, double limit,
    double value, int digits, const char *unit);
void table_at_least(struct table *t, const char *what, double limit,
    double value, int digits, const char *unit);

/* Exactly `wanted`. */
void table_exactly(
    struct table *t, const char *what, double wanted, double value);

/*
 * To standard output.  full: at the size the limits are meant for; else whether
 * a limit was reached says nothing, and is not said.
 */
void table_print(const struct table *t, bool full);

#endif
