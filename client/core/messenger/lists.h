/*
 * lists.h - device lists that contradict each other (protocol.md 4.9): whoever
 * is shown an older list of an account than it knows shows the newer one to the
 * devices of the older, and they make a list above both.
 */
#ifndef TACIT_CLIENT_CORE_LISTS_H
#define TACIT_CLIENT_CORE_LISTS_H

#include "client/core/core.h"
#include "store/client/contacts.h"

/*
 * The relay has `refused` for this contact, which is signed by the account key
 * that is pinned and is no successor of the list that is pinned: queue that one
 * for its devices, once an hour for each that is refused.  It is public to
 * contacts and the relay, so it goes as it is; nothing is encrypted to such a
 * device.  Anything else that was refused is nothing to speak of: OK.
 */
enum status lists_show(struct step *s, const struct account_name *name,
    struct signed_list refused);

/* Whether an item is such a list; what it says is taken in, or ignored. */
enum status lists_take_item(struct step *s, const struct item *item);

/*
 * Whether we were shown a list by our account key that our own does not follow
 * and that is no later than ours.  The next list has to be above both.
 *
 *   newer  out: also when that list is later: another device took our place,
 *          and the relay says otherwise
 */
enum status lists_are_two(struct core *core, bool *due, bool *newer);

#endif
