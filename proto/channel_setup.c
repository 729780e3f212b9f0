/* TLS settings of both ends (protocol.md 1.1). */
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "proto/channel_private.h"

/* RFC 7301: a length byte, then the name. */
static const unsigned char alpn[] = "\x07tacit/1";
enum { ALPN_BYTES = sizeof(alpn) - 1 };

/* Logs and forgets what OpenSSL has to say. */
static void
log_failure(const char *event)
{
	char text[256];
	unsigned long code = ERR_peek_error(); /* the first is the cause */

	ERR_error_string_n(code, text, sizeof(text));
	ERR_clear_error();
	log_event(LOG_LEVEL_ERROR, event, "reason=\"%s\"", text);
}

static SSL_CTX *
ctx_new(const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (ctx == NULL)
		return NULL;
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(ctx,
		"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
		"TLS_CHACHA20_POLY1305_SHA256") != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	/* No resumption: every connection proves both ends afresh. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	/* A record's head and body in one system call, and what follows too. */
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
				  SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return ctx;
}

static int
select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *in, unsigned in_len, void *arg)
{
	unsigned char *selected = NULL;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&selected, out_len, alpn, ALPN_BYTES, in,
		in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = selected;
	return SSL_TLSEXT_ERR_OK;
}

/*
 * A client without a pin names the host it verifies, one with a pin names none:
 * that tells which certificate it can believe (docs/protocol.md 1.3).
 */
static int
select_certificate(SSL *ssl, int *alert, void *arg)
{
	struct channel *c = SSL_get_app_data(ssl);

	(void)alert;
	(void)arg;
	if (c->named != NULL &&
	    SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) != NULL &&
	    SSL_set_SSL_CTX(ssl, c->named) == NULL)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *
server_ctx_new(const char *cert_file, const char *key_file)
{
	SSL_CTX *ctx = ctx_new(TLS_server_method());

	if (ctx == NULL ||
	    SSL_CTX_use_certificate_chain_file(ctx, cert_file) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1 ||
	    SSL_CTX_set_num_tickets(ctx, 0) != 1) {
		log_failure("tls-certificate-unusable");
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_max_early_data(ctx, 0);
	SSL_CTX_set_alpn_select_cb(ctx, select_alpn, NULL);
	SSL_CTX_set_tlsext_servername_callback(ctx, select_certificate);
	return ctx;
}

enum status
channel_server_new(
    const struct channel_server_options *options, struct channel_server **s)
{
	struct channel_server *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->ctx = server_ctx_new(options->cert_file, options->key_file);
	if (fresh->ctx != NULL && options->named_cert_file != NULL)
		fresh->named = server_ctx_new(
		    options->named_cert_file, options->named_key_file);
	if (fresh->ctx == NULL ||
	    (fresh->named == NULL && options->named_cert_file != NULL)) {
		channel_server_free(fresh);
		return STATUS_IO;
	}
	*s = fresh;
	return STATUS_OK;
}

void
channel_server_free(struct channel_server *s)
{
	if (s == NULL)
		return;
	SSL_CTX_free(s->named);
	SSL_CTX_free(s->ctx);
	free(s);
}

/* false: nothing could be verified, so there must be no client. */
static bool
set_authority(struct channel_client *cl)
{
	SSL_CTX_set_verify(cl->ctx, SSL_VERIFY_PEER, NULL);
	if (cl->has_pin) {
		SSL_CTX_set_cert_verify_callback(
		    cl->ctx, channel_verify_pin, cl);
		return true;
	}
	return SSL_CTX_set_default_verify_paths(cl->ctx) == 1;
}

enum status
channel_client_new(
    const struct hash *pin, const char *host, struct channel_client **c)
{
	struct channel_client *fresh = calloc(1, sizeof(*fresh));
	enum status st = STATUS_OK;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->has_pin = pin != NULL;
	if (pin != NULL)
		fresh->pin = *pin;
	else
		st = bytes_to_text(bytes_text(host), &fresh->host);
	if (st == STATUS_OK) {
		fresh->ctx = ctx_new(TLS_client_method());
		/* Returns 0 for success, unlike its neighbours. */
		if (fresh->ctx == NULL || !set_authority(fresh) ||
		    SSL_CTX_set_alpn_protos(fresh->ctx, alpn, ALPN_BYTES) !=
			0) {
			log_failure("tls-client-unusable");
			st = STATUS_IO;
		}
	}
	if (st != STATUS_OK) {
		channel_client_free(fresh);
		return st;
	}
	*c = fresh;
	return STATUS_OK;
}

void
channel_client_free(struct channel_client *c)
{
	if (c == NULL)
		return;
	SSL_CTX_free(c->ctx);
	free(c->host);
	free(c);
}
