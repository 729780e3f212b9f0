/* record_pb.h - what record_*.c share: protobuf-c to and from rows. */
#ifndef TACIT_STORE_RELAY_RECORD_PB_H
#define TACIT_STORE_RELAY_RECORD_PB_H

#include <protobuf-c/protobuf-c.h>

#include "proto/arena.h"
#include "store/db.h"

enum status record_put(struct db_txn *txn, unsigned table, struct bytes key,
    const ProtobufCMessage *m);

/*
 * Decode a row into the arena, which is all that has to be freed.
 *
 * IO: not such a message (logged).  NOMEM: the arena is full.
 */
enum status record_unpack(const ProtobufCMessageDescriptor *kind,
    struct bytes row, struct arena *a, ProtobufCMessage **m);

ProtobufCBinaryData record_data(struct bytes b); /* for packing only */
struct bytes record_view(ProtobufCBinaryData d);

/* Exactly len bytes.  IO otherwise (logged). */
enum status record_fixed(ProtobufCBinaryData d, void *out, size_t len);

enum status record_corrupt(const char *what); /* logs; always IO */

#endif
