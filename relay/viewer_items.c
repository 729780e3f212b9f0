#include "relay/viewer_items.h"

#include <string.h>

#include "base/log.h"

enum {
	SPAN_BYTES = PICKS_BUFFER_BYTES, /* read at once */
	SPAN_GAP_BYTES = 4096, /* passed over rather than read again */
};

/* What was read at once of a file. */
struct span {
	uint8_t *data; /* SPAN_BYTES */
	const struct journal_file *file;
	uint32_t place;
	size_t len;
};

enum status
picks_room(struct picks *p, struct arena *a, size_t most)
{
	p->list = arena_take_array(a, most + 1, sizeof(*p->list));
	return p->list != NULL ? STATUS_OK : STATUS_NOMEM;
}

enum status
picks_add(struct picks *p, struct journal *j, const struct mailbox *m,
    uint64_t seq, const struct queue_entry *e)
{
	struct pick *pick = &p->list[p->count];

	pick->file = journal_hold(j, e->position);
	if (pick->file == NULL)
		return STATUS_IO;
	p->count++;
	pick->place = (uint32_t)(e->position - journal_position(pick->file));
	pick->len = (uint32_t)queue_entry_len(e);
	pick->seq = seq;
	p->bytes += pick->len;
	p->slot = m->device.slot;
	return STATUS_OK;
}

void
picks_release(struct picks *p, struct journal *j)
{
	for (size_t i = 0; i < p->count; i++)
		journal_release(j, p->list[i].file);
}

/* An item with its payload behind it, which is where most have it. */
static size_t
pick_end(const struct pick *pick)
{
	size_t end = (size_t)pick->place + SEGMENT_ITEM_BYTES + pick->len;

	return end < journal_file_bytes(pick->file)
		   ? end
		   : journal_file_bytes(pick->file);
}

/* From pick i on, as many as lie close together. */
static enum status
span_read(struct span *span, const struct picks *p, size_t i)
{
	const struct pick *first = &p->list[i];
	size_t end = pick_end(first);

	if (end - first->place > SPAN_BYTES)
		end = first->place + SPAN_BYTES;
	while (++i < p->count) {
		const struct pick *next = &p->list[i];

		if (next->file != first->file || next->place < first->place ||
		    next->place > end + SPAN_GAP_BYTES ||
		    pick_end(next) - first->place > SPAN_BYTES)
			break;
		if (pick_end(next) > end)
			end = pick_end(next);
	}
	span->file = first->file;
	span->place = first->place;
	span->len = end - first->place;
	return journal_read(first->file, first->place, span->len, span->data);
}

/* NULL: it is not in what was read. */
static const uint8_t *
span_find(const struct span *span, const struct journal_file *file,
    size_t place, size_t len)
{
	if (span->file != file || place < span->place || len > span->len ||
	    place - span->place > span->len - len)
		return NULL;
	return span->data + (place - span->place);
}

static enum status
pick_head(const struct picks *p, size_t i, struct span *span,
    struct segment_item *item, uint32_t *payload)
{
	const struct pick *pick = &p->list[i];
	const uint8_t *head = NULL;
	size_t len = pick_end(pick) - pick->place;
	enum status st = STATUS_OK;

	if (len < SEGMENT_ITEM_BYTES)
		return STATUS_IO;
	if (span_find(span, pick->file, pick->place, len) == NULL)
		st = span_read(span, p, i);
	head = span_find(span, pick->file, pick->place, SEGMENT_ITEM_BYTES);
	if (st == STATUS_OK)
		st = segment_item_head(head, item, payload, &len);
	if (st != STATUS_OK)
		return st;
	/* The index and the journal have to agree. */
	if (item->slot != p->slot || item->seq != pick->seq ||
	    len != pick->len) {
		log_event(LOG_LEVEL_ERROR, "journal-item-wrong", "place=%u",
		    pick->place);
		return STATUS_IO;
	}
	item->payload = bytes_view(NULL, len);
	return STATUS_OK;
}

static enum status
pick_payload(const struct pick *pick, const struct span *span, uint32_t payload,
    uint8_t *to)
{
	const uint8_t *there = span_find(span, pick->file, payload, pick->len);

	if (pick->len == 0)
		return STATUS_OK;
	if (there == NULL)
		return journal_read(pick->file, payload, pick->len, to);
	memcpy(to, there, pick->len);
	return STATUS_OK;
}

enum status
picks_read(const struct picks *p, picks_take *take, void *arg)
{
	struct span span = { .data = p->buffer };
	enum status st = STATUS_OK;

	for (size_t i = 0; i < p->count && st == STATUS_OK; i++) {
		struct segment_item item;
		uint32_t payload;
		uint8_t *to;

		st = pick_head(p, i, &span, &item, &payload);
		if (st == STATUS_OK)
			st = take(arg, &item, &to);
		if (st == STATUS_OK)
			st = pick_payload(&p->list[i], &span, payload, to);
	}
	return st;
}
