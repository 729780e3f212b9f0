/* A real relay and clients whose TLS is not Tacit's. */
#include "tests/support/relay_fixture.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "proto/codec.h"

const char *const relay_program = TACIT_RELAY_BIN;

struct tls {
	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
	bool shaken;
};

static int tickets;

static int
count_ticket(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	(void)session;
	tickets++;
	return 0;
}

static int
dial(const char *text)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct timeval patience = { .tv_sec = PATIENCE_MS / 1000 };
	struct link link;
	const char *why;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_status(STATUS_OK, link_parse(bytes_text(text), &link, &why));
	to.sin_port = htons(link.port);
	assert_int_equal(1, inet_pton(AF_INET, link.host, &to.sin_addr));
	assert_int_equal(0, connect(fd, (struct sockaddr *)&to, sizeof(to)));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

static void
tls_open(struct tls *t, struct fixture *f, int version, const char *alpn)
{
	t->ctx = SSL_CTX_new(TLS_client_method());
	assert_non_null(t->ctx);
	SSL_CTX_set_min_proto_version(t->ctx, version);
	SSL_CTX_set_max_proto_version(t->ctx, version);
	SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(t->ctx, count_ticket);
	t->ssl = SSL_new(t->ctx);
	if (alpn != NULL)
		SSL_set_alpn_protos(t->ssl, (const unsigned char *)alpn,
		    (unsigned)strlen(alpn));
	t->fd = dial(f->relay.link);
	SSL_set_fd(t->ssl, t->fd);
	t->shaken = SSL_connect(t->ssl) == 1;
}

static void
tls_close(struct tls *t)
{
	SSL_free(t->ssl);
	SSL_CTX_free(t->ctx);
	close(t->fd);
}

/* By the relay, and not because we lost patience. */
static void
assert_ended(const struct tls *t)
{
	char byte;
	ssize_t got;

	errno = 0;
	while ((got = recv(t->fd, &byte, 1, 0)) > 0)
		;
	assert_true(got == 0 || errno == ECONNRESET);
}

/* The relay ends it without a word inside. */
static void
assert_shown_out(struct fixture *f, int version, const char *alpn)
{
	struct tls t;
	char byte;

	tls_open(&t, f, version, alpn);
	if (t.shaken)
		assert_true(SSL_read(t.ssl, &byte, 1) <= 0);
	assert_ended(&t);
	tls_close(&t);
}

static void
another_version_or_protocol_is_shown_out(void **state)
{
	struct fixture *f = *state;

	assert_shown_out(f, TLS1_2_VERSION, "\x07tacit/1");
	assert_shown_out(f, TLS1_3_VERSION, NULL);
	assert_shown_out(f, TLS1_3_VERSION, "\x08http/1.1");
	assert_served(f);
}

static void
say_hello(struct tls *t)
{
	struct request r = { .id = 1, .kind = REQUEST_HELLO };
	struct buf *out = NULL;
	uint8_t length[4];

	r.u.hello.version_min = 1;
	r.u.hello.version_max = 1;
	assert_status(STATUS_OK, buf_new(4096, &out));
	assert_status(STATUS_OK, codec_put_request(&r, out));
	assert_true(SSL_write(t->ssl, buf_view(out).data, (int)buf_len(out)) ==
		    (int)buf_len(out));
	assert_int_equal(4, SSL_read(t->ssl, length, 4));
	buf_free(out);
}

static void
new_keys_may_be_asked_for_and_nothing_can_be_resumed(void **state)
{
	struct fixture *f = *state;
	struct tls t;

	tickets = 0;
	tls_open(&t, f, TLS1_3_VERSION, "\x07tacit/1");
	assert_true(t.shaken);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(
		    1, SSL_key_update(t.ssl, SSL_KEY_UPDATE_REQUESTED));
		assert_int_equal(1, SSL_do_handshake(t.ssl));
	}
	say_hello(&t);
	assert_int_equal(0, tickets);
	assert_int_equal(
	    0, SSL_SESSION_get_max_early_data(SSL_get_session(t.ssl)));
	tls_close(&t);
	assert_served(f);
}

static void
bytes_between_records_end_that_connection(void **state)
{
	struct fixture *f = *state;
	struct tls t;
	char byte;

	tls_open(&t, f, TLS1_3_VERSION, "\x07tacit/1");
	say_hello(&t);
	assert_int_equal(9, send(t.fd, "\x17\x03\x03\xff\xffgarb", 9, 0));
	shutdown(t.fd, SHUT_WR);
	while (SSL_read(t.ssl, &byte, 1) > 0)
		;
	assert_ended(&t);
	tls_close(&t);
	assert_served(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(another_version_or_protocol_is_shown_out),
		CASE(new_keys_may_be_asked_for_and_nothing_can_be_resumed),
		CASE(bytes_between_records_end_that_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
