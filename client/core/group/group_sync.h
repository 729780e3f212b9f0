/* group_sync.h - the logs of all groups, read from the relay's chains. */
#ifndef TACIT_CLIENT_CORE_GROUP_SYNC_H
#define TACIT_CLIENT_CORE_GROUP_SYNC_H

#include "client/core/courier/courier.h"

/*
 * Read the tails of all logs and take them in; part of every drain.  The relay
 * tells this connection of later appends (REPLY_CHAIN_CHANGED).
 */
enum tacit_code group_sync(
    struct courier *c, int64_t deadline_ms, struct tacit_error *e);

#endif
