/*
 * evictions.h - accounts whose sessions have to end, told to every port.
 *
 * Not a hint: a session that outlived its account would speak for whoever has
 * the name next.  Each port hears of each eviction in order; of one that fell
 * too far behind everybody is evicted.  Takes any thread; `poke` runs under its
 * lock.
 */
#ifndef TACIT_RELAY_EVICTIONS_H
#define TACIT_RELAY_EVICTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "relay/storage.h"

struct evictions;

struct evictions_listener {
	void (*poke)(struct evictions_listener *l);
	uint64_t next; /* the first that it has not taken */
	struct evictions_listener *sibling;
};

enum status evictions_new(struct evictions **e); /* NOMEM */
void evictions_free(struct evictions *e);        /* NULL is fine */

/* Hears of what comes from now on, until it leaves. */
void evictions_join(struct evictions *e, struct evictions_listener *l);
void evictions_leave(struct evictions *e, struct evictions_listener *l);

void evictions_add(struct evictions *e, const struct storage_eviction *what);

/* How many there have been. */
uint64_t evictions_count(struct evictions *e);

/* What comes next for a listener, of the first `upto` ones. */
enum evictions_next { EVICT_NOBODY, EVICT_ONE, EVICT_EVERYBODY };
enum evictions_next evictions_take(struct evictions *e,
    struct evictions_listener *l, uint64_t upto, struct storage_eviction *what);

/* Whether somebody has yet to take one of this name. */
bool evictions_pending(struct evictions *e, const struct account_name *name);

#endif
