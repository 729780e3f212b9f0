#include "proto/codec_devices.h"

#include "proto/codec_pb.h"
#include "proto/devices.pb-c.h"

enum status
codec_put_device_list(
    const struct device_list *list, struct arena *a, struct buf *out)
{
	Tacit__Wire__DeviceListBody m = TACIT__WIRE__DEVICE_LIST_BODY__INIT;

	m.devices = pb_new_array(
	    a, &tacit__wire__device_entry__descriptor, list->devices_count);
	if (m.devices == NULL)
		return STATUS_NOMEM;
	m.n_devices = list->devices_count;
	for (size_t i = 0; i < m.n_devices; i++) {
		const struct device_entry *d = &list->devices[i];

		m.devices[i]->id = d->id;
		m.devices[i]->registration_id = d->registration_id;
		m.devices[i]->identity_key = pb_data(BYTES_OF(d->identity_key));
		m.devices[i]->device_key = pb_data(BYTES_OF(d->device_key.raw));
	}
	m.account = pb_text(list->account.text);
	m.account_key = pb_data(BYTES_OF(list->account_key.raw));
	m.version = list->version;
	m.previous = pb_data(hash_view(&list->previous));
	m.issued_ms = list->issued_ms;
	m.suites = list->suites;
	if (list->has_recovery) {
		m.recovery_key = pb_data(BYTES_OF(list->recovery_key.raw));
		m.recovery_box = pb_data(BYTES_OF(list->recovery_box));
	}
	return pb_put(&m.base, out);
}

static enum status
get_device(const Tacit__Wire__DeviceEntry *m, struct device_entry *d)
{
	enum status st;

	d->id = m->id;
	d->registration_id = m->registration_id;
	st = pb_get_fixed(m->identity_key, d->identity_key, IDENTITY_KEY_BYTES);
	if (st == STATUS_OK)
		st = pb_get_fixed(
		    m->device_key, d->device_key.raw, SIGN_PUBLIC_BYTES);
	return st;
}

/* Both or neither. */
static enum status
get_recovery(const Tacit__Wire__DeviceListBody *m, struct device_list *list)
{
	bool has_box;
	enum status st = pb_get_optional(m->recovery_key,
	    list->recovery_key.raw, SIGN_PUBLIC_BYTES, &list->has_recovery);

	if (st == STATUS_OK)
		st = pb_get_optional(m->recovery_box, list->recovery_box,
		    RECOVERY_BOX_BYTES, &has_box);
	if (st == STATUS_OK && has_box != list->has_recovery)
		st = STATUS_BAD_INPUT;
	return st;
}

bool
codec_device_list_has_bad_name(struct bytes body, struct arena *a)
{
	const Tacit__Wire__DeviceListBody *m;
	ProtobufCMessage *base = NULL;
	struct account_name name;

	if (pb_unpack(&tacit__wire__device_list_body__descriptor, body, a,
		&base) != STATUS_OK)
		return false;
	m = (const void *)base;
	return pb_get_name(m->account, &name) == STATUS_BAD_INPUT;
}

enum status
codec_get_device_list(
    struct bytes body, struct arena *a, struct device_list *list)
{
	struct device_list got = { 0 };
	ProtobufCMessage *base = NULL;
	const Tacit__Wire__DeviceListBody *m;
	enum status st;

	st = pb_unpack(
	    &tacit__wire__device_list_body__descriptor, body, a, &base);
	if (st != STATUS_OK)
		return st;
	m = (const void *)base;
	if (m->n_devices > LIMIT_DEVICES_PER_ACCOUNT)
		return STATUS_BAD_INPUT;
	got.version = m->version;
	got.issued_ms = m->issued_ms;
	got.suites = m->suites;
	got.devices_count = m->n_devices;
	st = pb_get_name(m->account, &got.account);
	if (st == STATUS_OK)
		st = pb_get_fixed(
		    m->account_key, got.account_key.raw, SIGN_PUBLIC_BYTES);
	if (st == STATUS_OK)
		st = pb_get_fixed(m->previous, got.previous.raw, HASH_BYTES);
	for (size_t i = 0; st == STATUS_OK && i < got.devices_count; i++)
		st = get_device(m->devices[i], &got.devices[i]);
	if (st == STATUS_OK)
		st = get_recovery(m, &got);
	if (st == STATUS_OK)
		*list = got;
	return st;
}
