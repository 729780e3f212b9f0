/*
 * writer_remove.c - accounts that go for good, and their names.
 *
 * The account is gone with one commit.  What had not been fetched is gone
 * through afterwards, a little at a time, as if it had expired at once
 * (writer_sweep.c); until that is done a row remembers that it is owed, also
 * over a restart.
 */
#include <string.h>

#include "relay/writer_private.h"
#include "store/dbkey.h"
#include "store/relay/prekeys.h"

static enum status
find_gone(struct writer *w, const struct account_name *name,
    struct gone_record *record)
{
	struct bytes row;
	enum status st =
	    db_get(w->batch.txn, TABLE_GONE, account_name_bytes(name), &row);

	return st == STATUS_OK ? record_get_gone(row, w->scratch, record) : st;
}

enum status
writer_get_gone(struct writer *w, const struct account_name *name,
    struct gone_record *record)
{
	enum status st = find_gone(w, name, record);

	return st == STATUS_OK && record->freed ? STATUS_NOT_FOUND : st;
}

static enum status
put_gone(struct writer *w, const struct account_name *name,
    const struct gone_record *record)
{
	return record_put_gone(w->batch.txn, account_name_bytes(name), record);
}

static enum status
drop_row(struct writer *w, enum relay_table table, uint32_t slot)
{
	struct dbkey key = dbkey_u32(slot);
	enum status st = db_del(w->batch.txn, table, dbkey_view(&key));

	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* The oldest of whoever had the name make room. */
static void
remember_device(
    struct gone_record *gone, const struct account_device *device, bool owed)
{
	if (gone->devices_count == LIMIT_GONE_DEVICES)
		memmove(gone->devices, gone->devices + 1,
		    --gone->devices_count * sizeof(*gone->devices));
	gone->devices[gone->devices_count++] = (struct gone_device){
		.slot = device->slot,
		.id = device->id,
		.owed = owed,
	};
}

/* How far it has fetched, so that nobody is told of what arrived. */
static enum status
save_cursor(struct writer *w, const struct mailbox *m)
{
	struct dbkey key = dbkey_u32(m->device.slot);
	struct cursor_record cursor;

	index_lock(w->index);
	cursor = (struct cursor_record){
		.acknowledged = m->acknowledged,
		.head = m->head,
		.unfetched = m->unfetched,
	};
	index_unlock(w->index);
	return record_put_cursor(w->batch.txn, dbkey_view(&key), &cursor);
}

static bool
has_mail(struct writer *w, const struct mailbox *m)
{
	bool has;

	index_lock(w->index);
	has = m->queue_len > 0;
	index_unlock(w->index);
	return has;
}

static enum status
drop_device(struct writer *w, const struct mailbox *m, bool owed)
{
	const uint32_t slot = m->device.slot;
	enum status st = prekeys_drop(w->batch.txn, slot);

	if (st == STATUS_OK)
		st = drop_row(w, TABLE_STREAMS, slot);
	if (st == STATUS_OK)
		st =
		    owed ? save_cursor(w, m) : drop_row(w, TABLE_CURSORS, slot);
	return st;
}

static enum status
drop_remembered(struct writer *w, const struct account_name *name,
    struct gone_record *gone, struct mailbox *const *going, size_t count)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; st == STATUS_OK && i < count; i++) {
		const bool owed = has_mail(w, going[i]);

		remember_device(gone, &going[i]->device, owed);
		st = drop_device(w, going[i], owed);
	}
	return st == STATUS_OK ? put_gone(w, name, gone) : st;
}

enum status
drop_replaced(struct writer *w, const struct account_name *name,
    struct mailbox *const *going, size_t count)
{
	/* The name is the account's own; it is not kept from anybody here. */
	struct gone_record gone = { .freed = true };
	enum status st = find_gone(w, name, &gone);

	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	for (size_t i = 0; i < count; i++)
		if (gone.devices_count + i >= LIMIT_GONE_DEVICES &&
		    gone.devices[gone.devices_count + i - LIMIT_GONE_DEVICES]
			.owed)
			return STATUS_FULL;
	return drop_remembered(w, name, &gone, going, count);
}

/* The rows of an account; what it sent keeps its name by its slots. */
static enum status
drop_account(
    struct writer *w, const struct storage_op *op, const struct account *a)
{
	struct mailbox *going[LIMIT_DEVICES_PER_ACCOUNT];
	struct gone_record gone = { .devices_count = 0 };
	enum status st = find_gone(w, &a->name, &gone);

	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	gone.removed_ms = op->now_ms;
	gone.by_owner = op->u.remove.by_owner;
	gone.freed = false;
	for (size_t i = 0; i < a->devices_count; i++)
		going[i] = &a->devices[i];
	st = db_del(w->batch.txn, TABLE_ACCOUNTS, account_name_bytes(&a->name));
	return st == STATUS_OK ? drop_remembered(w, &a->name, &gone, going,
				     a->devices_count)
			       : st;
}

enum status
writer_remove(struct writer *w, struct storage_op *op)
{
	const struct storage_remove_op *in = &op->u.remove;
	struct account *a = index_account(w->index, &in->name);
	struct account_record record;
	enum status st = change_reserve(w);

	if (st == STATUS_OK && a == NULL)
		st = STATUS_NOT_FOUND;
	if (st == STATUS_OK && a->replacing) /* in this batch: try again */
		st = STATUS_FULL;
	if (st == STATUS_OK)
		st = index_reserve_gone(w->index,
		    (w->batch.changes.len + 1) * LIMIT_DEVICES_PER_ACCOUNT);
	if (st == STATUS_OK)
		st = writer_get_account(w, &in->name, w->scratch, &record);
	if (st != STATUS_OK)
		return st;
	if (in->by_owner && !bytes_equal(BYTES_OF(in->account_key),
				BYTES_OF(record.account_key)))
		return STATUS_DENIED;
	st = drop_account(w, op, a);
	if (st != STATUS_OK)
		return st;
	index_set_leaving(w->index, a, true);
	change_add(w, a, CHANGE_REMOVED, SUSPENDED_NOT);
	return STATUS_OK;
}

static bool
is_leaving(const struct writer *w, const struct account_name *name)
{
	for (size_t i = 0; i < w->batch.changes.len; i++)
		if (w->batch.changes.list[i].kind == CHANGE_REMOVED &&
		    account_name_equal(
			&w->batch.changes.list[i].account->name, name))
			return true;
	return false;
}

enum status
writer_free_name(struct writer *w, struct storage_op *op)
{
	const struct account_name *name = &op->u.free_name.name;
	struct gone_record gone;
	enum status st = writer_get_gone(w, name, &gone);

	if (st != STATUS_OK)
		return st;
	if (op->u.free_name.busy || is_leaving(w, name))
		return STATUS_FULL;
	gone.freed = true;
	st = put_gone(w, name, &gone);
	if (st == STATUS_OK)
		w->batch.wrote = true;
	return st;
}

/* What waits for it stays, for its senders to be told. */
void
remove_account(struct writer *w, struct account *a)
{
	bool owed = false;

	for (size_t i = 0; i < a->devices_count; i++) {
		const struct address who = { a->name, a->devices[i].device.id };

		index_enter_gone(w->index, a->devices[i].device.slot, &who);
		owed |= has_mail(w, &a->devices[i]);
	}
	if (owed)
		index_bury_account(w->index, a);
	else
		index_remove_account(w->index, a);
}

static enum status
close_estate(struct writer *w, struct account *a)
{
	struct gone_record gone;
	enum status st = change_reserve(w);

	arena_reset(w->scratch);
	if (st == STATUS_OK)
		st = find_gone(w, &a->name, &gone);
	for (size_t i = 0; st == STATUS_OK && i < a->devices_count; i++) {
		const uint32_t slot = a->devices[i].device.slot;

		for (size_t d = 0; d < gone.devices_count; d++)
			if (gone.devices[d].slot == slot)
				gone.devices[d].owed = false;
		st = drop_row(w, TABLE_CURSORS, slot);
		if (st == STATUS_OK)
			st = drop_row(w, TABLE_STREAMS, slot);
	}
	if (st == STATUS_OK)
		st = put_gone(w, &a->name, &gone);
	if (st == STATUS_OK)
		change_add(w, a, CHANGE_CLOSED, SUSPENDED_NOT);
	return st;
}

enum status
writer_close_estate(struct writer *w, struct account *a)
{
	enum status st = batch_begin(w);

	return st == STATUS_OK ? batch_end(w, close_estate(w, a)) : st;
}
