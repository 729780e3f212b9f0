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
#include "store/relay/invites.h"

const struct storage_eviction *
writer_evicted(const struct writer *w, size_t *count)
{
	*count = w->evicted.len;
	return w->evicted.list;
}

/* Room also for telling of it later. */
enum status
change_reserve(struct writer *w)
{
	enum status st = TABLE_RESERVE(&w->batch.changes, 1);

	if (st == STATUS_OK)
		st = TABLE_RESERVE(&w->evicted,
		    (w->batch.changes.len + 1) * LIMIT_DEVICES_PER_ACCOUNT);
	return st;
}

void
change_add(struct writer *w, struct account *a, enum change_kind kind,
    enum suspension value)
{
	w->batch.changes.list[w->batch.changes.len++] =
	    (struct account_change){ a, kind, (uint32_t)value, NULL };
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
suspend_unused(struct writer *w, struct account *a)
{
	struct account_record record;
	enum status st = change_reserve(w);

	arena_reset(w->scratch);
	if (st == STATUS_OK)
		st = writer_get_account(w, &a->name, w->scratch, &record);
	if (st != STATUS_OK)
		return st;
	record.suspended = SUSPENDED_INACTIVE;
	record.seen_day = a->seen_day;
	st = record_put_account(
	    w->batch.txn, account_name_bytes(&a->name), &record);
	if (st == STATUS_OK)
		change_add(w, a, CHANGE_SUSPENDED, SUSPENDED_INACTIVE);
	return st;
}

enum status
writer_suspend_unused(struct writer *w, struct account *a)
{
	enum status st = batch_begin(w);

	return st == STATUS_OK ? batch_end(w, suspend_unused(w, a)) : st;
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

void
evict(struct writer *w, const struct account_name *name, uint32_t device,
    bool removed)
{
	w->evicted.list[w->evicted.len++] =
	    (struct storage_eviction){ *name, device, removed };
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
				evict(w, &a->name, 0, false);
			break;
		case CHANGE_REMOVED:
			evict(w, &a->name, 0, true);
			remove_account(w, a);
			break;
		case CHANGE_CLOSED:
			index_remove_account(w->index, a);
			break;
		case CHANGE_REPLACED:
			replace_apply(w, a, changes->list[i].swap);
			break;
		}
	}
	changes->len = 0;
}

void
changes_discard(struct writer *w)
{
	struct staged_changes *changes = &w->batch.changes;

	while (changes->len > 0) {
		const struct account_change *c = &changes->list[--changes->len];

		if (c->kind == CHANGE_REMOVED)
			index_set_leaving(w->index, c->account, false);
		if (c->kind == CHANGE_REPLACED)
			replace_discard(c->account, c->swap);
	}
}
