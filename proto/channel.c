#include "proto/channel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/channel_private.h"

enum {
	KEEPALIVE_IDLE_S = 60,
	KEEPALIVE_INTERVAL_S = 15,
	KEEPALIVE_PROBES = 4,
};

static const char exporter_label[] = "EXPORTER-tacit-auth";

/* Whatever happens, fd is the channel's from here on. */
static enum status
tls_new(SSL_CTX *ctx, int fd, struct channel **c)
{
	struct channel *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL) {
		close(fd);
		return STATUS_NOMEM;
	}
	fresh->fd = fd;
	fresh->ssl = SSL_new(ctx);
	if (fresh->ssl == NULL || SSL_set_fd(fresh->ssl, fd) != 1 ||
	    SSL_set_app_data(fresh->ssl, fresh) != 1) {
		channel_free(fresh);
		return STATUS_NOMEM;
	}
	*c = fresh;
	return STATUS_OK;
}

enum status
channel_accept(struct channel_server *s, int fd, struct channel **c)
{
	struct channel *fresh = NULL;
	enum status st = tls_new(s->ctx, fd, &fresh);

	if (st != STATUS_OK)
		return st;
	/* Both outlive the server object, which a reload replaces. */
	if (s->named != NULL && SSL_CTX_up_ref(s->named) == 1)
		fresh->named = s->named;
	SSL_set_accept_state(fresh->ssl);
	*c = fresh;
	return STATUS_OK;
}

/* Without a pin the certificate has to name the host (RFC 9525). */
static bool
expect_host(SSL *ssl, const char *host)
{
	uint8_t raw[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, host, raw) == 1 ||
	    inet_pton(AF_INET6, host, raw) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(
			   SSL_get0_param(ssl), host) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, host) == 1 &&
	       SSL_set_tlsext_host_name(ssl, host) == 1;
}

enum status
channel_connect(struct channel_client *cl, int fd, struct channel **c)
{
	struct channel *fresh = NULL;
	enum status st = tls_new(cl->ctx, fd, &fresh);

	if (st != STATUS_OK)
		return st;
	if (!cl->has_pin && !expect_host(fresh->ssl, cl->host)) {
		channel_free(fresh);
		return STATUS_CRYPTO;
	}
	SSL_set_connect_state(fresh->ssl);
	*c = fresh;
	return STATUS_OK;
}

void
channel_free(struct channel *c)
{
	if (c == NULL)
		return;
	if (c->pipe != NULL)
		pipe_close(c->pipe, c->end);
	if (c->ssl != NULL && c->open)
		SSL_shutdown(c->ssl); /* one try; the peer may be gone */
	SSL_free(c->ssl);
	SSL_CTX_free(c->named);
	ERR_clear_error();
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

bool
channel_wants_read(const struct channel *c)
{
	return c->wants_read;
}

bool
channel_wants_write(const struct channel *c)
{
	return c->wants_write;
}

/* The peer is at fault, or the network; OpenSSL calls both SSL_ERROR_SSL. */
static enum status
failure(void)
{
	unsigned long code = ERR_peek_error();

	switch (ERR_GET_REASON(code)) {
	case ERR_R_MALLOC_FAILURE:
		return STATUS_NOMEM;
	case SSL_R_UNEXPECTED_EOF_WHILE_READING:
		return STATUS_IO;
	default:
		return STATUS_CRYPTO;
	}
}

/* What a step of OpenSSL's that did not succeed means for the caller. */
static enum status
outcome(struct channel *c, int returned)
{
	enum status st = STATUS_IO;

	switch (SSL_get_error(c->ssl, returned)) {
	case SSL_ERROR_WANT_READ:
		c->wants_read = true;
		return STATUS_AGAIN;
	case SSL_ERROR_WANT_WRITE:
		c->wants_write = true;
		return STATUS_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return STATUS_CLOSED;
	case SSL_ERROR_SSL:
		st = failure();
		break;
	default: /* OpenSSL's numbers, not ours: the rest is the socket */
		break;
	}
	/* After a fatal error there is nothing to shut down. */
	c->open = false;
	ERR_clear_error();
	return st;
}

static void
begin_step(struct channel *c)
{
	c->wants_read = false;
	c->wants_write = false;
	ERR_clear_error(); /* SSL_get_error() looks at the queue */
}

/* A peer that offered no ALPN at all never came to the callback. */
static bool
has_alpn(SSL *ssl)
{
	const unsigned char *name = NULL;
	unsigned len = 0;

	SSL_get0_alpn_selected(ssl, &name, &len);
	return bytes_equal(bytes_view(name, len), BYTES("tacit/1"));
}

enum status
channel_handshake(struct channel *c)
{
	enum status st;
	int returned;

	if (c->open)
		return STATUS_OK;
	begin_step(c);
	returned = SSL_do_handshake(c->ssl);
	if (returned == 1) {
		c->open = has_alpn(c->ssl);
		return c->open ? STATUS_OK : STATUS_CRYPTO;
	}
	st = outcome(c, returned);
	if (st == STATUS_CRYPTO && c->wrong_relay)
		return STATUS_WRONG_RELAY;
	return st;
}

/* During the handshake CRYPTO tells something; later it is a cut line. */
static enum status
broken(struct channel *c, int returned)
{
	enum status st = outcome(c, returned);

	return st == STATUS_CRYPTO ? STATUS_IO : st;
}

enum status
channel_read(struct channel *c, uint8_t *into, size_t len, size_t *got)
{
	size_t some = 0;
	int returned;

	begin_step(c);
	if (c->pipe != NULL)
		return pipe_read(c, into, len, got);
	returned = SSL_read_ex(c->ssl, into, len, &some);
	if (returned != 1)
		return broken(c, returned);
	*got = some;
	return STATUS_OK;
}

bool
channel_has_input(const struct channel *c)
{
	return c->pipe != NULL ? pipe_has_input(c->pipe, c->end)
			       : SSL_has_pending(c->ssl) == 1;
}

enum status
channel_write(struct channel *c, struct bytes from, size_t *taken)
{
	size_t some = 0;
	int returned = 1;

	begin_step(c);
	if (c->pipe != NULL && from.len > 0)
		return pipe_write(c, from, taken);
	if (from.len > 0)
		returned = SSL_write_ex(c->ssl, from.data, from.len, &some);
	if (returned != 1)
		return broken(c, returned);
	*taken = some;
	return STATUS_OK;
}

enum status
channel_exporter(struct channel *c, uint8_t out[CHANNEL_EXPORTER_BYTES])
{
	if (c->pipe != NULL) {
		memset(out, 0x50, CHANNEL_EXPORTER_BYTES);
		return STATUS_OK;
	}
	if (!c->open)
		return STATUS_CRYPTO;
	if (SSL_export_keying_material(c->ssl, out, CHANNEL_EXPORTER_BYTES,
		exporter_label, sizeof(exporter_label) - 1, NULL, 0, 1) == 1)
		return STATUS_OK;
	ERR_clear_error();
	return STATUS_CRYPTO;
}

void
channel_tune(int fd)
{
	const int on = 1;
	const int idle_s = KEEPALIVE_IDLE_S;
	const int interval_s = KEEPALIVE_INTERVAL_S;
	const int probes = KEEPALIVE_PROBES;

	/* Without them it works as well, only not as soon. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(
	    fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
	(void)setsockopt(
	    fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}
