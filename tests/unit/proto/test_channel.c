#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/channel.h"
#include "tests/support/test.h"

enum { DAY_S = 24 * 60 * 60 };

struct identity {
	EVP_PKEY *key;
	X509 *cert;
	struct hash pin;
};

struct fixture {
	char *dir;
	char cert_file[256];
	char key_file[256];
	struct identity relay;
	struct identity other;
};

static void
add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	assert_int_equal(X509_add_ext(cert, e, -1), 1);
	X509_EXTENSION_free(e);
}

/* ca NULL: self-signed by key.  `name` is the subject. */
static X509 *
certificate(EVP_PKEY *key, const char *name, const struct identity *ca,
    bool is_ca, long not_after_s)
{
	X509 *cert = X509_new();
	X509_NAME *subject = X509_get_subject_name(cert);

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 7);
	X509_gmtime_adj(X509_getm_notBefore(cert), -2 * DAY_S);
	X509_gmtime_adj(X509_getm_notAfter(cert), not_after_s);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
	    (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(
	    cert, ca == NULL ? subject : X509_get_subject_name(ca->cert));
	if (is_ca)
		add_extension(
		    cert, cert, NID_basic_constraints, "critical,CA:TRUE");
	else
		add_extension(
		    cert, cert, NID_subject_alt_name, "DNS:relay.example");
	assert_true(
	    X509_sign(cert, ca == NULL ? key : ca->key, EVP_sha256()) > 0);
	return cert;
}

static struct identity
identity_new(const char *name, bool is_ca)
{
	struct identity id = { .key = EVP_EC_gen("P-256") };
	unsigned char *spki = NULL;
	int len;

	id.cert = certificate(id.key, name, NULL, is_ca, DAY_S);
	len = i2d_PUBKEY(id.key, &spki);
	assert_true(len > 0);
	hash_bytes(bytes_view(spki, (size_t)len), &id.pin);
	OPENSSL_free(spki);
	return id;
}

static void
identity_free(struct identity *id)
{
	EVP_PKEY_free(id->key);
	X509_free(id->cert);
}

/* The relay shows a leaf signed by `signer`, followed by `shown`. */
static struct channel_server *
serve(struct fixture *f, const struct identity *signer,
    const struct identity *shown, long not_after_s)
{
	struct channel_server_options options = { .cert_file = f->cert_file,
		.key_file = f->key_file };
	struct channel_server *s = NULL;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *leaf = certificate(key, "tls", signer, false, not_after_s);
	FILE *file = fopen(f->cert_file, "w");

	assert_non_null(file);
	assert_int_equal(PEM_write_X509(file, leaf), 1);
	if (shown != NULL)
		assert_int_equal(PEM_write_X509(file, shown->cert), 1);
	fclose(file);
	file = fopen(f->key_file, "w");
	assert_non_null(file);
	assert_int_equal(
	    PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(file);
	assert_status(STATUS_OK, channel_server_new(&options, &s));
	EVP_PKEY_free(key);
	X509_free(leaf);
	return s;
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->dir = scratch_dir_new();
	snprintf(f->cert_file, sizeof(f->cert_file), "%s/cert.pem", f->dir);
	snprintf(f->key_file, sizeof(f->key_file), "%s/key.pem", f->dir);
	f->relay = identity_new("relay", true);
	f->other = identity_new("relay", true);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	identity_free(&f->relay);
	identity_free(&f->other);
	scratch_dir_remove(f->dir);
	free(f);
	return 0;
}

static void
sockets(int fds[2])
{
	assert_int_equal(
	    0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		   0, fds));
}

/* Drives both ends until each has an answer; the client's is returned. */
static enum status
handshake(struct channel *client, struct channel *server, enum status *servers)
{
	enum status c = STATUS_AGAIN, s = STATUS_AGAIN;

	for (size_t i = 0; i < 100; i++) {
		if (c == STATUS_AGAIN)
			c = channel_handshake(client);
		if (s == STATUS_AGAIN)
			s = channel_handshake(server);
	}
	if (servers != NULL)
		*servers = s;
	return c;
}

/* Both ends of one connection; *status is what the client makes of it. */
struct ends {
	struct channel *client;
	struct channel *server;
	int server_fd;
	enum status status;
};

static struct ends
join(struct channel_server *s, const struct hash *pin, const char *host)
{
	struct channel_client *cl = NULL;
	struct ends e = { 0 };
	int fds[2];

	sockets(fds);
	e.server_fd = fds[1];
	assert_status(STATUS_OK, channel_client_new(pin, host, &cl));
	assert_status(STATUS_OK, channel_connect(cl, fds[0], &e.client));
	assert_status(STATUS_OK, channel_accept(s, fds[1], &e.server));
	e.status = handshake(e.client, e.server, NULL);
	channel_client_free(cl);
	return e;
}

static enum status
try_join(struct channel_server *s, const struct hash *pin, const char *host)
{
	struct ends e = join(s, pin, host);

	channel_free(e.client);
	channel_free(e.server);
	channel_server_free(s);
	return e.status;
}

static void
one_flipped_bit_of_the_pin_is_another_relay(void **state)
{
	struct fixture *f = *state;

	for (size_t bit = 0; bit < 256; bit += 17) {
		struct hash pin = f->relay.pin;

		pin.raw[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_status(STATUS_WRONG_RELAY,
		    try_join(serve(f, &f->relay, &f->relay, DAY_S), &pin,
			"relay.example"));
	}
}

static void
showing_the_pinned_certificate_without_its_key_is_not_enough(void **state)
{
	struct fixture *f = *state;

	/* The leaf is by someone of the same name; the chain is copied. */
	assert_status(
	    STATUS_WRONG_RELAY, try_join(serve(f, &f->other, &f->relay, DAY_S),
				    &f->relay.pin, "relay.example"));
	assert_status(STATUS_WRONG_RELAY,
	    try_join(serve(f, NULL, &f->relay, DAY_S), &f->relay.pin, "x"));
}

static void
a_chain_without_the_pinned_certificate_is_another_relay(void **state)
{
	struct fixture *f = *state;

	assert_status(
	    STATUS_WRONG_RELAY, try_join(serve(f, &f->other, &f->other, DAY_S),
				    &f->relay.pin, "relay.example"));
	assert_status(STATUS_WRONG_RELAY,
	    try_join(serve(f, &f->relay, NULL, DAY_S), &f->relay.pin, "x"));
}

static void
a_pinned_key_that_is_no_authority_signs_nothing(void **state)
{
	struct fixture *f = *state;
	struct identity weak = identity_new("weak", false);

	assert_status(STATUS_WRONG_RELAY,
	    try_join(serve(f, &weak, &weak, DAY_S), &weak.pin, "x"));
	identity_free(&weak);
}

static void
an_expired_certificate_is_refused_but_is_not_another_relay(void **state)
{
	struct fixture *f = *state;

	assert_status(
	    STATUS_CRYPTO, try_join(serve(f, &f->relay, &f->relay, -DAY_S),
			       &f->relay.pin, "relay.example"));
}

static void
without_a_pin_an_unknown_authority_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_status(
	    STATUS_CRYPTO, try_join(serve(f, &f->relay, &f->relay, DAY_S), NULL,
			       "relay.example"));
}

/* A stranger's TLS library on the client's end; what the server says. */
static enum status
greet(struct channel_server *s, int max_version, const char *alpn)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	struct channel *server = NULL;
	enum status st = STATUS_AGAIN;
	int fds[2];

	sockets(fds);
	SSL_set_max_proto_version(ssl, max_version);
	if (alpn != NULL)
		SSL_set_alpn_protos(
		    ssl, (const unsigned char *)alpn, (unsigned)strlen(alpn));
	SSL_set_fd(ssl, fds[0]);
	assert_status(STATUS_OK, channel_accept(s, fds[1], &server));
	for (size_t i = 0; i < 100 && st == STATUS_AGAIN; i++) {
		SSL_connect(ssl);
		st = channel_handshake(server);
	}
	channel_free(server);
	channel_server_free(s);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close(fds[0]);
	return st;
}

static void
older_tls_and_other_protocols_are_refused(void **state)
{
	struct fixture *f = *state;

	assert_status(
	    STATUS_CRYPTO, greet(serve(f, &f->relay, &f->relay, DAY_S),
			       TLS1_2_VERSION, "\x07tacit/1"));
	assert_status(
	    STATUS_CRYPTO, greet(serve(f, &f->relay, &f->relay, DAY_S),
			       TLS1_3_VERSION, "\x08http/1.1"));
	assert_status(STATUS_CRYPTO,
	    greet(serve(f, &f->relay, &f->relay, DAY_S), TLS1_3_VERSION, NULL));
	assert_status(
	    STATUS_OK, greet(serve(f, &f->relay, &f->relay, DAY_S),
			   TLS1_3_VERSION, "\x08http/1.1\x07tacit/1"));
}

static void
garbage_ends_a_handshake(void **state)
{
	struct fixture *f = *state;
	struct channel_server *s = serve(f, &f->relay, &f->relay, DAY_S);
	struct channel *c = NULL;
	int fds[2];

	sockets(fds);
	assert_status(STATUS_OK, channel_accept(s, fds[1], &c));
	assert_status(STATUS_AGAIN, channel_handshake(c));
	assert_true(channel_wants_read(c));
	assert_int_equal(16, write(fds[0], "GET / HTTP/1.1\r\n", 16));
	assert_status(STATUS_CRYPTO, channel_handshake(c));
	channel_free(c);
	close(fds[0]);
	channel_server_free(s);
}

static void
bytes_cross_both_ways_and_an_end_in_order_is_told(void **state)
{
	struct fixture *f = *state;
	struct channel_server *s = serve(f, &f->relay, &f->relay, DAY_S);
	struct ends e = join(s, &f->relay.pin, "ignored with a pin");
	uint8_t got[64];
	size_t len = 0;

	assert_status(STATUS_OK, e.status);
	assert_status(STATUS_OK, channel_write(e.client, BYTES("ping"), &len));
	assert_int_equal(len, 4);
	assert_status(
	    STATUS_OK, channel_read(e.server, got, sizeof(got), &len));
	assert_bytes(BYTES("ping"), bytes_view(got, len));
	assert_status(
	    STATUS_AGAIN, channel_read(e.server, got, sizeof(got), &len));
	assert_true(channel_wants_read(e.server));
	assert_status(STATUS_OK, channel_write(e.server, BYTES("pong"), &len));
	assert_status(
	    STATUS_OK, channel_read(e.client, got, sizeof(got), &len));
	channel_free(e.server);
	assert_status(
	    STATUS_CLOSED, channel_read(e.client, got, sizeof(got), &len));
	channel_free(e.client);
	channel_server_free(s);
}

static void
a_cut_line_is_not_an_end_in_order(void **state)
{
	struct fixture *f = *state;
	struct channel_server *s = serve(f, &f->relay, &f->relay, DAY_S);
	struct ends e = join(s, &f->relay.pin, "x");
	uint8_t got[64];
	size_t len = 0;

	assert_status(STATUS_OK, e.status);
	assert_int_equal(0, shutdown(e.server_fd, SHUT_RDWR));
	assert_status(
	    STATUS_IO, channel_read(e.client, got, sizeof(got), &len));
	assert_status(STATUS_IO, channel_write(e.client, BYTES("more"), &len));
	channel_free(e.server);
	channel_free(e.client);
	channel_server_free(s);
}

static void
a_full_socket_says_wait_and_loses_nothing(void **state)
{
	struct fixture *f = *state;
	struct channel_server *s = serve(f, &f->relay, &f->relay, DAY_S);
	struct ends e = join(s, &f->relay.pin, "x");
	enum { TOTAL_BYTES = 4 * 1024 * 1024 };
	uint8_t *all = calloc(TOTAL_BYTES, 1), *back = calloc(TOTAL_BYTES, 1);
	size_t sent = 0, received = 0, waits = 0, len = 0;

	randombytes_buf(all, TOTAL_BYTES);
	while (received < TOTAL_BYTES) {
		struct bytes left = bytes_view(all + sent, TOTAL_BYTES - sent);
		enum status st = STATUS_OK;

		while (left.len > 0 && st == STATUS_OK) {
			st = channel_write(e.client, left, &len);
			if (st == STATUS_OK) {
				sent += len;
				left = bytes_tail(left, len);
			}
		}
		if (st != STATUS_OK) {
			assert_status(STATUS_AGAIN, st);
			assert_true(channel_wants_write(e.client));
			waits++;
		}
		while (received < TOTAL_BYTES &&
		       channel_read(e.server, back + received,
			   TOTAL_BYTES - received, &len) == STATUS_OK)
			received += len;
	}
	assert_true(waits > 0);
	assert_memory_equal(all, back, TOTAL_BYTES);
	free(all);
	free(back);
	channel_free(e.client);
	channel_free(e.server);
	channel_server_free(s);
}

static void
both_ends_export_the_same_and_no_two_connections_do(void **state)
{
	struct fixture *f = *state;
	struct channel_server *s = serve(f, &f->relay, &f->relay, DAY_S);
	uint8_t mine[2][CHANNEL_EXPORTER_BYTES];
	uint8_t theirs[2][CHANNEL_EXPORTER_BYTES];

	for (size_t i = 0; i < 2; i++) {
		struct ends e = join(s, &f->relay.pin, "x");

		assert_status(STATUS_OK, e.status);
		assert_status(STATUS_OK, channel_exporter(e.client, mine[i]));
		assert_status(STATUS_OK, channel_exporter(e.server, theirs[i]));
		assert_memory_equal(mine[i], theirs[i], sizeof(mine[i]));
		channel_free(e.client);
		channel_free(e.server);
	}
	assert_memory_not_equal(mine[0], mine[1], sizeof(mine[0]));
	channel_server_free(s);
}

static void
missing_or_mixed_up_files_make_no_server(void **state)
{
	struct fixture *f = *state;
	struct channel_server_options options = { .cert_file = f->cert_file,
		.key_file = f->key_file };
	struct channel_server *s = NULL;
	FILE *file;

	assert_status(STATUS_IO, channel_server_new(&options, &s));
	channel_server_free(serve(f, &f->relay, &f->relay, DAY_S));
	file = fopen(f->key_file, "w");
	PEM_write_PrivateKey(file, f->other.key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
	assert_status(STATUS_IO, channel_server_new(&options, &s));
	assert_null(s);
}

static void
the_plain_variant_is_bounded_and_ends_in_order(void **state)
{
	static const uint8_t big[1 << 20];
	struct channel *a = NULL, *b = NULL;
	uint8_t got[8], x[CHANNEL_EXPORTER_BYTES], y[CHANNEL_EXPORTER_BYTES];
	size_t len = 0;

	(void)state;
	assert_status(STATUS_OK, channel_pair(&a, &b));
	assert_status(STATUS_OK, channel_handshake(a));
	assert_status(STATUS_OK, channel_exporter(a, x));
	assert_status(STATUS_OK, channel_exporter(b, y));
	assert_memory_equal(x, y, sizeof(x));
	assert_status(STATUS_AGAIN, channel_read(b, got, 8, &len));
	assert_true(channel_wants_read(b));
	assert_status(STATUS_OK, channel_write(a, BYTES("hello"), &len));
	assert_status(STATUS_OK, channel_read(b, got, 2, &len));
	assert_bytes(BYTES("he"), bytes_view(got, len));
	assert_status(STATUS_OK, channel_write(b, BYTES_OF(big), &len));
	assert_true(len < sizeof(big));
	assert_status(STATUS_AGAIN, channel_write(b, BYTES_OF(big), &len));
	assert_true(channel_wants_write(b));
	channel_free(a);
	assert_status(STATUS_OK, channel_read(b, got, 8, &len));
	assert_bytes(BYTES("llo"), bytes_view(got, len));
	assert_status(STATUS_CLOSED, channel_read(b, got, 8, &len));
	assert_status(STATUS_CLOSED, channel_write(b, BYTES("x"), &len));
	channel_free(b);
}

static void
running_out_of_memory_makes_no_half_channel(void **state)
{
	struct fixture *f = *state;
	struct channel_server *s = serve(f, &f->relay, &f->relay, DAY_S);
	struct channel *a = NULL, *b = NULL;
	struct channel_client *cl = NULL;
	enum status st = STATUS_NOMEM;
	int fds[2];

	for (size_t n = 1; st == STATUS_NOMEM; n++) {
		alloc_fail_nth(n);
		st = channel_pair(&a, &b);
		alloc_fail_nth(0);
	}
	assert_status(STATUS_OK, st);
	channel_free(a);
	channel_free(b);
	alloc_fail_nth(1);
	assert_status(STATUS_NOMEM, channel_client_new(NULL, "host", &cl));
	alloc_fail_nth(2);
	assert_status(STATUS_NOMEM, channel_client_new(NULL, "host", &cl));
	sockets(fds);
	alloc_fail_nth(1);
	assert_status(STATUS_NOMEM, channel_accept(s, fds[1], &a));
	alloc_fail_nth(0);
	assert_int_equal(-1, fcntl(fds[1], F_GETFD)); /* closed all the same */
	close(fds[0]);
	channel_server_free(s);
}

#define relay_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		relay_test(one_flipped_bit_of_the_pin_is_another_relay),
		relay_test(
		    showing_the_pinned_certificate_without_its_key_is_not_enough),
		relay_test(
		    a_chain_without_the_pinned_certificate_is_another_relay),
		relay_test(a_pinned_key_that_is_no_authority_signs_nothing),
		relay_test(
		    an_expired_certificate_is_refused_but_is_not_another_relay),
		relay_test(without_a_pin_an_unknown_authority_is_refused),
		relay_test(older_tls_and_other_protocols_are_refused),
		relay_test(garbage_ends_a_handshake),
		relay_test(bytes_cross_both_ways_and_an_end_in_order_is_told),
		relay_test(a_cut_line_is_not_an_end_in_order),
		relay_test(a_full_socket_says_wait_and_loses_nothing),
		relay_test(both_ends_export_the_same_and_no_two_connections_do),
		relay_test(missing_or_mixed_up_files_make_no_server),
		cmocka_unit_test(
		    the_plain_variant_is_bounded_and_ends_in_order),
		relay_test(running_out_of_memory_makes_no_half_channel),
	};

	signal(SIGPIPE, SIG_IGN); /* as every program of ours does */
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
