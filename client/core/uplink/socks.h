/*
 * socks.h - asking a SOCKS5 proxy for a connection (RFC 1928, RFC 1929).
 *
 * A name is handed to the proxy as it is, so that nobody on this side ever
 * looks it up: that is what makes a relay behind an onion address reachable,
 * and what keeps the name from the resolver of this machine.
 *
 * A state machine without I/O.  What it wants to read is counted to the byte,
 * so that nothing of the connection behind the proxy is taken for the proxy's.
 */
#ifndef TACIT_CLIENT_CORE_SOCKS_H
#define TACIT_CLIENT_CORE_SOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

enum {
	PROXY_HOST_BYTES = 45, /* a numeric address */
	PROXY_WORD_BYTES = 255,
	/* The longest request, user and password; the longest answer. */
	SOCKS_OUT_BYTES = 3 + 2 * PROXY_WORD_BYTES,
	SOCKS_IN_BYTES = 4 + 1 + 255 + 2,
};

struct proxy {
	char host[PROXY_HOST_BYTES + 1]; /* never a name */
	uint16_t port;
	char user[PROXY_WORD_BYTES + 1]; /* empty: none are given */
	char password[PROXY_WORD_BYTES + 1];
};

/*
 * socks5h://[USER:PASSWORD@]HOST:PORT.  HOST is a numeric address, or
 * `localhost`; any other name would have to be looked up.
 *
 * BAD_INPUT: *why is a sentence for whoever wrote it.
 */
enum status proxy_parse(const char *text, struct proxy *p, const char **why);
void proxy_clear(struct proxy *p);

enum socks_state {
	SOCKS_METHOD,  /* how to log in */
	SOCKS_LOGIN,   /* RFC 1929 */
	SOCKS_CONNECT, /* the host: first how long the answer is, then all */
	SOCKS_DONE,
	SOCKS_FAILED,
};

struct socks {
	enum socks_state state;
	const struct proxy *via; /* borrowed */
	const char *host;        /* borrowed */
	uint16_t port;
	uint8_t out[SOCKS_OUT_BYTES];
	size_t out_len;
	size_t out_sent;
	uint8_t in[SOCKS_IN_BYTES];
	size_t in_len;
	size_t in_want;
	uint8_t reply; /* RFC 1928 6, once the proxy has said it */
};

/*
 * `host` is a name of 1..255 bytes or a numeric address; it and `via` outlive
 * the exchange.
 */
void socks_begin(
    struct socks *s, const struct proxy *via, const char *host, uint16_t port);

/* What is to be sent now; empty: it is the proxy's turn. */
struct bytes socks_output(const struct socks *s);
void socks_sent(struct socks *s, size_t len); /* at most so many as above */

/* How many bytes to read at most; 0 while there is something to send. */
size_t socks_wants(const struct socks *s);

/*
 * What came, at most socks_wants().  AGAIN: send and read on.  OK: from here on
 * the connection is that to the host.
 *
 * DENIED: the proxy does not let us in.  UNREACHABLE: it cannot reach the host,
 * or will not.  BAD_INPUT: this is no SOCKS5 proxy.
 */
enum status socks_take(struct socks *s, struct bytes came);

/* The proxy has let us in and was asked for the host. */
bool socks_has_asked(const struct socks *s);

void socks_clear(struct socks *s);

#endif
