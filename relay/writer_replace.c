/*
 * writer_replace.c - other devices for an account (protocol.md 4.9).
 *
 * The account keeps its name, its key and what the operator knows of it.  What
 * waits for a device that goes is gone through afterwards like that of an
 * account that was removed (writer_remove.c).  Submits are never carried out in
 * the middle of this: one is before, to the devices that were, or after, and is
 * told which ones are.
 */
#include "relay/viewer.h"
#include "relay/writer_private.h"

struct replacing {
	struct writer *w;
	struct storage_op *op;
	struct account *account;
	struct account_record there;
	struct account_record fresh;
	struct mailbox *going[LIMIT_DEVICES_PER_ACCOUNT];
	size_t going_count;
};

/* CONFLICT: it is not the one that comes next. */
static enum status
check_order(const struct replacing *r)
{
	const struct device_list *list = &r->op->u.replace.list;
	struct device_list current;
	struct hash hash;
	enum status st = device_list_open(r->there.list, &current);

	if (st != STATUS_OK)
		return st == STATUS_NOMEM ? st : STATUS_IO;
	if (list->version <= current.version)
		return STATUS_CONFLICT;
	/* Further on: it follows lists that were in force and are lost here. */
	if (list->version - current.version > 1)
		return STATUS_OK;
	hash_bytes(r->there.list.body, &hash);
	return bytes_equal(hash_view(&list->previous), hash_view(&hash))
		   ? STATUS_OK
		   : STATUS_CONFLICT;
}

static const struct account_device *
find_device(const struct account_record *record, uint32_t id)
{
	for (size_t i = 0; i < record->devices_count; i++)
		if (record->devices[i].id == id)
			return &record->devices[i];
	return NULL;
}

/* Who stays keeps its slot; who is new has a number above all of before. */
static enum status
keep_slots(struct replacing *r)
{
	const struct device_list *list = &r->op->u.replace.list;
	uint32_t highest = 0;

	for (size_t i = 0; i < r->there.devices_count; i++)
		if (r->there.devices[i].id > highest)
			highest = r->there.devices[i].id;
	for (size_t i = 0; i < list->devices_count; i++) {
		const struct account_device *old =
		    find_device(&r->there, list->devices[i].id);

		if (old == NULL && list->devices[i].id <= highest)
			return STATUS_BAD_INPUT;
		if (old == NULL)
			continue;
		if (!account_device_is(old, &list->devices[i]))
			return STATUS_BAD_INPUT;
		r->fresh.devices[i].slot = old->slot;
	}
	return STATUS_OK;
}

static void
find_going(struct replacing *r)
{
	for (size_t i = 0; i < r->account->devices_count; i++) {
		struct mailbox *m = &r->account->devices[i];

		if (find_device(&r->fresh, m->device.id) == NULL)
			r->going[r->going_count++] = m;
	}
}

static enum status
make_fresh(struct replacing *r)
{
	account_record_make(
	    &r->op->u.replace.list, r->op->u.replace.signed_list, &r->fresh);
	r->fresh.created_ms = r->there.created_ms;
	r->fresh.invite = r->there.invite;
	r->fresh.suspended = r->there.suspended;
	r->fresh.seen_day = r->there.seen_day;
	return keep_slots(r);
}

/* All that may fail. */
static enum status
stage(struct replacing *r)
{
	struct writer *w = r->w;
	const struct account_name *name = &r->account->name;
	struct index_swap *swap = NULL;
	enum status st = account_take_slots(w, &r->fresh);

	if (st == STATUS_OK)
		st = index_reserve_gone(w->index,
		    (w->batch.changes.len + 1) * LIMIT_DEVICES_PER_ACCOUNT);
	if (st == STATUS_OK)
		st = index_prepare_swap(w->index, r->account, &r->fresh, &swap);
	if (st == STATUS_OK)
		st = drop_replaced(w, name, r->going, r->going_count);
	if (st == STATUS_OK)
		st = record_put_account(
		    w->batch.txn, account_name_bytes(name), &r->fresh);
	if (st != STATUS_OK) {
		index_swap_free(swap);
		return st;
	}
	for (size_t i = 0; i < r->going_count; i++)
		r->going[i]->going = true;
	r->account->replacing = true;
	change_add(w, r->account, CHANGE_REPLACED, SUSPENDED_NOT);
	w->batch.changes.list[w->batch.changes.len - 1].swap = swap;
	return STATUS_OK;
}

static void
tell_mailbox(struct replacing *r)
{
	const struct mailbox *m =
	    account_mailbox(r->account, r->op->u.replace.device);

	r->op->u.replace.mailbox = (struct mailbox_state){ 0 };
	if (m == NULL)
		return; /* it is new */
	index_lock(r->w->index);
	mailbox_state_of(m, &r->op->u.replace.mailbox);
	index_unlock(r->w->index);
}

static enum status
look_up(struct replacing *r)
{
	const struct device_list *list = &r->op->u.replace.list;
	enum status st = change_reserve(r->w);

	r->account = index_account(r->w->index, &list->account);
	if (st == STATUS_OK)
		st = r->account == NULL
			 ? STATUS_NOT_FOUND
			 : writer_get_account(
			       r->w, &list->account, r->op->arena, &r->there);
	if (st == STATUS_OK && !bytes_equal(BYTES_OF(list->account_key),
				   BYTES_OF(r->there.account_key)))
		st = STATUS_NOT_FOUND;
	return st;
}

enum status
writer_replace(struct writer *w, struct storage_op *op)
{
	struct replacing r = { .w = w, .op = op };
	enum status st = look_up(&r);

	if (st != STATUS_OK)
		return st;
	op->u.replace.suspended = r.there.suspended;
	if (r.there.suspended != SUSPENDED_NOT)
		return STATUS_DENIED;
	tell_mailbox(&r);
	if (bytes_equal(op->u.replace.signed_list.body, r.there.list.body))
		return STATUS_EXISTS;
	op->u.replace.current = r.there.list;
	st = check_order(&r);
	/* One at a time; in the next batch this one has happened. */
	if (st == STATUS_OK && r.account->replacing)
		st = STATUS_FULL;
	if (st == STATUS_OK)
		st = make_fresh(&r);
	if (st != STATUS_OK)
		return st;
	find_going(&r);
	return stage(&r);
}

void
replace_apply(struct writer *w, struct account *a, struct index_swap *swap)
{
	for (size_t i = 0; i < a->devices_count; i++) {
		const struct mailbox *m = &a->devices[i];
		const struct address who = { a->name, m->device.id };

		if (!m->going)
			continue;
		index_enter_gone(w->index, m->device.slot, &who);
		evict(w, &a->name, who.device, true);
	}
	a->replacing = false;
	index_swap(w->index, a, swap);
}

void
replace_discard(struct account *a, struct index_swap *swap)
{
	for (size_t i = 0; i < a->devices_count; i++)
		a->devices[i].going = false;
	a->replacing = false;
	index_swap_free(swap);
}
