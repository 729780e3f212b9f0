/* receipt_spans.c - when which numbers were told of; pure. */
#include <string.h>

#include "store/client/receipts.h"

/* Each range that is told may fill a hole between any two. */
enum { ROOM = 2 * RECEIPT_SPANS_MAX + LIMIT_RECEIPT_RANGES + 1 };

struct span_list {
	struct receipt_span items[ROOM];
	size_t count;
};

static void
append(struct span_list *l, struct receipt_span span)
{
	l->items[l->count++] = span;
}

/* Both lists together: what was told before keeps its time. */
static void
join(struct span_list *l, const struct receipt_spans *old,
    const struct ranges *told, int64_t at_ms)
{
	size_t i = 0;

	for (size_t r = 0; r < told->count; r++) {
		struct range left = told->items[r];
		bool over = false;

		if (l->count > 0 && l->items[l->count - 1].last >= left.first) {
			over = l->items[l->count - 1].last >= left.last;
			left.first = l->items[l->count - 1].last + 1;
		}
		for (; i < old->count && old->items[i].first <= left.last;
		     i++) {
			const struct receipt_span *span = &old->items[i];

			if (!over && span->first > left.first)
				append(l, (struct receipt_span){ left.first,
					      span->first - 1, at_ms });
			append(l, *span);
			if (span->last >= left.last)
				over = true;
			else if (span->last >= left.first)
				left.first = span->last + 1;
		}
		if (!over)
			append(l, (struct receipt_span){
				      left.first, left.last, at_ms });
	}
	while (i < old->count)
		append(l, old->items[i++]);
}

/* The second of two spans becomes a part of the first. */
static void
merge(struct span_list *l, size_t i)
{
	l->items[i].last = l->items[i + 1].last;
	l->count--;
	memmove(&l->items[i + 1], &l->items[i + 2],
	    (l->count - i - 1) * sizeof(l->items[0]));
}

static bool
is_next(const struct span_list *l, size_t i)
{
	return l->items[i].last + 1 == l->items[i + 1].first;
}

static void
forget_times(struct span_list *l, int64_t forget_ms)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].at_ms < forget_ms)
			l->items[i].at_ms = 0;
	for (size_t i = 0; i + 1 < l->count;)
		if (is_next(l, i) && l->items[i].at_ms == l->items[i + 1].at_ms)
			merge(l, i);
		else
			i++;
}

/* One span less. */
static void
forget_one(struct span_list *l)
{
	for (size_t i = 0; i + 1 < l->count; i++)
		if (is_next(l, i)) {
			l->items[i].at_ms = 0;
			merge(l, i);
			return;
		}
	l->count--;
	memmove(&l->items[0], &l->items[1], l->count * sizeof(l->items[0]));
}

void
receipt_spans_add(struct receipt_spans *spans, const struct ranges *told,
    int64_t at_ms, int64_t forget_ms)
{
	struct span_list all = { .count = 0 };

	join(&all, spans, told, at_ms);
	forget_times(&all, forget_ms);
	while (all.count > RECEIPT_SPANS_MAX)
		forget_one(&all);
	spans->count = all.count;
	memcpy(spans->items, all.items, all.count * sizeof(all.items[0]));
}

bool
receipt_spans_find(
    const struct receipt_spans *spans, uint64_t seq, int64_t *at_ms)
{
	for (size_t i = spans->count; i > 0; i--) {
		const struct receipt_span *span = &spans->items[i - 1];

		if (seq < span->first)
			continue;
		if (seq > span->last)
			return false;
		*at_ms = span->at_ms;
		return true;
	}
	return false;
}
