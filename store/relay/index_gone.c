/* index_gone.c - accounts that go, and the slots of devices that are gone. */
#include <stdlib.h>
#include <string.h>

#include "store/relay/index_private.h"

size_t
index_accounts(const struct index *x)
{
	return HASH_COUNT(x->accounts);
}

enum status
index_reserve_gone(struct index *x, size_t more)
{
	enum { GONE_FIRST = 16 };
	size_t cap = x->gone_cap > 0 ? x->gone_cap : GONE_FIRST;
	struct gone_slot *fresh;

	if (more <= x->gone_cap - x->gone_len)
		return STATUS_OK;
	while (cap < x->gone_len + more)
		cap *= 2;
	fresh = calloc(cap, sizeof(*fresh));
	if (fresh == NULL)
		return STATUS_NOMEM;
	index_lock(x);
	if (x->gone_len > 0)
		memcpy(fresh, x->gone, x->gone_len * sizeof(*fresh));
	free(x->gone);
	x->gone = fresh;
	x->gone_cap = cap;
	index_unlock(x);
	return STATUS_OK;
}

/* The first place whose slot is not below. */
static size_t
gone_place(const struct index *x, uint32_t slot)
{
	size_t low = 0;
	size_t high = x->gone_len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (x->gone[middle].slot < slot)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
index_enter_gone(struct index *x, uint32_t slot, const struct address *who)
{
	size_t at = gone_place(x, slot);

	if (index_gone(x, slot) != NULL)
		return;
	index_lock(x);
	memmove(x->gone + at + 1, x->gone + at,
	    (x->gone_len - at) * sizeof(*x->gone));
	x->gone[at] = (struct gone_slot){ slot, *who };
	x->gone_len++;
	index_unlock(x);
}

const struct address *
index_gone(const struct index *x, uint32_t slot)
{
	size_t at = gone_place(x, slot);

	if (at == x->gone_len || x->gone[at].slot != slot)
		return NULL;
	return &x->gone[at].who;
}

void
index_set_leaving(struct index *x, struct account *a, bool leaving)
{
	index_lock(x);
	a->leaving = leaving;
	index_unlock(x);
}

static void
unlink_estate(struct index *x, struct account_handle *h)
{
	struct account_handle **at = &x->estates;

	while (*at != h)
		at = &(*at)->next_estate;
	*at = h->next_estate;
}

void
index_bury_account(struct index *x, struct account *a)
{
	struct account_handle *h = a->handle;
	struct account_handle **at = &x->estates;

	index_lock(x);
	if (h->buried)
		unlink_estate(x, h);
	else
		HASH_DEL(x->accounts, h);
	while (*at != NULL)
		at = &(*at)->next_estate;
	*at = h;
	h->next_estate = NULL;
	h->buried = true;
	a->leaving = true;
	index_unlock(x);
}

struct account *
index_estate(const struct index *x)
{
	return x->estates != NULL ? &x->estates->account : NULL;
}

void
index_remove_account(struct index *x, struct account *a)
{
	struct account_handle *h = a->handle;
	struct queue_entry e;

	index_lock(x);
	for (size_t i = 0; i < a->devices_count; i++) {
		struct mailbox *m = &a->devices[i];

		while (mailbox_pop(m, &e))
			index_release(x, m, &e);
		index_clean(x, m);
		x->slots[m->device.slot] = NULL;
	}
	if (h->buried)
		unlink_estate(x, h);
	else
		HASH_DEL(x->accounts, h);
	index_unlock(x);
	index_free_account(h);
}
