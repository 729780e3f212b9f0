#include "client/cli/text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

struct range {
	int32_t first;
	int32_t last;
};

static bool
in_ranges(int32_t c, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

bool
text_is_steering(int32_t c)
{
	static const struct range steering[] = {
		{ 0x0000, 0x001f }, /* C0 */
		{ 0x007f, 0x009f }, /* DEL, C1 */
		{ 0x061c, 0x061c }, /* Arabic letter mark */
		{ 0x200e, 0x200f }, /* direction marks */
		{ 0x2028, 0x202e }, /* line ends, embeddings, overrides */
		{ 0x2066, 0x2069 }, /* isolates */
	};

	return in_ranges(c, steering, sizeof(steering) / sizeof(steering[0]));
}

/* Invisible, and without a use in the text of any language. */
static bool
is_hidden(int32_t c)
{
	static const struct range hidden[] = {
		{ 0x200b, 0x200b }, /* zero width space */
		{ 0x2060, 0x2065 }, /* word joiner, invisible operators */
		{ 0x206a, 0x206f }, /* deprecated formatting */
		{ 0xfeff, 0xfeff }, /* byte order mark */
		{ 0xfff9, 0xfffb }, /* interlinear annotation */
		{ 0xe0000, 0xe001f },
	};

	return in_ranges(c, hidden, sizeof(hidden) / sizeof(hidden[0]));
}

/* Invisible, but part of words and emoji: wanted in texts, not in names. */
static bool
is_joining(int32_t c)
{
	static const struct range joining[] = {
		{ 0x00ad, 0x00ad },   /* soft hyphen */
		{ 0x200c, 0x200d },   /* joiners */
		{ 0xe0020, 0xe007f }, /* tags: flags of regions */
	};

	return in_ranges(c, joining, sizeof(joining) / sizeof(joining[0]));
}

/* What ends a quotation, or looks as if it did, and what escapes. */
static bool
is_quoting(int32_t c)
{
	static const struct range quoting[] = {
		{ '"', '"' },
		{ '\\', '\\' },
		{ 0x02ba, 0x02ba },
		{ 0x02ee, 0x02ee },
		{ 0x201c, 0x201f },
		{ 0x2033, 0x2033 },
		{ 0x2036, 0x2036 },
		{ 0x275d, 0x275e },
		{ 0x301d, 0x301f },
		{ 0xff02, 0xff02 },
	};

	return in_ranges(c, quoting, sizeof(quoting) / sizeof(quoting[0]));
}

int32_t
text_next(const char *text, size_t len, size_t *used)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t n;

	n = utf8proc_iterate(
	    (const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, &c);
	*used = n > 0 ? (size_t)n : 1;
	return n > 0 ? c : -1;
}

static void
put_escaped(FILE *to, int32_t c, unsigned char byte)
{
	if (c < 0)
		fprintf(to, "\\x%02x", byte);
	else if (c < 0x80)
		fprintf(to, "\\x%02x", (unsigned)c);
	else if (c < 0x10000)
		fprintf(to, "\\u%04x", (unsigned)c);
	else
		fprintf(to, "\\U%08x", (unsigned)c);
}

static bool
must_escape(enum text_kind kind, int32_t c)
{
	if (c < 0 || text_is_steering(c) || is_hidden(c))
		return true;
	if (kind == TEXT_BODY)
		return false;
	if (kind == TEXT_QUOTED && is_quoting(c))
		return true;
	return is_joining(c) || (kind != TEXT_SENTENCE && c == ':');
}

void
text_put(FILE *to, enum text_kind kind, const char *text, size_t len)
{
	size_t used;

	for (size_t at = 0; at < len; at += used) {
		int32_t c = text_next(text + at, len - at, &used);

		if (kind == TEXT_BODY && c == '\n')
			fputs("\n    ", to);
		else if (kind == TEXT_BODY && c == '\t')
			fputs("    ", to);
		else if (must_escape(kind, c))
			put_escaped(to, c, (unsigned char)text[at]);
		else
			fwrite(text + at, 1, used, to);
	}
}

void
text_put_z(FILE *to, enum text_kind kind, const char *text)
{
	text_put(to, kind, text, strlen(text));
}

static bool
is_of_sign(int32_t c)
{
	if (c < 0x80)
		return c > 0 && strchr("+-!?#*0123456789", c) != NULL;
	switch ((int)utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_SO:
		return c != 0x2800; /* of braille, blank */
	case UTF8PROC_CATEGORY_SM:
	case UTF8PROC_CATEGORY_SK:
	case UTF8PROC_CATEGORY_MN: /* how the one before is drawn */
	case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CN: /* of a Unicode to come */
		return true;
	default:
		return c == 0x203c || c == 0x2049 || c == 0x3030 || c == 0x303d;
	}
}

bool
text_is_sign(const char *text, size_t len)
{
	size_t used;

	for (size_t at = 0; at < len; at += used)
		if (!is_of_sign(text_next(text + at, len - at, &used)))
			return false;
	return len > 0;
}

bool
text_is_plain(const char *text, size_t len)
{
	size_t used;

	for (size_t at = 0; at < len; at += used)
		if (text_next(text + at, len - at, &used) <= 0)
			return false;
	return true;
}

char *
text_repair(const char *text, size_t len, size_t *repaired_len)
{
	char *copy = NULL;
	size_t copy_len = 0;
	FILE *to = open_memstream(&copy, &copy_len);
	size_t used;

	if (to == NULL)
		return NULL;
	for (size_t at = 0; at < len; at += used) {
		if (text_next(text + at, len - at, &used) < 0)
			fputs(REPLACEMENT, to);
		else
			fwrite(text + at, 1, used, to);
	}
	if (fclose(to) != 0) {
		free(copy);
		return NULL;
	}
	*repaired_len = copy_len;
	return copy;
}

char *
text_nfc(const char *text)
{
	return (char *)utf8proc_NFC((const utf8proc_uint8_t *)text);
}
