/*
 * group_chores.h - what a profile owes its groups and does by itself, in
 * whatever command reaches the relay: leaving where the user left while the
 * relay was away.
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

#endif
