/* api_log_entry.h - one entry of a membership log as tacit.h gives it. */
#ifndef TACIT_CLIENT_CORE_API_LOG_ENTRY_H
#define TACIT_CLIENT_CORE_API_LOG_ENTRY_H

#include "client/core/group/roster.h"
#include "client/core/tacit.h"

/* One of which nothing is known but its place; all strings are there. */
struct tacit_log_entry log_entry_empty(uint64_t index);

/*
 * Say what it did; `sealed_by` is NULL when it was not sealed.  `out` borrows
 * from the effect and the arena.  NOMEM.
 */
enum status log_entry_fill(struct arena *a, const struct roster_effect *effect,
    const struct group_key_id *sealed_by, struct tacit_log_entry *out);

#endif
