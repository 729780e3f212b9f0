/* The relay's own items, RelayNote of relay.proto (protocol.md 5.4). */
#include "proto/codec.h"
#include "proto/codec_pb.h"
#include "proto/relay.pb-c.h"

enum status
codec_put_note(const struct relay_note *note, struct buf *out)
{
	Tacit__Wire__RelayNote m = TACIT__WIRE__RELAY_NOTE__INIT;

	m.code = note->code;
	m.return_handle = pb_data(note->return_handle);
	m.account = pb_text(note->to.account.text);
	m.device = note->to.device;
	m.stream = pb_data(BYTES_OF(note->stream));
	m.counter = note->counter;
	return pb_put(&m.base, out);
}

enum status
codec_get_note(struct bytes payload, struct arena *a, struct relay_note *note)
{
	struct relay_note n = { 0 };
	ProtobufCMessage *base = NULL;
	const Tacit__Wire__RelayNote *m;
	enum status st;

	st = pb_unpack(&tacit__wire__relay_note__descriptor, payload, a, &base);
	if (st != STATUS_OK)
		return st;
	m = (const void *)base;
	n.code = pb_get_error(m->code);
	n.counter = m->counter;
	st = pb_get_view(
	    m->return_handle, 0, LIMIT_RETURN_HANDLE_BYTES, &n.return_handle);
	if (st == STATUS_OK)
		st = pb_get_address(m->account, m->device, &n.to);
	if (st == STATUS_OK)
		st = pb_get_fixed(m->stream, n.stream, STREAM_BYTES);
	if (st == STATUS_OK)
		*note = n;
	return st;
}
