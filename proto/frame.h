/*
 * frame.h - cuts a byte stream into whole messages (protocol.md 2.1, 2.2).
 *
 * Feed what arrived, take messages until AGAIN.  A length is checked against
 * LIMIT_FRAME_BYTES before a byte of it is kept; the parts of a big message
 * are joined here, one message at a time, up to LIMIT_MESSAGE_BYTES.
 */
#ifndef TACIT_PROTO_FRAME_H
#define TACIT_PROTO_FRAME_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/status.h"

struct frame_reader;

/*
 * Memory that the readers of one thread lend each other, since most of them
 * hold nothing most of the time.  Begins as zeros, outlives its readers.
 */
struct frame_pool {
	struct buf *spare;
};

void frame_pool_clear(struct frame_pool *pool);

/* max_message_bytes: the largest whole message taken, at most
 * LIMIT_MESSAGE_BYTES (a relay allows less before authentication). */
enum status frame_reader_new(size_t max_message_bytes, struct frame_reader **f);
void frame_reader_free(struct frame_reader *f); /* NULL is fine */
void frame_reader_share(struct frame_reader *f, struct frame_pool *pool);
void frame_reader_set_limit(struct frame_reader *f, size_t max_message_bytes);

/*
 * Room to read into: at least 1 byte, valid until the next call.  NOMEM.
 * FULL: whole messages wait; take them with frame_reader_next() first.
 */
enum status frame_reader_room(
    struct frame_reader *f, uint8_t **room, size_t *len);
void frame_reader_filled(struct frame_reader *f, size_t len);

/*
 * The next whole message, borrowed until the next call on f.
 *
 * AGAIN: feed more.  BAD_INPUT: a length over the limit, a zero length, a
 * part out of place; the stream cannot be read further.  NOMEM.
 */
enum status frame_reader_next(struct frame_reader *f, struct bytes *body);

/* Nothing is kept of a message that has not arrived whole. */
bool frame_reader_is_empty(const struct frame_reader *f);

/* Bytes that arrived and wait here for the rest of their message. */
size_t frame_reader_held_bytes(const struct frame_reader *f);

#endif
