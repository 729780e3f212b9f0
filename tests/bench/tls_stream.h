/*
 * tls_stream.h - TLS 1.3 bytes to a server that is not ours, on a uv loop.
 *
 * The relay's own channel insists on its protocol name, which no other server
 * knows; this is the same thing for the drivers of the peers.  What is written
 * during one turn of the loop leaves together, in as few records as it fits:
 * a load program that wrote each request by itself would measure its own
 * system calls.
 */
#ifndef TACIT_TESTS_BENCH_TLS_STREAM_H
#define TACIT_TESTS_BENCH_TLS_STREAM_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uv.h>

#include "base/bytes.h"
#include "base/status.h"

/* What the streams of one loop share. */
struct tls_streams;

struct tls_stream;

/*
 * Something to do later in this turn of the loop, when no call of ours is under
 * way.  Lives in what it is about; zero to begin with, `call` and `owner` set.
 */
struct tls_later {
	void (*call)(void *owner);
	void *owner;
	bool waits;
	TAILQ_ENTRY(tls_later) entry;
};

/*
 * Called from the loop, never from inside a call of ours.  A handler may write
 * to this stream and to others, and may close it: nothing is called after that.
 */
struct tls_stream_events {
	void (*opened)(struct tls_stream *s); /* the handshake is complete */
	void (*arrived)(struct tls_stream *s, struct bytes b); /* borrowed */
	void (*failed)(struct tls_stream *s, enum status why);
};

/* Certificates are not checked: the server is one we started on loopback. */
enum status tls_streams_new(uv_loop_t *loop, struct tls_streams **all);

/*
 * Every stream has been closed, and nothing is to be done later.  Memory goes
 * when the loop has let go of it.  NULL is fine.
 */
void tls_streams_close(struct tls_streams *all);

/* A second call before it is done changes nothing; nor does a lost cancel. */
void tls_later(struct tls_streams *all, struct tls_later *what);
void tls_later_cancel(struct tls_streams *all, struct tls_later *what);

/*
 * Begin to connect.
 *
 *   to      a numeric address and port
 *   from    the address to come from, port 0; NULL lets the kernel choose
 *   events  kept: outlives the stream
 *   owner   handed back by tls_stream_owner()
 *
 * IO: no socket, or refused at once.  NOMEM.
 */
struct tls_stream_setup {
	const struct sockaddr_in *to;
	const struct sockaddr_in *from;
	const struct tls_stream_events *events;
	void *owner;
};
enum status tls_stream_open(struct tls_streams *all,
    const struct tls_stream_setup *setup, struct tls_stream **s);

void *tls_stream_owner(const struct tls_stream *s);

/*
 * Room for len bytes at the end of what leaves in this turn; filled in by the
 * caller before anything else is done with s.  NULL: no memory, or the stream
 * is broken (which its owner is told).
 */
uint8_t *tls_stream_room(struct tls_stream *s, size_t len);

/* The same, copied from `b`. */
enum status tls_stream_write(struct tls_stream *s, struct bytes b);

/* Bytes on the socket so far, TLS included. */
void tls_stream_traffic(
    const struct tls_stream *s, uint64_t *sent_bytes, uint64_t *received_bytes);

/*
 * Let go.  `graceful`: what was written and a close_notify are sent first as
 * far as the socket takes them.  Memory goes when the loop has let go too.
 * NULL is fine.
 */
void tls_stream_close(struct tls_stream *s, bool graceful);

#endif
