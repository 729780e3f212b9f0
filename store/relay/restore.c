#include "store/relay/restore.h"

#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "store/dbkey.h"
#include "store/relay/journal_walk.h"
#include "store/relay/migrate.h"
#include "store/relay/records.h"

enum {
	RESTORE_ARENA_BYTES = 256 * 1024,
	PREKEY_KEY_BYTES = 4 + 1 + 4,
};

struct restore {
	struct db_txn *txn;
	struct arena *arena; /* reset for every row */
	uint32_t last_slot;  /* that anything in the store names */
};

static void
see_slot(struct restore *r, uint32_t slot)
{
	if (slot > r->last_slot)
		r->last_slot = slot;
}

/*
 * A device that registered after the database was copied is not in it, but what
 * was sent to it may stand in the journal: nobody else gets its slot.
 */
static enum status
shift_segment(void *arg, const struct segment *s, const struct segment_key *key,
    uint8_t *bytes, bool *changed)
{
	struct restore *r = arg;
	struct segment_submit submit;
	struct segment_item item;
	struct segment_walk walk;
	enum status st;

	segment_walk(s, &walk);
	while ((st = segment_next_submit(&walk, &submit)) == STATUS_OK)
		see_slot(r, submit.slot);
	while (st == STATUS_NOT_FOUND && walk.items_left > 0 &&
	       segment_next_item(&walk, &item) == STATUS_OK) {
		see_slot(r, item.slot);
		see_slot(r, item.sender_slot);
	}
	/* One that lies about its inside was told of; a start passes it. */
	*changed = segment_shift(bytes, s, key, restore_shift) == STATUS_OK;
	return STATUS_OK;
}

static enum status
shift_journal(struct restore *r, const char *dir)
{
	struct journal_walk w = {
		.dir = dir,
		.writable = true,
		.visit = shift_segment,
		.arg = r,
	};
	enum status st = journal_walk(&w);

	if (st == STATUS_OK && (w.bad_files > 0 || w.lost > 0))
		log_event(LOG_LEVEL_ERROR, "restore",
		    "damaged_files=%llu lost_segments=%llu",
		    (unsigned long long)w.bad_files,
		    (unsigned long long)w.lost);
	return st;
}

static enum status
shift_cursor(struct restore *r, uint32_t slot)
{
	struct dbkey key = dbkey_u32(slot);
	struct cursor_record cursor = { .head = 0 };
	struct bytes row;
	enum status st = db_get(r->txn, TABLE_CURSORS, dbkey_view(&key), &row);

	if (st == STATUS_OK)
		st = record_get_cursor(row, r->arena, &cursor);
	else if (st == STATUS_NOT_FOUND)
		st = STATUS_OK; /* nothing was ever taken out of it */
	cursor.acknowledged += restore_shift;
	cursor.head += restore_shift;
	return st == STATUS_OK
		   ? record_put_cursor(r->txn, dbkey_view(&key), &cursor)
		   : st;
}

/* Every device has a cursor afterwards: its mailbox begins at the shift. */
static enum status
shift_cursors(struct restore *r)
{
	struct db_cursor *c = NULL;
	struct bytes key, row;
	enum status st = db_cursor_open(r->txn, TABLE_ACCOUNTS, &c);

	if (st != STATUS_OK)
		return st;
	st = db_cursor_seek(c, BYTES_NONE, &key, &row);
	while (st == STATUS_OK) {
		struct account_record account;

		arena_reset(r->arena);
		st = record_get_account(row, r->arena, &account);
		for (size_t i = 0; st == STATUS_OK && i < account.devices_count;
		     i++)
			st = shift_cursor(r, account.devices[i].slot);
		if (st == STATUS_OK)
			st = db_cursor_next(c, &key, &row);
	}
	db_cursor_close(c);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* So have those of removed accounts whose senders have yet to be told. */
static enum status
shift_owed(struct restore *r)
{
	struct db_cursor *c = NULL;
	struct bytes key, row;
	enum status st = db_cursor_open(r->txn, TABLE_GONE, &c);

	if (st != STATUS_OK)
		return st;
	st = db_cursor_seek(c, BYTES_NONE, &key, &row);
	while (st == STATUS_OK) {
		struct gone_record gone;

		arena_reset(r->arena);
		st = record_get_gone(row, r->arena, &gone);
		for (size_t i = 0; st == STATUS_OK && i < gone.devices_count;
		     i++)
			if (gone.devices[i].owed)
				st = shift_cursor(r, gone.devices[i].slot);
		if (st == STATUS_OK)
			st = db_cursor_next(c, &key, &row);
	}
	db_cursor_close(c);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* The highest id that was stored stays: none of those comes again. */
static enum status
drop_one_time_prekeys(struct restore *r)
{
	uint8_t at[PREKEY_KEY_BYTES] = { 0 };
	struct bytes from = BYTES_NONE;
	struct bytes key, row;
	enum status st = STATUS_OK;

	while (st == STATUS_OK) {
		struct db_cursor *c = NULL;
		bool found = false;

		st = db_cursor_open(r->txn, TABLE_PREKEYS, &c);
		if (st == STATUS_OK)
			st = db_cursor_seek(c, from, &key, &row);
		while (st == STATUS_OK && !found) {
			found = key.len == PREKEY_KEY_BYTES &&
				key.data[4] == PREKEY_ONE_TIME;
			if (!found)
				st = db_cursor_next(c, &key, &row);
		}
		if (st == STATUS_OK)
			memcpy(at, key.data, sizeof(at));
		db_cursor_close(c);
		from = BYTES_OF(at);
		if (st == STATUS_OK)
			st = db_del(r->txn, TABLE_PREKEYS, from);
	}
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

static enum status
renew_tables(struct restore *r, struct db *db, struct relay_meta *meta)
{
	enum status st = db_txn_begin(db, DB_WRITE, &r->txn);

	random_bytes(meta->epoch, sizeof(meta->epoch));
	if (meta->last_slot < r->last_slot)
		meta->last_slot = r->last_slot;
	if (st == STATUS_OK)
		st = schema_put_meta(r->txn, meta);
	if (st == STATUS_OK)
		st = shift_cursors(r);
	if (st == STATUS_OK)
		st = shift_owed(r);
	if (st == STATUS_OK)
		st = drop_one_time_prekeys(r);
	if (st == STATUS_OK)
		st = db_txn_commit(&r->txn);
	db_txn_abort(r->txn);
	r->txn = NULL;
	return st;
}

enum status
restore_renew(const char *dir, size_t map_bytes)
{
	struct restore r = { 0 };
	struct relay_meta meta;
	struct db *db = NULL;
	enum status st = arena_new(RESTORE_ARENA_BYTES, &r.arena);

	if (st == STATUS_OK)
		st = schema_open(dir, map_bytes, &db, &meta);
	if (st == STATUS_OK)
		st = migrate_store(db, dir, 0, &meta);
	if (st == STATUS_OK)
		st = shift_journal(&r, dir);
	if (st == STATUS_OK)
		st = renew_tables(&r, db, &meta);
	db_close(db);
	arena_free(r.arena);
	return st;
}
