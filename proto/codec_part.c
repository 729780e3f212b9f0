#include "proto/codec_part.h"

#include <assert.h>

#include "proto/codec.h"
#include "proto/codec_pb.h"
#include "proto/limits.h"
#include "proto/relay.pb-c.h"

/* Both frames have the same id and part, so one serves for both. */
enum {
	FIELD_ID = 1,
	FIELD_PART = TACIT__WIRE__CLIENT_FRAME__BODY_PART,
	FIELD_SLICE = 1,
	FIELD_LAST = 2,
	PART_OVERHEAD_BYTES = 64, /* more than an id and two headers take */
};
static_assert((int)TACIT__WIRE__CLIENT_FRAME__BODY_PART ==
	      (int)TACIT__WIRE__RELAY_FRAME__BODY_PART);

/* The wire types of protobuf's encoding document. */
enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct field {
	uint64_t number;
	uint64_t value;     /* of a varint, else 0 */
	struct bytes bytes; /* of a length-delimited field, else empty */
};

static enum status
read_varint(struct reader *r, uint64_t *value)
{
	uint64_t v = 0;
	uint8_t byte = 0x80;

	for (unsigned shift = 0; (byte & 0x80) != 0; shift += 7) {
		enum status st = reader_u8(r, &byte);

		if (st != STATUS_OK || shift > 63)
			return STATUS_BAD_INPUT;
		v |= (uint64_t)(byte & 0x7f) << shift;
	}
	*value = v;
	return STATUS_OK;
}

/*
 * protobuf-c would copy a slice of up to 1 MiB only to say that there is one;
 * these few lines look at the outermost fields where they lie.
 */
static enum status
read_field(struct reader *r, struct field *f)
{
	uint64_t tag = 0, len = 0;
	struct bytes skipped;
	enum status st = read_varint(r, &tag);

	if (st != STATUS_OK)
		return st;
	*f = (struct field){ .number = tag >> 3 };
	switch (tag & 7) {
	case WIRE_VARINT:
		return read_varint(r, &f->value);
	case WIRE_BYTES:
		st = read_varint(r, &len);
		if (st != STATUS_OK || len > r->left.len)
			return STATUS_BAD_INPUT;
		return reader_bytes(r, (size_t)len, &f->bytes);
	case WIRE_FIXED64:
		return reader_bytes(r, 8, &skipped);
	case WIRE_FIXED32:
		return reader_bytes(r, 4, &skipped);
	default:
		return STATUS_BAD_INPUT;
	}
}

uint64_t
part_peek_id(struct bytes body)
{
	struct reader r = { body };
	struct field f;
	uint64_t id = 0;

	while (r.left.len > 0 && read_field(&r, &f) == STATUS_OK)
		if (f.number == FIELD_ID)
			id = f.value;
	return id;
}

static bool
peek_slice(struct bytes part, struct bytes *slice, bool *last)
{
	struct reader r = { part };
	struct bytes found = BYTES_NONE;
	bool ends = false;
	struct field f;

	while (r.left.len > 0) {
		if (read_field(&r, &f) != STATUS_OK)
			return false;
		if (f.number == FIELD_SLICE)
			found = f.bytes;
		else if (f.number == FIELD_LAST)
			ends = f.value != 0;
	}
	if (found.len == 0)
		return false;
	*slice = found;
	*last = ends;
	return true;
}

bool
codec_peek_part(
    struct bytes body, uint64_t *id, struct bytes *slice, bool *last)
{
	struct reader r = { body };
	struct bytes part = BYTES_NONE;
	uint64_t part_id = 0;
	struct field f;

	while (r.left.len > 0) {
		if (read_field(&r, &f) != STATUS_OK)
			return false;
		if (f.number == FIELD_ID)
			part_id = f.value;
		else if (f.number == FIELD_PART)
			part = f.bytes;
		else
			return false; /* another body: not ours to join */
	}
	if (!peek_slice(part, slice, last))
		return false;
	*id = part_id;
	return true;
}

static enum status
put_frame(const ProtobufCMessage *m, size_t len, struct buf *out)
{
	uint8_t *room;
	enum status st = buf_grow(out, 4 + len, &room);

	if (st != STATUS_OK)
		return st;
	store_u32(room, (uint32_t)len);
	protobuf_c_message_pack(m, room + 4);
	return STATUS_OK;
}

static enum status
put_slice(uint64_t id, struct bytes slice, bool last, struct buf *out)
{
	Tacit__Wire__ClientFrame frame = TACIT__WIRE__CLIENT_FRAME__INIT;
	Tacit__Wire__Part part = TACIT__WIRE__PART__INIT;

	part.slice = pb_data(slice);
	part.last = last;
	frame.id = id;
	frame.body_case = TACIT__WIRE__CLIENT_FRAME__BODY_PART;
	frame.part = &part;
	return put_frame(
	    &frame.base, protobuf_c_message_get_packed_size(&frame.base), out);
}

static enum status
put_parts(const ProtobufCMessage *m, uint64_t id, struct buf *out)
{
	const size_t step = LIMIT_FRAME_BYTES - PART_OVERHEAD_BYTES;
	const size_t before = buf_len(out);
	struct buf *whole = NULL;
	enum status st = buf_new(LIMIT_MESSAGE_BYTES, &whole);
	struct bytes left;

	if (st != STATUS_OK)
		return st;
	st = pb_put(m, whole);
	left = buf_view(whole);
	while (st == STATUS_OK && left.len > 0) {
		st = put_slice(
		    id, bytes_head(left, step), left.len <= step, out);
		left = bytes_tail(left, step);
	}
	if (st != STATUS_OK)
		buf_truncate(out, before);
	buf_free(whole);
	return st;
}

enum status
part_put_message(const ProtobufCMessage *m, uint64_t id, struct buf *out)
{
	size_t len = protobuf_c_message_get_packed_size(m);

	if (len > LIMIT_MESSAGE_BYTES)
		return STATUS_FULL;
	if (len > LIMIT_FRAME_BYTES)
		return put_parts(m, id, out);
	return put_frame(m, len, out);
}
