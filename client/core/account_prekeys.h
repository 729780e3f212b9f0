/* account_prekeys.h - between account_prekeys.c and account_prekeys_check.c. */
#ifndef TACIT_CLIENT_CORE_ACCOUNT_PREKEYS_H
#define TACIT_CLIENT_CORE_ACCOUNT_PREKEYS_H

#include "client/core/account.h"

enum { PREKEYS_DAY_MS = 24 * 60 * 60 * 1000 };

/*
 * How long a first message may be under way to a prekey that nobody is given
 * any more: 14 days in an outbox and 30 at the relay, and some.
 */
#define PREKEYS_GRACE_MS (INT64_C(50) * PREKEYS_DAY_MS)

/* Is what ended at `since_ms` over by that grace, and was all fetched since? */
bool prekeys_are_past(
    const struct step *s, const struct counters *counters, int64_t since_ms);

/*
 * Does the relay hold what it should?  Nothing is read here as long as it says
 * what it said before.  What has been gone from it for long is forgotten.
 *
 *   state  what it said; asked for anew when it does not fit, since others take
 *          bundles, and messages that used them up come in, all the time
 */
enum tacit_code prekeys_check(struct core *core, struct uplink *u,
    struct prekey_state *state, int64_t deadline_ms, bool *differ,
    struct tacit_error *e);

/*
 * All was published again, and the relay has what it now says: so be it, until
 * it says something else.  It takes no prekey twice, so what it lost is lost.
 */
enum tacit_code prekeys_settle(
    struct core *core, const struct prekey_state *state, struct tacit_error *e);

#endif
