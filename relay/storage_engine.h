/*
 * storage_engine.h - what the two halves of the engine share: the ports that
 * the workers hold (storage_port.c) and the thread behind them
 * (storage_lmdb.c).
 *
 * One lock guards the queues and the watches, and nothing slow is done under
 * it.  What the writer holds belongs to whoever is in storage_step(); what only
 * looks is carried out by the port's own loop, by its reader.
 */
#ifndef TACIT_RELAY_STORAGE_ENGINE_H
#define TACIT_RELAY_STORAGE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "relay/evictions.h"
#include "relay/storage_private.h"
#include "relay/viewer.h"
#include "relay/watches.h"

/* Operations in the order they were handed over. */
struct ops {
	struct storage_op *first;
	struct storage_op *last;
};

struct storage_port {
	struct storage *storage;
	uv_async_t async;
	/* Touched by the port's loop alone: */
	uv_idle_t idle; /* runs when one of these was given something */
	unsigned handles;
	struct ops reads;
	struct ops submits; /* to be handed over at the end of the turn */
	struct ops others;
	struct viewer *viewer;
	size_t outstanding;
	bool closed;
	struct evictions_listener listener;
	void (*evicted)(void *owner, const struct storage_eviction *e);
	void *evicted_owner;
	/* Under the storage's lock: */
	struct ops results;
	struct storage_watch *pending;
	size_t in_step; /* operations that the writer has in hand */
};

struct engine {
	struct writer *writer;
	struct journal *journal;
	uv_thread_t thread;
	bool has_thread;
	uv_thread_t keeper; /* makes files of the journal ready */
	bool has_keeper;
	uv_mutex_t mutex;
	uv_cond_t work;    /* something to do */
	uv_cond_t stepped; /* a step has ended */
	uv_cond_t caring;  /* for the keeper */
	/* Under the lock: */
	struct ops submits;
	struct ops others;
	bool behind;   /* there is upkeep that should not wait */
	bool sleeping; /* the thread has to be woken */
	bool sound;    /* and will not wake by itself */
	bool care;     /* the keeper has something to do */
	struct watches *watches;
	struct storage_limits limits; /* to be set by the next step */
	bool new_limits;
	struct evictions *evictions; /* locks itself */
	bool stop;
	/* Not under it: when the step that is going on began; 0: none is. */
	_Atomic int64_t step_began_ms;
};

/* The thread, if it sleeps, has something to do.  The lock is held. */
void engine_wake(struct engine *e);

void ops_append(struct ops *ops, struct storage_op *op);
void ops_prepend(struct ops *ops, struct storage_op *list); /* may be NULL */

#endif
