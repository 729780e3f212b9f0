/*
 * storage_engine.h - what the two halves of the engine share: the ports that
 * the workers hold (storage_port.c) and the thread behind them
 * (storage_lmdb.c).
 *
 * One lock guards the queues and the watches, and nothing slow is done under
 * it.  What the writer holds belongs to whoever is in storage_step().
 */
#ifndef TACIT_RELAY_STORAGE_ENGINE_H
#define TACIT_RELAY_STORAGE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "relay/evictions.h"
#include "relay/storage_private.h"
#include "relay/watches.h"

enum { STORAGE_ACKS = 16384 }; /* waiting for a step; more are forgotten */

/* Operations in the order they were handed over. */
struct ops {
	struct storage_op *first;
	struct storage_op *last;
};

struct storage_port {
	struct storage *storage;
	uv_async_t async;
	size_t outstanding; /* touched by the port's loop alone */
	bool closed;
	struct evictions_listener listener;
	void (*evicted)(void *owner, const struct storage_eviction *e);
	void *evicted_owner;
	/* Under the storage's lock: */
	struct ops results;
	struct storage_watch *pending;
	size_t in_step; /* operations that the writer has in hand */
};

struct acks {
	struct writer_ack *list;
	size_t count;
};

struct engine {
	struct writer *writer;
	uv_thread_t thread;
	bool has_thread;
	uv_mutex_t mutex;
	uv_cond_t work;    /* something to do */
	uv_cond_t stepped; /* a step has ended */
	/* Under the lock: */
	struct ops queue;
	struct acks acks;
	struct acks spare; /* changes places with acks at each step */
	struct watches *watches;
	struct storage_limits limits; /* to be set by the next step */
	bool new_limits;
	struct evictions *evictions; /* locks itself */
	bool stop;
	/* Not under it: when the step that is going on began; 0: none is. */
	_Atomic int64_t step_began_ms;
};

void ops_append(struct ops *ops, struct storage_op *op);
void ops_prepend(struct ops *ops, struct storage_op *list); /* may be NULL */

#endif
