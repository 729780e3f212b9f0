/* api_keys.h - how tacit_open() comes by the master key; for api_*.c alone. */
#ifndef TACIT_CLIENT_CORE_API_KEYS_H
#define TACIT_CLIENT_CORE_API_KEYS_H

#include "client/core/handle.h"
#include "store/client/keyslots.h"

/*
 * By the passphrase; without one by the desktop's keyring if the profile is
 * there, or by nothing.  As keyslots_open(); a keyring that does not answer is
 * LOCKED.
 */
enum status keys_unlock(
    const struct tacit *t, struct bytes passphrase, struct master_key **key);

#endif
