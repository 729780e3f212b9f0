#include "store/relay/mailbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { QUEUE_FIRST_ITEMS = 4 };

/* In queue_entry.len, above any length. */
#define QUEUE_RECEIPT_BIT 0x80000000u
#define QUEUE_NOTE_BIT    0x40000000u
#define QUEUE_LEN_MASK    0x3fffffffu

enum { MINUTE_MS = 60 * 1000 };

static_assert(LIMIT_ITEM_BYTES <= (int)QUEUE_LEN_MASK);

enum mailbox_lane
mailbox_lane_of(uint32_t item_type)
{
	return item_type == ITEM_RECEIPT || item_type == ITEM_RECEIPT_PREKEY ||
		       item_type == ITEM_RELAY_NOTE
		   ? LANE_RECEIPTS
		   : LANE_MESSAGES;
}

struct queue_entry
queue_entry_make(
    uint64_t position, uint32_t type, size_t len, int64_t stored_ms)
{
	struct queue_entry e = {
		.position = position,
		.len = (uint32_t)len,
		.stored_min =
		    stored_ms > 0 ? (uint32_t)(stored_ms / MINUTE_MS) : 0,
	};

	assert(len <= QUEUE_LEN_MASK);
	if (mailbox_lane_of(type) == LANE_RECEIPTS)
		e.len |= QUEUE_RECEIPT_BIT;
	if (type == ITEM_RELAY_NOTE)
		e.len |= QUEUE_NOTE_BIT;
	return e;
}

size_t
queue_entry_len(const struct queue_entry *e)
{
	return e->len & QUEUE_LEN_MASK;
}

enum mailbox_lane
queue_entry_lane(const struct queue_entry *e)
{
	return e->len & QUEUE_RECEIPT_BIT ? LANE_RECEIPTS : LANE_MESSAGES;
}

bool
queue_entry_is_note(const struct queue_entry *e)
{
	return (e->len & QUEUE_NOTE_BIT) != 0;
}

void
mailbox_clear(struct mailbox *m)
{
	free(m->queue);
	m->queue = NULL;
	m->queue_len = 0;
	m->queue_cap = 0;
}

enum status
mailbox_reserve(struct mailbox *m, uint64_t head)
{
	size_t need = (size_t)(head - m->acknowledged);
	size_t cap =
	    m->queue_cap < QUEUE_FIRST_ITEMS ? QUEUE_FIRST_ITEMS : m->queue_cap;
	struct queue_entry *fresh = m->queue;

	if (need <= m->queue_cap - m->queue_first)
		return STATUS_OK;
	/* Moving pays only when a good part of the room is in front. */
	while (cap < need || (cap == m->queue_cap && m->queue_first < cap / 2))
		cap *= 2;
	if (cap != m->queue_cap) {
		fresh = calloc(cap, sizeof(*fresh));
		if (fresh == NULL)
			return STATUS_NOMEM;
	}
	if (m->queue_len > 0)
		memmove(fresh, m->queue + m->queue_first,
		    m->queue_len * sizeof(*fresh));
	if (fresh != m->queue)
		free(m->queue);
	m->queue = fresh;
	m->queue_cap = cap;
	m->queue_first = 0;
	return STATUS_OK;
}

void
mailbox_put(struct mailbox *m, uint64_t seq, const struct queue_entry *e)
{
	struct queue_entry *q = m->queue + m->queue_first;
	size_t at;

	assert(seq > m->acknowledged);
	at = (size_t)(seq - m->acknowledged - 1);
	assert(at < m->queue_cap - m->queue_first);
	while (m->queue_len <= at)
		q[m->queue_len++] = (struct queue_entry){ .position = 0 };
	q[at] = *e;
	if (m->head < seq)
		m->head = seq;
}

struct queue_entry *
mailbox_find(const struct mailbox *m, uint64_t seq)
{
	if (seq <= m->acknowledged || seq - m->acknowledged > m->queue_len)
		return NULL;
	return m->queue + m->queue_first + (seq - m->acknowledged - 1);
}

bool
mailbox_pop(struct mailbox *m, struct queue_entry *e)
{
	if (m->queue_len == 0)
		return false;
	*e = m->queue[m->queue_first];
	m->queue_first++;
	m->queue_len--;
	m->acknowledged++;
	if (m->queue_len == 0 && m->draft == NULL) {
		/* Most devices are idle most of the time. */
		mailbox_clear(m);
		m->queue_first = 0;
	}
	return true;
}

bool
lane_admit(const struct lane *l, struct lane *added,
    const struct lane_limits *max, size_t len)
{
	uint64_t items = l->items + added->items;
	uint64_t bytes = l->bytes + added->bytes;

	if (added->refusing && items * 2 < max->items && bytes * 2 < max->bytes)
		added->refusing = false;
	if (!added->refusing &&
	    (items >= max->items || bytes + len > max->bytes))
		added->refusing = true;
	if (added->refusing)
		return false;
	lane_add(added, len);
	return true;
}

void
lane_add(struct lane *l, size_t len)
{
	l->items++;
	l->bytes += len;
}

void
lane_remove(struct lane *l, size_t len)
{
	assert(l->items > 0 && l->bytes >= len);
	l->items--;
	l->bytes -= len;
}
