/*
 * arena.h - memory of one message: taken piece by piece, given back at once.
 *
 * What a peer's bytes decode into lives here, under a ceiling that a peer
 * cannot lift.  One arena serves one request from arrival to reply and is then
 * reset for the next.  Not thread safe; may be handed between threads.
 */
#ifndef TACIT_PROTO_ARENA_H
#define TACIT_PROTO_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/status.h"

struct arena;

enum status arena_new(size_t max_bytes, struct arena **a);
void arena_free(struct arena *a);  /* NULL is fine */
void arena_reset(struct arena *a); /* forget all; keeps one block */

/* What it has taken from the heap so far. */
size_t arena_held_bytes(const struct arena *a);

/* Zeroed, aligned for any type; NULL past the ceiling or out of memory. */
void *arena_take(struct arena *a, size_t len);
void *arena_take_array(struct arena *a, size_t count, size_t size);

/*
 * Whether something was refused for the ceiling since the last reset: then it
 * is what came that is too large, not memory that is short.
 */
bool arena_is_exhausted(const struct arena *a);

/* A copy that lives as long as the arena.  NOMEM. */
enum status arena_copy(struct arena *a, struct bytes from, struct bytes *copy);

#endif
