#include "base/bytes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"

enum { BUF_FIRST_BYTES = 64 };

struct buf {
	uint8_t *data;
	size_t len;
	size_t cap;
	size_t max;
};

struct bytes
bytes_view(const void *data, size_t len)
{
	return (struct bytes){ data, len };
}

struct bytes
bytes_text(const char *text)
{
	return bytes_view(text, strlen(text));
}

bool
bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

struct bytes
bytes_head(struct bytes b, size_t len)
{
	return bytes_view(b.data, len < b.len ? len : b.len);
}

struct bytes
bytes_tail(struct bytes b, size_t skip)
{
	if (skip >= b.len)
		return BYTES_NONE;
	return bytes_view(b.data + skip, b.len - skip);
}

enum status
bytes_to_text(struct bytes b, char **text)
{
	char *copy;

	if (b.len > 0 && memchr(b.data, 0, b.len) != NULL)
		return STATUS_BAD_INPUT;
	copy = calloc(b.len + 1, 1);
	if (copy == NULL)
		return STATUS_NOMEM;
	if (b.len > 0)
		memcpy(copy, b.data, b.len);
	*text = copy;
	return STATUS_OK;
}

enum status
buf_new(size_t max_bytes, struct buf **b)
{
	struct buf *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->max = max_bytes;
	*b = fresh;
	return STATUS_OK;
}

void
buf_free(struct buf *b)
{
	if (b == NULL)
		return;
	buf_clear(b);
	free(b->data);
	free(b);
}

void
buf_clear(struct buf *b)
{
	wipe(b->data, b->len);
	b->len = 0;
}

struct bytes
buf_view(const struct buf *b)
{
	return bytes_view(b->data, b->len);
}

size_t
buf_len(const struct buf *b)
{
	return b->len;
}

size_t
buf_room(const struct buf *b)
{
	return b->max - b->len;
}

/* Doubling, so that many small appends stay linear; never past the ceiling. */
static enum status
buf_make_room(struct buf *b, size_t len)
{
	size_t cap = b->cap < BUF_FIRST_BYTES ? BUF_FIRST_BYTES : b->cap;
	uint8_t *data;

	if (len > b->max - b->len)
		return STATUS_FULL;
	/* Even no bytes get a place: NULL + 0 is undefined. */
	if (b->data != NULL && len <= b->cap - b->len)
		return STATUS_OK;
	while (cap - b->len < len)
		cap = cap > b->max / 2 ? b->max : cap * 2;
	data = malloc(cap);
	if (data == NULL)
		return STATUS_NOMEM;
	if (b->len > 0)
		memcpy(data, b->data, b->len);
	/* realloc() would leave the old copy of a secret behind. */
	wipe(b->data, b->len);
	free(b->data);
	b->data = data;
	b->cap = cap;
	return STATUS_OK;
}

enum status
buf_reserve(struct buf *b, size_t len, uint8_t **room)
{
	enum status st = buf_make_room(b, len);

	if (st == STATUS_OK)
		*room = b->data + b->len;
	return st;
}

void
buf_advance(struct buf *b, size_t len)
{
	assert(len <= b->cap - b->len);
	b->len += len;
}

size_t
buf_capacity(const struct buf *b)
{
	return b->cap;
}

enum status
buf_grow(struct buf *b, size_t len, uint8_t **room)
{
	enum status st = buf_reserve(b, len, room);

	if (st == STATUS_OK)
		buf_advance(b, len);
	return st;
}

enum status
buf_put(struct buf *b, struct bytes more)
{
	uint8_t *room;
	enum status st;

	if (more.len == 0)
		return STATUS_OK;
	st = buf_grow(b, more.len, &room);
	if (st == STATUS_OK)
		memcpy(room, more.data, more.len);
	return st;
}

enum status
buf_put_u8(struct buf *b, uint8_t v)
{
	return buf_put(b, bytes_view(&v, 1));
}

enum status
buf_put_field(struct buf *b, struct bytes field)
{
	uint8_t *room;
	enum status st;

	if (field.len > UINT32_MAX)
		return STATUS_FULL;
	st = buf_grow(b, 4 + field.len, &room);
	if (st != STATUS_OK)
		return st;
	store_u32(room, (uint32_t)field.len);
	if (field.len > 0)
		memcpy(room + 4, field.data, field.len);
	return STATUS_OK;
}

void
buf_truncate(struct buf *b, size_t len)
{
	if (len >= b->len)
		return;
	wipe(b->data + len, b->len - len);
	b->len = len;
}

void
buf_drop(struct buf *b, size_t len)
{
	if (len >= b->len) {
		buf_clear(b);
		return;
	}
	memmove(b->data, b->data + len, b->len - len);
	buf_truncate(b, b->len - len);
}

enum status
buf_copy(struct bytes from, struct buf **b)
{
	struct buf *fresh = NULL;
	enum status st = buf_new(from.len, &fresh);

	if (st == STATUS_OK)
		st = buf_put(fresh, from);
	if (st != STATUS_OK) {
		buf_free(fresh);
		return st;
	}
	*b = fresh;
	return STATUS_OK;
}

enum status
reader_bytes(struct reader *r, size_t len, struct bytes *v)
{
	if (len > r->left.len)
		return STATUS_BAD_INPUT;
	*v = bytes_view(r->left.data, len);
	r->left = bytes_tail(r->left, len);
	return STATUS_OK;
}

enum status
reader_u8(struct reader *r, uint8_t *v)
{
	struct bytes raw;
	enum status st = reader_bytes(r, 1, &raw);

	if (st == STATUS_OK)
		*v = raw.data[0];
	return st;
}

enum status
reader_u32(struct reader *r, uint32_t *v)
{
	struct bytes raw;
	enum status st = reader_bytes(r, 4, &raw);

	if (st == STATUS_OK)
		*v = load_u32(raw.data);
	return st;
}

uint32_t
load_u32(const uint8_t from[4])
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 |
	       (uint32_t)from[2] << 8 | from[3];
}

uint64_t
load_u64(const uint8_t from[8])
{
	return (uint64_t)load_u32(from) << 32 | load_u32(from + 4);
}

void
store_u32(uint8_t to[4], uint32_t v)
{
	for (int i = 3; i >= 0; i--) {
		to[i] = (uint8_t)v;
		v >>= 8;
	}
}

void
store_u64(uint8_t to[8], uint64_t v)
{
	store_u32(to, (uint32_t)(v >> 32));
	store_u32(to + 4, (uint32_t)v);
}
