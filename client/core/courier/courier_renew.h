/*
 * courier_renew.h - an old copy of a profile, taken into use again (protocol.md
 * 11).
 */
#ifndef TACIT_CLIENT_CORE_COURIER_RENEW_H
#define TACIT_CLIENT_CORE_COURIER_RENEW_H

#include "client/core/courier/courier.h"

/*
 * Whether the user's word for it has been given: the profile was restored from
 * a backup, or a renewal was begun and has not come to an end.
 */
enum status courier_renew_is_due(struct core *core, bool *due);

/*
 * 1. What waits in the mailbox of the old device is fetched and filed; nothing
 *    is submitted.
 * 2. Another device takes its place (account_device.h), and in that transaction
 *    rows of the outbox that may have left before end as `failed`; those who
 *    were talked to are asked how far they have come.
 *
 * Nothing is ever used twice, whether the relay was right in saying that there
 * is a newer copy or not.  What a lie costs is a device, at most one in
 * RENEW_PAUSE_MS, unless the profile was restored meanwhile.
 *
 * It may be ended at any moment, and goes on with the next call.
 *
 * DAMAGED: there is nothing to renew.  REFUSED: too soon after the last time
 * (retry_after_ms), or by the relay.  UNREACHABLE.
 */
enum { RENEW_PAUSE_MS = 60 * 60 * 1000 };
enum tacit_code courier_renew(
    struct core *core, int64_t deadline_ms, struct tacit_error *e);

#endif
