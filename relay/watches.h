/*
 * watches.h - who waits for which mailbox or chain (storage.h).
 *
 * Watches are linked in place, so that adding one cannot fail.  The caller
 * holds its lock around every call.
 */
#ifndef TACIT_RELAY_WATCHES_H
#define TACIT_RELAY_WATCHES_H

#include "relay/writer.h"

struct watches;

enum status watches_new(struct watches **t);
void watches_free(struct watches *t); /* NULL is fine */

void watches_add(struct watches *t, struct storage_watch *w);
void watches_remove(struct watches *t, struct storage_watch *w);

/* Take out every watch of a port. */
void watches_remove_port(struct watches *t, const struct storage_port *p);

/* The next watch on what was touched; `after` NULL: the first. */
struct storage_watch *watches_next(struct watches *t,
    const struct writer_touch *touch, const struct storage_watch *after);

#endif
