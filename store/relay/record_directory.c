/* record_directory.c - who there is: accounts, prekeys, invites; the meta row.
 */
#include <string.h>

#include "store/relay/record_pb.h"
#include "store/relay/records.h"
#include "store/relay/records.pb-c.h"

enum status
record_put_meta(
    struct db_txn *txn, struct bytes key, const struct relay_meta *r)
{
	Tacit__Relay__Meta m = TACIT__RELAY__META__INIT;

	m.version = r->version;
	m.epoch = record_data(BYTES_OF(r->epoch));
	m.join_salt = record_data(BYTES_OF(r->join_salt));
	m.last_slot = r->last_slot;
	m.calendar_ms = r->calendar_ms;
	return record_put(txn, TABLE_META, key, &m.base);
}

enum status
record_get_meta(struct bytes row, struct arena *a, struct relay_meta *r)
{
	struct relay_meta got = { .version = 0 };
	const Tacit__Relay__Meta *m;
	ProtobufCMessage *any;
	enum status st =
	    record_unpack(&tacit__relay__meta__descriptor, row, a, &any);

	if (st != STATUS_OK)
		return st;
	m = (const Tacit__Relay__Meta *)any;
	got.version = m->version;
	got.last_slot = m->last_slot;
	got.calendar_ms = m->calendar_ms;
	st = record_fixed(m->epoch, got.epoch, sizeof(got.epoch));
	if (st == STATUS_OK)
		st = record_fixed(
		    m->join_salt, got.join_salt, sizeof(got.join_salt));
	if (st == STATUS_OK)
		*r = got;
	return st;
}

enum status
record_put_account(
    struct db_txn *txn, struct bytes key, const struct account_record *r)
{
	Tacit__Relay__Account m = TACIT__RELAY__ACCOUNT__INIT;
	Tacit__Relay__Device devices[LIMIT_DEVICES_PER_ACCOUNT];
	Tacit__Relay__Device *places[LIMIT_DEVICES_PER_ACCOUNT];

	for (size_t i = 0; i < r->devices_count; i++) {
		const struct account_device *from = &r->devices[i];

		tacit__relay__device__init(&devices[i]);
		devices[i].id = from->id;
		devices[i].registration_id = from->registration_id;
		devices[i].device_key = record_data(BYTES_OF(from->device_key));
		devices[i].identity_key =
		    record_data(BYTES_OF(from->identity_key));
		devices[i].slot = from->slot;
		places[i] = &devices[i];
	}
	m.list_body = record_data(r->list.body);
	m.list_signature = record_data(r->list.signature);
	m.account_key = record_data(BYTES_OF(r->account_key));
	m.devices = places;
	m.n_devices = r->devices_count;
	m.created_ms = r->created_ms;
	m.invite = r->invite;
	m.suspended = (uint32_t)r->suspended;
	m.seen_day = r->seen_day;
	return record_put(txn, TABLE_ACCOUNTS, key, &m.base);
}

static enum status
record_get_device(const Tacit__Relay__Device *m, struct account_device *r)
{
	enum status st;

	if (m->slot == 0 || m->id == 0)
		return record_corrupt("device");
	r->id = m->id;
	r->registration_id = m->registration_id;
	r->slot = m->slot;
	st = record_fixed(m->device_key, &r->device_key, sizeof(r->device_key));
	if (st == STATUS_OK)
		st = record_fixed(
		    m->identity_key, r->identity_key, sizeof(r->identity_key));
	return st;
}

/* A reason that this release does not know keeps the account out as well. */
static enum suspension
record_suspension(uint32_t number)
{
	switch (number) {
	case SUSPENDED_NOT:
		return SUSPENDED_NOT;
	case SUSPENDED_INACTIVE:
		return SUSPENDED_INACTIVE;
	default:
		return SUSPENDED_BY_OPERATOR;
	}
}

enum status
record_get_account(struct bytes row, struct arena *a, struct account_record *r)
{
	struct account_record got = { .devices_count = 0 };
	const Tacit__Relay__Account *m;
	ProtobufCMessage *any;
	enum status st =
	    record_unpack(&tacit__relay__account__descriptor, row, a, &any);

	if (st != STATUS_OK)
		return st;
	m = (const Tacit__Relay__Account *)any;
	if (m->n_devices > LIMIT_DEVICES_PER_ACCOUNT)
		return record_corrupt("account");
	got.list.body = record_view(m->list_body);
	got.list.signature = record_view(m->list_signature);
	got.devices_count = m->n_devices;
	got.created_ms = m->created_ms;
	got.invite = m->invite;
	got.suspended = record_suspension(m->suspended);
	got.seen_day = m->seen_day;
	st = record_fixed(
	    m->account_key, &got.account_key, sizeof(got.account_key));
	for (size_t i = 0; st == STATUS_OK && i < m->n_devices; i++)
		st = record_get_device(m->devices[i], &got.devices[i]);
	if (st == STATUS_OK)
		*r = got;
	return st;
}

enum status
record_put_gone(
    struct db_txn *txn, struct bytes key, const struct gone_record *r)
{
	Tacit__Relay__Gone m = TACIT__RELAY__GONE__INIT;
	Tacit__Relay__GoneDevice devices[LIMIT_GONE_DEVICES];
	Tacit__Relay__GoneDevice *places[LIMIT_GONE_DEVICES];

	for (size_t i = 0; i < r->devices_count; i++) {
		tacit__relay__gone_device__init(&devices[i]);
		devices[i].slot = r->devices[i].slot;
		devices[i].id = r->devices[i].id;
		devices[i].owed = r->devices[i].owed;
		places[i] = &devices[i];
	}
	m.removed_ms = r->removed_ms;
	m.by_owner = r->by_owner;
	m.freed = r->freed;
	m.devices = places;
	m.n_devices = r->devices_count;
	return record_put(txn, TABLE_GONE, key, &m.base);
}

enum status
record_get_gone(struct bytes row, struct arena *a, struct gone_record *r)
{
	const Tacit__Relay__Gone *m;
	ProtobufCMessage *any;
	enum status st =
	    record_unpack(&tacit__relay__gone__descriptor, row, a, &any);

	if (st != STATUS_OK)
		return st;
	m = (const Tacit__Relay__Gone *)any;
	if (m->n_devices > LIMIT_GONE_DEVICES)
		return record_corrupt("gone");
	*r = (struct gone_record){
		.removed_ms = m->removed_ms,
		.by_owner = m->by_owner,
		.freed = m->freed,
		.devices_count = m->n_devices,
	};
	for (size_t i = 0; i < m->n_devices; i++) {
		r->devices[i].slot = m->devices[i]->slot;
		r->devices[i].id = m->devices[i]->id;
		r->devices[i].owed = m->devices[i]->owed;
	}
	return STATUS_OK;
}

enum status
record_put_prekey(struct db_txn *txn, struct bytes key, const struct prekey *r)
{
	Tacit__Relay__StoredPrekey m = TACIT__RELAY__STORED_PREKEY__INIT;

	m.public_key = record_data(r->public_key);
	m.signature = record_data(r->signature);
	return record_put(txn, TABLE_PREKEYS, key, &m.base);
}

enum status
record_get_prekey(struct bytes row, struct arena *a, struct prekey *r)
{
	const Tacit__Relay__StoredPrekey *m;
	ProtobufCMessage *any;
	enum status st = record_unpack(
	    &tacit__relay__stored_prekey__descriptor, row, a, &any);

	if (st != STATUS_OK)
		return st;
	m = (const Tacit__Relay__StoredPrekey *)any;
	r->public_key = record_view(m->public_key);
	r->signature = record_view(m->signature);
	return STATUS_OK;
}

enum status
record_put_prekey_head(
    struct db_txn *txn, struct bytes key, const struct prekey_head *r)
{
	Tacit__Relay__PrekeyHead m = TACIT__RELAY__PREKEY_HEAD__INIT;

	m.one_time_high = r->one_time_high;
	m.has_one_time = r->has_one_time;
	return record_put(txn, TABLE_PREKEYS, key, &m.base);
}

enum status
record_get_prekey_head(struct bytes row, struct arena *a, struct prekey_head *r)
{
	const Tacit__Relay__PrekeyHead *m;
	ProtobufCMessage *any;
	enum status st =
	    record_unpack(&tacit__relay__prekey_head__descriptor, row, a, &any);

	if (st != STATUS_OK)
		return st;
	m = (const Tacit__Relay__PrekeyHead *)any;
	r->one_time_high = m->one_time_high;
	r->has_one_time = m->has_one_time;
	return STATUS_OK;
}

enum status
record_put_invite(
    struct db_txn *txn, struct bytes key, const struct invite_record *r)
{
	Tacit__Relay__Invite m = TACIT__RELAY__INVITE__INIT;
	char label[LIMIT_LABEL_BYTES + 1] = { 0 };

	if (r->label.len > LIMIT_LABEL_BYTES)
		return STATUS_BAD_INPUT;
	if (r->label.len > 0)
		memcpy(label, r->label.data, r->label.len);
	m.uses = r->uses;
	m.endless = r->endless;
	m.expires_ms = r->expires_ms;
	m.label = label;
	m.created_ms = r->created_ms;
	m.used = r->used;
	return record_put(txn, TABLE_INVITES, key, &m.base);
}

enum status
record_get_invite(struct bytes row, struct arena *a, struct invite_record *r)
{
	const Tacit__Relay__Invite *m;
	ProtobufCMessage *any;
	enum status st =
	    record_unpack(&tacit__relay__invite__descriptor, row, a, &any);

	if (st != STATUS_OK)
		return st;
	m = (const Tacit__Relay__Invite *)any;
	r->uses = m->uses;
	r->endless = m->endless;
	r->expires_ms = m->expires_ms;
	r->label = bytes_text(m->label);
	r->created_ms = m->created_ms;
	r->used = m->used;
	return STATUS_OK;
}
