/*
 * writer_directory.c - operations that write rows: register, publish, bundles,
 * chain append.  Each runs in a transaction of its own within the batch's, so
 * one that fails halfway leaves nothing.
 */
#include <string.h>

#include "relay/viewer.h"
#include "relay/writer_private.h"
#include "store/relay/chain.h"
#include "store/relay/invites.h"
#include "store/relay/prekeys.h"

enum status
writer_get_account(struct writer *w, const struct account_name *name,
    struct arena *a, struct account_record *record)
{
	struct bytes row;
	enum status st = db_get(
	    w->batch.txn, TABLE_ACCOUNTS, account_name_bytes(name), &row);

	return st == STATUS_OK ? record_get_account(row, a, record) : st;
}

bool
account_device_is(const struct account_device *a, const struct device_entry *b)
{
	return a->id == b->id && a->registration_id == b->registration_id &&
	       bytes_equal(BYTES_OF(a->device_key), BYTES_OF(b->device_key)) &&
	       bytes_equal(
		   BYTES_OF(a->identity_key), BYTES_OF(b->identity_key));
}

/* Whether it is this very registration come again, its answer lost. */
static bool
same_keys(const struct account_record *there, const struct device_list *list,
    const struct device_entry *device)
{
	if (!bytes_equal(
		BYTES_OF(there->account_key), BYTES_OF(list->account_key)))
		return false;
	for (size_t i = 0; i < there->devices_count; i++)
		if (account_device_is(&there->devices[i], device))
			return true;
	return false;
}

enum status
account_take_slots(struct writer *w, struct account_record *record)
{
	struct relay_meta meta;
	enum status st = schema_get_meta(w->batch.txn, &meta);

	if (st != STATUS_OK)
		return st;
	if (meta.last_slot > UINT32_MAX / 2 - LIMIT_DEVICES_PER_ACCOUNT)
		return STATUS_NOMEM;
	for (size_t i = 0; i < record->devices_count; i++)
		if (record->devices[i].slot == 0)
			record->devices[i].slot = ++meta.last_slot;
	return schema_put_meta(w->batch.txn, &meta);
}

void
account_record_make(const struct device_list *list,
    struct signed_list signed_list, struct account_record *record)
{
	*record = (struct account_record){
		.list = signed_list,
		.account_key = list->account_key,
		.devices_count = list->devices_count,
	};
	for (size_t i = 0; i < list->devices_count; i++) {
		record->devices[i].id = list->devices[i].id;
		record->devices[i].registration_id =
		    list->devices[i].registration_id;
		record->devices[i].device_key = list->devices[i].device_key;
		memcpy(record->devices[i].identity_key,
		    list->devices[i].identity_key, IDENTITY_KEY_BYTES);
	}
}

static enum status
add_account(struct writer *w, const struct storage_op *op)
{
	const struct device_list *list = &op->u.registration.list;
	struct staged_accounts *added = &w->batch.added;
	struct account_record record;
	enum status st = TABLE_RESERVE(added, 1);

	if (st != STATUS_OK)
		return st;
	account_record_make(list, op->u.registration.signed_list, &record);
	record.created_ms = op->now_ms;
	record.seen_day = day_of(op->now_ms);
	if (op->u.registration.code_needed)
		record.invite = invite_short(&op->u.registration.code_hash);
	st = account_take_slots(w, &record);
	if (st == STATUS_OK)
		st = record_put_account(
		    w->batch.txn, account_name_bytes(&list->account), &record);
	if (st == STATUS_OK)
		st = index_add_account(w->index, &list->account, &record,
		    &added->list[added->len]);
	if (st == STATUS_OK)
		added->len++;
	return st;
}

static void
tell_mailbox(struct writer *w, const struct address *who, struct storage_op *op)
{
	const struct mailbox *m;

	index_lock(w->index);
	m = index_mailbox(w->index, who);
	if (m != NULL)
		mailbox_state_of(m, &op->u.registration.mailbox);
	else /* put in place of another in this very batch */
		op->u.registration.mailbox = (struct mailbox_state){ 0 };
	index_unlock(w->index);
}

enum status
writer_register(struct writer *w, struct storage_op *op)
{
	const struct device_list *list = &op->u.registration.list;
	const struct address who = { list->account, op->u.registration.device };
	const struct device_entry *device = device_list_find(list, who.device);
	struct account_record there;
	struct gone_record gone;
	enum status found;
	enum status st = STATUS_OK;

	if (device == NULL || list->devices_count > LIMIT_DEVICES_PER_ACCOUNT)
		return STATUS_BAD_INPUT;
	found = writer_get_account(w, &list->account, w->scratch, &there);
	if (found == STATUS_OK && same_keys(&there, list, device)) {
		tell_mailbox(w, &who, op);
		return STATUS_EXISTS;
	}
	/* Before the name: who has no code learns nothing about names. */
	if (op->u.registration.code_needed)
		st = op->u.registration.has_code
			 ? invites_use(w->batch.txn,
			       &op->u.registration.code_hash, op->now_ms,
			       w->scratch)
			 : STATUS_DENIED;
	if (st != STATUS_OK)
		return st;
	if (found != STATUS_NOT_FOUND)
		return found == STATUS_OK ? STATUS_CONFLICT : found;
	/* A removed account's name stays its own until the operator frees it.
	 */
	found = writer_get_gone(w, &list->account, &gone);
	if (found != STATUS_NOT_FOUND)
		return found == STATUS_OK ? STATUS_CONFLICT : found;
	st = add_account(w, op);
	if (st != STATUS_OK)
		return st;
	tell_mailbox(w, &who, op);
	w->batch.wrote = true;
	return STATUS_OK;
}

enum status
writer_publish(struct writer *w, struct storage_op *op)
{
	struct mailbox *m = index_mailbox(w->index, &op->u.publish.who);
	enum status st;

	if (m == NULL || m->going)
		return STATUS_NOT_FOUND;
	st = prekeys_publish(
	    w->batch.txn, m->device.slot, w->scratch, op->u.publish.prekeys);
	if (st == STATUS_OK)
		st = prekeys_state(w->batch.txn, m->device.slot, w->scratch,
		    &op->u.publish.state);
	if (st == STATUS_OK)
		w->batch.wrote = true;
	return st;
}

static enum status
take_devices(struct writer *w, const struct account_record *record,
    bool signed_only, struct arena *a, struct account_bundles *out)
{
	struct device_bundle *devices =
	    arena_take_array(a, record->devices_count + 1, sizeof(*devices));
	size_t count = 0;

	if (devices == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < record->devices_count; i++) {
		struct prekeys *list = &devices[count].prekeys;
		uint32_t slot = record->devices[i].slot;
		enum status st = signed_only ? prekeys_take_signed(
						   w->batch.txn, slot, a, list)
					     : prekeys_take(w->batch.txn, slot,
						   a, list, &w->batch.wrote);

		/* It has registered, but published nothing yet. */
		if (st == STATUS_NOT_FOUND)
			continue;
		if (st != STATUS_OK)
			return st;
		devices[count++].device = record->devices[i].id;
	}
	out->devices = devices;
	out->devices_count = count;
	return STATUS_OK;
}

/* What it adds to the answer, about. */
static size_t
bundles_bytes(const struct account_bundles *b)
{
	size_t bytes =
	    sizeof(b->account) + b->list.body.len + b->list.signature.len;

	for (size_t i = 0; i < b->devices_count; i++)
		for (size_t k = 0; k < b->devices[i].prekeys.count; k++)
			bytes += b->devices[i].prekeys.items[k].public_key.len +
				 b->devices[i].prekeys.items[k].signature.len +
				 32;
	return bytes;
}

static enum status
take_account(struct writer *w, const struct account_name *name,
    bool signed_only, struct arena *a, struct account_bundles *out)
{
	struct account_record record;
	enum status st = writer_get_account(w, name, a, &record);

	*out = (struct account_bundles){ .account = *name };
	if (st == STATUS_NOT_FOUND) {
		out->error = ERROR_NOT_FOUND;
		return STATUS_OK;
	}
	if (st != STATUS_OK)
		return st;
	out->list = record.list;
	return take_devices(w, &record, signed_only, a, out);
}

enum status
writer_bundles(struct writer *w, struct storage_op *op)
{
	struct account_bundles *accounts = arena_take_array(
	    op->arena, op->u.bundles.count + 1, sizeof(*accounts));
	enum status st = accounts != NULL ? STATUS_OK : STATUS_NOMEM;
	size_t bytes = 0;

	for (size_t i = 0; i < op->u.bundles.count && st == STATUS_OK; i++) {
		/* No prekey leaves for an answer that could not be sent. */
		if (bytes > LIMIT_BUNDLES_BYTES) {
			accounts[i] = (struct account_bundles){
				.account = op->u.bundles.names[i],
				.error = ERROR_UNAVAILABLE,
				.retry_after_ms = 1000,
			};
			continue;
		}
		st = take_account(w, &op->u.bundles.names[i],
		    op->u.bundles.signed_only != NULL &&
			op->u.bundles.signed_only[i],
		    op->arena, &accounts[i]);
		if (st == STATUS_OK)
			bytes += bundles_bytes(&accounts[i]);
	}
	if (st == STATUS_OK)
		op->u.bundles.accounts = accounts;
	return st;
}

enum status
writer_append(struct writer *w, struct storage_op *op)
{
	const struct chain_append *append = &op->u.append.append;
	bool changed = false;
	enum status st = TABLE_RESERVE(&w->touched, 1);

	if (st == STATUS_OK)
		st = chain_append(w->batch.txn, append, w->scratch,
		    &op->u.append.length, &changed);
	if (st != STATUS_OK || !changed)
		return st;
	w->touched.list[w->touched.len++] = (struct writer_touch){
		.is_chain = true,
		.chain = append->chain,
	};
	w->batch.wrote = true;
	return STATUS_OK;
}
