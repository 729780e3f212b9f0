/*
 * redis_line.h - one connection to Redis over TLS: hiredis makes the commands
 * and reads the answers, tls_stream.h carries them.  (hiredis 0.14 of Debian 12
 * has no TLS of its own.)
 */
#ifndef TACIT_TESTS_BENCH_REDIS_LINE_H
#define TACIT_TESTS_BENCH_REDIS_LINE_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "tests/bench/tls_stream.h"

struct redis_line;

/* The place of an entry in its stream, as Redis counts it. */
struct redis_id {
	uint64_t ms;
	uint64_t seq;
};

/*
 * Called from the loop.  A handler may ask for more on this line and may close
 * it: nothing is called after that.
 */
struct redis_line_events {
	void (*opened)(void *owner); /* the password was taken */

	/* One entry of an answer to redis_line_read(), before its answered().
	 */
	void (*entry)(void *owner, struct redis_id id, struct bytes payload);

	/* A command was answered well; answers come in the order of commands.
	 */
	void (*answered)(void *owner);

	/* The line broke, or a command was refused: the reason is in the log.
	 */
	void (*failed)(void *owner, enum status why);
};

struct redis_line_setup {
	const struct sockaddr_in *to;
	const struct sockaddr_in *from; /* NULL: any */
	const char *password;
	const struct redis_line_events *events; /* kept */
	void *owner;
};

enum status redis_line_open(struct tls_streams *all,
    const struct redis_line_setup *setup, struct redis_line **line);

/* What was asked for is still sent.  NULL is fine. */
void redis_line_close(struct redis_line *line);

/* XADD key * p payload: answered when the append-only file is flushed. */
enum status redis_line_add(
    struct redis_line *line, const char *key, struct bytes payload);

/*
 * XREAD COUNT count [BLOCK 0] STREAMS key after.  With `block` it is answered
 * when there is an entry, and everything asked for later waits behind it.
 */
struct redis_line_read {
	const char *key;
	struct redis_id after;
	uint32_t count;
	bool block;
};
enum status redis_line_read(
    struct redis_line *line, const struct redis_line_read *read);

/* XTRIM key MINID: removes everything up to and including `last`. */
enum status redis_line_trim(
    struct redis_line *line, const char *key, struct redis_id last);

/* Bytes on the socket so far, TLS included. */
void redis_line_traffic(const struct redis_line *line, uint64_t *sent_bytes,
    uint64_t *received_bytes);

#endif
