/*
 * admin_local.h - the handlers of administration over a store that is opened
 * here, for commands while no relay serves.
 */
#ifndef TACIT_RELAY_ADMIN_LOCAL_H
#define TACIT_RELAY_ADMIN_LOCAL_H

#include "relay/admin.h"
#include "relay/home.h"

struct admin_local;

/* Whoever opens it holds the lock of the directory.  NO_SPACE, IO, NOMEM. */
enum status admin_local_open(const struct home *home,
    const struct settings *settings, struct admin_local **l);
void admin_local_close(struct admin_local *l); /* NULL is fine */

/*
 * Carry out a request to its end; `say` hears every object, the last included.
 * NOMEM.
 */
enum status admin_local_ask(struct admin_local *l, struct bytes request,
    void (*say)(void *owner, const struct json_t *object), void *owner);

#endif
