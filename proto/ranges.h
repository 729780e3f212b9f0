/*
 * ranges.h - sets of sequence numbers as ranges, the way QUIC acknowledges
 * packets (RFC 9000 19.3): whatever came, a set says all of it, so one that is
 * lost is made good by the next.
 */
#ifndef TACIT_PROTO_RANGES_H
#define TACIT_PROTO_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/limits.h"

/* Both ends belong to it; 1 <= first <= last. */
struct range {
	uint64_t first;
	uint64_t last;
};

/* Rising, with at least one number between two of them. */
struct ranges {
	struct range items[LIMIT_RECEIPT_RANGES];
	size_t count;
};

bool ranges_has(const struct ranges *r, uint64_t number);

/*
 * Add first..last, which is a range.  Where that makes too many the lowest
 * goes: what is long past is forgotten before what is new.
 */
void ranges_add(struct ranges *r, uint64_t first, uint64_t last);

/* Forget what is above `most`. */
void ranges_cut(struct ranges *r, uint64_t most);

/*
 * From and to a list first, last, first, last...  false: not such ranges, or
 * more than there may be.  `flat` has room for 2 * LIMIT_RECEIPT_RANGES; the
 * result is how many numbers were written.
 */
bool ranges_take(struct ranges *r, const uint64_t *flat, size_t count);
size_t ranges_put(const struct ranges *r, uint64_t *flat);

#endif
