/* wire_devices.h - wire_client.h for accounts whose devices change. */
#ifndef TACIT_TESTS_SUPPORT_WIRE_DEVICES_H
#define TACIT_TESTS_SUPPORT_WIRE_DEVICES_H

#include "tests/support/wire_client.h"

/*
 * The same account with the next device alone, on the list that follows;
 * `recovery` goes onto it, or NULL: none.
 */
enum status wire_person_next(const struct wire_person *old,
    const struct sign_public *recovery, struct wire_person *next);

/* After wire_hello(), as in protocol.md 4.9; the reply may be an error. */
enum status wire_replace(
    struct wire *w, const struct wire_person *p, struct reply *r);
enum status wire_recover(struct wire *w, const struct account_name *name,
    const struct sign_secret *recovery, struct reply *r);

#endif
