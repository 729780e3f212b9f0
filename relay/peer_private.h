/* peer_private.h - the inside of a peer; for peer.c and peer_step.c alone. */
#ifndef TACIT_RELAY_PEER_PRIVATE_H
#define TACIT_RELAY_PEER_PRIVATE_H

#include "proto/frame.h"
#include "relay/peer.h"

enum {
	PEER_OUTPUT_MARK_BYTES = 1024 * 1024,
	/* Whoever holds less than this is served even when memory is tight. */
	PEER_SMALL_BYTES = 64 * 1024,
	/* A connection at rest, most of it OpenSSL's. */
	PEER_BASE_BYTES = 16 * 1024,
};

enum peer_state {
	PEER_SHAKING,   /* TLS handshake */
	PEER_RUNNING,   /* frames */
	PEER_FINISHING, /* only what was said still leaves */
	PEER_CLOSED,    /* waits for libuv to let go of the handle */
};

struct peer {
	struct peer_host *host;
	uv_poll_t poll;
	struct channel *channel;
	struct frame_reader *reader;
	struct session *session; /* NULL while shaking */
	struct source source;
	enum peer_state state;
	int mask;      /* what is polled for */
	bool readable; /* there may be something to read */
	bool write_blocked;
	bool draining;
	struct buf *out;     /* NULL: nothing waits */
	size_t sent;         /* of out */
	int64_t since_ms;    /* entered this state */
	int64_t midway_ms;   /* a message began to arrive; 0: none did */
	int64_t stalled_ms;  /* the peer stopped reading; 0: it did not */
	int64_t squeezed_ms; /* not read from, memory is tight; 0: it is */
	size_t held_bytes;   /* of env->held_bytes */
	struct peer *next;
	struct peer *prev;
	struct peer *next_dirty;
	struct peer **dirty_at; /* what points at it; NULL: not dirty */
};

static inline void
peer_metric(const struct peer *p, enum metric id, int64_t n)
{
	metrics_add(p->host->env->common->metrics, id, n);
}

/* The peer wants a step in this turn. */
void peer_mark(struct peer *p);
void peer_enter(struct peer *p, enum peer_state state);

/* Gone at once for everybody; the memory goes when libuv lets go. */
void peer_close(struct peer *p);
size_t peer_waiting_bytes(const struct peer *p); /* said, not sent */

/* Holds so much that it has to wait while memory is tight. */
bool peer_is_large(const struct peer *p);

/* Tell the worker's sum what it holds now. */
void peer_count_held(struct peer *p);

/* peer_report.c: what the worker holds, for the metrics; once a second. */
void peers_report(struct peer_host *host);

/* One step: shake hands, take input, send output, say what to wait for. */
void peer_turn(struct peer *p);

extern const struct session_io peer_session_io;

#endif
