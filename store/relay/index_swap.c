/* index_swap.c - other devices for an account that stays. */
#include <assert.h>
#include <stdlib.h>

#include "store/relay/index_private.h"

struct index_swap {
	struct mailbox *devices;
	size_t count;
	/* For what waits for devices that go; NULL once it is one. */
	struct account_handle *estate;
};

void
index_swap_free(struct index_swap *swap)
{
	if (swap == NULL)
		return;
	if (swap->estate != NULL)
		index_free_account(swap->estate);
	free(swap->devices);
	free(swap);
}

static struct account_handle *
estate_new(const struct account *a)
{
	struct account_handle *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->account.devices =
	    calloc(a->devices_count + 1, sizeof(*h->account.devices));
	if (h->account.devices == NULL) {
		free(h);
		return NULL;
	}
	h->account.name = a->name;
	h->account.handle = h;
	h->account.leaving = true;
	h->buried = true;
	return h;
}

enum status
index_prepare_swap(struct index *x, const struct account *a,
    const struct account_record *record, struct index_swap **swap)
{
	struct index_swap *fresh = calloc(1, sizeof(*fresh));
	enum status st = STATUS_OK;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->count = record->devices_count;
	fresh->devices = calloc(fresh->count + 1, sizeof(*fresh->devices));
	fresh->estate = estate_new(a);
	if (fresh->devices == NULL || fresh->estate == NULL)
		st = STATUS_NOMEM;
	index_lock(x);
	for (size_t i = 0; st == STATUS_OK && i < fresh->count; i++)
		st = index_reserve_slot(x, record->devices[i].slot);
	index_unlock(x);
	if (st != STATUS_OK) {
		index_swap_free(fresh);
		return st;
	}
	for (size_t i = 0; i < fresh->count; i++) {
		fresh->devices[i].device = record->devices[i];
		fresh->devices[i].replay_saved = true;
	}
	*swap = fresh;
	return STATUS_OK;
}

/* Takes the queue and the place in lists along. */
static void
move_mailbox(struct index *x, struct mailbox *from, struct mailbox *to,
    struct account *account)
{
	assert(from->draft == NULL); /* between two batches of submits */
	*to = *from;
	to->account = account;
	x->slots[to->device.slot] = to;
	if (!to->dirty)
		return;
	if (to->dirty_before != NULL)
		to->dirty_before->dirty_after = to;
	else
		x->dirty_first = to;
	if (to->dirty_after != NULL)
		to->dirty_after->dirty_before = to;
	else
		x->dirty_last = to;
}

static struct mailbox *
find_slot(const struct index_swap *swap, uint32_t slot)
{
	for (size_t i = 0; i < swap->count; i++)
		if (swap->devices[i].device.slot == slot)
			return &swap->devices[i];
	return NULL;
}

static void
let_go(struct index *x, struct mailbox *m, struct account *estate)
{
	if (m->queue_len > 0) {
		move_mailbox(
		    x, m, &estate->devices[estate->devices_count++], estate);
		return;
	}
	index_clean(x, m);
	x->slots[m->device.slot] = NULL;
	mailbox_clear(m);
}

static void
bury(struct index *x, struct account_handle *h)
{
	struct account_handle **at = &x->estates;

	while (*at != NULL)
		at = &(*at)->next_estate;
	*at = h;
}

void
index_swap(struct index *x, struct account *a, struct index_swap *swap)
{
	struct mailbox *old = a->devices;

	index_lock(x);
	for (size_t i = 0; i < a->devices_count; i++) {
		struct mailbox *to = find_slot(swap, old[i].device.slot);

		if (to != NULL)
			move_mailbox(x, &old[i], to, a);
		else
			let_go(x, &old[i], &swap->estate->account);
	}
	for (size_t i = 0; i < swap->count; i++) {
		swap->devices[i].account = a;
		x->slots[swap->devices[i].device.slot] = &swap->devices[i];
	}
	a->devices = swap->devices;
	a->devices_count = swap->count;
	swap->devices = old;
	if (swap->estate->account.devices_count > 0) {
		bury(x, swap->estate);
		swap->estate = NULL;
	}
	index_unlock(x);
	index_swap_free(swap);
}
