/*
 * rollback.h - whether this profile is an old copy of itself (protocol.md 4.4,
 * 11).
 */
#ifndef TACIT_CLIENT_CORE_ROLLBACK_H
#define TACIT_CLIENT_CORE_ROLLBACK_H

#include <stdbool.h>

#include "proto/message.h"
#include "store/client/self.h"

/*
 * It was seen before, or the profile was restored: what was done with its keys
 * since the backup was made is not known here, whatever the relay says.
 */
bool rollback_is_known(const struct counters *ours);

/*
 * The relay has seen more of this device than this profile has done.  Ours are
 * read after the relay spoke, and every number is committed here before the
 * relay hears of it, so that no other process makes us look old.  A relay that
 * is behind was restored: harmless.
 *
 *   hello  of the connection: of which epoch the numbers are
 */
bool rollback_is_seen(const struct counters *ours,
    const struct mailbox_state *theirs, const struct reply *hello);

#endif
