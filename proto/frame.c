#include "proto/frame.h"

#include <stdbool.h>
#include <stdlib.h>

#include "proto/codec.h"
#include "proto/limits.h"

enum {
	LENGTH_BYTES = 4,
	READ_BYTES = 16 * 1024, /* what one TLS record holds */
	INPUT_MAX_BYTES = LENGTH_BYTES + LIMIT_FRAME_BYTES + READ_BYTES,
	SPARE_MAX_BYTES = 2 * READ_BYTES, /* one that grew is let go */
};

struct frame_reader {
	size_t max_message_bytes;
	struct frame_pool *pool; /* NULL: none */
	struct buf *input; /* NULL while idle, so that idling costs little */
	size_t taken;      /* bytes of input already handed out */
	struct buf *whole; /* parts joined so far; NULL between messages */
	uint64_t whole_id;
	bool whole_done; /* it was handed out and goes with the next call */
};

enum status
frame_reader_new(size_t max_message_bytes, struct frame_reader **f)
{
	struct frame_reader *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	frame_reader_set_limit(fresh, max_message_bytes);
	*f = fresh;
	return STATUS_OK;
}

void
frame_reader_free(struct frame_reader *f)
{
	if (f == NULL)
		return;
	buf_free(f->input);
	buf_free(f->whole);
	free(f);
}

void
frame_reader_share(struct frame_reader *f, struct frame_pool *pool)
{
	f->pool = pool;
}

void
frame_pool_clear(struct frame_pool *pool)
{
	buf_free(pool->spare);
	pool->spare = NULL;
}

static enum status
borrow_input(struct frame_reader *f)
{
	if (f->pool == NULL || f->pool->spare == NULL)
		return buf_new(INPUT_MAX_BYTES, &f->input);
	f->input = f->pool->spare;
	f->pool->spare = NULL;
	return STATUS_OK;
}

static void
give_input_back(struct frame_reader *f)
{
	if (f->pool != NULL && f->pool->spare == NULL &&
	    buf_capacity(f->input) <= SPARE_MAX_BYTES) {
		buf_clear(f->input);
		f->pool->spare = f->input;
	} else {
		buf_free(f->input);
	}
	f->input = NULL;
	f->taken = 0;
}

void
frame_reader_set_limit(struct frame_reader *f, size_t max_message_bytes)
{
	f->max_message_bytes = max_message_bytes < LIMIT_MESSAGE_BYTES
				   ? max_message_bytes
				   : LIMIT_MESSAGE_BYTES;
}

/* Let go of what the last call lent out. */
static void
settle(struct frame_reader *f)
{
	if (f->whole_done) {
		buf_free(f->whole);
		f->whole = NULL;
		f->whole_done = false;
	}
	if (f->input != NULL && f->taken == buf_len(f->input)) {
		give_input_back(f);
	}
}

enum status
frame_reader_room(struct frame_reader *f, uint8_t **room, size_t *len)
{
	size_t want = READ_BYTES;
	enum status st = STATUS_OK;

	settle(f);
	if (f->input == NULL)
		st = borrow_input(f);
	if (st != STATUS_OK)
		return st;
	buf_drop(f->input, f->taken);
	f->taken = 0;
	if (want > buf_room(f->input))
		want = buf_room(f->input);
	if (want == 0)
		return STATUS_FULL;
	st = buf_reserve(f->input, want, room);
	if (st != STATUS_OK)
		return st;
	*len = want;
	return STATUS_OK;
}

void
frame_reader_filled(struct frame_reader *f, size_t len)
{
	buf_advance(f->input, len);
}

/* The body of the next frame, borrowed from input. */
static enum status
next_frame(struct frame_reader *f, struct bytes *body)
{
	struct reader r;
	uint32_t len;

	if (f->input == NULL)
		return STATUS_AGAIN;
	r.left = bytes_tail(buf_view(f->input), f->taken);
	if (reader_u32(&r, &len) != STATUS_OK)
		return STATUS_AGAIN;
	if (len == 0 || len > LIMIT_FRAME_BYTES || len > f->max_message_bytes)
		return STATUS_BAD_INPUT;
	if (reader_bytes(&r, len, body) != STATUS_OK)
		return STATUS_AGAIN;
	f->taken += LENGTH_BYTES + len;
	return STATUS_OK;
}

/* AGAIN until the last part has come. */
static enum status
join(struct frame_reader *f, uint64_t id, struct bytes slice, bool last)
{
	enum status st = STATUS_OK;

	if (f->whole == NULL) {
		st = buf_new(LIMIT_MESSAGE_BYTES, &f->whole);
		f->whole_id = id;
	}
	if (st != STATUS_OK)
		return st;
	if (f->whole_id != id ||
	    slice.len > f->max_message_bytes - buf_len(f->whole))
		return STATUS_BAD_INPUT;
	st = buf_put(f->whole, slice);
	if (st != STATUS_OK)
		return st;
	f->whole_done = last;
	return last ? STATUS_OK : STATUS_AGAIN;
}

/*
 * Parts of one message follow each other directly: a peer that mixed them
 * could make us hold many half messages at once.
 */
enum status
frame_reader_next(struct frame_reader *f, struct bytes *body)
{
	struct bytes frame, slice;
	enum status st = STATUS_AGAIN;
	uint64_t id;
	bool last;

	settle(f);
	while (st == STATUS_AGAIN) {
		st = next_frame(f, &frame);
		if (st != STATUS_OK)
			return st;
		if (codec_peek_part(frame, &id, &slice, &last)) {
			st = join(f, id, slice, last);
			frame = f->whole == NULL ? frame : buf_view(f->whole);
		} else if (f->whole != NULL) {
			return STATUS_BAD_INPUT;
		}
	}
	if (st == STATUS_OK)
		*body = frame;
	return st;
}

bool
frame_reader_is_empty(const struct frame_reader *f)
{
	return (f->whole == NULL || f->whole_done) &&
	       (f->input == NULL || f->taken == buf_len(f->input));
}

size_t
frame_reader_held_bytes(const struct frame_reader *f)
{
	return (f->input == NULL ? 0 : buf_len(f->input)) +
	       (f->whole == NULL ? 0 : buf_len(f->whole));
}
