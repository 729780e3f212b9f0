#include "client/core/uplink/socks.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#include "base/number.h"
#include "base/wipe.h"

/* RFC 1928 3 to 6, RFC 1929 2. */
enum {
	VERSION = 5,
	METHOD_NONE = 0,
	METHOD_PASSWORD = 2,
	LOGIN_VERSION = 1,
	COMMAND_CONNECT = 1,
	KIND_IPV4 = 1,
	KIND_NAME = 3,
	KIND_IPV6 = 4,
	IPV4_BYTES = 4,
	IPV6_BYTES = 16,
	PORT_BYTES = 2,
	ANSWER_BYTES = 2, /* to method and login */
	REPLY_HEAD_BYTES = 5,
	NAME_BYTES = 255,
};

static const char SCHEME[] = "socks5h://";
static const char FORM[] = "A proxy is written socks5h://HOST:PORT, or "
			   "socks5h://USER:PASSWORD@HOST:PORT.";

void
proxy_clear(struct proxy *p)
{
	wipe(p, sizeof(*p));
}

/* No escapes: what stands for itself in a URL, and is visible. */
static enum status
take_word(struct bytes from, char word[PROXY_WORD_BYTES + 1])
{
	if (from.len == 0 || from.len > PROXY_WORD_BYTES)
		return STATUS_BAD_INPUT;
	for (size_t i = 0; i < from.len; i++)
		if (from.data[i] <= ' ' || from.data[i] >= 0x7f ||
		    strchr(":@/%", from.data[i]) != NULL)
			return STATUS_BAD_INPUT;
	memcpy(word, from.data, from.len);
	word[from.len] = '\0';
	return STATUS_OK;
}

static enum status
take_login(struct bytes from, struct proxy *p)
{
	const uint8_t *colon =
	    from.len > 0 ? memchr(from.data, ':', from.len) : NULL;
	size_t len;

	if (colon == NULL)
		return STATUS_BAD_INPUT;
	len = (size_t)(colon - from.data);
	if (take_word(bytes_head(from, len), p->user) != STATUS_OK)
		return STATUS_BAD_INPUT;
	return take_word(bytes_tail(from, len + 1), p->password);
}

static enum status
take_host(const char *from, size_t len, struct proxy *p, const char **why)
{
	struct in6_addr raw;

	if (len == 0 || len > PROXY_HOST_BYTES)
		return STATUS_BAD_INPUT;
	memcpy(p->host, from, len);
	p->host[len] = '\0';
	if (strcmp(p->host, "localhost") == 0)
		memcpy(p->host, "127.0.0.1", sizeof("127.0.0.1"));
	if (inet_pton(AF_INET, p->host, &raw) == 1 ||
	    inet_pton(AF_INET6, p->host, &raw) == 1)
		return STATUS_OK;
	*why = "A proxy is named by its numeric address, since the name of "
	       "another would have to be looked up.";
	return STATUS_BAD_INPUT;
}

static enum status
take_place(const char *from, struct proxy *p, const char **why)
{
	const char *end = *from == '[' ? strchr(from, ']') : strchr(from, ':');
	const bool bracket = *from == '[';
	uint64_t port = 0;
	enum status st;

	if (end == NULL)
		return STATUS_BAD_INPUT;
	from += bracket ? 1 : 0;
	st = take_host(from, (size_t)(end - from), p, why);
	if (st != STATUS_OK)
		return st;
	end += bracket ? 1 : 0;
	if (*end != ':' || bracket != (strchr(p->host, ':') != NULL) ||
	    number_parse(end + 1, 1, UINT16_MAX, &port) != STATUS_OK)
		return STATUS_BAD_INPUT;
	p->port = (uint16_t)port;
	return STATUS_OK;
}

enum status
proxy_parse(const char *text, struct proxy *p, const char **why)
{
	struct proxy parsed = { .port = 0 };
	const char *rest, *at;
	enum status st = STATUS_OK;

	*why = FORM;
	if (strncmp(text, SCHEME, sizeof(SCHEME) - 1) != 0) {
		if (strncmp(text, "socks5://", 9) == 0)
			*why = "socks5:// would look names up on this "
			       "machine; write socks5h://.";
		return STATUS_BAD_INPUT;
	}
	rest = text + sizeof(SCHEME) - 1;
	at = strrchr(rest, '@');
	if (at != NULL) {
		st = take_login(bytes_view(rest, (size_t)(at - rest)), &parsed);
		rest = at + 1;
	}
	if (st == STATUS_OK)
		st = take_place(rest, &parsed, why);
	if (st == STATUS_OK)
		*p = parsed;
	proxy_clear(&parsed);
	return st;
}

static void
put(struct socks *s, const void *from, size_t len)
{
	assert(len <= sizeof(s->out) - s->out_len);
	memcpy(s->out + s->out_len, from, len);
	s->out_len += len;
}

static void
put_u8(struct socks *s, size_t v)
{
	const uint8_t byte = (uint8_t)v;

	put(s, &byte, 1);
}

static void
put_method(struct socks *s)
{
	put_u8(s, VERSION);
	put_u8(s, 1);
	put_u8(s, s->via->user[0] != '\0' ? METHOD_PASSWORD : METHOD_NONE);
}

static void
put_login(struct socks *s)
{
	put_u8(s, LOGIN_VERSION);
	put_u8(s, strlen(s->via->user));
	put(s, s->via->user, strlen(s->via->user));
	put_u8(s, strlen(s->via->password));
	put(s, s->via->password, strlen(s->via->password));
}

static void
put_connect(struct socks *s)
{
	const uint8_t port[PORT_BYTES] = { (uint8_t)(s->port >> 8),
		(uint8_t)s->port };
	struct in6_addr raw;

	put_u8(s, VERSION);
	put_u8(s, COMMAND_CONNECT);
	put_u8(s, 0);
	if (inet_pton(AF_INET, s->host, &raw) == 1) {
		put_u8(s, KIND_IPV4);
		put(s, &raw, IPV4_BYTES);
	} else if (inet_pton(AF_INET6, s->host, &raw) == 1) {
		put_u8(s, KIND_IPV6);
		put(s, &raw, IPV6_BYTES);
	} else {
		put_u8(s, KIND_NAME);
		put_u8(s, strlen(s->host));
		put(s, s->host, strlen(s->host));
	}
	put(s, port, sizeof(port));
}

/* What the state says first, and how much of an answer it waits for. */
static void
socks_enter(struct socks *s, enum socks_state state)
{
	s->state = state;
	s->out_len = 0;
	s->out_sent = 0;
	s->in_len = 0;
	s->in_want = ANSWER_BYTES;
	switch (state) {
	case SOCKS_METHOD:
		put_method(s);
		break;
	case SOCKS_LOGIN:
		put_login(s);
		break;
	case SOCKS_CONNECT:
		put_connect(s);
		s->in_want = REPLY_HEAD_BYTES;
		break;
	case SOCKS_DONE:
	case SOCKS_FAILED:
		s->in_want = 0;
		break;
	}
}

void
socks_begin(
    struct socks *s, const struct proxy *via, const char *host, uint16_t port)
{
	assert(strlen(host) >= 1 && strlen(host) <= NAME_BYTES);
	*s = (struct socks){ .via = via, .host = host, .port = port };
	socks_enter(s, SOCKS_METHOD);
}

struct bytes
socks_output(const struct socks *s)
{
	return bytes_view(s->out + s->out_sent, s->out_len - s->out_sent);
}

void
socks_sent(struct socks *s, size_t len)
{
	assert(len <= s->out_len - s->out_sent);
	s->out_sent += len;
}

size_t
socks_wants(const struct socks *s)
{
	return s->out_sent < s->out_len ? 0 : s->in_want - s->in_len;
}

bool
socks_has_asked(const struct socks *s)
{
	return s->state == SOCKS_CONNECT || s->state == SOCKS_DONE;
}

static enum status
take_method(struct socks *s)
{
	const bool login = s->via->user[0] != '\0';

	if (s->in[0] != VERSION)
		return STATUS_BAD_INPUT;
	if (s->in[1] != (login ? METHOD_PASSWORD : METHOD_NONE))
		return STATUS_DENIED; /* 255, or one that we did not offer */
	socks_enter(s, login ? SOCKS_LOGIN : SOCKS_CONNECT);
	return STATUS_AGAIN;
}

static enum status
take_login_answer(struct socks *s)
{
	if (s->in[0] != LOGIN_VERSION)
		return STATUS_BAD_INPUT;
	if (s->in[1] != 0)
		return STATUS_DENIED;
	socks_enter(s, SOCKS_CONNECT);
	return STATUS_AGAIN;
}

/* The fifth byte is the first of the address, or the length of a name. */
static enum status
take_reply(struct socks *s)
{
	size_t len = REPLY_HEAD_BYTES - 1 + PORT_BYTES;

	if (s->in[0] != VERSION)
		return STATUS_BAD_INPUT;
	s->reply = s->in[1];
	if (s->reply != 0)
		return STATUS_UNREACHABLE;
	if (s->in[3] == KIND_IPV4)
		len += IPV4_BYTES;
	else if (s->in[3] == KIND_IPV6)
		len += IPV6_BYTES;
	else if (s->in[3] == KIND_NAME)
		len += 1 + (size_t)s->in[4];
	else
		return STATUS_BAD_INPUT;
	s->in_want = len;
	if (s->in_len < len)
		return STATUS_AGAIN;
	socks_enter(s, SOCKS_DONE);
	return STATUS_OK;
}

static enum status
take_answer(struct socks *s)
{
	switch (s->state) {
	case SOCKS_METHOD:
		return take_method(s);
	case SOCKS_LOGIN:
		return take_login_answer(s);
	case SOCKS_CONNECT:
		return take_reply(s);
	case SOCKS_DONE:
	case SOCKS_FAILED:
		break;
	}
	return STATUS_BAD_INPUT;
}

enum status
socks_take(struct socks *s, struct bytes came)
{
	enum status st;

	assert(came.len <= socks_wants(s));
	memcpy(s->in + s->in_len, came.data, came.len);
	s->in_len += came.len;
	if (s->in_len < s->in_want)
		return STATUS_AGAIN;
	st = take_answer(s);
	if (st != STATUS_OK && st != STATUS_AGAIN)
		socks_enter(s, SOCKS_FAILED);
	return st;
}

void
socks_clear(struct socks *s)
{
	wipe(s, sizeof(*s));
}
