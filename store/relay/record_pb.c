#include "store/relay/record_pb.h"

#include <string.h>

#include "base/log.h"

enum status
record_corrupt(const char *what)
{
	log_event(LOG_LEVEL_ERROR, "row-corrupt", "kind=%s", what);
	return STATUS_IO;
}

enum status
record_put(struct db_txn *txn, unsigned table, struct bytes key,
    const ProtobufCMessage *m)
{
	size_t len = protobuf_c_message_get_packed_size(m);
	uint8_t *room;
	enum status st = db_reserve(txn, table, key, len, DB_PUT, &room);

	if (st == STATUS_OK)
		protobuf_c_message_pack(m, room);
	return st;
}

struct record_memory {
	struct arena *arena;
	bool failed; /* protobuf-c does not tell why it gave up */
};

static void *
record_alloc(void *context, size_t len)
{
	struct record_memory *memory = context;
	void *p = arena_take(memory->arena, len);

	if (p == NULL)
		memory->failed = true;
	return p;
}

static void
record_free(void *context, void *p)
{
	(void)context;
	(void)p; /* the arena goes as a whole */
}

enum status
record_unpack(const ProtobufCMessageDescriptor *kind, struct bytes row,
    struct arena *a, ProtobufCMessage **m)
{
	struct record_memory memory = { .arena = a };
	ProtobufCAllocator allocator = {
		.alloc = record_alloc,
		.free = record_free,
		.allocator_data = &memory,
	};

	*m = protobuf_c_message_unpack(kind, &allocator, row.len, row.data);
	if (*m != NULL)
		return STATUS_OK;
	return memory.failed ? STATUS_NOMEM : record_corrupt(kind->name);
}

ProtobufCBinaryData
record_data(struct bytes b)
{
	return (ProtobufCBinaryData){ .len = b.len, .data = (uint8_t *)b.data };
}

struct bytes
record_view(ProtobufCBinaryData d)
{
	return bytes_view(d.data, d.len);
}

enum status
record_fixed(ProtobufCBinaryData d, void *out, size_t len)
{
	if (d.len != len)
		return record_corrupt("length");
	memcpy(out, d.data, len);
	return STATUS_OK;
}
