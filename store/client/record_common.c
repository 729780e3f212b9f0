/* record_common.c - between structs of protobuf-c and ours. */
#include "store/client/record_common.h"

#include <string.h>

#include "base/log.h"

struct record_memory {
	struct arena *arena;
	bool is_full;
};

static void *
record_alloc(void *data, size_t len)
{
	struct record_memory *memory = data;
	void *room = arena_take(memory->arena, len);

	if (room == NULL)
		memory->is_full = true;
	return room;
}

static void
record_release(void *data, void *room)
{
	(void)data; /* the arena takes all back at once */
	(void)room;
}

enum status
record_unpack(const ProtobufCMessageDescriptor *type, struct bytes from,
    struct arena *a, ProtobufCMessage **message)
{
	struct record_memory memory = { .arena = a };
	ProtobufCAllocator allocator = {
		.alloc = record_alloc,
		.free = record_release,
		.allocator_data = &memory,
	};
	ProtobufCMessage *m =
	    protobuf_c_message_unpack(type, &allocator, from.len, from.data);

	if (memory.is_full)
		return STATUS_NOMEM;
	if (m == NULL)
		return record_damaged(type->short_name);
	*message = m;
	return STATUS_OK;
}

enum status
record_pack(const ProtobufCMessage *message, struct buf *out)
{
	size_t len = protobuf_c_message_get_packed_size(message);
	uint8_t *room = NULL;
	enum status st = buf_grow(out, len, &room);

	if (st == STATUS_OK && len > 0)
		protobuf_c_message_pack(message, room);
	return st;
}

enum status
record_damaged(const char *type)
{
	log_event(LOG_LEVEL_ERROR, "record-damaged", "type=%s", type);
	return STATUS_CRYPTO;
}

ProtobufCBinaryData
record_bin(struct bytes b)
{
	return (ProtobufCBinaryData){ .len = b.len, .data = (uint8_t *)b.data };
}

struct bytes
record_view(ProtobufCBinaryData b)
{
	return bytes_view(b.data, b.len);
}

char *
record_text(const char *text)
{
	return (char *)text;
}

bool
record_take(ProtobufCBinaryData from, void *to, size_t len)
{
	if (from.len != len)
		return false;
	if (len > 0)
		memcpy(to, from.data, len);
	return true;
}

bool
record_take_text(const char *from, char *to, size_t size)
{
	size_t len = strlen(from);

	if (len >= size)
		return false;
	memcpy(to, from, len + 1);
	return true;
}

bool
record_take_name(const char *from, struct account_name *name)
{
	if (*from == '\0') {
		*name = (struct account_name){ 0 };
		return true;
	}
	return account_name_parse(bytes_text(from), name) == STATUS_OK;
}

void
record_list_fill(struct record_list *r, const struct device_list *list)
{
	tacit__record__device_list__init(&r->message);
	r->message.account = record_text(list->account.text);
	r->message.account_key = RECORD_BIN(list->account_key);
	r->message.version = list->version;
	r->message.previous = RECORD_BIN(list->previous);
	r->message.issued_ms = list->issued_ms;
	r->message.suites = list->suites;
	for (size_t i = 0; i < list->devices_count; i++) {
		const struct device_entry *d = &list->devices[i];

		tacit__record__device__init(&r->devices[i]);
		r->devices[i].id = d->id;
		r->devices[i].registration_id = d->registration_id;
		r->devices[i].identity_key = RECORD_BIN(d->identity_key);
		r->devices[i].device_key = RECORD_BIN(d->device_key);
		r->pointers[i] = &r->devices[i];
	}
	r->message.devices = r->pointers;
	r->message.n_devices = list->devices_count;
	if (!list->has_recovery)
		return;
	r->message.recovery_key = RECORD_BIN(list->recovery_key);
	r->message.recovery_box = RECORD_BIN(list->recovery_box);
}

bool
record_list_take(
    const Tacit__Record__DeviceList *from, struct device_list *list)
{
	*list = (struct device_list){ 0 };
	if (from == NULL || from->n_devices > LIMIT_DEVICES_PER_ACCOUNT ||
	    !record_take_name(from->account, &list->account) ||
	    !RECORD_TAKE(from->account_key, list->account_key) ||
	    !RECORD_TAKE(from->previous, list->previous))
		return false;
	list->version = from->version;
	list->issued_ms = from->issued_ms;
	list->suites = from->suites;
	list->devices_count = from->n_devices;
	list->has_recovery = from->recovery_key.len > 0;
	if (list->has_recovery &&
	    (!RECORD_TAKE(from->recovery_key, list->recovery_key) ||
		!RECORD_TAKE(from->recovery_box, list->recovery_box)))
		return false;
	for (size_t i = 0; i < from->n_devices; i++) {
		const Tacit__Record__Device *d = from->devices[i];

		list->devices[i].id = d->id;
		list->devices[i].registration_id = d->registration_id;
		if (!RECORD_TAKE(
			d->identity_key, list->devices[i].identity_key) ||
		    !RECORD_TAKE(d->device_key, list->devices[i].device_key))
			return false;
	}
	return true;
}
