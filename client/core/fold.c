#include "client/core/fold.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/wipe.h"

/* Most texts: nothing but the case of letters has to be folded. */
static bool
is_ascii(struct bytes text)
{
	uint8_t all = 0;

	for (size_t i = 0; i < text.len; i++)
		all |= text.data[i];
	return all < 0x80;
}

static enum status
fold_ascii(struct bytes text, size_t max_bytes, struct buf **folded)
{
	struct buf *b = NULL;
	uint8_t *room = NULL;
	enum status st = buf_new(max_bytes, &b);

	if (st == STATUS_OK)
		st = buf_grow(b, text.len, &room);
	if (st != STATUS_OK) {
		buf_free(b);
		return st;
	}
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		room[i] = (uint8_t)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	*folded = b;
	return STATUS_OK;
}

enum status
fold_text(struct bytes text, size_t max_bytes, struct buf **folded)
{
	utf8proc_uint8_t *out = NULL;
	struct bytes result = text;
	struct buf *b = NULL;
	utf8proc_ssize_t len = 0;
	enum status st;

	if (is_ascii(text))
		return fold_ascii(text, max_bytes, folded);
	if (text.len > 0)
		len = utf8proc_map(text.data, (utf8proc_ssize_t)text.len, &out,
		    UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
			UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
	if (len == UTF8PROC_ERROR_NOMEM)
		return STATUS_NOMEM;
	if (len > 0)
		result = bytes_view(out, (size_t)len);
	else if (len == 0)
		result = BYTES_NONE; /* nothing but what is ignored */
	st = buf_new(max_bytes, &b);
	if (st == STATUS_OK)
		st = buf_put(b, result);
	if (st == STATUS_OK) {
		*folded = b;
		b = NULL;
	}
	buf_free(b);
	if (out != NULL && len > 0)
		wipe(out, (size_t)len);
	free(out);
	return st;
}

bool
fold_contains(struct bytes text, struct bytes wanted)
{
	if (wanted.len == 0)
		return true;
	if (text.len < wanted.len)
		return false;
	return memmem(text.data, text.len, wanted.data, wanted.len) != NULL;
}

static bool
is_label_character(utf8proc_int32_t c)
{
	switch ((int)utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
	case UTF8PROC_CATEGORY_CN:
		return false;
	default:
		return true;
	}
}

bool
fold_is_label(struct bytes text, size_t max_bytes)
{
	size_t at = 0;

	if (text.len == 0 || text.len > max_bytes)
		return false;
	while (at < text.len) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n = utf8proc_iterate(
		    text.data + at, (utf8proc_ssize_t)(text.len - at), &c);

		if (n <= 0 || !is_label_character(c))
			return false;
		at += (size_t)n;
	}
	return true;
}
