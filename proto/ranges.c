#include "proto/ranges.h"

#include <assert.h>
#include <string.h>

bool
ranges_has(const struct ranges *r, uint64_t number)
{
	for (size_t i = r->count; i > 0; i--)
		if (number >= r->items[i - 1].first)
			return number <= r->items[i - 1].last;
	return false;
}

/* The two belong together: they overlap, or nothing lies between them. */
static bool
touches(const struct range *a, const struct range *b)
{
	return (b->last == UINT64_MAX || a->first <= b->last + 1) &&
	       (a->last == UINT64_MAX || b->first <= a->last + 1);
}

/* Behind everything, as almost always: one number after the last. */
static bool
add_to_last(struct ranges *r, const struct range *added)
{
	struct range *last;

	if (r->count == 0)
		return false;
	last = &r->items[r->count - 1];
	if (added->first < last->first || !touches(last, added))
		return false;
	if (added->last > last->last)
		last->last = added->last;
	return true;
}

void
ranges_add(struct ranges *r, uint64_t first, uint64_t last)
{
	struct range items[LIMIT_RECEIPT_RANGES + 1];
	struct range added = { first, last };
	size_t count = 0, at = 0, drop;

	assert(first >= 1 && first <= last);
	if (add_to_last(r, &added))
		return;
	for (size_t i = 0; i < r->count; i++) {
		const struct range *old = &r->items[i];

		if (touches(old, &added)) {
			if (old->first < added.first)
				added.first = old->first;
			if (old->last > added.last)
				added.last = old->last;
		} else {
			at += old->last < added.first;
			items[count++] = *old;
		}
	}
	memmove(items + at + 1, items + at, (count - at) * sizeof(items[0]));
	items[at] = added;
	count++;
	drop = count > LIMIT_RECEIPT_RANGES ? 1 : 0;
	r->count = count - drop;
	memcpy(r->items, items + drop, r->count * sizeof(items[0]));
}

void
ranges_cut(struct ranges *r, uint64_t most)
{
	while (r->count > 0 && r->items[r->count - 1].first > most)
		r->count--;
	if (r->count > 0 && r->items[r->count - 1].last > most)
		r->items[r->count - 1].last = most;
}

bool
ranges_take(struct ranges *r, const uint64_t *flat, size_t count)
{
	struct ranges got = { .count = count / 2 };

	if (count % 2 != 0 || got.count > LIMIT_RECEIPT_RANGES)
		return false;
	for (size_t i = 0; i < got.count; i++) {
		struct range *range = &got.items[i];

		*range = (struct range){ flat[2 * i], flat[2 * i + 1] };
		if (range->first == 0 || range->first > range->last)
			return false;
		/* One that touches the one before would be a part of it. */
		if (i > 0 && (range->first <= range[-1].last ||
				 touches(&range[-1], range)))
			return false;
	}
	*r = got;
	return true;
}

size_t
ranges_put(const struct ranges *r, uint64_t *flat)
{
	for (size_t i = 0; i < r->count; i++) {
		flat[2 * i] = r->items[i].first;
		flat[2 * i + 1] = r->items[i].last;
	}
	return 2 * r->count;
}
