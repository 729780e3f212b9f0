/*
 * check.h - is what stands in the tables what this relay would have written?
 *
 * Nothing is changed.  It takes one read transaction, so beside a serving relay
 * it sees one moment; it takes its time over a large store.
 */
#ifndef TACIT_STORE_RELAY_CHECK_H
#define TACIT_STORE_RELAY_CHECK_H

#include "store/relay/schema.h"

enum { CHECK_TABLES = 8, CHECK_WHY_BYTES = 160 };

struct check_finding {
	const char *table;
	uint64_t rows;
	uint64_t wrong;
	char why[CHECK_WHY_BYTES]; /* of the first that is wrong */
};

/*
 * Every row of every table but meta: does it decode, do its key and what it
 * says fit together and fit the limits, does what it names exist?  One finding
 * a table.
 *
 * OK also when rows are wrong.  NOMEM, IO.
 */
enum status check_tables(
    struct db *db, struct check_finding findings[CHECK_TABLES]);

/*
 * Every segment of the journal of a store that nobody has open: is its
 * checksum right, does what is in it make sense, is none missing between two
 * others?  Rows are items.  NOMEM, IO.
 */
enum status check_journal(const char *dir, const struct relay_meta *meta,
    struct check_finding *finding);

#endif
