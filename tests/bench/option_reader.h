/* option_reader.h - command lines of the measuring programs, by a table. */
#ifndef TACIT_TESTS_BENCH_OPTION_READER_H
#define TACIT_TESTS_BENCH_OPTION_READER_H

#include "base/config.h"
#include "base/status.h"

struct option_reader {
	const char *program; /* says the errors */
	const char *usage;   /* what --help prints above the table */
	struct config_table table;
};

/*
 * Set `values` to the defaults of the table, then read the options before the
 * first word that is none; *used is how many arguments that were.  A choice of
 * no and yes may stand without its value.  BAD_INPUT: told on stderr.  CLOSED:
 * help was asked for, and printed.
 */
enum status option_reader_read(const struct option_reader *r, void *values,
    int argc, char *const *argv, int *used);

#endif
