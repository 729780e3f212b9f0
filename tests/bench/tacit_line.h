/*
 * tacit_line.h - a connection to the relay on a uv loop, up to its hello:
 * plain structs of proto/ one way, replies the other.
 *
 * What is asked during one turn of the loop leaves together, in as few TLS
 * records as it fits.
 */
#ifndef TACIT_TESTS_BENCH_TACIT_LINE_H
#define TACIT_TESTS_BENCH_TACIT_LINE_H

#include <netinet/in.h>
#include <stdint.h>

#include <uv.h>

#include "base/status.h"
#include "proto/link.h"
#include "proto/message.h"
#include "proto/proof.h"

/* What the lines of one loop share. */
struct tacit_lines;

struct tacit_line;

/*
 * Called from the loop, never from inside a call of ours.  A handler may ask
 * and may close the line: nothing is called after that.
 */
struct tacit_line_events {
	void (*opened)(void *owner); /* the relay has said its hello */

	/* Borrowed for the call. */
	void (*came)(void *owner, const struct reply *r);

	/* All that had arrived was handed on. */
	void (*paused)(void *owner);

	/* Broken, or something that is no reply came. */
	void (*failed)(void *owner, enum status why);
};

struct tacit_line_setup {
	const struct sockaddr_in *from;         /* NULL: any */
	const struct tacit_line_events *events; /* kept */
	void *owner;
};

/* The link names a numeric IPv4 address.  BAD_INPUT, NOMEM, IO. */
enum status tacit_lines_new(
    uv_loop_t *loop, const struct link *link, struct tacit_lines **all);

/*
 * Every line has been closed; memory goes when the loop has let go of the
 * handles of `all` and of its lines.  NULL is fine.
 */
void tacit_lines_free(struct tacit_lines *all);

/* Begin to connect.  IO, NOMEM. */
enum status tacit_line_open(struct tacit_lines *all,
    const struct tacit_line_setup *setup, struct tacit_line **line);

/* NOMEM, FULL: more than 16 MiB wait. */
enum status tacit_line_ask(struct tacit_line *line, const struct request *r);

/* After opened(): what a proof of this connection names. */
enum status tacit_line_context(struct tacit_line *line,
    const struct address *who, struct proof_context *context);

/* Bytes inside TLS. */
void tacit_line_traffic(
    const struct tacit_line *line, uint64_t *sent, uint64_t *received);

/* What was asked is still sent as far as it goes now.  NULL is fine. */
void tacit_line_close(struct tacit_line *line);

#endif
