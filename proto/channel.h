/*
 * channel.h - TLS 1.3 bytes over a non-blocking descriptor, either end
 * (protocol.md 1).  A plain variant between two ends in memory serves tests.
 *
 * A channel does no waiting: every step says what it needs next, and the
 * owner's loop waits for it.  Programs ignore SIGPIPE: a peer that left is
 * reported by the step, not by a signal.  An owner that stopped reading before
 * AGAIN has to try again by itself, as bytes may lie decrypted already.
 */
#ifndef TACIT_PROTO_CHANNEL_H
#define TACIT_PROTO_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "proto/sign.h"

struct channel_server; /* certificates and settings, shared by connections */
struct channel_client;
struct channel;

enum { CHANNEL_EXPORTER_BYTES = 32 };

struct channel_server_options {
	const char *cert_file; /* PEM: the TLS certificate, then its issuer */
	const char *key_file;  /* PEM, 0600 */
	/* The same for clients that name a host (RFC 6066 3), or both NULL. */
	const char *named_cert_file;
	const char *named_key_file;
};

/* IO: a file is missing or wrong; the reason is in the log. */
enum status channel_server_new(
    const struct channel_server_options *options, struct channel_server **s);
void channel_server_free(struct channel_server *s); /* NULL is fine */

/*
 * `pin`: SHA-256 of the relay's identity key (SubjectPublicKeyInfo); NULL to
 * verify `host` against the system's certificate authorities instead.
 */
enum status channel_client_new(
    const struct hash *pin, const char *host, struct channel_client **c);
void channel_client_free(struct channel_client *c); /* NULL is fine */

/*
 * Settings of a TCP socket, either end: no waiting to fill a packet, and a peer
 * that vanished without a word is noticed within two minutes.
 */
void channel_tune(int fd);

/* Takes over fd (connected, non-blocking), closing it with the channel. */
enum status channel_accept(
    struct channel_server *s, int fd, struct channel **c);
enum status channel_connect(
    struct channel_client *cl, int fd, struct channel **c);

/* Two joined plain channels in memory; each has a constant exporter. */
enum status channel_pair(struct channel **a, struct channel **b);

/* Sends close_notify when it can be done without waiting.  NULL is fine. */
void channel_free(struct channel *c);

/* After AGAIN: what to wait for. */
bool channel_wants_read(const struct channel *c);
bool channel_wants_write(const struct channel *c);

/*
 * AGAIN: wait as above, then call again.  WRONG_RELAY: the pin does not match.
 * CRYPTO: no common TLS 1.3, ALPN or certificate.  CLOSED, NOMEM, IO.
 */
enum status channel_handshake(struct channel *c);

/* 1..len bytes on OK.  AGAIN, CLOSED (in good order), IO (cut), NOMEM. */
enum status channel_read(
    struct channel *c, uint8_t *into, size_t len, size_t *got);

/*
 * Bytes have left the socket that channel_read() has not handed out: nobody
 * will announce them.
 */
bool channel_has_input(const struct channel *c);

/*
 * One TLS record for what fits one.  May take less than given.  After AGAIN
 * the same bytes must be offered again.  AGAIN, CLOSED, IO, NOMEM.
 */
enum status channel_write(struct channel *c, struct bytes from, size_t *taken);

/* RFC 8446 7.5 exporter, label "EXPORTER-tacit-auth", after the handshake. */
enum status channel_exporter(
    struct channel *c, uint8_t out[CHANNEL_EXPORTER_BYTES]);

#endif
