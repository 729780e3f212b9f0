/*
 * account_device.h - a new device in place of the one that a profile was
 * (protocol.md 4.9): for an account that was recovered, and for an old copy of
 * a profile, whose device has gone further elsewhere.
 *
 * The account keeps its key, so safety numbers and memberships stay; every
 * chain of the device (sessions, pairs, sender keys, numbers of messages)
 * begins anew, so that nothing is used twice.
 */
#ifndef TACIT_CLIENT_CORE_ACCOUNT_DEVICE_H
#define TACIT_CLIENT_CORE_ACCOUNT_DEVICE_H

#include "client/core/core.h"
#include "client/core/tacit.h"
#include "client/core/uplink/uplink.h"

/*
 * Whatever else is to be left behind with the old device: called first in the
 * transaction of the switch, with the old device still in core->self.  What is
 * not OK undoes the switch; the next attempt calls it again.
 */
typedef enum status account_leave_fn(struct step *s, void *arg);

/*
 * Put a new device in the place of core->self's, at the relay and here.
 *
 * 1. A new device is made: the highest number on the list and one, new keys,
 *    and the list that names it alone, signed.  All of it is committed beside
 *    core->self before anything is sent.
 * 2. The relay replaces.  If it says that its list is another one, signed by
 *    our account key and no older than ours (the device was replaced already,
 *    from another copy), the new device follows that list instead.
 * 3. In one transaction: `leave`; sessions, pairs, prekeys, base keys, own
 *    sender keys and the submit stream go, acknowledgements count from zero,
 *    prekeys are made, and core->self is the new device.  Contacts, groups,
 *    history, outbox rows, keys of others, and what was seen stay.
 * 4. Prekeys are published.
 *
 * After a crash at any line the same call goes on with the same bytes; after 3
 * there is nothing left of it but to publish, which every connection does.
 * Another process that uses the profile notices at its next transaction.
 *
 *   u      after its hello, not authenticated; on TACIT_DONE it is
 *          authenticated as the new device
 *   leave  or NULL
 *
 * REFUSED: the relay knows no such account under this key, or suspended it.
 * UNREACHABLE: it may have happened; call again.
 *
 * Spec: docs/protocol.md 4.9.
 */
enum tacit_code account_replace_device(struct core *core, struct uplink *u,
    account_leave_fn *leave, void *arg, int64_t deadline_ms,
    struct tacit_error *e);

/* Whether one was begun and has not come to an end. */
enum status account_is_being_replaced(struct core *core, bool *is);

/*
 * The next device of the account whose list in force is `current`, with the
 * account key of *self, into *self: number, keys and a signed list that names
 * it alone.  A recovery key stays on the list.  CRYPTO: not signed by that key.
 */
enum status account_make_next(
    struct step *s, struct signed_list current, struct self *self);

/*
 * Whether a list was refused for one of the same account key that is no older,
 * so that it is not sent again: another follows that one.  A relay that names
 * an older list contradicts itself, or was set back.
 */
bool account_list_is_newer(const struct self *ours, const struct reply *reply);

/* Why the relay (REPLY_ERROR) did not take it, for the user. */
enum tacit_code account_replacement_refused(
    struct tacit_error *e, const struct reply *reply);

/*
 * What the relay says to a device that it does not know: `e` tells the user
 * whether the account goes on with another device (DAMAGED), or is gone
 * (REFUSED).  DONE: the relay had forgotten the device, as one restored from a
 * backup does, and knows it again.  `u` is as after a refused proof.
 */
enum tacit_code account_ask_why_denied(struct core *core, struct uplink *u,
    struct mailbox_state *mailbox, int64_t deadline_ms, struct tacit_error *e);

#endif
