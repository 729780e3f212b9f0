#include "proto/codec_pb.h"

#include <string.h>
#include <utf8proc.h>

#include "proto/relay.pb-c.h"

struct memory {
	struct arena *arena;
	bool full;
};

static void *
take(void *data, size_t len)
{
	struct memory *m = data;
	void *taken = arena_take(m->arena, len);

	if (taken == NULL)
		m->full = true;
	return taken;
}

/* The arena gives everything back at once. */
static void
give_back(void *data, void *taken)
{
	(void)data;
	(void)taken;
}

enum status
pb_unpack(const ProtobufCMessageDescriptor *kind, struct bytes from,
    struct arena *a, ProtobufCMessage **m)
{
	struct memory memory = { .arena = a };
	ProtobufCAllocator calls = { take, give_back, &memory };
	ProtobufCMessage *got;

	got = protobuf_c_message_unpack(kind, &calls, from.len, from.data);
	if (got == NULL)
		return memory.full ? STATUS_NOMEM : STATUS_BAD_INPUT;
	*m = got;
	return STATUS_OK;
}

enum status
pb_put(const ProtobufCMessage *m, struct buf *out)
{
	uint8_t *room;
	enum status st;

	st = buf_grow(out, protobuf_c_message_get_packed_size(m), &room);
	if (st == STATUS_OK)
		protobuf_c_message_pack(m, room);
	return st;
}

void *
pb_new(struct arena *a, const ProtobufCMessageDescriptor *kind)
{
	void *m = arena_take(a, kind->sizeof_message);

	if (m != NULL)
		protobuf_c_message_init(kind, m);
	return m;
}

void *
pb_new_array(
    struct arena *a, const ProtobufCMessageDescriptor *kind, size_t count)
{
	void **array = arena_take_array(a, count, sizeof(*array));
	uint8_t *items = arena_take_array(a, count, kind->sizeof_message);

	if (array == NULL || items == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		array[i] = items + i * kind->sizeof_message;
		protobuf_c_message_init(kind, array[i]);
	}
	return array;
}

ProtobufCBinaryData
pb_data(struct bytes b)
{
	return (ProtobufCBinaryData){ b.len, (uint8_t *)b.data };
}

struct bytes
pb_view(ProtobufCBinaryData d)
{
	return bytes_view(d.data, d.len);
}

char *
pb_text(const char *text)
{
	return (char *)text;
}

enum status
pb_copy_text(struct bytes from, struct arena *a, char **text)
{
	char *copy = arena_take(a, from.len + 1); /* zeroed: ends in a NUL */

	if (copy == NULL)
		return STATUS_NOMEM;
	if (from.len > 0)
		memcpy(copy, from.data, from.len);
	*text = copy;
	return STATUS_OK;
}

enum status
pb_get_fixed(ProtobufCBinaryData d, void *out, size_t len)
{
	if (d.len != len)
		return STATUS_BAD_INPUT;
	memcpy(out, d.data, len);
	return STATUS_OK;
}

enum status
pb_get_optional(ProtobufCBinaryData d, void *out, size_t len, bool *present)
{
	*present = d.len > 0;
	if (*present)
		return pb_get_fixed(d, out, len);
	memset(out, 0, len);
	return STATUS_OK;
}

enum status
pb_get_view(ProtobufCBinaryData d, size_t min, size_t max, struct bytes *out)
{
	if (d.len < min || d.len > max)
		return STATUS_BAD_INPUT;
	*out = pb_view(d);
	return STATUS_OK;
}

enum status
pb_get_text(const char *text, size_t max, struct bytes *out)
{
	struct bytes all = bytes_text(text);
	utf8proc_int32_t point;

	if (all.len > max)
		return STATUS_BAD_INPUT;
	for (struct bytes b = all; b.len > 0;) {
		utf8proc_ssize_t used =
		    utf8proc_iterate(b.data, (utf8proc_ssize_t)b.len, &point);

		if (used <= 0)
			return STATUS_BAD_INPUT;
		b = bytes_tail(b, (size_t)used);
	}
	*out = all;
	return STATUS_OK;
}

enum status
pb_get_name(const char *text, struct account_name *name)
{
	return account_name_parse(bytes_text(text), name);
}

enum status
pb_get_address(const char *account, uint32_t device, struct address *address)
{
	enum status st;

	if (device == 0)
		return STATUS_BAD_INPUT;
	st = pb_get_name(account, &address->account);
	if (st == STATUS_OK)
		address->device = device;
	return st;
}

enum status
pb_get_list(ProtobufCBinaryData body, ProtobufCBinaryData signature,
    struct signed_list *list)
{
	if (body.len == 0 || body.len > LIMIT_DEVICE_LIST_BYTES ||
	    signature.len != SIGN_SIGNATURE_BYTES)
		return STATUS_BAD_INPUT;
	list->body = pb_view(body);
	list->signature = pb_view(signature);
	return STATUS_OK;
}

enum status
pb_get_prekeys(Tacit__Wire__Prekey *const *from, size_t count, struct arena *a,
    struct prekeys *prekeys)
{
	struct prekey *items;
	enum status st = STATUS_OK;

	if (count > LIMIT_PREKEYS_PER_PUBLISH)
		return STATUS_BAD_INPUT;
	items = arena_take_array(a, count, sizeof(*items));
	if (items == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; st == STATUS_OK && i < count; i++) {
		items[i].type = from[i]->type;
		items[i].id = from[i]->id;
		st = pb_get_view(from[i]->public_key, 1, LIMIT_PREKEY_BYTES,
		    &items[i].public_key);
		if (st == STATUS_OK)
			st = pb_get_view(from[i]->signature, 0,
			    LIMIT_PREKEY_BYTES, &items[i].signature);
	}
	if (st == STATUS_OK)
		*prekeys = (struct prekeys){ items, count };
	return st;
}

enum status
pb_put_prekeys(const struct prekeys *prekeys, struct arena *a,
    Tacit__Wire__Prekey ***to, size_t *count)
{
	Tacit__Wire__Prekey **array =
	    pb_new_array(a, &tacit__wire__prekey__descriptor, prekeys->count);

	if (array == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < prekeys->count; i++) {
		const struct prekey *p = &prekeys->items[i];

		array[i]->type = p->type;
		array[i]->id = p->id;
		array[i]->public_key = pb_data(p->public_key);
		array[i]->signature = pb_data(p->signature);
	}
	*to = array;
	*count = prekeys->count;
	return STATUS_OK;
}

enum error_code
pb_get_error(uint32_t code)
{
	return code <= ERROR_LIST_TAKEN ? (enum error_code)code
					: ERROR_UNAVAILABLE;
}

/* The last millisecond of the year 9999, which RFC 3339 can write. */
static const int64_t time_max_ms = INT64_C(253402300799999);

enum status
pb_get_time(int64_t ms, int64_t *to)
{
	if (ms < 0 || ms > time_max_ms)
		return STATUS_BAD_INPUT;
	*to = ms;
	return STATUS_OK;
}

uint64_t
pb_get_wait(uint64_t ms)
{
	return ms < LIMIT_RETRY_AFTER_MS ? ms : LIMIT_RETRY_AFTER_MS;
}
