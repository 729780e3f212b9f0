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
	struct arena *arena;   /* reset for every row */
	uint64_t next_segment; /* as the rows know it */
	size_t strangers;      /* items whose device is gone */
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
	if (st == STATUS_OK)
		account->pending = false;
	return st;
}

static enum status
add_estate(struct load *l, const struct account_name *name,
    const struct account_record *record)
{
	struct account *account;
	/* Beside the account that has the name now, for this moment. */
	enum status st = index_add_account(l->x, name, record, &account);

	if (st != STATUS_OK)
		return st;
	index_settle_account(l->x, account);
	index_bury_account(l->x, account);
	return STATUS_OK;
}

/* Devices of whose senders somebody has yet to be told. */
static enum status
load_estate(struct load *l, const struct account_name *name,
    const struct gone_record *gone)
{
	struct account_record record = { .devices_count = 0 };
	enum status st = STATUS_OK;

	for (size_t i = 0; st == STATUS_OK && i < gone->devices_count; i++) {
		if (!gone->devices[i].owed)
			continue;
		record.devices[record.devices_count++] =
		    (struct account_device){
			    .id = gone->devices[i].id,
			    .slot = gone->devices[i].slot,
		    };
		if (record.devices_count < LIMIT_DEVICES_PER_ACCOUNT)
			continue;
		st = add_estate(l, name, &record);
		record.devices_count = 0;
	}
	if (st == STATUS_OK && record.devices_count > 0)
		st = add_estate(l, name, &record);
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
	return st == STATUS_OK ? load_estate(l, &who.account, &record) : st;
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
	m->unfetched = record.unfetched;
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
	if (l->next_segment < record.segment)
		l->next_segment = record.segment;
	return STATUS_OK;
}

static void
load_submit(
    struct load *l, uint64_t number, const struct segment_submit *submit)
{
	struct mailbox *m = index_slot(l->x, submit->slot);

	if (m == NULL || number < m->replay_segment || submit->is_copy)
		return;
	replay_mark(&m->replay, submit->stream, submit->counter);
	m->replay_saved = false;
	index_dirty(l->x, m);
}

static enum status
load_item(struct load *l, const struct segment_item *item, uint64_t position)
{
	struct mailbox *m = index_slot(l->x, item->slot);
	enum status st;

	if (m == NULL) {
		if (index_gone(l->x, item->slot) == NULL)
			l->strangers++;
		return STATUS_OK;
	}
	if (item->seq <= m->acknowledged)
		return STATUS_OK;
	if (item->seq - m->acknowledged > LOAD_QUEUE_ITEMS)
		return load_corrupt("item");
	st = mailbox_reserve(m, item->seq);
	if (st == STATUS_OK)
		index_enter(l->x, m, item, position);
	return st;
}

static enum status
load_segment(void *arg, const struct segment *s, uint64_t position)
{
	const uint64_t base = position - s->place;
	struct load *l = arg;
	struct segment_walk walk;
	struct segment_submit submit;
	struct segment_item item;
	enum status st;

	segment_walk(s, &walk);
	while ((st = segment_next_submit(&walk, &submit)) == STATUS_OK)
		load_submit(l, s->number, &submit);
	while (st == STATUS_NOT_FOUND || st == STATUS_OK) {
		st = segment_next_item(&walk, &item);
		if (st != STATUS_OK)
			break;
		st = load_item(l, &item, base + item.place);
	}
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
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

/* A seq that did not turn up stays a hole that readers pass over. */
static enum status
load_holes(struct load *l, struct mailbox *m, size_t *missing)
{
	const struct queue_entry hole = { .position = 0 };
	size_t before = m->queue_len;
	enum status st;

	if (m->head - m->acknowledged > LOAD_QUEUE_ITEMS)
		return load_corrupt("mailbox");
	if (m->head - m->acknowledged > m->queue_len) {
		st = mailbox_reserve(m, m->head);
		if (st != STATUS_OK)
			return st;
		mailbox_put(m, m->head, &hole);
		l->x->items += m->queue_len - before;
	}
	for (size_t i = 0; i < m->queue_len; i++)
		*missing += m->queue[m->queue_first + i].position == 0;
	return STATUS_OK;
}

/*
 * Someone has to hear of what is not there.  Rows that know of segments beyond
 * the last one tell that the journal's end is lost.  Items of nobody are not
 * damage: a copy of the database may be older than that of the journal.
 */
static enum status
load_finish(struct load *l, const struct journal_damage *damage)
{
	uint64_t next = journal_next_segment(l->x->journal);
	uint64_t lost = damage->segments_lost;
	size_t missing = 0;

	for (size_t slot = 0; slot < l->x->slots_cap; slot++) {
		struct mailbox *m = l->x->slots[slot];
		enum status st = STATUS_OK;

		if (m != NULL)
			st = load_holes(l, m, &missing);
		if (st != STATUS_OK)
			return st;
	}
	if (next < l->next_segment)
		lost += l->next_segment - next;
	journal_set_next_segment(l->x->journal, l->next_segment);
	if (missing > 0 || lost > 0 || damage->files_lost > 0)
		log_event(LOG_LEVEL_ERROR, "index-damaged",
		    "missing_items=%zu lost_segments=%llu lost_files=%zu",
		    missing, (unsigned long long)lost, damage->files_lost);
	if (l->strangers > 0)
		log_event(LOG_LEVEL_DEBUG, "index-strangers", "items=%zu",
		    l->strangers);
	return STATUS_OK;
}

static enum status
load_all(struct load *l)
{
	struct journal_damage damage;
	enum status st = load_table(l, TABLE_ACCOUNTS, load_account);

	if (st == STATUS_OK)
		st = load_table(l, TABLE_GONE, load_gone);
	if (st == STATUS_OK)
		st = load_table(l, TABLE_CURSORS, load_cursor);
	if (st == STATUS_OK)
		st = load_table(l, TABLE_STREAMS, load_stream);
	if (st == STATUS_OK)
		st = journal_read_all(l->x->journal, load_segment, l, &damage);
	return st == STATUS_OK ? load_finish(l, &damage) : st;
}

enum status
index_load(struct db *db, struct journal *j, struct index **x)
{
	struct load l = { .x = NULL };
	enum status st = index_new(j, &l.x);

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
