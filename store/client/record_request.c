/* record_request.c - what strangers want of us, and devices that left. */
#include "store/client/record_common.h"

static bool
take_device(const Tacit__Record__Device *from, struct device_entry *d)
{
	if (from == NULL)
		return false;
	d->id = from->id;
	d->registration_id = from->registration_id;
	return RECORD_TAKE(from->identity_key, d->identity_key) &&
	       RECORD_TAKE(from->device_key, d->device_key);
}

static void
fill_device(const struct device_entry *d, Tacit__Record__Device *to)
{
	to->id = d->id;
	to->registration_id = d->registration_id;
	to->identity_key = RECORD_BIN(d->identity_key);
	to->device_key = RECORD_BIN(d->device_key);
}

enum status
record_open_departure(
    struct bytes from, struct arena *a, struct departure_row *row)
{
	struct departure_row read = { 0 };
	const Tacit__Record__Departure *r;
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__departure__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	r = (const Tacit__Record__Departure *)m;
	if (!record_take_name(r->account, &read.account) ||
	    !RECORD_TAKE(r->account_key, read.account_key) ||
	    !take_device(r->device, &read.device))
		return record_damaged("Departure");
	read.left_ms = r->left_ms;
	*row = read;
	return STATUS_OK;
}

enum status
record_pack_departure(const struct departure_row *row, struct buf *out)
{
	Tacit__Record__Departure m = TACIT__RECORD__DEPARTURE__INIT;
	Tacit__Record__Device device = TACIT__RECORD__DEVICE__INIT;

	fill_device(&row->device, &device);
	m.account = record_text(row->account.text);
	m.account_key = RECORD_BIN(row->account_key);
	m.device = &device;
	m.left_ms = row->left_ms;
	return record_pack(&m.base, out);
}

enum status
record_open_request(struct bytes from, struct arena *a, struct request_row *row)
{
	struct request_row read = { 0 };
	const Tacit__Record__Request *r;
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__request__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	r = (const Tacit__Record__Request *)m;
	if (!record_take_name(r->account, &read.account) ||
	    !RECORD_TAKE(r->account_key, read.account_key) ||
	    !take_device(r->device, &read.device))
		return record_damaged("Request");
	read.n = r->n;
	read.received_ms = r->received_ms;
	read.missing = r->missing;
	read.is_invitation = r->is_invitation;
	read.plaintext = record_view(r->plaintext);
	*row = read;
	return STATUS_OK;
}

enum status
record_pack_request(const struct request_row *row, struct buf *out)
{
	Tacit__Record__Request m = TACIT__RECORD__REQUEST__INIT;
	Tacit__Record__Device device = TACIT__RECORD__DEVICE__INIT;

	fill_device(&row->device, &device);
	m.n = row->n;
	m.account = record_text(row->account.text);
	m.account_key = RECORD_BIN(row->account_key);
	m.device = &device;
	m.received_ms = row->received_ms;
	m.missing = row->missing;
	m.is_invitation = row->is_invitation;
	m.plaintext = record_bin(row->plaintext);
	return record_pack(&m.base, out);
}

enum status
record_open_requests_state(
    struct bytes from, struct arena *a, struct requests_state *s)
{
	const Tacit__Record__RequestsState *r;
	ProtobufCMessage *m = NULL;
	enum status st = record_unpack(
	    &tacit__record__requests_state__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	r = (const Tacit__Record__RequestsState *)m;
	*s = (struct requests_state){
		.next = r->next,
		.bytes = r->bytes,
		.dropped = r->dropped,
		.day = r->day,
		.that_day = r->that_day,
		.unreadable = r->unreadable,
	};
	return STATUS_OK;
}

enum status
record_pack_requests_state(const struct requests_state *s, struct buf *out)
{
	Tacit__Record__RequestsState m = TACIT__RECORD__REQUESTS_STATE__INIT;

	m.next = s->next;
	m.bytes = s->bytes;
	m.dropped = s->dropped;
	m.day = s->day;
	m.that_day = s->that_day;
	m.unreadable = s->unreadable;
	return record_pack(&m.base, out);
}
