/*
 * account_recover.h - an account goes on with nothing but its recovery key
 * (protocol.md 3.6, 4.9).
 */
#ifndef TACIT_CLIENT_CORE_ACCOUNT_RECOVER_H
#define TACIT_CLIENT_CORE_ACCOUNT_RECOVER_H

#include "client/core/core.h"
#include "client/core/recovery.h"
#include "client/core/tacit.h"

/*
 * Read the account's list at the relay, take the account's key out of it, make
 * the next device, keep all of it (SELF_RECOVERING), replace, publish prekeys;
 * then core->self is SELF_REGISTERED, durably.  In SELF_RECOVERING it goes on
 * where it stood, with the same list.
 *
 *   core   its vault is open; core->self is RECOVERING, or nothing yet
 *
 * NOT_FOUND: no such account, or not its recovery key.
 */
enum tacit_code account_recover(struct core *core,
    const struct account_name *name, const struct link *relay,
    const struct recovery_key *key, int64_t deadline_ms, struct tacit_error *e);

#endif
