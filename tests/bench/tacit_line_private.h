/* tacit_line_private.h - what tacit_line.c and tacit_lines.c share. */
#ifndef TACIT_TESTS_BENCH_TACIT_LINE_PRIVATE_H
#define TACIT_TESTS_BENCH_TACIT_LINE_PRIVATE_H

#include "proto/arena.h"
#include "proto/channel.h"
#include "proto/frame.h"
#include "tests/bench/tacit_line.h"

struct tacit_lines {
	uv_prepare_t before; /* what timers asked for leaves */
	uv_check_t after;    /* what sockets made others ask for leaves */
	unsigned handles;    /* that the loop still has; the last one frees */
	uv_loop_t *loop;
	struct sockaddr_in to;
	struct channel_client *tls;
	struct frame_pool pool;
	struct arena *arena; /* of the reply being handed on */
	struct tacit_line *waiting;
};

enum line_state { LINE_CONNECTING, LINE_SHAKING, LINE_GREETING, LINE_OPEN };

struct tacit_line {
	uv_poll_t poll;
	struct tacit_lines *all;
	const struct tacit_line_events *events;
	void *owner;
	enum line_state state;
	int fd; /* the channel's, when there is one */
	int watched;
	bool closing;
	bool waits; /* in all->waiting */
	struct tacit_line *next_waiting;
	struct channel *channel;
	struct frame_reader *reader;
	struct buf *out;
	size_t out_sent;
	uint64_t sent_bytes;
	uint64_t received_bytes;
	uint8_t nonce[NONCE_BYTES];
	struct hash relay_key;
};

/* The loop has let go of one handle. */
void tacit_lines_let_go(struct tacit_lines *all);

/* Step when the socket can do something; given to uv_poll_start(). */
void tacit_line_watch(struct tacit_line *line, int events);

/* Send what waits, as far as it goes. */
void tacit_line_flush(struct tacit_line *line);
void tacit_line_leave_waiting(struct tacit_line *line);

#endif
