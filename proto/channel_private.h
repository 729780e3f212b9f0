/*
 * channel_private.h - shared by channel*.c, which are the only files that see
 * OpenSSL's TLS.
 */
#ifndef TACIT_PROTO_CHANNEL_PRIVATE_H
#define TACIT_PROTO_CHANNEL_PRIVATE_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "proto/channel.h"

struct pipe; /* channel_pair.c */

struct channel {
	SSL *ssl;          /* NULL for the plain variant */
	SSL_CTX *named;    /* for a client that names a host; or NULL */
	struct pipe *pipe; /* NULL for TLS */
	size_t end;        /* which end of the pipe, 0 or 1 */
	int fd;
	bool wants_read;
	bool wants_write;
	bool open;        /* the handshake is done and nothing broke */
	bool wrong_relay; /* the pin did not match */
};

struct channel_server {
	SSL_CTX *ctx;
	SSL_CTX *named; /* NULL: ctx for everybody */
};

struct channel_client {
	SSL_CTX *ctx;
	bool has_pin;
	struct hash pin;
	char *host; /* to verify; NULL with a pin */
};

/* Verifies a relay's chain against the pin; a callback for OpenSSL. */
int channel_verify_pin(X509_STORE_CTX *presented, void *client);

/* The plain variant, channel_pair.c. */
void pipe_close(struct pipe *p, size_t end);
bool pipe_has_input(const struct pipe *p, size_t end);
enum status pipe_read(
    struct channel *c, uint8_t *into, size_t len, size_t *got);
enum status pipe_write(struct channel *c, struct bytes from, size_t *taken);

#endif
