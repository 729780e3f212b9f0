/*
 * desktop.h - the keyring of the desktop session (Secret Service), which keeps
 * a random key for a profile, so that logging in opens it.
 *
 * libsecret is loaded when it is asked for and never else, in a process of its
 * own that ends with the answer: it starts threads, keeps copies of what it
 * carries in ordinary memory, and may wait for a person to unlock the keyring.
 */
#ifndef TACIT_CLIENT_CORE_DESKTOP_H
#define TACIT_CLIENT_CORE_DESKTOP_H

#include <stdint.h>

#include "store/client/keyslots.h"

/*
 * Under the name `id`.  `label` is what the desktop's own tools show.  They
 * take until deadline_ms (clock_mono_ms()) at most.
 *
 * UNREACHABLE: there is no keyring here: no session bus, no libsecret, built
 * without it, or it refused.  AGAIN: it did not answer in time.  NOT_FOUND
 * (lookup): it has nothing of that name.  NOMEM, IO.
 */
enum status desktop_store(const uint8_t id[SLOT_ID_BYTES], const char *label,
    const uint8_t secret[SLOT_SECRET_BYTES], int64_t deadline_ms);
enum status desktop_lookup(const uint8_t id[SLOT_ID_BYTES], int64_t deadline_ms,
    uint8_t secret[SLOT_SECRET_BYTES]);
enum status desktop_forget(
    const uint8_t id[SLOT_ID_BYTES], int64_t deadline_ms);

#endif
