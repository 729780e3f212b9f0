/* record_common.h - what record_*.c share; nobody else includes it. */
#ifndef TACIT_STORE_CLIENT_RECORD_COMMON_H
#define TACIT_STORE_CLIENT_RECORD_COMMON_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "proto/arena.h"
#include "store/client/record.h"
#include "store/client/records.pb-c.h"

/* Decode into the arena.  CRYPTO: malformed.  NOMEM: the arena is full. */
enum status record_unpack(const ProtobufCMessageDescriptor *type,
    struct bytes from, struct arena *a, ProtobufCMessage **message);
enum status record_pack(const ProtobufCMessage *message, struct buf *out);

/* Logs that a record of this type is not what it should be: CRYPTO. */
enum status record_damaged(const char *type);

/* protobuf-c has no const; packing only reads. */
ProtobufCBinaryData record_bin(struct bytes b);
struct bytes record_view(ProtobufCBinaryData b);
#define RECORD_BIN(object) record_bin(BYTES_OF(object))
char *record_text(const char *text);

/* Copies exactly len bytes; false when it holds another number of them. */
bool record_take(ProtobufCBinaryData from, void *to, size_t len);
#define RECORD_TAKE(from, object) record_take((from), &(object), sizeof(object))

/* Copies text and its NUL; false when longer than size - 1. */
bool record_take_text(const char *from, char *to, size_t size);

/* An account's name, or none. */
bool record_take_name(const char *from, struct account_name *name);

/* A device list: message and its parts on the caller's stack for packing. */
struct record_list {
	Tacit__Record__DeviceList message;
	Tacit__Record__Device devices[LIMIT_DEVICES_PER_ACCOUNT];
	Tacit__Record__Device *pointers[LIMIT_DEVICES_PER_ACCOUNT];
};
void record_list_fill(struct record_list *r, const struct device_list *list);
bool record_list_take(
    const Tacit__Record__DeviceList *from, struct device_list *list);

#endif
