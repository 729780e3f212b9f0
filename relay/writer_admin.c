/*
 * writer_admin.c - operations of an operator that write (storage_admin.h).
 *
 * What they change of the index is staged and follows the commit.  An account
 * that is about to be removed is passed over by everything that comes after it
 * in its batch.
 */
#include <string.h>

#include "base/number.h"
#include "relay/writer_private.h"
#include "store/dbkey.h"
#include "store/relay/invites.h"
#include "store/relay/prekeys.h"

/* Room also for telling of it later. */
static enum status
change_reserve(struct writer *w)
{
	enum status st = TABLE_RESERVE(&w->batch.changes, 1);

	if (st == STATUS_OK)
		st = TABLE_RESERVE(&w->evicted, w->batch.changes.len + 1);
	return st;
}

static void
change_add(struct writer *w, struct account *a, enum change_kind kind,
    enum suspension value)
{
	w->batch.changes.list[w->batch.changes.len++] =
	    (struct account_change){ a, kind, (uint32_t)value };
	w->batch.wrote = true;
}

enum status
writer_suspend(struct writer *w, struct storage_op *op)
{
	const struct storage_suspend_op *in = &op->u.suspend;
	struct account *a = index_account(w->index, &in->name);
	struct account_record record;
	enum status st = change_reserve(w);

	if (st == STATUS_OK)
		st = a != NULL
			 ? writer_get_account(w, &in->name, w->scratch, &record)
			 : STATUS_NOT_FOUND;
	if (st != STATUS_OK)
		return st;
	if (record.suspended == in->suspended)
		return STATUS_EXISTS;
	record.suspended = in->suspended;
	/* Else one that was suspended as inactive would be so again at once. */
	if (in->suspended == SUSPENDED_NOT) {
		index_lock(w->index);
		account_seen(a, op->now_ms);
		index_unlock(w->index);
	}
	st = record_put_account(
	    w->batch.txn, account_name_bytes(&in->name), &record);
	if (st == STATUS_OK)
		change_add(w, a, CHANGE_SUSPENDED, in->suspended);
	return st;
}

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
remember_device(struct gone_record *gone, const struct account_device *device)
{
	if (gone->devices_count == LIMIT_GONE_DEVICES)
		memmove(gone->devices, gone->devices + 1,
		    --gone->devices_count * sizeof(*gone->devices));
	gone->devices[gone->devices_count++] =
	    (struct gone_device){ device->slot, device->id };
}

static enum status
drop_device(struct writer *w, uint32_t slot)
{
	enum status st = prekeys_drop(w->batch.txn, slot);

	if (st == STATUS_OK)
		st = drop_row(w, TABLE_CURSORS, slot);
	if (st == STATUS_OK)
		st = drop_row(w, TABLE_STREAMS, slot);
	return st;
}

/* The rows of an account; what it sent keeps its name by its slots. */
static enum status
drop_account(struct writer *w, const struct storage_op *op,
    const struct account_record *record)
{
	const struct account_name *name = &op->u.remove.name;
	struct gone_record gone = { .devices_count = 0 };
	enum status st = find_gone(w, name, &gone);

	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	gone.removed_ms = op->now_ms;
	gone.by_owner = op->u.remove.by_owner;
	gone.freed = false;
	st = db_del(w->batch.txn, TABLE_ACCOUNTS, account_name_bytes(name));
	for (size_t i = 0; st == STATUS_OK && i < record->devices_count; i++) {
		remember_device(&gone, &record->devices[i]);
		st = drop_device(w, record->devices[i].slot);
	}
	return st == STATUS_OK ? put_gone(w, name, &gone) : st;
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
	st = drop_account(w, op, &record);
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

enum status
writer_invite_put(struct writer *w, struct storage_op *op)
{
	const struct storage_invite *in = &op->u.invite_put.invite;
	const struct invite_record record = {
		.uses = in->uses,
		.endless = in->uses == 0,
		.expires_ms = in->expires_ms,
		.label = bytes_view(
		    in->label, strnlen(in->label, sizeof(in->label))),
		.created_ms = op->now_ms,
	};
	enum status st =
	    invites_add(w->batch.txn, &in->code_hash, &record, w->scratch);

	if (st != STATUS_OK && st != STATUS_EXISTS)
		return st;
	op->u.invite_put.replaced = st == STATUS_EXISTS;
	w->batch.wrote = true;
	return STATUS_OK;
}

enum status
writer_invite_revoke(struct writer *w, struct storage_op *op)
{
	struct storage_invite_revoke_op *in = &op->u.invite_revoke;
	char digits[STORAGE_INVITE_ID_DIGITS + 1];
	const size_t len = strnlen(in->prefix, sizeof(in->prefix));
	struct invite_row row;
	uint8_t prefix[4];
	enum status st;

	if (len < STORAGE_INVITE_ID_LEAST || len > STORAGE_INVITE_ID_DIGITS)
		return STATUS_BAD_INPUT;
	memset(digits, '0', sizeof(digits) - 1);
	digits[STORAGE_INVITE_ID_DIGITS] = '\0';
	for (size_t i = 0; i < len; i++) /* an 'A' is as good as an 'a' */
		digits[i] = in->prefix[i] >= 'A' && in->prefix[i] <= 'F'
				? (char)(in->prefix[i] - 'A' + 'a')
				: in->prefix[i];
	st = hex_decode(digits, prefix, sizeof(prefix));
	if (st == STATUS_OK)
		st = invites_revoke(
		    w->batch.txn, prefix, len * 4, w->scratch, &row);
	if (st != STATUS_OK)
		return st;
	invite_tell(&row, &in->revoked);
	w->batch.wrote = true;
	return STATUS_OK;
}

/* Room was made for it in change_reserve(). */
static void
evict(struct writer *w, const struct account *a, bool removed)
{
	w->evicted.list[w->evicted.len++] =
	    (struct storage_eviction){ a->name, removed };
}

static void
remove_account(struct writer *w, struct account *a)
{
	for (size_t i = 0; i < a->devices_count; i++) {
		const struct address who = { a->name, a->devices[i].device.id };

		index_enter_gone(w->index, a->devices[i].device.slot, &who);
	}
	index_remove_account(w->index, a);
}

void
changes_apply(struct writer *w)
{
	struct staged_changes *changes = &w->batch.changes;

	for (size_t i = 0; i < changes->len; i++) {
		struct account *a = changes->list[i].account;
		uint32_t value = changes->list[i].value;

		switch (changes->list[i].kind) {
		case CHANGE_SEEN:
			a->seen_saved = value;
			break;
		case CHANGE_SUSPENDED:
			index_lock(w->index);
			a->suspended = (enum suspension)value;
			index_unlock(w->index);
			if (a->suspended != SUSPENDED_NOT)
				evict(w, a, false);
			break;
		case CHANGE_REMOVED:
			evict(w, a, true);
			remove_account(w, a);
			break;
		}
	}
	changes->len = 0;
}

void
changes_discard(struct writer *w)
{
	struct staged_changes *changes = &w->batch.changes;

	while (changes->len > 0)
		index_set_leaving(
		    w->index, changes->list[--changes->len].account, false);
}
