#include "proto/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/wipe.h"

enum {
	BLOCK_BYTES = 1024,      /* the first; each is twice the one before */
	BLOCK_KEPT_BYTES = 8192, /* the largest that outlives a reset */
	BLOCK_MAX_BYTES = 128 * 1024,
};

/* Unused bytes are always zero: from calloc() at first, then by wiping. */
struct block {
	struct block *next;
	size_t cap;
	size_t used;
	alignas(max_align_t) uint8_t data[];
};

struct arena {
	size_t max;
	size_t held; /* sum of all cap */
	bool exhausted;
	struct block *blocks;
};

enum status
arena_new(size_t max_bytes, struct arena **a)
{
	struct arena *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->max = max_bytes;
	*a = fresh;
	return STATUS_OK;
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	arena_reset(a);
	free(a->blocks);
	free(a);
}

/*
 * The largest block of a usual size is kept, so that an arena that is used
 * again soon does all of its work in one.
 */
void
arena_reset(struct arena *a)
{
	struct block *b = a->blocks;
	struct block *kept = NULL;

	while (b != NULL) {
		struct block *next = b->next;
		struct block *dropped = b;

		wipe(b->data, b->used);
		b->used = 0;
		if (b->cap <= BLOCK_KEPT_BYTES &&
		    (kept == NULL || b->cap > kept->cap)) {
			dropped = kept;
			kept = b;
		}
		free(dropped);
		b = next;
	}
	if (kept != NULL)
		kept->next = NULL;
	a->blocks = kept;
	a->held = kept != NULL ? kept->cap : 0;
	a->exhausted = false;
}

/* Twice the newest block, so that a big message takes few of them. */
static size_t
block_size(const struct arena *a, size_t len)
{
	size_t cap = a->blocks == NULL ? BLOCK_BYTES : a->blocks->cap * 2;

	if (cap > BLOCK_MAX_BYTES)
		cap = BLOCK_MAX_BYTES;
	if (cap < len || len > BLOCK_MAX_BYTES / 2)
		cap = len;
	return cap > a->max - a->held ? a->max - a->held : cap;
}

static struct block *
block_new(struct arena *a, size_t len)
{
	size_t cap = block_size(a, len);
	struct block *b;
	size_t whole;

	if (cap < len || !size_add(sizeof(*b), cap, &whole)) {
		a->exhausted = true;
		return NULL;
	}
	b = calloc(1, whole);
	if (b == NULL)
		return NULL;
	b->cap = cap;
	a->held += cap;
	if (a->blocks != NULL && len > BLOCK_MAX_BYTES / 2) {
		/* It is full at once; what is left of the newest is not. */
		b->next = a->blocks->next;
		a->blocks->next = b;
	} else {
		b->next = a->blocks;
		a->blocks = b;
	}
	return b;
}

size_t
arena_held_bytes(const struct arena *a)
{
	return a->held;
}

bool
arena_is_exhausted(const struct arena *a)
{
	return a->exhausted;
}

void *
arena_take(struct arena *a, size_t len)
{
	const size_t align = alignof(max_align_t);
	struct block *b = a->blocks;
	size_t whole;
	void *taken;

	if (!size_add(len, align - 1, &whole))
		return NULL;
	whole -= whole % align;
	if (b == NULL || whole > b->cap - b->used)
		b = block_new(a, whole);
	if (b == NULL)
		return NULL;
	taken = b->data + b->used;
	b->used += whole;
	return taken;
}

void *
arena_take_array(struct arena *a, size_t count, size_t size)
{
	size_t len;

	return size_mul(count, size, &len) ? arena_take(a, len) : NULL;
}

enum status
arena_copy(struct arena *a, struct bytes from, struct bytes *copy)
{
	uint8_t *to = arena_take(a, from.len);

	if (to == NULL)
		return STATUS_NOMEM;
	if (from.len > 0)
		memcpy(to, from.data, from.len);
	*copy = bytes_view(to, from.len);
	return STATUS_OK;
}
