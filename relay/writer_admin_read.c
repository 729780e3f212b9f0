/* writer_admin_read.c - what an operator gets to see (storage_admin.h). */
#include <string.h>

#include "base/number.h"
#include "relay/writer_private.h"
#include "store/relay/invites.h"

/* A row of a page; the arena is reset for each. */
typedef enum status take_row(struct writer *w, struct storage_op *op,
    struct bytes key, struct bytes row);

/* From behind `after` (may be empty) on, while `take` says OK. */
static enum status
walk(struct writer *w, struct db_txn *txn, enum relay_table table,
    struct bytes after, struct storage_op *op, take_row *take)
{
	struct db_cursor *c = NULL;
	struct bytes key, row;
	enum status st = db_cursor_open(txn, table, &c);

	if (st == STATUS_OK)
		st = db_cursor_seek(c, after, &key, &row);
	if (st == STATUS_OK && after.len > 0 && bytes_equal(key, after))
		st = db_cursor_next(c, &key, &row);
	while (st == STATUS_OK) {
		arena_reset(w->scratch);
		st = take(w, op, key, row);
		if (st == STATUS_OK)
			st = db_cursor_next(c, &key, &row);
	}
	db_cursor_close(c);
	return st == STATUS_NOT_FOUND || st == STATUS_FULL ? STATUS_OK : st;
}

static void
count_queued(const struct account *a, struct storage_user *user)
{
	for (size_t i = 0; a != NULL && i < a->devices_count; i++) {
		const struct mailbox *m = &a->devices[i];

		user->queued_items += m->queue_len;
		for (size_t lane = 0; lane < LANES_COUNT; lane++)
			user->queued_bytes += m->lanes[lane].bytes;
	}
}

static enum status
take_user(
    struct writer *w, struct storage_op *op, struct bytes key, struct bytes row)
{
	struct storage_users_op *page = &op->u.users;
	struct account_record record;
	struct storage_user user = { .devices = 0 };
	struct account *a;
	enum status st;

	if (page->count == STORAGE_PAGE_ITEMS) {
		page->more = true;
		return STATUS_FULL;
	}
	st = account_name_parse(key, &user.name);
	if (st == STATUS_OK)
		st = record_get_account(row, w->scratch, &record);
	if (st != STATUS_OK)
		return st == STATUS_NOMEM ? st : STATUS_IO;
	a = index_account(w->index, &user.name);
	user.created_ms = record.created_ms;
	user.invite = record.invite;
	user.suspended = record.suspended;
	user.devices = (uint32_t)record.devices_count;
	index_lock(w->index);
	user.seen_day = a != NULL ? a->seen_day : record.seen_day;
	count_queued(a, &user);
	index_unlock(w->index);
	page->items[page->count++] = user;
	return STATUS_OK;
}

static enum status
read_users(struct writer *w, struct db_txn *txn, struct storage_op *op)
{
	struct storage_users_op *page = &op->u.users;

	page->count = 0;
	page->more = false;
	page->items = arena_take_array(
	    op->arena, STORAGE_PAGE_ITEMS, sizeof(*page->items));
	if (page->items == NULL)
		return STATUS_NOMEM;
	return walk(w, txn, TABLE_ACCOUNTS, account_name_bytes(&page->after),
	    op, take_user);
}

static enum status
take_gone(
    struct writer *w, struct storage_op *op, struct bytes key, struct bytes row)
{
	struct storage_gone_op *page = &op->u.gone;
	struct gone_record record;
	struct account_name name;
	enum status st = account_name_parse(key, &name);

	if (st == STATUS_OK)
		st = record_get_gone(row, w->scratch, &record);
	if (st != STATUS_OK)
		return st == STATUS_NOMEM ? st : STATUS_IO;
	if (record.freed)
		return STATUS_OK;
	if (page->count == STORAGE_PAGE_ITEMS) {
		page->more = true;
		return STATUS_FULL;
	}
	page->items[page->count++] = (struct storage_gone){
		.name = name,
		.removed_ms = record.removed_ms,
		.by_owner = record.by_owner,
	};
	return STATUS_OK;
}

static enum status
read_gone(struct writer *w, struct db_txn *txn, struct storage_op *op)
{
	struct storage_gone_op *page = &op->u.gone;

	page->count = 0;
	page->more = false;
	page->items = arena_take_array(
	    op->arena, STORAGE_PAGE_ITEMS, sizeof(*page->items));
	if (page->items == NULL)
		return STATUS_NOMEM;
	return walk(w, txn, TABLE_GONE, account_name_bytes(&page->after), op,
	    take_gone);
}

void
invite_tell(const struct invite_row *row, struct storage_invite_info *info)
{
	const struct invite_record *r = &row->invite;
	size_t len = r->label.len < STORAGE_LABEL_BYTES ? r->label.len
							: STORAGE_LABEL_BYTES;

	*info = (struct storage_invite_info){
		.endless = r->endless,
		.uses_left = r->endless ? 0 : r->uses,
		.used = r->used,
		.created_ms = r->created_ms,
		.expires_ms = r->expires_ms,
	};
	hex_encode(
	    bytes_view(row->code.raw, STORAGE_INVITE_ID_DIGITS / 2), info->id);
	if (len > 0)
		memcpy(info->label, r->label.data, len);
}

static enum status
read_invites(struct writer *w, struct db_txn *txn, struct storage_op *op)
{
	static const struct hash from_the_first = { { 0 } };
	struct storage_invites_op *page = &op->u.invites;
	const bool first =
	    bytes_equal(hash_view(&page->after), hash_view(&from_the_first));
	struct invite_row *rows =
	    arena_take_array(w->scratch, STORAGE_PAGE_ITEMS + 1, sizeof(*rows));
	size_t found = 0;
	enum status st = STATUS_NOMEM;

	page->items = arena_take_array(
	    op->arena, STORAGE_PAGE_ITEMS, sizeof(*page->items));
	if (rows != NULL && page->items != NULL)
		st = invites_list(txn, first ? NULL : &page->after,
		    STORAGE_PAGE_ITEMS + 1, w->scratch, rows, &found);
	if (st != STATUS_OK)
		return st;
	page->more = found > STORAGE_PAGE_ITEMS;
	page->count = page->more ? STORAGE_PAGE_ITEMS : found;
	for (size_t i = 0; i < page->count; i++) {
		invite_tell(&rows[i], &page->items[i]);
		page->last = rows[i].code;
	}
	return STATUS_OK;
}

static enum status
read_stats(struct writer *w, struct db_txn *txn, struct storage_op *op)
{
	static const enum relay_table tables[] = { TABLE_GONE, TABLE_INVITES,
		TABLE_PREKEYS, TABLE_CHAINS, TABLE_ENTRIES };
	struct journal_use use;
	struct storage_stats got = {
		.accounts = index_accounts(w->index),
		.devices = w->surveyed.mailboxes,
		.queued_bytes = w->surveyed.bytes,
		.deepest_items = w->surveyed.deepest,
		.half_full = w->surveyed.half_full,
		.commits = w->commits,
		.expired = w->sweep.expired,
	};
	uint64_t *const to[] = { &got.gone, &got.invites, &got.prekeys,
		&got.chains, &got.chain_entries };
	enum status st = STATUS_OK;

	index_lock(w->index);
	journal_usage(w->journal, &use);
	got.queued_items = index_items(w->index);
	index_unlock(w->index);
	got.log_files = use.files;
	got.log_bytes = use.bytes;
	got.log_alive_bytes = use.alive_bytes;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		size_t count = 0;

		if (st == STATUS_OK)
			st = db_count(txn, tables[i], &count);
		*to[i] = count;
	}
	if (st == STATUS_OK)
		op->u.stats = got;
	return st;
}

enum status
writer_read_admin(struct writer *w, struct db_txn *txn, struct storage_op *op)
{
	switch ((int)op->kind) {
	case STORAGE_USERS:
		return read_users(w, txn, op);
	case STORAGE_GONE:
		return read_gone(w, txn, op);
	case STORAGE_INVITES:
		return read_invites(w, txn, op);
	case STORAGE_STATS:
		return read_stats(w, txn, op);
	default:
		return STATUS_BAD_INPUT;
	}
}
