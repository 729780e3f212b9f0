#include "tests/bench/tls_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "proto/channel.h"
#include "tests/bench/tls_streams_private.h"

enum {
	ROOM_FIRST = 1024,
	ROOM_KEPT = 64 * 1024, /* more is given back once it has left */
};

struct tls_stream {
	struct tls_streams *all;
	const struct tls_stream_events *events;
	void *owner;
	uv_poll_t poll;
	SSL *ssl;
	int fd;
	int watched; /* what the loop looks out for */
	bool open;
	bool broken;
	bool closing;
	struct tls_later flush;
	uint8_t *out;
	size_t out_len;
	size_t out_sent;
	size_t out_size;
};

static void flush(void *owner);
static void on_ready(uv_poll_t *poll, int status, int events);

static void
stream_free(struct tls_stream *s)
{
	SSL_free(s->ssl);
	ERR_clear_error();
	if (s->fd >= 0)
		close(s->fd);
	free(s->out);
	free(s);
}

static void
watch(struct tls_stream *s, int events)
{
	if (s->watched == events || s->closing)
		return;
	s->watched = events;
	if (uv_poll_start(&s->poll, events, on_ready) != 0)
		s->broken = true;
}

/* A socket that is connecting; -1 when that failed at once. */
static int
connecting_socket(const struct tls_stream_setup *setup)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int on = 1;

	if (fd < 0)
		return -1;
	channel_tune(fd);
	/* The port is chosen at connect: one address serves 28,000 streams. */
	(void)setsockopt(
	    fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (setup->from != NULL &&
	    bind(fd, (const struct sockaddr *)setup->from,
		sizeof(*setup->from)) != 0) {
		close(fd);
		return -1;
	}
	if (connect(fd, (const struct sockaddr *)setup->to,
		sizeof(*setup->to)) != 0 &&
	    errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

enum status
tls_stream_open(struct tls_streams *all, const struct tls_stream_setup *setup,
    struct tls_stream **s)
{
	struct tls_stream *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->all = all;
	fresh->events = setup->events;
	fresh->owner = setup->owner;
	fresh->fd = connecting_socket(setup);
	if (fresh->fd < 0) {
		free(fresh);
		return STATUS_IO;
	}
	fresh->ssl = SSL_new(all->ctx);
	if (fresh->ssl == NULL || SSL_set_fd(fresh->ssl, fresh->fd) != 1 ||
	    uv_poll_init(all->loop, &fresh->poll, fresh->fd) != 0) {
		stream_free(fresh);
		return STATUS_NOMEM;
	}
	SSL_set_connect_state(fresh->ssl);
	fresh->flush = (struct tls_later){ .call = flush, .owner = fresh };
	fresh->poll.data = fresh;
	watch(fresh, UV_WRITABLE);
	*s = fresh;
	return STATUS_OK;
}

void *
tls_stream_owner(const struct tls_stream *s)
{
	return s->owner;
}

static void
fail(struct tls_stream *s, enum status why)
{
	if (s->closing)
		return;
	s->broken = true;
	(void)uv_poll_stop(&s->poll);
	s->events->failed(s, why);
}

/* AGAIN: what to wait for is in *events. */
static enum status
outcome(struct tls_stream *s, int returned, int *events)
{
	enum status st = STATUS_IO;

	switch (SSL_get_error(s->ssl, returned)) {
	case SSL_ERROR_WANT_READ:
		*events = UV_READABLE;
		return STATUS_AGAIN;
	case SSL_ERROR_WANT_WRITE:
		*events = UV_READABLE | UV_WRITABLE;
		return STATUS_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		st = STATUS_CLOSED;
		break;
	default: /* OpenSSL's numbers, not ours */
		break;
	}
	ERR_clear_error();
	return st;
}

/* Everything that waits goes out, or as much as the socket takes. */
static enum status
send_out(struct tls_stream *s)
{
	enum status st = STATUS_OK;
	size_t sent = 0;
	int events = UV_READABLE;
	int returned;

	while (st == STATUS_OK && s->out_sent < s->out_len) {
		ERR_clear_error();
		returned = SSL_write_ex(s->ssl, s->out + s->out_sent,
		    s->out_len - s->out_sent, &sent);
		if (returned == 1)
			s->out_sent += sent;
		else
			st = outcome(s, returned, &events);
	}
	if (st != STATUS_OK && st != STATUS_AGAIN)
		return st;
	watch(s, events);
	if (st == STATUS_AGAIN)
		return STATUS_OK;
	s->out_len = 0;
	s->out_sent = 0;
	if (s->out_size > ROOM_KEPT) {
		free(s->out);
		s->out = NULL;
		s->out_size = 0;
	}
	return STATUS_OK;
}

static void
flush(void *owner)
{
	struct tls_stream *s = owner;
	enum status st;

	if (s->broken || s->closing || !s->open)
		return;
	st = send_out(s);
	if (st != STATUS_OK)
		fail(s, st);
}

uint8_t *
tls_stream_room(struct tls_stream *s, size_t len)
{
	size_t size = s->out_size == 0 ? ROOM_FIRST : s->out_size;
	uint8_t *at;

	if (s->broken || s->closing)
		return NULL;
	if (s->out_sent > 0) {
		memmove(s->out, s->out + s->out_sent, s->out_len - s->out_sent);
		s->out_len -= s->out_sent;
		s->out_sent = 0;
	}
	while (size < s->out_len + len)
		size *= 2;
	if (size > s->out_size) {
		at = realloc(s->out, size);
		if (at == NULL)
			return NULL;
		s->out = at;
		s->out_size = size;
	}
	at = s->out + s->out_len;
	s->out_len += len;
	tls_later(s->all, &s->flush);
	return at;
}

enum status
tls_stream_write(struct tls_stream *s, struct bytes b)
{
	uint8_t *room = tls_stream_room(s, b.len);

	if (room == NULL)
		return STATUS_NOMEM;
	memcpy(room, b.data, b.len);
	return STATUS_OK;
}

static enum status
step_handshake(struct tls_stream *s)
{
	int events = UV_READABLE;
	int returned;
	enum status st;

	ERR_clear_error();
	returned = SSL_do_handshake(s->ssl);
	if (returned != 1) {
		st = outcome(s, returned, &events);
		if (st == STATUS_AGAIN)
			watch(s, events);
		return st;
	}
	s->open = true;
	watch(s, UV_READABLE);
	s->events->opened(s);
	if (!s->closing && s->out_len > 0)
		tls_later(s->all, &s->flush);
	return STATUS_OK;
}

/*
 * Stops without asking the socket once more when nothing is left decrypted or
 * read ahead: the loop tells of the rest.
 */
static enum status
step_read(struct tls_stream *s)
{
	size_t got = 0;
	int events;
	int returned;

	for (;;) {
		ERR_clear_error();
		returned =
		    SSL_read_ex(s->ssl, s->all->into, TLS_READ_BYTES, &got);
		if (returned != 1)
			return outcome(s, returned, &events);
		s->events->arrived(s, bytes_view(s->all->into, got));
		if (s->closing || SSL_has_pending(s->ssl) != 1)
			return STATUS_AGAIN;
	}
}

static void
on_ready(uv_poll_t *poll, int status, int events)
{
	struct tls_stream *s = poll->data;
	enum status st = STATUS_OK;

	if (s->broken || s->closing)
		return;
	if (status != 0)
		st = STATUS_IO;
	else if (!s->open)
		st = step_handshake(s);
	else if ((events & UV_WRITABLE) != 0)
		st = send_out(s);
	if (s->closing)
		return;
	if (s->open && (st == STATUS_OK || st == STATUS_AGAIN) &&
	    (events & UV_READABLE) != 0)
		st = step_read(s);
	if (st != STATUS_OK && st != STATUS_AGAIN)
		fail(s, st);
}

static void
on_closed(uv_handle_t *handle)
{
	stream_free(handle->data);
}

void
tls_stream_traffic(
    const struct tls_stream *s, uint64_t *sent_bytes, uint64_t *received_bytes)
{
	*sent_bytes = BIO_number_written(SSL_get_wbio(s->ssl));
	*received_bytes = BIO_number_read(SSL_get_rbio(s->ssl));
}

void
tls_stream_close(struct tls_stream *s, bool graceful)
{
	if (s == NULL || s->closing)
		return;
	if (graceful && s->open && !s->broken) {
		(void)send_out(s);
		(void)SSL_shutdown(s->ssl);
		ERR_clear_error();
	}
	tls_later_cancel(s->all, &s->flush);
	s->closing = true;
	uv_close((uv_handle_t *)&s->poll, on_closed);
}
