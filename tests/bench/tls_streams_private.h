/* tls_streams_private.h - what the streams of one loop share, seen inside. */
#ifndef TACIT_TESTS_BENCH_TLS_STREAMS_PRIVATE_H
#define TACIT_TESTS_BENCH_TLS_STREAMS_PRIVATE_H

#include <openssl/ssl.h>

#include "tests/bench/tls_stream.h"

enum { TLS_READ_BYTES = 64 * 1024 }; /* handed out at once */

struct tls_streams {
	uv_loop_t *loop;
	SSL_CTX *ctx;
	uv_prepare_t before; /* what timers asked for */
	uv_idle_t awake;     /* something was done before: do not wait */
	uv_check_t after;    /* what sockets made others ask for */
	int handles;         /* not given back by the loop yet */
	TAILQ_HEAD(, tls_later) later;
	uint8_t into[TLS_READ_BYTES];
};

#endif
