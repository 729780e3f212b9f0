#include "store/relay/segments.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "store/dbkey.h"
#include "store/relay/schema.h"

enum {
	SEGMENT_FORMAT = 1,
	SEGMENT_HEAD_BYTES = 16,
	SEGMENT_MARK_BYTES = 4 + STREAM_BYTES + 8,
	SEGMENT_ITEM_BYTES = 40,
	/* LMDB puts 16 bytes of its own in front of the first page. */
	SEGMENT_FILL_BYTES = LIMIT_SEGMENT_BYTES - 16,
	/* Up to here an item that shares a payload joins it. */
	SEGMENT_SHARED_BYTES = 1024 * 1024,
};

/* What the next segment will hold. */
struct plan {
	size_t items;
	size_t marks;
	size_t bytes;
	struct bytes shared; /* the last payload that may be shared */
};

static bool
plan_shares(const struct plan *p, const struct segment_item *item)
{
	return item->shared && p->shared.data == item->payload.data &&
	       p->shared.len == item->payload.len && p->items > 0;
}

/* false: it belongs into the next one. */
static bool
plan_add(struct plan *p, const struct segment_item *item)
{
	bool shares = plan_shares(p, item);
	size_t limit = shares ? SEGMENT_SHARED_BYTES : SEGMENT_FILL_BYTES;
	size_t more = SEGMENT_ITEM_BYTES + (shares ? 0 : item->payload.len) +
		      (item->mark != NULL ? SEGMENT_MARK_BYTES : 0);

	if (p->items > 0 && p->bytes + more > limit)
		return false;
	p->items++;
	p->marks += item->mark != NULL;
	p->bytes += more;
	if (item->shared)
		p->shared = item->payload;
	return true;
}

static void
write_mark(uint8_t *to, const struct segment_mark *mark)
{
	store_u32(to, mark->slot);
	memcpy(to + 4, mark->stream, STREAM_BYTES);
	store_u64(to + 4 + STREAM_BYTES, mark->counter);
}

static void
write_item(uint8_t *to, const struct segment_item *item, size_t offset)
{
	store_u32(to, item->slot);
	store_u32(to + 4, item->sender_slot);
	store_u64(to + 8, item->seq);
	store_u64(to + 16, (uint64_t)item->stored_ms);
	store_u32(to + 24, item->type);
	store_u32(to + 28, item->suite);
	store_u32(to + 32, (uint32_t)offset);
	store_u32(to + 36, (uint32_t)item->payload.len);
}

static void
write_segment(uint8_t *room, const struct plan *plan,
    struct segment_item *items, uint64_t number)
{
	uint8_t *marks = room + SEGMENT_HEAD_BYTES;
	uint8_t *rows = marks + plan->marks * SEGMENT_MARK_BYTES;
	size_t end = (size_t)(rows - room) + plan->items * SEGMENT_ITEM_BYTES;
	struct plan done = { .items = 0 };
	size_t offset = end;

	store_u32(room, SEGMENT_FORMAT);
	store_u32(room + 4, (uint32_t)plan->marks);
	store_u32(room + 8, (uint32_t)plan->items);
	store_u32(room + 12, (uint32_t)plan->bytes);
	for (size_t i = 0; i < plan->items; i++) {
		struct segment_item *item = &items[i];

		if (item->mark != NULL) {
			write_mark(marks, item->mark);
			marks += SEGMENT_MARK_BYTES;
		}
		if (plan_shares(&done, item)) {
			write_item(rows, item, offset);
		} else {
			offset = item->shared ? end : offset;
			write_item(rows, item, end);
			if (item->payload.len > 0)
				memcpy(room + end, item->payload.data,
				    item->payload.len);
			end += item->payload.len;
		}
		if (item->shared)
			done.shared = item->payload;
		done.items++;
		item->segment = number;
		item->index = (uint32_t)i;
		rows += SEGMENT_ITEM_BYTES;
	}
	assert(end == plan->bytes);
}

enum status
segments_append(struct db_txn *txn, struct segment_item *items, size_t count,
    uint64_t *next)
{
	size_t done = 0;

	while (done < count) {
		struct plan plan = { .bytes = SEGMENT_HEAD_BYTES };
		struct dbkey key = dbkey_u64(*next);
		uint8_t *room;
		enum status st;

		while (done + plan.items < count &&
		       plan_add(&plan, &items[done + plan.items]))
			;
		st = db_reserve(txn, TABLE_SEGMENTS, dbkey_view(&key),
		    plan.bytes, DB_APPEND, &room);
		/* A number that is taken means that someone else writes. */
		if (st != STATUS_OK)
			return st == STATUS_EXISTS ? STATUS_IO : st;
		write_segment(room, &plan, items + done, *next);
		done += plan.items;
		(*next)++;
	}
	return STATUS_OK;
}

static enum status
segment_corrupt(const char *what)
{
	log_event(LOG_LEVEL_ERROR, "segment-corrupt", "what=%s", what);
	return STATUS_IO;
}

enum status
segment_parse(struct bytes row, struct segment *s)
{
	struct segment got = { .all = row };
	uint64_t needed;

	if (row.len < SEGMENT_HEAD_BYTES)
		return segment_corrupt("short");
	if (load_u32(row.data) != SEGMENT_FORMAT)
		return segment_corrupt("format");
	got.marks_count = load_u32(row.data + 4);
	got.items_count = load_u32(row.data + 8);
	needed = SEGMENT_HEAD_BYTES +
		 (uint64_t)got.marks_count * SEGMENT_MARK_BYTES +
		 (uint64_t)got.items_count * SEGMENT_ITEM_BYTES;
	if (load_u32(row.data + 12) != row.len || needed > row.len)
		return segment_corrupt("length");
	*s = got;
	return STATUS_OK;
}

enum status
segments_read(struct db_txn *txn, uint64_t number, struct segment *s)
{
	struct dbkey key = dbkey_u64(number);
	struct bytes row;
	enum status st = db_get(txn, TABLE_SEGMENTS, dbkey_view(&key), &row);

	return st == STATUS_OK ? segment_parse(row, s) : st;
}

enum status
segments_drop(struct db_txn *txn, uint64_t number)
{
	struct dbkey key = dbkey_u64(number);

	return db_del(txn, TABLE_SEGMENTS, dbkey_view(&key));
}

void
segment_mark_at(const struct segment *s, uint32_t i, struct segment_mark *mark)
{
	const uint8_t *from =
	    s->all.data + SEGMENT_HEAD_BYTES + (size_t)i * SEGMENT_MARK_BYTES;

	assert(i < s->marks_count);
	mark->slot = load_u32(from);
	memcpy(mark->stream, from + 4, STREAM_BYTES);
	mark->counter = load_u64(from + 4 + STREAM_BYTES);
}

enum status
segment_item_at(const struct segment *s, uint32_t i, struct segment_item *item)
{
	const uint8_t *from = s->all.data + SEGMENT_HEAD_BYTES +
			      (size_t)s->marks_count * SEGMENT_MARK_BYTES +
			      (size_t)i * SEGMENT_ITEM_BYTES;
	size_t offset = load_u32(from + 32);
	size_t len = load_u32(from + 36);

	assert(i < s->items_count);
	if (offset > s->all.len || len > s->all.len - offset)
		return segment_corrupt("payload");
	*item = (struct segment_item){
		.slot = load_u32(from),
		.sender_slot = load_u32(from + 4),
		.seq = load_u64(from + 8),
		.stored_ms = (int64_t)load_u64(from + 16),
		.type = load_u32(from + 24),
		.suite = load_u32(from + 28),
		.payload = bytes_view(s->all.data + offset, len),
		.index = i,
	};
	return STATUS_OK;
}
