#include "store/relay/index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/relay/index_private.h"

enum { INDEX_FIRST_SLOTS = 64, INDEX_FIRST_SEGMENTS = 64 };

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
index_new(struct index **x)
{
	struct index *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->next_segment = 1;
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
	free(x->slots);
	free(x->segments);
	free(x->gone);
	free(x);
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
index_mailbox(struct index *x, const struct address *who)
{
	struct account *a = index_account(x, &who->account);

	for (size_t i = 0; a != NULL && i < a->devices_count; i++)
		if (a->devices[i].device.id == who->device)
			return &a->devices[i];
	return NULL;
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

static enum status
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
		st = index_reserve_slot(x, record->devices[i].slot);
		if (st != STATUS_OK)
			goto out;
	}
	st = index_insert(x, h);
	if (st != STATUS_OK)
		goto out;
	for (size_t i = 0; i < record->devices_count; i++)
		x->slots[record->devices[i].slot] = &h->account.devices[i];
	*account = &h->account;
	h = NULL;
out:
	if (h != NULL)
		index_free_account(h);
	return st;
}

uint64_t
index_next_segment(const struct index *x)
{
	return x->next_segment;
}

void
index_set_next_segment(struct index *x, uint64_t next)
{
	x->next_segment = next;
}

/* Squeeze out what was forgotten before asking for more memory. */
static void
index_squeeze(struct index *x)
{
	size_t kept = 0;

	for (size_t i = 0; i < x->segments_len; i++)
		if (x->segments[i].number != 0)
			x->segments[kept++] = x->segments[i];
	x->segments_len = kept;
	x->forgotten = 0;
}

enum status
index_reserve_segments(struct index *x, size_t more)
{
	size_t cap =
	    x->segments_cap > 0 ? x->segments_cap : INDEX_FIRST_SEGMENTS;
	struct segment_use *fresh;

	if (x->forgotten > x->segments_len / 2)
		index_squeeze(x);
	if (more <= x->segments_cap - x->segments_len)
		return STATUS_OK;
	while (cap < x->segments_len + more)
		cap *= 2;
	fresh = calloc(cap, sizeof(*fresh));
	if (fresh == NULL)
		return STATUS_NOMEM;
	if (x->segments_len > 0)
		memcpy(fresh, x->segments, x->segments_len * sizeof(*fresh));
	free(x->segments);
	x->segments = fresh;
	x->segments_cap = cap;
	return STATUS_OK;
}

/*
 * Binary search; the numbers rise.  Forgetting writes 0 over a number, so the
 * search goes by `order`, which stays.
 */
static struct segment_use *
index_use(struct index *x, uint64_t number)
{
	size_t low = 0;
	size_t high = x->segments_len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (x->segments[middle].order < number)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == x->segments_len || x->segments[low].number != number)
		return NULL;
	return &x->segments[low];
}

/* The last one, begun if it is not there yet: items arrive in order. */
struct segment_use *
index_begin_segment(struct index *x, uint64_t number)
{
	struct segment_use *use = index_use(x, number);

	if (use != NULL)
		return use;
	assert(x->segments_len < x->segments_cap);
	use = &x->segments[x->segments_len++];
	*use = (struct segment_use){ .number = number, .order = number };
	x->dead++;
	return use;
}

static void
index_count_item(
    struct index *x, const struct segment_item *item, struct queue_entry *e)
{
	struct segment_use *use = index_begin_segment(x, item->segment);

	use->items++;
	if (use->alive++ == 0)
		x->dead--;
	*e = queue_entry_make(item->segment, item->index, item->payload.len,
	    mailbox_lane_of(item->type));
}

void
index_enter(struct index *x, struct mailbox *m, const struct segment_item *item)
{
	struct queue_entry e;
	size_t before = m->queue_len;

	index_count_item(x, item, &e);
	mailbox_put(m, item->seq, &e);
	x->items += m->queue_len - before;
}

void
index_move(struct index *x, struct mailbox *m, const struct segment_item *item)
{
	struct queue_entry *e = mailbox_find(m, item->seq);

	assert(e != NULL);
	index_count_item(x, item, e);
}

void
index_forget_segment(struct index *x, uint64_t number)
{
	struct segment_use *use = index_use(x, number);

	assert(use != NULL);
	if (use->alive == 0)
		x->dead--;
	use->number = 0;
	x->forgotten++;
}

void
index_release(struct index *x, const struct queue_entry *e, struct lane *lanes)
{
	struct segment_use *use;

	x->items--;
	if (e->segment == 0)
		return;
	lane_remove(&lanes[queue_entry_lane(e)], queue_entry_len(e));
	use = index_use(x, e->segment);
	assert(use != NULL && use->alive > 0);
	if (--use->alive == 0)
		x->dead++;
}

void
index_acknowledge(struct index *x, struct mailbox *m, uint64_t seq)
{
	struct queue_entry e;

	while (m->acknowledged < seq && mailbox_pop(m, &e))
		index_release(x, &e, m->lanes);
	index_unsave(x, m);
}

void
index_unsave(struct index *x, struct mailbox *m)
{
	if (m->acknowledged == m->saved || m->unsaved)
		return;
	m->unsaved = true;
	m->next_unsaved = NULL;
	if (x->unsaved_last != NULL)
		x->unsaved_last->next_unsaved = m;
	else
		x->unsaved_first = m;
	x->unsaved_last = m;
	x->unsaved++;
}

uint64_t
index_items(const struct index *x)
{
	return x->items;
}

size_t
index_segments(const struct index *x)
{
	return x->segments_len;
}

const struct segment_use *
index_segment(const struct index *x, size_t i)
{
	assert(i < x->segments_len);
	return &x->segments[i];
}

size_t
index_dead(const struct index *x)
{
	return x->dead;
}

size_t
index_unsaved(const struct index *x)
{
	return x->unsaved;
}

struct mailbox *
index_next_unsaved(struct index *x)
{
	struct mailbox *m = x->unsaved_first;

	if (m == NULL)
		return NULL;
	x->unsaved_first = m->next_unsaved;
	if (x->unsaved_first == NULL)
		x->unsaved_last = NULL;
	x->unsaved--;
	m->unsaved = false;
	return m;
}
