/* padding.c - see padding.h. */
#include "client/core/messenger/padding.h"

#include <string.h>

enum {
	PADDING_MARK = 0x80,
	PADDING_SMALLEST_BYTES = 160,
	PADDING_STEP_BYTES = 4096, /* above it: multiples of it */
};

/* Spec 7.2; inner.len is that of something in memory, so no sum overflows. */
static size_t
bucket_of(size_t inner_len)
{
	size_t needed = inner_len + 1;
	size_t bucket = 256;

	if (needed <= PADDING_SMALLEST_BYTES)
		return PADDING_SMALLEST_BYTES;
	while (bucket < needed && bucket < PADDING_STEP_BYTES)
		bucket *= 2;
	if (bucket >= needed)
		return bucket;
	return (needed + PADDING_STEP_BYTES - 1) / PADDING_STEP_BYTES *
	       PADDING_STEP_BYTES;
}

enum status
padding_add(struct buf *plaintext)
{
	size_t len = buf_len(plaintext);
	size_t more = bucket_of(len) - len;
	uint8_t *room;
	enum status st;

	st = buf_grow(plaintext, more, &room);
	if (st != STATUS_OK)
		return st;
	memset(room, 0, more);
	room[0] = PADDING_MARK;
	return STATUS_OK;
}

enum status
padding_strip(struct bytes padded, struct bytes *inner)
{
	size_t len = padded.len;

	while (len > 0 && padded.data[len - 1] == 0)
		len--;
	if (len == 0 || padded.data[len - 1] != PADDING_MARK)
		return STATUS_BAD_INPUT;
	len--;

	/* One form only: a sender cannot hide bits in the choice of bucket. */
	if (bucket_of(len) != padded.len)
		return STATUS_BAD_INPUT;
	*inner = bytes_head(padded, len);
	return STATUS_OK;
}
