/* journal_cursor.c - walks the segments of one file of the journal. */
#include <stdlib.h>
#include <string.h>

#include "store/relay/journal_private.h"

void
journal_cursor_open(const struct journal_file *f, struct journal_cursor *c)
{
	*c = (struct journal_cursor){
		.file = f,
		.place = JOURNAL_PAGE_BYTES,
	};
}

void
journal_cursor_close(struct journal_cursor *c)
{
	free(c->buffer);
	c->buffer = NULL;
}

static enum status
cursor_room(struct journal_cursor *c, size_t bytes, size_t keep)
{
	uint8_t *fresh;

	if (bytes <= c->buffer_bytes)
		return STATUS_OK;
	fresh = calloc(1, bytes);
	if (fresh == NULL)
		return STATUS_NOMEM;
	if (keep > 0)
		memcpy(fresh, c->buffer, keep);
	free(c->buffer);
	c->buffer = fresh;
	c->buffer_bytes = bytes;
	return STATUS_OK;
}

static enum status
cursor_read(struct journal_cursor *c, size_t from, size_t len)
{
	return journal_read(
	    c->file, c->place + (uint32_t)from, len, c->buffer + from);
}

/* NOT_FOUND: none begins here. */
static enum status
cursor_look(struct journal_cursor *c, size_t end, struct segment *s)
{
	size_t left = end - c->place;
	size_t first = left < JOURNAL_PAGE_BYTES ? left : JOURNAL_PAGE_BYTES;
	size_t bytes;
	enum status st = cursor_room(c, JOURNAL_PAGE_BYTES, 0);

	if (st == STATUS_OK)
		st = cursor_read(c, 0, first);
	if (st != STATUS_OK)
		return st;
	bytes = segment_size(bytes_view(c->buffer, first));
	if (bytes == 0 || bytes > left)
		return STATUS_NOT_FOUND;
	if (bytes > first) {
		st = cursor_room(c, bytes, first);
		if (st == STATUS_OK)
			st = cursor_read(c, first, bytes - first);
	}
	if (st == STATUS_OK &&
	    !segment_check(c->buffer, bytes, c->place, &c->file->key, s))
		st = STATUS_NOT_FOUND;
	return st;
}

enum status
journal_cursor_next(struct journal_cursor *c, struct segment *s)
{
	size_t end = c->file->end != 0 ? c->file->end : c->file->bytes;

	c->skipped = false;
	while (c->place < end) {
		enum status st = cursor_look(c, end, s);

		if (st == STATUS_OK) {
			c->place +=
			    (uint32_t)((s->all.len + JOURNAL_PAGE_BYTES - 1) /
				       JOURNAL_PAGE_BYTES * JOURNAL_PAGE_BYTES);
			return STATUS_OK;
		}
		if (st != STATUS_NOT_FOUND)
			return st;
		c->skipped = true;
		c->place += JOURNAL_PAGE_BYTES;
	}
	return STATUS_NOT_FOUND;
}
