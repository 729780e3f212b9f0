#include "store/relay/migrate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hook.h"
#include "base/log.h"
#include "store/dbkey.h"
#include "store/relay/journal.h"
#include "store/relay/records.h"

/*
 * A segment of version 1, numbers big-endian: format, marks, items, bytes in
 * all (u32 each); marks of slot, stream, counter; items of slot, sender slot,
 * seq, stored at, type, suite, offset and length of the payload; the payloads.
 */
enum {
	V1_FORMAT = 1,
	V1_HEAD_BYTES = 16,
	V1_MARK_BYTES = 4 + STREAM_BYTES + 8,
	V1_ITEM_BYTES = 40,
	MIGRATE_ARENA_BYTES = 64 * 1024 * 1024,
};

struct v1_segment {
	uint64_t number;
	uint32_t marks_count;
	uint32_t items_count;
	struct bytes all;
};

struct migration {
	struct journal *journal;
	struct db_txn *txn;
	struct arena *arena; /* reset for every segment */
	struct segment_submit **submits;
	size_t submits_count;
	struct segment_item *items;
	size_t items_count;
	size_t bytes; /* of the new one */
	uint64_t moved;
};

static enum status
corrupt(const char *what)
{
	log_event(LOG_LEVEL_ERROR, "migration-failed",
	    "reason=\"a stored segment is corrupt\" what=%s", what);
	return STATUS_IO;
}

static enum status
v1_parse(struct bytes key, struct bytes row, struct v1_segment *s)
{
	struct v1_segment got = { .all = row };
	uint64_t needed;

	if (key.len != 8 || row.len < V1_HEAD_BYTES)
		return corrupt("short");
	if (load_u32(row.data) != V1_FORMAT)
		return corrupt("format");
	got.number = load_u64(key.data);
	got.marks_count = load_u32(row.data + 4);
	got.items_count = load_u32(row.data + 8);
	needed = V1_HEAD_BYTES + (uint64_t)got.marks_count * V1_MARK_BYTES +
		 (uint64_t)got.items_count * V1_ITEM_BYTES;
	if (load_u32(row.data + 12) != row.len || needed > row.len)
		return corrupt("length");
	*s = got;
	return STATUS_OK;
}

/* Gives 0 when there is no such row. */
static enum status
get_cursor(struct migration *m, uint32_t slot, uint64_t *acknowledged)
{
	struct dbkey key = dbkey_u32(slot);
	struct cursor_record record = { .acknowledged = 0 };
	struct bytes row;
	enum status st = db_get(m->txn, TABLE_CURSORS, dbkey_view(&key), &row);

	if (st == STATUS_OK)
		st = record_get_cursor(row, m->arena, &record);
	*acknowledged = record.acknowledged;
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* Marks in segments below it are in the row. */
static enum status
get_covered(struct migration *m, uint32_t slot, uint64_t *segment)
{
	struct dbkey key = dbkey_u32(slot);
	struct stream_record record = { .segment = 0 };
	struct bytes row;
	enum status st = db_get(m->txn, TABLE_STREAMS, dbkey_view(&key), &row);

	if (st == STATUS_OK)
		st = record_get_stream(row, m->arena, &record);
	*segment = record.segment;
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

static enum status
add_submit(struct migration *m, const struct segment_submit *from,
    struct segment_submit **submit)
{
	struct segment_submit *copy = arena_take(m->arena, sizeof(*copy));

	if (copy == NULL)
		return STATUS_NOMEM;
	*copy = *from;
	m->submits[m->submits_count++] = copy;
	m->bytes += segment_submit_bytes(copy);
	*submit = copy;
	return STATUS_OK;
}

static enum status
take_mark(struct migration *m, const struct v1_segment *s, uint32_t i)
{
	const uint8_t *from =
	    s->all.data + V1_HEAD_BYTES + (size_t)i * V1_MARK_BYTES;
	struct segment_submit mark = {
		.slot = load_u32(from),
		.counter = load_u64(from + 4 + STREAM_BYTES),
	};
	struct segment_submit *added;
	uint64_t covered;
	enum status st = get_covered(m, mark.slot, &covered);

	memcpy(mark.stream, from + 4, STREAM_BYTES);
	if (st != STATUS_OK || s->number < covered)
		return st;
	return add_submit(m, &mark, &added);
}

/*
 * Which submit an item came by was not kept.  The payload for many stays one,
 * by a submit that says no more than that.
 */
static enum status
share(struct migration *m, struct segment_item *item)
{
	struct segment_item *before =
	    m->items_count > 0 ? &m->items[m->items_count - 1] : NULL;
	const struct segment_submit of_nobody = { .is_copy = true };
	enum status st = STATUS_OK;

	if (before == NULL || item->payload.len == 0 ||
	    before->payload.data != item->payload.data ||
	    before->payload.len != item->payload.len)
		return STATUS_OK;
	if (before->submit == NULL)
		st = add_submit(m, &of_nobody, &before->submit);
	before->shared = true;
	item->submit = before->submit;
	item->shared = true;
	return st;
}

static enum status
take_item(struct migration *m, const struct v1_segment *s, uint32_t i)
{
	const uint8_t *from = s->all.data + V1_HEAD_BYTES +
			      (size_t)s->marks_count * V1_MARK_BYTES +
			      (size_t)i * V1_ITEM_BYTES;
	size_t offset = load_u32(from + 32);
	size_t len = load_u32(from + 36);
	struct segment_item item;
	uint64_t acknowledged;
	enum status st;

	if (offset > s->all.len || len > s->all.len - offset ||
	    len > LIMIT_ITEM_BYTES)
		return corrupt("payload");
	item = (struct segment_item){
		.slot = load_u32(from),
		.sender_slot = load_u32(from + 4),
		.seq = load_u64(from + 8),
		.stored_ms = (int64_t)load_u64(from + 16),
		.type = load_u32(from + 24),
		.suite = load_u32(from + 28),
		.payload = bytes_view(s->all.data + offset, len),
	};
	st = get_cursor(m, item.slot, &acknowledged);
	if (st != STATUS_OK || item.seq <= acknowledged)
		return st;
	st = share(m, &item);
	if (st != STATUS_OK)
		return st;
	m->bytes += segment_item_bytes(&item, !item.shared);
	m->items[m->items_count++] = item;
	m->moved++;
	return STATUS_OK;
}

static enum status
append(struct migration *m)
{
	struct segment_plan plan = {
		.submits = m->submits,
		.submits_count = m->submits_count,
		.items = m->items,
		.items_count = m->items_count,
	};
	struct journal_room room;
	enum status st;

	if (m->bytes > JOURNAL_SEGMENT_BYTES)
		return corrupt("size");
	st = journal_prepare(m->journal, m->bytes, &room);
	if (st != STATUS_OK)
		return st;
	plan.number = journal_next_segment(m->journal);
	plan.place = room.place;
	return journal_append(
	    m->journal, segment_write(&plan, &room.key, room.data));
}

static enum status
move_segment(struct migration *m, const struct v1_segment *s)
{
	const size_t items = (size_t)s->items_count + 1;
	const size_t submits = items + s->marks_count;
	enum status st = STATUS_OK;

	arena_reset(m->arena);
	m->items_count = 0;
	m->submits_count = 0;
	m->bytes = SEGMENT_HEAD_BYTES;
	m->items = arena_take_array(m->arena, items, sizeof(*m->items));
	m->submits = arena_take_array(
	    m->arena, submits, sizeof(struct segment_submit *));
	if (m->items == NULL || m->submits == NULL)
		return STATUS_NOMEM;
	for (uint32_t i = 0; i < s->marks_count && st == STATUS_OK; i++)
		st = take_mark(m, s, i);
	for (uint32_t i = 0; i < s->items_count && st == STATUS_OK; i++)
		st = take_item(m, s, i);
	if (st == STATUS_OK && m->items_count + m->submits_count > 0)
		st = append(m);
	return st;
}

/* Numbers above all that rows and segments know: none is used twice. */
static enum status
find_next(struct migration *m)
{
	struct db_cursor *c = NULL;
	struct bytes key;
	struct bytes row;
	struct stream_record record;
	enum status st = db_cursor_open(m->txn, TABLE_SEGMENTS, &c);

	if (st == STATUS_OK)
		st = db_cursor_last(c, &key, &row);
	if (st == STATUS_OK && key.len == 8)
		journal_set_next_segment(m->journal, load_u64(key.data) + 1);
	db_cursor_close(c);
	c = NULL;
	if (st == STATUS_OK || st == STATUS_NOT_FOUND)
		st = db_cursor_open(m->txn, TABLE_STREAMS, &c);
	if (st == STATUS_OK)
		st = db_cursor_seek(c, BYTES_NONE, &key, &row);
	while (st == STATUS_OK) {
		arena_reset(m->arena);
		st = record_get_stream(row, m->arena, &record);
		if (st != STATUS_OK)
			break;
		journal_set_next_segment(m->journal, record.segment);
		st = db_cursor_next(c, &key, &row);
	}
	db_cursor_close(c);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* The last one is empty: it keeps the number when all others have gone. */
static enum status
move_all(struct migration *m)
{
	struct v1_segment none = { .all = BYTES_NONE };
	struct db_cursor *c = NULL;
	struct bytes key;
	struct bytes row;
	enum status st = find_next(m);

	if (st == STATUS_OK)
		st = db_cursor_open(m->txn, TABLE_SEGMENTS, &c);
	if (st == STATUS_OK)
		st = db_cursor_seek(c, BYTES_NONE, &key, &row);
	while (st == STATUS_OK) {
		struct v1_segment s;

		st = v1_parse(key, row, &s);
		if (st == STATUS_OK)
			st = move_segment(m, &s);
		if (st == STATUS_OK)
			st = db_cursor_next(c, &key, &row);
	}
	db_cursor_close(c);
	if (st == STATUS_NOT_FOUND)
		st = move_segment(m, &none);
	return st == STATUS_OK ? append(m) : st;
}

static enum status
finish(struct db *db, struct relay_meta *meta)
{
	struct relay_meta fresh;
	struct db_txn *txn = NULL;
	enum status st = db_txn_begin(db, DB_WRITE, &txn);

	if (st == STATUS_OK)
		st = schema_get_meta(txn, &fresh);
	if (st == STATUS_OK) {
		fresh.version = SCHEMA_VERSION;
		st = schema_put_meta(txn, &fresh);
	}
	if (st == STATUS_OK)
		st = db_clear(txn, TABLE_SEGMENTS);
	hook_reach("migrate-commit");
	if (st == STATUS_OK)
		st = db_txn_commit(&txn);
	db_txn_abort(txn);
	if (st == STATUS_OK)
		*meta = fresh;
	return st;
}

enum status
migrate_store(struct db *db, const char *dir, size_t log_file_bytes,
    struct relay_meta *meta)
{
	struct migration m = { .journal = NULL };
	enum status st;

	if (meta->version == SCHEMA_VERSION)
		return STATUS_OK;
	st = journal_open(dir, log_file_bytes, &m.journal);
	if (st == STATUS_OK)
		st = journal_empty(m.journal);
	if (st == STATUS_OK)
		st = arena_new(MIGRATE_ARENA_BYTES, &m.arena);
	if (st == STATUS_OK)
		st = db_txn_begin(db, DB_READ, &m.txn);
	if (st == STATUS_OK)
		st = move_all(&m);
	db_txn_abort(m.txn);
	arena_free(m.arena);
	journal_close(m.journal);
	hook_reach("migrate-journal");
	if (st == STATUS_OK)
		st = finish(db, meta);
	if (st == STATUS_OK)
		log_event(LOG_LEVEL_INFO, "store-migrated",
		    "version=%d messages=%llu", SCHEMA_VERSION,
		    (unsigned long long)m.moved);
	return st;
}
