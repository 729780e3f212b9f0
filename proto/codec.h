/*
 * codec.h - plain structs of message.h to and from frames (protocol.md 2).
 *
 * Encoding appends whole frames, each with its u32 length; a message above
 * LIMIT_FRAME_BYTES becomes parts under its id.  Decoding takes the body of one
 * frame (or of joined parts) and checks everything limits.h bounds.
 */
#ifndef TACIT_PROTO_CODEC_H
#define TACIT_PROTO_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "proto/arena.h"
#include "proto/message.h"

/*
 * Append the frames of one request or reply to `out`.  FULL: out's ceiling or
 * LIMIT_MESSAGE_BYTES would be passed; out is as before.  NOMEM.
 */
enum status codec_put_request(const struct request *r, struct buf *out);
enum status codec_put_reply(const struct reply *r, struct buf *out);

/*
 * Decode a frame's body.  The result borrows from `body` and from the arena,
 * which the caller keeps until it is done with the result.
 *
 * BAD_INPUT: malformed or over a limit; *id still says which request it was
 * when that much could be read, else 0.  NOT_FOUND: well-formed, but of a kind
 * this release does not know (*id set).  NOMEM: the arena is full.
 */
enum status codec_get_request(
    struct bytes body, struct arena *a, struct request *r, uint64_t *id);
enum status codec_get_reply(
    struct bytes body, struct arena *a, struct reply *r, uint64_t *id);

/*
 * What frame.c needs to join parts (protocol.md 2.2).  True when a frame's body
 * is a part; *slice is then borrowed from it and not empty.
 */
bool codec_peek_part(
    struct bytes body, uint64_t *id, struct bytes *slice, bool *last);

/* The payload of an ITEM_RELAY_NOTE. */
enum status codec_put_note(const struct relay_note *note, struct buf *out);
enum status codec_get_note(
    struct bytes payload, struct arena *a, struct relay_note *note);

#endif
