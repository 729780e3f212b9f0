/* index_load.c - rebuilds the index from disk at every start. */
#include "base/log.h"
#include "store/relay/index_private.h"
#include "store/relay/records.h"

enum {
	LOAD_ARENA_BYTES = 64 * 1024,
	/* A queue longer than any limit allows means a damaged store. */
	LOAD_QUEUE_ITEMS = 16 * 1024 * 1024,
};

struct load {
	struct index *x;
	struct db_txn *txn;
	struct arena *arena; /* reset for every row */
	size_t strangers;    /* items whose device is gone */
};

static enum status
load_corrupt(const char *what)
{
	log_event(LOG_LEVEL_ERROR, "index-corrupt", "what=%s", what);
	return STATUS_IO;
}

static enum status
load_account(struct load *l, struct bytes key, struct bytes row)
{
	struct account_record record;
	struct account_name name;
	struct account *account;
	enum status st;

	if (account_name_parse(key, &name) != STATUS_OK)
		return load_corrupt("account");
	st = record_get_account(row, l->arena, &record);
	if (st == STATUS_OK)
		st = index_add_account(l->x, &name, &record, &account);
	return st;
}

static enum status
load_gone(struct load *l, struct bytes key, struct bytes row)
{
	struct gone_record record;
	struct address who;
	enum status st;

	if (account_name_parse(key, &who.account) != STATUS_OK)
		return load_corrupt("gone");
	st = record_get_gone(row, l->arena, &record);
	if (st == STATUS_OK)
		st = index_reserve_gone(l->x, record.devices_count);
	for (size_t i = 0; st == STATUS_OK && i < record.devices_count; i++) {
		who.device = record.devices[i].id;
		index_enter_gone(l->x, record.devices[i].slot, &who);
	}
	return st;
}

/* Rows of devices that are gone mean nothing. */
static struct mailbox *
load_slot(struct load *l, struct bytes key)
{
	return key.len == 4 ? index_slot(l->x, load_u32(key.data)) : NULL;
}

static enum status
load_cursor(struct load *l, struct bytes key, struct bytes row)
{
	struct mailbox *m = load_slot(l, key);
	struct cursor_record record;
	enum status st;

	if (m == NULL)
		return STATUS_OK;
	st = record_get_cursor(row, l->arena, &record);
	if (st != STATUS_OK)
		return st;
	m->acknowledged = record.acknowledged;
	m->saved = record.acknowledged;
	m->head = record.head;
	return STATUS_OK;
}

static enum status
load_stream(struct load *l, struct bytes key, struct bytes row)
{
	struct mailbox *m = load_slot(l, key);
	struct stream_record record;
	enum status st;

	if (m == NULL)
		return STATUS_OK;
	st = record_get_stream(row, l->arena, &record);
	if (st != STATUS_OK)
		return st;
	m->replay = record.replay;
	m->replay_segment = record.segment;
	/*
	 * Even when every segment has gone their numbers are not used again: a
	 * mark below this number would be taken for one that is in the row.
	 */
	if (l->x->next_segment < record.segment)
		l->x->next_segment = record.segment;
	return STATUS_OK;
}

static void
load_mark(struct load *l, uint64_t number, const struct segment_mark *mark)
{
	struct mailbox *m = index_slot(l->x, mark->slot);

	if (m == NULL || number < m->replay_segment)
		return;
	replay_mark(&m->replay, mark->stream, mark->counter);
	m->replay_saved = false;
}

static enum status
load_item(
    struct load *l, struct segment_use *use, const struct segment_item *item)
{
	struct mailbox *m = index_slot(l->x, item->slot);
	struct lane *lane;
	enum status st;

	if (m == NULL) {
		if (index_gone(l->x, item->slot) == NULL)
			l->strangers++;
		use->items++;
		return STATUS_OK;
	}
	if (item->seq <= m->acknowledged) {
		use->items++;
		return STATUS_OK;
	}
	if (item->seq - m->acknowledged > LOAD_QUEUE_ITEMS ||
	    item->payload.len > LIMIT_ITEM_BYTES)
		return load_corrupt("item");
	st = mailbox_reserve(m, item->seq);
	if (st != STATUS_OK)
		return st;
	lane = &m->lanes[mailbox_lane_of(item->type)];
	lane->items++;
	lane->bytes += item->payload.len;
	index_enter(l->x, m, item);
	return STATUS_OK;
}

static enum status
load_segment(struct load *l, struct bytes key, struct bytes row)
{
	struct segment_use *use;
	struct segment_item item;
	struct segment_mark mark;
	struct segment s;
	uint64_t number;
	enum status st;

	if (key.len != 8)
		return load_corrupt("segment");
	number = load_u64(key.data);
	st = segment_parse(row, &s);
	if (st == STATUS_OK)
		st = index_reserve_segments(l->x, 1);
	if (st != STATUS_OK)
		return st;
	use = index_begin_segment(l->x, number);
	for (uint32_t i = 0; i < s.marks_count; i++) {
		segment_mark_at(&s, i, &mark);
		load_mark(l, number, &mark);
	}
	for (uint32_t i = 0; st == STATUS_OK && i < s.items_count; i++) {
		st = segment_item_at(&s, i, &item);
		item.segment = number;
		if (st == STATUS_OK)
			st = load_item(l, use, &item);
	}
	if (l->x->next_segment <= number)
		l->x->next_segment = number + 1;
	return st;
}

typedef enum status load_row(
    struct load *l, struct bytes key, struct bytes row);

static enum status
load_table(struct load *l, enum relay_table table, load_row *take)
{
	struct db_cursor *c = NULL;
	struct bytes key;
	struct bytes row;
	enum status st = db_cursor_open(l->txn, table, &c);

	if (st == STATUS_OK)
		st = db_cursor_seek(c, BYTES_NONE, &key, &row);
	while (st == STATUS_OK) {
		arena_reset(l->arena);
		st = take(l, key, row);
		if (st == STATUS_OK)
			st = db_cursor_next(c, &key, &row);
	}
	db_cursor_close(c);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/*
 * Every seq in (acknowledged, head] should have turned up.  One that did not
 * stays a hole that readers pass over, and someone has to hear of it.
 */
static enum status
load_finish(struct load *l)
{
	size_t missing = 0;

	for (size_t slot = 0; slot < l->x->slots_cap; slot++) {
		struct mailbox *m = l->x->slots[slot];

		if (m == NULL)
			continue;
		if (m->head - m->acknowledged > LOAD_QUEUE_ITEMS)
			return load_corrupt("mailbox");
		if (m->head - m->acknowledged > m->queue_len) {
			const struct queue_entry hole = { .segment = 0 };
			size_t before = m->queue_len;
			enum status st = mailbox_reserve(m, m->head);

			if (st != STATUS_OK)
				return st;
			mailbox_put(m, m->head, &hole);
			l->x->items += m->queue_len - before;
		}
		for (size_t i = 0; i < m->queue_len; i++)
			missing += m->queue[m->queue_first + i].segment == 0;
	}
	if (missing > 0 || l->strangers > 0)
		log_event(LOG_LEVEL_ERROR, "index-damaged",
		    "missing_items=%zu items_of_nobody=%zu", missing,
		    l->strangers);
	return STATUS_OK;
}

static enum status
load_all(struct load *l)
{
	enum status st = load_table(l, TABLE_ACCOUNTS, load_account);

	if (st == STATUS_OK)
		st = load_table(l, TABLE_GONE, load_gone);
	if (st == STATUS_OK)
		st = load_table(l, TABLE_CURSORS, load_cursor);
	if (st == STATUS_OK)
		st = load_table(l, TABLE_STREAMS, load_stream);
	if (st == STATUS_OK)
		st = load_table(l, TABLE_SEGMENTS, load_segment);
	return st == STATUS_OK ? load_finish(l) : st;
}

enum status
index_load(struct db *db, struct index **x)
{
	struct load l = { .x = NULL };
	enum status st = index_new(&l.x);

	if (st == STATUS_OK)
		st = arena_new(LOAD_ARENA_BYTES, &l.arena);
	if (st == STATUS_OK)
		st = db_txn_begin(db, DB_READ, &l.txn);
	if (st == STATUS_OK)
		st = load_all(&l);
	if (st == STATUS_OK) {
		*x = l.x;
		l.x = NULL;
	}
	db_txn_abort(l.txn);
	arena_free(l.arena);
	index_free(l.x);
	return st;
}
