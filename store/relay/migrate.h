/*
 * migrate.h - stores of earlier releases.
 *
 * Version 1 kept its segments in a table of the database.  What of them is
 * still wanted is written to a journal, and then one transaction empties the
 * table and writes the new version; whatever ends it before that, the next
 * start begins anew with an empty journal.
 */
#ifndef TACIT_STORE_RELAY_MIGRATE_H
#define TACIT_STORE_RELAY_MIGRATE_H

#include "store/relay/schema.h"

/*
 * Bring the store in dir to SCHEMA_VERSION, if it is not there yet.  It must be
 * the only one that has it open to write.
 *
 * NO_SPACE, NOMEM, IO (also when a segment is corrupt: nothing was changed).
 */
enum status migrate_store(struct db *db, const char *dir, size_t log_file_bytes,
    struct relay_meta *meta);

#endif
