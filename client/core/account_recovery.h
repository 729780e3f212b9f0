/*
 * account_recovery.h - another recovery key for an account that is there, or
 * none any more (protocol.md 3.6).
 *
 * What a recovery key opens stands on the signed device list, so this is the
 * next version of the list, with the same devices.  It is kept as it was signed
 * until it is known to be in force; until then the key of the list before and
 * that of the next one both open the profile on disk, and one of them the
 * account.
 */
#ifndef TACIT_CLIENT_CORE_ACCOUNT_RECOVERY_H
#define TACIT_CLIENT_CORE_ACCOUNT_RECOVERY_H

#include "client/core/core.h"
#include "client/core/recovery.h"
#include "client/core/tacit.h"
#include "client/core/uplink/uplink.h"

/*
 * Whether a list with another recovery key, or with none, was signed and is not
 * known to be in force.
 *
 *   next  out, may be NULL: whether that list has one
 */
enum status account_recovery_is_due(struct core *core, bool *due, bool *next);

/*
 * Sign the next list and keep it; nothing is sent.
 *
 *   key  NULL: the next list has none
 *
 * EXISTS: a list or a device waits already; that comes first.
 */
enum status account_recovery_prepare(
    struct core *core, const struct recovery_key *key);

/*
 * Put in force what was prepared, at the relay and then here; nothing to do is
 * DONE.  Where the relay names a newer list that has this device, what was
 * prepared follows that one.
 *
 *   u  after its hello, not authenticated
 *
 * DAMAGED: another device has our place.  UNREACHABLE: it may have happened;
 * call again.  REFUSED: it stays prepared.
 *
 * Spec: docs/protocol.md 4.9.
 */
enum tacit_code account_recovery_finish(struct core *core, struct uplink *u,
    int64_t deadline_ms, struct tacit_error *e);

/* The same over a connection of its own, if there is something to do. */
enum tacit_code account_recovery_catch_up(
    struct core *core, int64_t deadline_ms, struct tacit_error *e);

/*
 * Before another device takes its place on `list`: unless that has the recovery
 * key of core->self's, what it opens here is closed.
 */
enum status account_recovery_close(
    struct core *core, const struct device_list *list);

#endif
