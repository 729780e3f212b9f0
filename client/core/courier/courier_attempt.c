/* courier_attempt.c - which rows of the outbox are under way in a flush. */
#include <assert.h>
#include <stdlib.h>

/* Out of memory is ours to answer, not uthash's. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "client/core/courier/courier_flush.h"

struct entry {
	struct attempt attempt;
	UT_hash_handle hh;         /* by order */
	UT_hash_handle hh_request; /* by request id, while under way */
};

/* A row that had its submit id when the flush began. */
struct numbered {
	uint64_t counter;
	uint64_t order;
};

struct attempts {
	struct entry *by_order;
	struct entry *by_request;
	struct numbered *numbered; /* in the order of their ids */
	size_t numbered_count;
};

enum status
attempts_new(struct attempts **a)
{
	*a = calloc(1, sizeof(**a));
	return *a == NULL ? STATUS_NOMEM : STATUS_OK;
}

void
attempts_free(struct attempts *a)
{
	struct entry *entry, *next;

	if (a == NULL)
		return;
	HASH_CLEAR(hh_request, a->by_request);
	HASH_ITER(hh, a->by_order, entry, next)
	{
		HASH_DEL(a->by_order, entry);
		free(entry);
	}
	free(a->numbered);
	free(a);
}

static int
compare(const void *left, const void *right)
{
	const struct numbered *a = left;
	const struct numbered *b = right;

	return (a->counter > b->counter) - (a->counter < b->counter);
}

enum status
attempts_sort(struct attempts *a)
{
	assert(a->numbered == NULL);
	a->numbered =
	    calloc((size_t)HASH_COUNT(a->by_order) + 1, sizeof(*a->numbered));
	if (a->numbered == NULL)
		return STATUS_NOMEM;
	for (const struct entry *e = a->by_order; e != NULL; e = e->hh.next)
		if (e->attempt.counter != 0)
			a->numbered[a->numbered_count++] = (struct numbered){
				.counter = e->attempt.counter,
				.order = e->attempt.order,
			};
	qsort(a->numbered, a->numbered_count, sizeof(*a->numbered), compare);
	return STATUS_OK;
}

size_t
attempts_numbered(const struct attempts *a)
{
	return a->numbered_count;
}

uint64_t
attempts_numbered_at(const struct attempts *a, size_t i)
{
	assert(i < a->numbered_count);
	return a->numbered[i].order;
}

static struct entry *
find(struct attempts *a, uint64_t order)
{
	struct entry *entry = NULL;

	HASH_FIND(hh, a->by_order, &order, sizeof(order), entry);
	return entry;
}

struct attempt *
attempts_find(struct attempts *a, uint64_t order)
{
	struct entry *entry = find(a, order);

	return entry == NULL ? NULL : &entry->attempt;
}

enum status
attempts_take(struct attempts *a, uint64_t order, struct attempt **attempt)
{
	struct entry *entry = find(a, order);

	if (entry == NULL) {
		entry = calloc(1, sizeof(*entry));
		if (entry == NULL)
			return STATUS_NOMEM;
		entry->attempt.order = order;
		HASH_ADD(hh, a->by_order, attempt.order,
		    sizeof(entry->attempt.order), entry);
		if (entry->hh.tbl == NULL) {
			free(entry);
			return STATUS_NOMEM;
		}
	}
	*attempt = &entry->attempt;
	return STATUS_OK;
}

struct attempt *
attempts_of_request(struct attempts *a, uint64_t request_id)
{
	struct entry *entry = NULL;

	HASH_FIND(
	    hh_request, a->by_request, &request_id, sizeof(request_id), entry);
	return entry == NULL ? NULL : &entry->attempt;
}

enum status
attempts_set_request(
    struct attempts *a, struct attempt *attempt, uint64_t request_id)
{
	struct entry *entry = find(a, attempt->order);

	if (attempt->request_id != 0)
		HASH_DELETE(hh_request, a->by_request, entry);
	attempt->request_id = request_id;
	if (request_id == 0)
		return STATUS_OK;
	HASH_ADD(hh_request, a->by_request, attempt.request_id,
	    sizeof(entry->attempt.request_id), entry);
	if (entry->hh_request.tbl != NULL)
		return STATUS_OK;
	attempt->request_id = 0;
	return STATUS_NOMEM;
}

size_t
attempts_under_way(const struct attempts *a)
{
	return HASH_CNT(hh_request, a->by_request);
}

uint64_t
attempts_floor(const struct attempts *a)
{
	uint64_t floor = 0;

	for (const struct entry *e = a->by_order; e != NULL; e = e->hh.next)
		if (e->attempt.counter != 0 &&
		    (floor == 0 || e->attempt.counter < floor))
			floor = e->attempt.counter;
	return floor;
}
