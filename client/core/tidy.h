/*
 * tidy.h - what is put right in passing, when a command has done its work: keys
 * that open what was erased are destroyed, and blocks to search in are made.
 */
#ifndef TACIT_CLIENT_CORE_TIDY_H
#define TACIT_CLIENT_CORE_TIDY_H

#include "client/core/core.h"

/*
 * Destroy the keys under which erased texts lay (docs/storage.md 4.1), then
 * make the blocks of buckets that have become full (search.h), one in a
 * transaction, for about a second at most: what is left is done by the next
 * command.  When there is nothing to do this is two looks.
 *
 * A disk without room for that is no reason to stop: OK, and it is tried again
 * the next time.  NOMEM, IO.
 */
enum status tidy_run(struct core *core);

/* All blocks that are missing, however long that takes. */
enum status tidy_blocks(struct core *core);

#endif
