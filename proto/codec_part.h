/*
 * codec_part.h - messages as frames, whole or in parts (protocol.md 2.2).
 * Private to codec_*.c.
 */
#ifndef TACIT_PROTO_CODEC_PART_H
#define TACIT_PROTO_CODEC_PART_H

#include <protobuf-c/protobuf-c.h>
#include <stdint.h>

#include "base/bytes.h"

/*
 * Append a ClientFrame or RelayFrame whose id is `id`.  FULL: out's ceiling or
 * LIMIT_MESSAGE_BYTES; out is then as before.  NOMEM.
 */
enum status part_put_message(
    const ProtobufCMessage *m, uint64_t id, struct buf *out);

/* The id of a body that may be malformed further on; 0 when there is none. */
uint64_t part_peek_id(struct bytes body);

#endif
