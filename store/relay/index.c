#include "store/relay/index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/relay/index_private.h"

enum { INDEX_FIRST_SLOTS = 64 };

/* Names are chosen by strangers: keyed, so that they cannot aim at a bucket. */
static unsigned
index_hash(const struct index *x, const struct account_name *name)
{
	struct bytes text = account_name_bytes(name);
	unsigned char hash[crypto_shorthash_BYTES];

	crypto_shorthash(hash, text.data, text.len, x->hash_key);
	return (unsigned)load_u32(hash);
}

enum status
index_new(struct journal *j, struct index **x)
{
	struct index *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->journal = j;
	random_bytes(fresh->hash_key, sizeof(fresh->hash_key));
	*x = fresh;
	return STATUS_OK;
}

void
index_free_account(struct account_handle *h)
{
	for (size_t i = 0; i < h->account.devices_count; i++)
		mailbox_clear(&h->account.devices[i]);
	free(h->account.devices);
	free(h);
}

void
index_free(struct index *x)
{
	struct account_handle *h;
	struct account_handle *next;

	if (x == NULL)
		return;
	HASH_ITER(hh, x->accounts, h, next)
	{
		HASH_DEL(x->accounts, h);
		index_free_account(h);
	}
	while (x->estates != NULL) {
		h = x->estates;
		x->estates = h->next_estate;
		index_free_account(h);
	}
	free(x->slots);
	free(x->gone);
	free(x);
}

void
index_lock(struct index *x)
{
	journal_lock(x->journal);
}

void
index_unlock(struct index *x)
{
	journal_unlock(x->journal);
}

struct account *
index_account(struct index *x, const struct account_name *name)
{
	struct account_handle *h;
	struct bytes text = account_name_bytes(name);
	unsigned hash = index_hash(x, name);

	HASH_FIND_BYHASHVALUE(
	    hh, x->accounts, text.data, (unsigned)text.len, hash, h);
	return h != NULL && !h->account.leaving ? &h->account : NULL;
}

struct mailbox *
account_mailbox(const struct account *a, uint32_t device)
{
	for (size_t i = 0; i < a->devices_count; i++)
		if (a->devices[i].device.id == device)
			return &a->devices[i];
	return NULL;
}

struct mailbox *
index_mailbox(struct index *x, const struct address *who)
{
	const struct account *a = index_account(x, &who->account);

	return a != NULL ? account_mailbox(a, who->device) : NULL;
}

struct mailbox *
index_slot(struct index *x, uint32_t slot)
{
	return slot < x->slots_cap ? x->slots[slot] : NULL;
}

size_t
index_slots(const struct index *x)
{
	return x->slots_cap;
}

enum status
index_reserve_slot(struct index *x, uint32_t slot)
{
	size_t cap = x->slots_cap > 0 ? x->slots_cap : INDEX_FIRST_SLOTS;
	struct mailbox **fresh;

	if (slot < x->slots_cap)
		return STATUS_OK;
	while (cap <= slot)
		cap *= 2;
	fresh = calloc(cap, sizeof(struct mailbox *));
	if (fresh == NULL)
		return STATUS_NOMEM;
	if (x->slots_cap > 0)
		memcpy(fresh, x->slots, x->slots_cap * sizeof(*fresh));
	free(x->slots);
	x->slots = fresh;
	x->slots_cap = cap;
	return STATUS_OK;
}

/* Takes h over on STATUS_OK. */
static enum status
index_insert(struct index *x, struct account_handle *h)
{
	struct bytes text = account_name_bytes(&h->account.name);
	unsigned hash = index_hash(x, &h->account.name);
	struct account_handle *found;

	HASH_ADD_KEYPTR_BYHASHVALUE(
	    hh, x->accounts, text.data, (unsigned)text.len, hash, h);
	/* uthash leaves it out when memory is short. */
	HASH_FIND_BYHASHVALUE(
	    hh, x->accounts, text.data, (unsigned)text.len, hash, found);
	return found == h ? STATUS_OK : STATUS_NOMEM;
}

static enum status
index_link(struct index *x, struct account_handle *h)
{
	enum status st = STATUS_OK;
	struct mailbox *devices = h->account.devices;

	for (size_t i = 0; i < h->account.devices_count; i++)
		if (st == STATUS_OK)
			st = index_reserve_slot(x, devices[i].device.slot);
	if (st == STATUS_OK)
		st = index_insert(x, h);
	for (size_t i = 0; i < h->account.devices_count; i++)
		if (st == STATUS_OK)
			x->slots[devices[i].device.slot] = &devices[i];
	return st;
}

enum status
index_add_account(struct index *x, const struct account_name *name,
    const struct account_record *record, struct account **account)
{
	struct account_handle *h = calloc(1, sizeof(*h));
	enum status st = STATUS_NOMEM;

	if (h == NULL)
		return STATUS_NOMEM;
	h->account.name = *name;
	h->account.handle = h;
	h->account.pending = true;
	h->account.devices =
	    calloc(record->devices_count + 1, sizeof(*h->account.devices));
	if (h->account.devices == NULL)
		goto out;
	h->account.devices_count = record->devices_count;
	h->account.suspended = record->suspended;
	h->account.seen_day = record->seen_day;
	h->account.seen_saved = record->seen_day;
	for (size_t i = 0; i < record->devices_count; i++) {
		h->account.devices[i].account = &h->account;
		h->account.devices[i].device = record->devices[i];
		h->account.devices[i].replay_saved = true;
	}
	index_lock(x);
	st = index_link(x, h);
	index_unlock(x);
	if (st != STATUS_OK)
		goto out;
	*account = &h->account;
	h = NULL;
out:
	if (h != NULL)
		index_free_account(h);
	return st;
}

void
index_settle_account(struct index *x, struct account *a)
{
	index_lock(x);
	a->pending = false;
	index_unlock(x);
}

void
index_release(struct index *x, struct mailbox *m, const struct queue_entry *e)
{
	x->items--;
	if (e->position == 0)
		return;
	lane_remove(&m->lanes[queue_entry_lane(e)], queue_entry_len(e));
	m->notes -= queue_entry_is_note(e);
	journal_uncount(x->journal, e->position, queue_entry_len(e));
}

void
index_enter(struct index *x, struct mailbox *m, const struct segment_item *item,
    uint64_t position)
{
	const struct queue_entry e = queue_entry_make(
	    position, item->type, item->payload.len, item->stored_ms);
	const struct queue_entry *there = mailbox_find(m, item->seq);
	size_t before = m->queue_len;

	/* A start may find it twice, the second time where it was moved to. */
	if (there != NULL && there->position != 0) {
		x->items++;
		index_release(x, m, there);
	}
	journal_count(x->journal, position, item->payload.len);
	lane_add(&m->lanes[mailbox_lane_of(item->type)], item->payload.len);
	m->notes += queue_entry_is_note(&e);
	mailbox_put(m, item->seq, &e);
	x->items += m->queue_len - before;
}

void
index_move(struct index *x, struct mailbox *m, uint64_t seq, uint64_t from,
    uint64_t to)
{
	struct queue_entry *e = mailbox_find(m, seq);

	if (e == NULL || e->position != from)
		return;
	journal_uncount(x->journal, from, queue_entry_len(e));
	journal_count(x->journal, to, queue_entry_len(e));
	e->position = to;
}

void
index_expire(struct index *x, struct mailbox *m, uint64_t seq)
{
	struct queue_entry e;

	while (m->acknowledged < seq && mailbox_pop(m, &e)) {
		index_release(x, m, &e);
		m->unfetched++;
	}
	if (m->acknowledged != m->saved)
		index_dirty(x, m);
}

bool
index_acknowledge(struct index *x, struct mailbox *m, uint64_t seq, size_t most)
{
	struct queue_entry e;

	for (; most > 0 && m->acknowledged < seq && mailbox_pop(m, &e); most--)
		index_release(x, m, &e);
	if (seq >= m->acknowledged)
		m->unfetched = 0;
	else if (m->unfetched > m->acknowledged - seq)
		m->unfetched = m->acknowledged - seq;
	if (m->acknowledged != m->saved)
		index_dirty(x, m);
	return m->acknowledged >= seq || m->queue_len == 0;
}

uint64_t
index_items(const struct index *x)
{
	return x->items;
}

/* Into the list behind `before`; NULL: as the first. */
static void
dirty_link(struct index *x, struct mailbox *m, struct mailbox *before)
{
	struct mailbox *after =
	    before != NULL ? before->dirty_after : x->dirty_first;

	m->dirty = true;
	m->dirty_before = before;
	m->dirty_after = after;
	if (before != NULL)
		before->dirty_after = m;
	else
		x->dirty_first = m;
	if (after != NULL)
		after->dirty_before = m;
	else
		x->dirty_last = m;
	x->dirty++;
}

void
index_dirty(struct index *x, struct mailbox *m)
{
	if (m->dirty)
		return;
	m->dirty_since = ++x->dirty_newest;
	dirty_link(x, m, x->dirty_last);
}

void
index_clean(struct index *x, struct mailbox *m)
{
	if (!m->dirty)
		return;
	if (m->dirty_before != NULL)
		m->dirty_before->dirty_after = m->dirty_after;
	else
		x->dirty_first = m->dirty_after;
	if (m->dirty_after != NULL)
		m->dirty_after->dirty_before = m->dirty_before;
	else
		x->dirty_last = m->dirty_before;
	m->dirty = false;
	x->dirty--;
}

void
index_dirty_again(struct index *x, struct mailbox *m, uint64_t since)
{
	index_clean(x, m);
	m->dirty_since = since;
	dirty_link(x, m, NULL);
}

size_t
index_dirty_count(const struct index *x)
{
	return x->dirty;
}

struct mailbox *
index_dirty_first(const struct index *x)
{
	return x->dirty_first;
}

uint64_t
index_dirty_oldest(const struct index *x)
{
	return x->dirty_first != NULL ? x->dirty_first->dirty_since : 0;
}

uint64_t
index_dirty_newest(const struct index *x)
{
	return x->dirty_newest;
}
