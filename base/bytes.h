/*
 * bytes.h - memory with a length: borrowed views, owned bounded buffers, and a
 * reader that walks foreign bytes without pointer arithmetic.
 *
 * A view owns nothing.  A buffer has a ceiling from birth and wipes what it
 * held when it is freed, grown or cleared, so that a secret in one needs no
 * further care.
 */
#ifndef TACIT_BASE_BYTES_H
#define TACIT_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct bytes {
	const uint8_t *data; /* may be NULL when len is 0 */
	size_t len;
};

#define BYTES_NONE ((struct bytes){ NULL, 0 })

/* View of an array, a struct of bytes, or a string literal without its NUL. */
#define BYTES_OF(object) (bytes_view(&(object), sizeof(object)))
#define BYTES(literal)   (bytes_view((literal), sizeof(literal) - 1))

struct bytes bytes_view(const void *data, size_t len);
struct bytes bytes_text(const char *text); /* without the NUL */

/* For public data: ordinary comparison.  Secrets: equal_ct() in wipe.h. */
bool bytes_equal(struct bytes a, struct bytes b);

/* First `len` bytes, and what is left after them; both clamp at the end. */
struct bytes bytes_head(struct bytes b, size_t len);
struct bytes bytes_tail(struct bytes b, size_t skip);

/*
 * A heap string holding b and a NUL, for libraries that want one.  The caller
 * frees it with free().  BAD_INPUT: b contains a NUL.  NOMEM.
 */
enum status bytes_to_text(struct bytes b, char **text);

struct buf;

/* An empty buffer that will never hold more than max_bytes.  NOMEM. */
enum status buf_new(size_t max_bytes, struct buf **b);

/* Wipes and frees; NULL is fine. */
void buf_free(struct buf *b);

/* Wipes and empties, keeping the memory for reuse. */
void buf_clear(struct buf *b);

/* Borrowed: valid until the buffer is next changed. */
struct bytes buf_view(const struct buf *b);
size_t buf_len(const struct buf *b);
size_t buf_room(const struct buf *b); /* bytes left below the ceiling */

/* Append.  FULL: it would pass the ceiling, and nothing changed.  NOMEM. */
enum status buf_put(struct buf *b, struct bytes more);
enum status buf_put_u8(struct buf *b, uint8_t v);

/* u32 big-endian length, then the bytes: how signed contexts are joined. */
enum status buf_put_field(struct buf *b, struct bytes field);

/*
 * Append len bytes that the caller fills in through *room before the buffer is
 * next touched.  FULL, NOMEM as buf_put().
 */
enum status buf_grow(struct buf *b, size_t len, uint8_t **room);

/*
 * The same in two steps, when how much comes is known only afterwards: room for
 * len bytes behind the content, then how many of them belong to it.  FULL,
 * NOMEM.
 */
enum status buf_reserve(struct buf *b, size_t len, uint8_t **room);
void buf_advance(struct buf *b, size_t len);
size_t buf_capacity(const struct buf *b); /* bytes of memory held */

/* Keep only the first len bytes; the rest is wiped.  No-op when longer. */
void buf_truncate(struct buf *b, size_t len);

/* Remove len bytes from the front (all, when it holds fewer). */
void buf_drop(struct buf *b, size_t len);

/* A new buffer holding a copy, with its length as the ceiling.  NOMEM. */
enum status buf_copy(struct bytes from, struct buf **b);

/* Walks a view.  Every step checks what is left; nothing is copied. */
struct reader {
	struct bytes left;
};

/* BAD_INPUT when fewer bytes are left than asked for; outputs untouched. */
enum status reader_u8(struct reader *r, uint8_t *v);
enum status reader_u32(struct reader *r, uint32_t *v); /* big-endian */
enum status reader_bytes(struct reader *r, size_t len, struct bytes *v);

uint32_t load_u32(const uint8_t from[4]); /* big-endian */
uint64_t load_u64(const uint8_t from[8]); /* big-endian */
void store_u32(uint8_t to[4], uint32_t v);
void store_u64(uint8_t to[8], uint64_t v);

#endif
