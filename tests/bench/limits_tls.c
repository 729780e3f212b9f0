#include <math.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/limits.h"
#include "tests/bench/probe.h"

enum {
	MESSAGE_BYTES = 350,
	RECORD_MESSAGES_MAX = 16,
	ROUND_RECORDS = 32,      /* written, then read */
	PIPE_BYTES = 512 * 1024, /* holds a round */
	LIFE_S = 24 * 3600,
};

/* Both ends of a connection in memory, and what they are made of. */
struct pair {
	SSL_CTX *server_ctx;
	SSL_CTX *client_ctx;
	SSL *server;
	SSL *client;
};

static double
cpu_now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static X509 *
sign_certificate(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *name = x == NULL ? NULL : X509_get_subject_name(x);
	bool ok = name != NULL && X509_set_version(x, 2) == 1 &&
		  ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
		  X509_gmtime_adj(X509_getm_notBefore(x), 0) != NULL &&
		  X509_gmtime_adj(X509_getm_notAfter(x), LIFE_S) != NULL &&
		  X509_set_pubkey(x, key) == 1 &&
		  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
		      (const unsigned char *)"bench", -1, -1, 0) == 1 &&
		  X509_set_issuer_name(x, name) == 1 &&
		  X509_sign(x, key, EVP_sha256()) > 0;

	if (ok)
		return x;
	X509_free(x);
	return NULL;
}

static void
pair_clear(struct pair *p)
{
	SSL_free(p->server);
	SSL_free(p->client);
	SSL_CTX_free(p->server_ctx);
	SSL_CTX_free(p->client_ctx);
}

static bool
make_contexts(struct pair *p)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = key == NULL ? NULL : sign_certificate(key);
	bool ok;

	p->server_ctx = SSL_CTX_new(TLS_server_method());
	p->client_ctx = SSL_CTX_new(TLS_client_method());
	ok =
	    certificate != NULL && p->server_ctx != NULL &&
	    p->client_ctx != NULL &&
	    SSL_CTX_set_min_proto_version(p->server_ctx, TLS1_3_VERSION) == 1 &&
	    SSL_CTX_set_ciphersuites(p->server_ctx, "TLS_AES_128_GCM_SHA256") ==
		1 &&
	    SSL_CTX_set_num_tickets(p->server_ctx, 0) == 1 &&
	    SSL_CTX_use_certificate(p->server_ctx, certificate) == 1 &&
	    SSL_CTX_use_PrivateKey(p->server_ctx, key) == 1;
	X509_free(certificate);
	EVP_PKEY_free(key);
	return ok;
}

/* New ends, joined, before their handshake. */
static bool
join(struct pair *p)
{
	BIO *a = NULL, *b = NULL;

	SSL_free(p->server);
	SSL_free(p->client);
	p->server = SSL_new(p->server_ctx);
	p->client = SSL_new(p->client_ctx);
	if (p->server == NULL || p->client == NULL ||
	    BIO_new_bio_pair(&a, PIPE_BYTES, &b, PIPE_BYTES) != 1)
		return false;
	SSL_set_bio(p->server, a, a);
	SSL_set_bio(p->client, b, b);
	SSL_set_accept_state(p->server);
	SSL_set_connect_state(p->client);
	return true;
}

/* The server's CPU seconds are added to *server_s. */
static bool
shake(struct pair *p, double *server_s)
{
	int left = 10; /* TLS 1.3 needs two turns */

	while (left-- > 0 && (!SSL_is_init_finished(p->client) ||
				 !SSL_is_init_finished(p->server))) {
		double began_s;

		(void)SSL_do_handshake(p->client);
		began_s = cpu_now_s();
		(void)SSL_do_handshake(p->server);
		*server_s += cpu_now_s() - began_s;
	}
	return SSL_is_init_finished(p->client) &&
	       SSL_is_init_finished(p->server);
}

struct limit_handshakes
limit_handshakes(double budget_s)
{
	struct limit_handshakes found = { NAN, NAN };
	double began_s = cpu_now_s(), server_s = 0;
	struct pair p = { 0 };
	uint64_t n = 0;
	bool ok = make_contexts(&p);

	while (ok && cpu_now_s() - began_s < budget_s) {
		ok = join(&p) && shake(&p, &server_s);
		n++;
	}
	if (ok) {
		found.both_per_s = (double)n / (cpu_now_s() - began_s);
		found.server_per_s = ratio((double)n, server_s);
	} else {
		fprintf(stderr, "tacit-bench: limits: no TLS handshake\n");
	}
	pair_clear(&p);
	return found;
}

/* A round of records there and back out; CPU seconds of each half added. */
static bool
one_round(struct pair *p, int bytes, double *write_s, double *read_s)
{
	static const uint8_t from[RECORD_MESSAGES_MAX * MESSAGE_BYTES] = { 1 };
	uint8_t into[sizeof(from)];
	double began_s = cpu_now_s(), between_s;

	for (int i = 0; i < ROUND_RECORDS; i++)
		if (SSL_write(p->client, from, bytes) != bytes)
			return false;
	between_s = cpu_now_s();
	for (int i = 0; i < ROUND_RECORDS; i++)
		if (SSL_read(p->server, into, bytes) != bytes)
			return false;
	*write_s += between_s - began_s;
	*read_s += cpu_now_s() - between_s;
	return true;
}

struct limit_tls
limit_records(uint32_t messages_in_record, double budget_s)
{
	int bytes = (int)messages_in_record * MESSAGE_BYTES;
	struct limit_tls found = { NAN, NAN };
	double write_s = 0, read_s = 0, ignored_s = 0;
	struct pair p = { 0 };
	uint64_t rounds = 0;
	bool ok = messages_in_record <= RECORD_MESSAGES_MAX &&
		  make_contexts(&p) && join(&p) && shake(&p, &ignored_s);

	while (ok && write_s + read_s < budget_s) {
		ok = one_round(&p, bytes, &write_s, &read_s);
		rounds++;
	}
	if (ok) {
		double messages =
		    (double)rounds * ROUND_RECORDS * (double)messages_in_record;

		found.written_per_s = ratio(messages, write_s);
		found.read_per_s = ratio(messages, read_s);
	} else {
		fprintf(stderr, "tacit-bench: limits: no TLS records\n");
	}
	pair_clear(&p);
	return found;
}
