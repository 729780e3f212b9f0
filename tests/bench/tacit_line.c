#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/codec.h"
#include "tests/bench/tacit_line_private.h"

enum { HELLO_ID = 1 };

static void
line_closed(uv_handle_t *handle)
{
	struct tacit_line *line = handle->data;

	frame_reader_free(line->reader);
	buf_free(line->out);
	tacit_lines_let_go(line->all);
	free(line);
}

void
tacit_line_leave_waiting(struct tacit_line *line)
{
	struct tacit_line **at = &line->all->waiting;

	if (!line->waits)
		return;
	while (*at != line)
		at = &(*at)->next_waiting;
	*at = line->next_waiting;
	line->waits = false;
}

/* AGAIN: the socket is full.  Else as channel_write(). */
static enum status
push_out(struct tacit_line *line)
{
	enum status st = STATUS_OK;

	while (st == STATUS_OK && line->out_sent < buf_len(line->out)) {
		struct bytes left =
		    bytes_tail(buf_view(line->out), line->out_sent);
		size_t taken = 0;

		st = channel_write(line->channel, left, &taken);
		if (st == STATUS_OK)
			line->out_sent += taken;
	}
	if (st == STATUS_OK) {
		line->sent_bytes += buf_len(line->out);
		buf_clear(line->out);
		line->out_sent = 0;
	}
	return st;
}

void
tacit_line_close(struct tacit_line *line)
{
	if (line == NULL || line->closing)
		return;
	line->closing = true;
	tacit_line_leave_waiting(line);
	if (line->state >= LINE_GREETING)
		(void)!push_out(line);
	uv_close((uv_handle_t *)&line->poll, line_closed);
	if (line->channel != NULL)
		channel_free(line->channel);
	else
		close(line->fd);
	line->channel = NULL;
}

static void
fail(struct tacit_line *line, enum status why)
{
	if (line->closing)
		return;
	tacit_line_leave_waiting(line);
	(void)uv_poll_stop(&line->poll);
	line->watched = 0;
	line->events->failed(line->owner, why);
}

static void on_ready(uv_poll_t *poll, int status, int events);

void
tacit_line_watch(struct tacit_line *line, int events)
{
	if (line->closing || line->watched == events)
		return;
	line->watched = events;
	if (uv_poll_start(&line->poll, events, on_ready) != 0)
		fail(line, STATUS_IO);
}

void
tacit_line_flush(struct tacit_line *line)
{
	enum status st = push_out(line);

	if (st == STATUS_AGAIN)
		tacit_line_watch(line, UV_READABLE | UV_WRITABLE);
	else if (st != STATUS_OK)
		fail(line, st);
	else
		tacit_line_watch(line, UV_READABLE);
}

static void
greeted(struct tacit_line *line, const struct reply *r)
{
	if (r->kind != REPLY_HELLO) {
		fail(line, STATUS_CONFLICT);
		return;
	}
	memcpy(line->nonce, r->u.hello.nonce, sizeof(line->nonce));
	line->relay_key = r->u.hello.relay_key;
	line->state = LINE_OPEN;
	line->events->opened(line->owner);
}

/* All whole frames that are there. */
static enum status
hand_on(struct tacit_line *line)
{
	struct tacit_lines *all = line->all;
	struct bytes body;
	struct reply r;
	uint64_t id;
	enum status st = STATUS_AGAIN;

	while (!line->closing &&
	       (st = frame_reader_next(line->reader, &body)) == STATUS_OK) {
		arena_reset(all->arena);
		st = codec_get_reply(body, all->arena, &r, &id);
		if (st == STATUS_NOT_FOUND)
			continue; /* Spec 2.1: "ignored by a" */
		if (st != STATUS_OK)
			return st;
		if (line->state == LINE_GREETING)
			greeted(line, &r);
		else
			line->events->came(line->owner, &r);
	}
	return st == STATUS_AGAIN ? STATUS_OK : st;
}

/* As channel_read(), and all whole frames of what came are handed on. */
static enum status
take_once(struct tacit_line *line)
{
	uint8_t *room;
	size_t len, got = 0;
	enum status st = frame_reader_room(line->reader, &room, &len);

	if (st != STATUS_OK)
		return st;
	st = channel_read(line->channel, room, len, &got);
	frame_reader_filled(line->reader, st == STATUS_OK ? got : 0);
	line->received_bytes += got;
	return st == STATUS_OK ? hand_on(line) : st;
}

/*
 * Nothing asks the socket whether there is more: the loop says so in its next
 * turn, and that call would find nothing most of the time.
 */
static void
take_in(struct tacit_line *line)
{
	enum status st;

	do
		st = take_once(line);
	while (st == STATUS_OK && !line->closing &&
	       channel_has_input(line->channel));
	if (line->closing)
		return;
	if (st != STATUS_OK && st != STATUS_AGAIN)
		fail(line, st);
	else if (line->state == LINE_OPEN)
		line->events->paused(line->owner);
}

static void
greet(struct tacit_line *line)
{
	struct request hello = { .id = HELLO_ID, .kind = REQUEST_HELLO };
	enum status st;

	line->state = LINE_GREETING;
	hello.u.hello.version_min = PROTOCOL_VERSION;
	hello.u.hello.version_max = PROTOCOL_VERSION;
	tacit_line_watch(line, UV_READABLE);
	st = tacit_line_ask(line, &hello);
	if (st != STATUS_OK)
		fail(line, st);
}

static void
shake(struct tacit_line *line)
{
	enum status st = channel_handshake(line->channel);

	if (st == STATUS_AGAIN)
		tacit_line_watch(line, channel_wants_write(line->channel)
					   ? UV_WRITABLE
					   : UV_READABLE);
	else if (st != STATUS_OK)
		fail(line, st);
	else
		greet(line);
}

static void
connected(struct tacit_line *line)
{
	int code = 0;
	socklen_t len = sizeof(code);
	enum status st;

	if (getsockopt(line->fd, SOL_SOCKET, SO_ERROR, &code, &len) != 0 ||
	    code != 0) {
		fail(line, STATUS_UNREACHABLE);
		return;
	}
	channel_tune(line->fd);
	st = channel_connect(line->all->tls, line->fd, &line->channel);
	if (st != STATUS_OK) {
		line->fd = -1; /* it was the channel's already */
		fail(line, st);
		return;
	}
	line->state = LINE_SHAKING;
	shake(line);
}

static void
on_ready(uv_poll_t *poll, int status, int events)
{
	struct tacit_line *line = poll->data;

	if (status != 0) {
		fail(line, STATUS_IO);
		return;
	}
	switch (line->state) {
	case LINE_CONNECTING:
		connected(line);
		return;
	case LINE_SHAKING:
		shake(line);
		return;
	case LINE_GREETING:
	case LINE_OPEN:
		if ((events & UV_WRITABLE) != 0)
			tacit_line_flush(line);
		if ((events & UV_READABLE) != 0 && !line->closing)
			take_in(line);
	}
}

enum status
tacit_line_ask(struct tacit_line *line, const struct request *r)
{
	enum status st = codec_put_request(r, line->out);

	if (st == STATUS_OK && !line->waits) {
		line->waits = true;
		line->next_waiting = line->all->waiting;
		line->all->waiting = line;
	}
	return st;
}

enum status
tacit_line_context(struct tacit_line *line, const struct address *who,
    struct proof_context *context)
{
	memset(context, 0, sizeof(*context));
	context->who = *who;
	context->relay_key = line->relay_key;
	memcpy(context->nonce, line->nonce, sizeof(context->nonce));
	return channel_exporter(line->channel, context->exporter);
}

void
tacit_line_traffic(
    const struct tacit_line *line, uint64_t *sent, uint64_t *received)
{
	*sent = line->sent_bytes;
	*received = line->received_bytes;
}
