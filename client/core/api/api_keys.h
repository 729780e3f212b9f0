/* api_keys.h - how tacit_open() comes by the master key; for api_*.c alone. */
#ifndef TACIT_CLIENT_CORE_API_KEYS_H
#define TACIT_CLIENT_CORE_API_KEYS_H

#include "client/core/handle.h"
#include "client/core/recovery.h"
#include "store/client/keyslots.h"

/*
 * By the recovery key or the passphrase; without either by the desktop's
 * keyring if the profile is there, or by nothing.  As keyslots_open(); LOCKED:
 * also when the recovery key is mistyped or another account's, or a keyring
 * does not answer.
 */
enum status keys_unlock(const struct tacit *t,
    const struct tacit_options *options, struct master_key **key);

/* Let the recovery key open the profile that is open now. */
enum status keys_add_recovery(
    struct core *core, const struct recovery_key *recovery);

#endif
