#include "proto/link_private.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "base/number.h"
#include "base/wipe.h"

enum { JOIN_CODE_MIN_BYTES = 4 };

static const char scheme[] = "tacit://";

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Categories that take ink; Cf would let a code look like another. */
static bool
is_printable(utf8proc_int32_t point)
{
	switch ((int)utf8proc_category(point)) {
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return false;
	default: /* utf8proc's enum, not ours */
		return point != ',';
	}
}

bool
link_is_join_code(struct bytes code)
{
	if (code.len < JOIN_CODE_MIN_BYTES || code.len > LIMIT_JOIN_CODE_BYTES)
		return false;
	while (code.len > 0) {
		utf8proc_int32_t point;
		utf8proc_ssize_t used = utf8proc_iterate(
		    code.data, (utf8proc_ssize_t)code.len, &point);

		if (used <= 0 || !is_printable(point))
			return false;
		code = bytes_tail(code, (size_t)used);
	}
	return true;
}

/* How many bytes come before the first of `stops`; all when none does. */
static size_t
span(struct bytes text, const char *stops)
{
	size_t n = 0;

	/* A NUL is no stop, though strchr() finds one. */
	while (n < text.len &&
	       (text.data[n] == '\0' || strchr(stops, text.data[n]) == NULL))
		n++;
	return n;
}

struct bytes
link_trim(struct bytes text)
{
	while (text.len > 0 && strchr(" \t\r\n", text.data[0]) != NULL &&
	       text.data[0] != '\0')
		text = bytes_tail(text, 1);
	while (text.len > 0 && text.data[text.len - 1] != '\0' &&
	       strchr(" \t\r\n", text.data[text.len - 1]) != NULL)
		text.len--;
	return text;
}

static bool
is_host_name(struct bytes host)
{
	if (host.len == 0 || !is_alnum(host.data[0]))
		return false;
	for (size_t i = 0; i < host.len; i++)
		if (!is_alnum(host.data[i]) && host.data[i] != '-' &&
		    host.data[i] != '.')
			return false;
	return true;
}

static bool
is_ipv6(const char *host)
{
	struct in6_addr raw;

	return inet_pton(AF_INET6, host, &raw) == 1;
}

/* Takes the host off the front of *left. */
static bool
parse_host(struct bytes *left, struct link *l)
{
	bool brackets = left->len > 0 && left->data[0] == '[';
	struct bytes host;

	if (brackets)
		*left = bytes_tail(*left, 1);
	host = bytes_head(*left, span(*left, brackets ? "]" : ":/#"));
	if (host.len == 0 || host.len > LIMIT_HOST_BYTES ||
	    memchr(host.data, '\0', host.len) != NULL)
		return false;
	memcpy(l->host, host.data, host.len);
	*left = bytes_tail(*left, host.len);
	if (!brackets)
		return is_host_name(host);
	if (left->len == 0)
		return false;
	*left = bytes_tail(*left, 1);
	return is_ipv6(l->host);
}

/* Takes an optional port off the front of *left. */
static bool
parse_port(struct bytes *left, struct link *l)
{
	char digits[6] = { 0 };
	struct bytes text;
	uint64_t port;

	l->port = LINK_DEFAULT_PORT;
	if (left->len == 0 || left->data[0] != ':')
		return true;
	*left = bytes_tail(*left, 1);
	text = bytes_head(*left, span(*left, "/#"));
	if (text.len >= sizeof(digits))
		return false;
	if (text.len > 0)
		memcpy(digits, text.data, text.len);
	*left = bytes_tail(*left, text.len);
	if (strlen(digits) != text.len ||
	    number_parse(digits, 1, UINT16_MAX, &port) != STATUS_OK)
		return false;
	l->port = (uint16_t)port;
	return true;
}

bool
link_parse_pin(struct bytes value, struct link *l)
{
	if (l->has_pin || value.len != PIN_TEXT_BYTES ||
	    base64url_decode(value, l->pin.raw, HASH_BYTES) != STATUS_OK)
		return false;
	l->has_pin = true;
	return true;
}

static int
hex_value(uint8_t c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* RFC 3986 2.1.  Takes one byte off the front of *left. */
static bool
unescape(struct bytes *left, char *out)
{
	int high, low;

	if (left->data[0] != '%') {
		*out = (char)left->data[0];
		*left = bytes_tail(*left, 1);
		return true;
	}
	if (left->len < 3)
		return false;
	high = hex_value(left->data[1]);
	low = hex_value(left->data[2]);
	if (high < 0 || low < 0)
		return false;
	*out = (char)(high << 4 | low);
	*left = bytes_tail(*left, 3);
	return true;
}

static bool
parse_join(struct bytes value, struct link *l)
{
	size_t len = 0;

	if (l->join_code[0] != '\0')
		return false;
	while (value.len > 0) {
		if (len == LIMIT_JOIN_CODE_BYTES ||
		    !unescape(&value, &l->join_code[len]))
			return false;
		len++;
	}
	return link_is_join_code(bytes_view(l->join_code, len));
}

bool
link_next_part(struct bytes *left, struct bytes *name, struct bytes *value)
{
	struct bytes part;

	if (left->len == 0)
		return false;
	part = bytes_head(*left, span(*left, ","));
	*name = bytes_head(part, span(part, "="));
	*value = bytes_tail(part, name->len + 1);
	*left = bytes_tail(*left, part.len + 1);
	return true;
}

/* A sentence for what is wrong after the #; NULL when nothing is. */
static const char *
parse_parts(struct bytes left, struct link *l)
{
	struct bytes name, value;

	while (link_next_part(&left, &name, &value)) {
		if (bytes_equal(name, BYTES("pin")) &&
		    !link_parse_pin(value, l))
			return "the pin in this link is damaged; "
			       "copy the whole link again";
		if (bytes_equal(name, BYTES("join")) && !parse_join(value, l))
			return "the join code in this link is damaged; "
			       "copy the whole link again";
	}
	return NULL;
}

const char *
link_parse_server(struct bytes *left, struct link *l)
{
	const struct bytes start = BYTES(scheme);

	if (left->len > LIMIT_LINK_BYTES)
		return "this is too long for a link";
	if (!bytes_equal(bytes_head(*left, start.len), start))
		return "a link starts with tacit://";
	*left = bytes_tail(*left, start.len);
	if (!parse_host(left, l))
		return "the host in this link is not a host name or address";
	if (!parse_port(left, l))
		return "the port in this link is not a number from 1 to 65535";
	if (left->len > 0 && left->data[0] == '/')
		*left = bytes_tail(*left, 1);
	return NULL;
}

/* A sentence for what is wrong; NULL when nothing is. */
static const char *
parse(struct bytes left, struct link *l)
{
	const char *wrong = link_parse_server(&left, l);

	if (wrong != NULL || left.len == 0)
		return wrong;
	if (bytes_equal(bytes_head(left, 2), BYTES("g#")))
		return "this link leads into a group, not to a relay: it is "
		       "for `tacit group join`";
	if (left.data[0] != '#')
		return "a link has nothing between the host and the #";
	return parse_parts(bytes_tail(left, 1), l);
}

enum status
link_parse(struct bytes text, struct link *l, const char **why)
{
	struct link got = { 0 };
	const char *wrong = parse(link_trim(text), &got);

	if (wrong == NULL)
		*l = got;
	else
		*why = wrong;
	link_clear(&got);
	return wrong == NULL ? STATUS_OK : STATUS_BAD_INPUT;
}

/* RFC 3986 2.3 calls these unreserved; a shell leaves them alone, too. */
static bool
is_plain(uint8_t c)
{
	return is_alnum(c) || strchr("._~-", c) != NULL;
}

static enum status
put_join(const char *code, struct buf *out)
{
	static const char digits[] = "0123456789ABCDEF";
	enum status st = STATUS_OK;

	for (; st == STATUS_OK && *code != '\0'; code++) {
		uint8_t c = (uint8_t)*code;
		const char escaped[] = { '%', digits[c >> 4], digits[c & 15] };

		st = is_plain(c) ? buf_put_u8(out, c)
				 : buf_put(out, BYTES_OF(escaped));
	}
	return st;
}

enum status
link_put_server(const struct link *l, struct buf *out)
{
	bool brackets = is_ipv6(l->host);
	char text[sizeof(scheme) + LIMIT_HOST_BYTES + 16];
	int len = snprintf(text, sizeof(text), "%s%s%s%s:%u/", scheme,
	    brackets ? "[" : "", l->host, brackets ? "]" : "",
	    (unsigned)l->port);

	return buf_put(out, bytes_view(text, (size_t)len));
}

static enum status
put_parts(const struct link *l, struct buf *out)
{
	char pin[PIN_TEXT_BYTES + 4];
	enum status st = STATUS_OK;

	if (l->has_pin) {
		base64url_encode(hash_view(&l->pin), pin, sizeof(pin));
		st = buf_put(out, BYTES("#pin="));
		if (st == STATUS_OK)
			st = buf_put(out, bytes_text(pin));
	}
	if (st != STATUS_OK || l->join_code[0] == '\0')
		return st;
	st = buf_put(out, l->has_pin ? BYTES(",join=") : BYTES("#join="));
	return st == STATUS_OK ? put_join(l->join_code, out) : st;
}

enum status
link_format(const struct link *l, char text[LIMIT_LINK_BYTES + 1])
{
	struct buf *b = NULL;
	enum status st = buf_new(LIMIT_LINK_BYTES, &b);

	if (st == STATUS_OK)
		st = link_put_server(l, b);
	if (st == STATUS_OK)
		st = put_parts(l, b);
	if (st == STATUS_OK) {
		memcpy(text, buf_view(b).data, buf_len(b));
		text[buf_len(b)] = '\0';
	}
	buf_free(b);
	return st;
}

void
link_clear(struct link *l)
{
	wipe(l, sizeof(*l));
}
