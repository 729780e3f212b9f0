/*
 * pending.h - what a line has asked for and has not been answered, in order.
 *
 * Servers that answer in the order of the questions need no ids: the oldest
 * question is the one being answered.  No memory is held before the first.
 */
#ifndef TACIT_TESTS_BENCH_PENDING_H
#define TACIT_TESTS_BENCH_PENDING_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { PENDING_MAX = 4096 };

struct pending_item {
	uint64_t tag;
	unsigned kind; /* the owner's */
};

/* Zero to begin with. */
struct pending {
	struct pending_item *items;
	size_t size; /* a power of two */
	size_t head; /* counts up for ever; the oldest */
	size_t tail;
};

void pending_clear(struct pending *p);

/* FULL: PENDING_MAX are waiting already.  NOMEM. */
enum status pending_put(struct pending *p, struct pending_item item);

/* The oldest, which is taken off.  NOT_FOUND: nothing was asked. */
enum status pending_take(struct pending *p, struct pending_item *item);

#endif
