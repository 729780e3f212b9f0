/*
 * group_chores.h - what a profile owes its groups and does by itself, in
 * whatever command reaches the relay: leaving where the user left while the
 * relay was away, and taking in who asks by a link.
 */
#ifndef TACIT_CLIENT_CORE_GROUP_CHORES_H
#define TACIT_CLIENT_CORE_GROUP_CHORES_H

#include "client/core/courier/courier.h"

/*
 * Mailbox and logs have just been read.  What cannot be done now stays for the
 * next time; what cannot be done at all is told in a notice.  An error only
 * where line or store fail.
 */
enum tacit_code group_chores(
    struct courier *c, int64_t deadline_ms, struct tacit_error *e);

/* group_replaced.c: the part of it that follows members to new devices. */
enum tacit_code group_follow_devices(
    struct courier *c, int64_t deadline_ms, struct tacit_error *e);

/* group_admit.c: the part of it that answers requests by links. */
enum tacit_code group_admit(
    struct courier *c, int64_t deadline_ms, struct tacit_error *e);

/* Did the line or the store fail, so that nothing else is worth trying? */
bool group_chores_end(enum tacit_code code);

#endif
