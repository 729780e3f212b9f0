/*
 * prekeys.h - what strangers need to start a session with a device that is
 * away: one signed prekey always, one-time prekeys handed out once each
 * (X3DH, section 2.2; protocol.md 4.5).
 */
#ifndef TACIT_STORE_RELAY_PREKEYS_H
#define TACIT_STORE_RELAY_PREKEYS_H

#include "proto/arena.h"
#include "proto/message.h"
#include "store/db.h"

/*
 * Store what is new.  One-time prekeys at or below the highest id ever stored
 * are skipped: a repeated upload never brings back one that was handed out.
 * So is a signed prekey that is not newer than the one there is.
 *
 * FULL: there would be more than LIMIT_PREKEYS_STORED; the caller aborts.
 */
enum status prekeys_publish(struct db_txn *txn, uint32_t slot,
    struct arena *scratch, struct prekeys list);

enum status prekeys_state(struct db_txn *txn, uint32_t slot,
    struct arena *scratch, struct prekey_state *state);

/*
 * The signed prekey and, if there is any, the oldest one-time prekey, which is
 * deleted.  Results are copies in the arena.  `*changed` tells whether it was
 * a write.  NOT_FOUND: nothing was ever published.
 */
enum status prekeys_take(struct db_txn *txn, uint32_t slot, struct arena *a,
    struct prekeys *list, bool *changed);

/* All of a device that goes, and its head. */
enum status prekeys_drop(struct db_txn *txn, uint32_t slot);

/* The signed one alone; nothing changes.  NOT_FOUND: none is published. */
enum status prekeys_take_signed(
    struct db_txn *txn, uint32_t slot, struct arena *a, struct prekeys *list);

#endif
