/*
 * leaving.h - devices that their account has replaced, and what they had sent
 * before (protocol.md 4.9).
 *
 * Whoever learns of a new list may have messages of the old device in the
 * mailbox still, and nobody else has those.  They are read until the mailbox
 * has been emptied once since; then the device is forgotten.  Nothing is ever
 * encrypted to it: that goes by the list alone.
 */
#ifndef TACIT_CLIENT_CORE_LEAVING_H
#define TACIT_CLIENT_CORE_LEAVING_H

#include "client/core/core.h"
#include "proto/devices.h"
#include "store/client/contacts.h"

/*
 * The next list of its account, under the same account key, does not name it.
 */
enum status leaving_begin(
    struct step *s, const struct contact *c, const struct device_entry *device);

/*
 * May what this device sent still be read?  `c`: its account as it is pinned;
 * the device as a list by that account key named it.  NOT_FOUND: no, or it
 * never was there.
 */
enum status leaving_find(struct step *s, const struct contact *c,
    uint32_t device, struct device_entry *entry);

/* On the list, or one that has left it, which *former then keeps.  NOT_FOUND.
 */
enum status leaving_device(struct step *s, const struct contact *c, uint32_t id,
    struct device_entry *former, const struct device_entry **device);

/* Nothing is left of that time in the mailbox: the first so many are forgotten.
 */
enum status leaving_end(struct step *s, uint64_t count);

#endif
