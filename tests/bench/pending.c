#include "tests/bench/pending.h"

#include <stdlib.h>

enum { FIRST_SIZE = 8 };

void
pending_clear(struct pending *p)
{
	free(p->items);
	*p = (struct pending){ 0 };
}

static enum status
grow(struct pending *p)
{
	size_t size = p->size == 0 ? FIRST_SIZE : 2 * p->size;
	struct pending_item *items;

	if (size > PENDING_MAX)
		return STATUS_FULL;
	items = calloc(size, sizeof(*items));
	if (items == NULL)
		return STATUS_NOMEM;
	for (size_t at = p->head; at != p->tail; at++)
		items[at & (size - 1)] = p->items[at & (p->size - 1)];
	free(p->items);
	p->items = items;
	p->size = size;
	return STATUS_OK;
}

enum status
pending_put(struct pending *p, struct pending_item item)
{
	enum status st = STATUS_OK;

	if (p->tail - p->head == p->size)
		st = grow(p);
	if (st != STATUS_OK)
		return st;
	p->items[p->tail++ & (p->size - 1)] = item;
	return STATUS_OK;
}

enum status
pending_take(struct pending *p, struct pending_item *item)
{
	if (p->head == p->tail)
		return STATUS_NOT_FOUND;
	*item = p->items[p->head++ & (p->size - 1)];
	return STATUS_OK;
}
