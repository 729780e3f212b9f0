/*
 * codec_pb.h - what the codecs share: protobuf-c on an arena.
 *
 * Private to codec_*.c; no other file of ours sees protobuf-c.  Getters check
 * and answer BAD_INPUT; they write outputs only on success.
 */
#ifndef TACIT_PROTO_CODEC_PB_H
#define TACIT_PROTO_CODEC_PB_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "proto/arena.h"
#include "proto/devices.h"
#include "proto/message.h"

typedef struct Tacit__Wire__Prekey Tacit__Wire__Prekey; /* as generated */

/* BAD_INPUT: not this message.  NOMEM: the arena is full. */
enum status pb_unpack(const ProtobufCMessageDescriptor *kind, struct bytes from,
    struct arena *a, ProtobufCMessage **m);

/* Append the encoding alone, without a length.  FULL, NOMEM. */
enum status pb_put(const ProtobufCMessage *m, struct buf *out);

/* Empty messages of a kind, to be filled in and packed; NULL: arena full. */
void *pb_new(struct arena *a, const ProtobufCMessageDescriptor *kind);
void *pb_new_array(
    struct arena *a, const ProtobufCMessageDescriptor *kind, size_t count);

ProtobufCBinaryData pb_data(struct bytes b);
struct bytes pb_view(ProtobufCBinaryData d);

/* A string field to be packed: protobuf-c does not write through it. */
char *pb_text(const char *text);

/* The same from a view, which lacks the NUL; NOMEM. */
enum status pb_copy_text(struct bytes from, struct arena *a, char **text);

/* Exactly len bytes; or exactly len or none, which leaves zeros. */
enum status pb_get_fixed(ProtobufCBinaryData d, void *out, size_t len);
enum status pb_get_optional(
    ProtobufCBinaryData d, void *out, size_t len, bool *present);

/* A time between 1970 and 9999, so that differences of two are none too many.
 */
enum status pb_get_time(int64_t ms, int64_t *to);

/* What a relay asks us to wait, at most LIMIT_RETRY_AFTER_MS. */
uint64_t pb_get_wait(uint64_t ms);

/* A view of min..max bytes. */
enum status pb_get_view(
    ProtobufCBinaryData d, size_t min, size_t max, struct bytes *out);

/* Valid UTF-8 of at most max bytes. */
enum status pb_get_text(const char *text, size_t max, struct bytes *out);

enum status pb_get_name(const char *text, struct account_name *name);

/* A name and a device id from 1. */
enum status pb_get_address(
    const char *account, uint32_t device, struct address *address);

/* Of the size a list and a signature have; nothing is verified. */
enum status pb_get_list(ProtobufCBinaryData body, ProtobufCBinaryData signature,
    struct signed_list *list);

enum status pb_get_prekeys(Tacit__Wire__Prekey *const *from, size_t count,
    struct arena *a, struct prekeys *prekeys);
enum status pb_put_prekeys(const struct prekeys *prekeys, struct arena *a,
    Tacit__Wire__Prekey ***to, size_t *count);

/* A code this release does not know means the same as UNAVAILABLE. */
enum error_code pb_get_error(uint32_t code);

#endif
