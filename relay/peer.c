#include "relay/peer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "proto/codec.h"
#include "proto/frame.h"

enum {
	OUTPUT_MARK_BYTES = 1024 * 1024,
	OUTPUT_MAX_BYTES = 32 * 1024 * 1024,
	OUTPUT_KEPT_BYTES = 16 * 1024, /* an idle connection keeps no more */
	READS_PER_TURN = 64,           /* so that one peer leaves others room */
	ROUNDS_PER_TURN = 8,
	FINISH_MS = 2000, /* to let the last words leave */
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
	struct buf *out;    /* NULL: nothing waits */
	size_t sent;        /* of out */
	int64_t since_ms;   /* entered this state */
	int64_t midway_ms;  /* a message began to arrive; 0: none did */
	int64_t stalled_ms; /* the peer stopped reading; 0: it did not */
	struct peer *next;
	struct peer *prev;
	struct peer *next_dirty;
	struct peer **dirty_at; /* what points at it; NULL: not dirty */
};

static void
mark(struct peer *p)
{
	struct peer **list = &p->host->dirty;

	if (p->dirty_at != NULL || p->state == PEER_CLOSED)
		return;
	p->next_dirty = *list;
	if (p->next_dirty != NULL)
		p->next_dirty->dirty_at = &p->next_dirty;
	p->dirty_at = list;
	*list = p;
}

static void
unmark(struct peer *p)
{
	if (p->dirty_at == NULL)
		return;
	*p->dirty_at = p->next_dirty;
	if (p->next_dirty != NULL)
		p->next_dirty->dirty_at = p->dirty_at;
	p->dirty_at = NULL;
}

static void
enter(struct peer *p, enum peer_state state)
{
	p->state = state;
	p->since_ms = p->host->env->mono_ms;
}

static void
poll_closed(uv_handle_t *handle)
{
	struct peer *p = handle->data;

	free(p);
}

static void
peer_close(struct peer *p)
{
	struct peer_host *host = p->host;

	if (p->state == PEER_CLOSED)
		return;
	enter(p, PEER_CLOSED);
	unmark(p);
	uv_poll_stop(&p->poll);
	uv_close((uv_handle_t *)&p->poll, poll_closed);
	session_free(p->session);
	channel_free(p->channel);
	frame_reader_free(p->reader);
	buf_free(p->out);
	doors_leave(host->doors, &p->source);
	if (p->next != NULL)
		p->next->prev = p->prev;
	if (p->prev != NULL)
		p->prev->next = p->next;
	else
		host->all = p->next;
	host->count--;
}

static size_t
waiting_bytes(const struct peer *p)
{
	return p->out == NULL ? 0 : buf_len(p->out) - p->sent;
}

static enum status
io_say(void *peer, const struct reply *r)
{
	struct peer *p = peer;
	enum status st = STATUS_OK;

	if (p->out == NULL)
		st = buf_new(OUTPUT_MAX_BYTES, &p->out);
	if (st == STATUS_OK)
		st = codec_put_reply(r, p->out);
	mark(p);
	return st;
}

static bool
io_is_full(void *peer)
{
	return waiting_bytes(peer) >= OUTPUT_MARK_BYTES;
}

static void
io_resume(void *peer)
{
	mark(peer);
}

static void
io_finish(void *peer)
{
	struct peer *p = peer;

	if (p->state != PEER_RUNNING)
		return;
	enter(p, PEER_FINISHING);
	mark(p);
}

static const struct session_io session_io = {
	.say = io_say,
	.is_full = io_is_full,
	.resume = io_resume,
	.finish = io_finish,
};

static void
on_poll(uv_poll_t *handle, int status, int events)
{
	struct peer *p = handle->data;

	/* An error shows when it is next read or written. */
	if (status < 0 || (events & UV_READABLE) != 0)
		p->readable = true;
	if (status < 0 || (events & UV_WRITABLE) != 0)
		p->write_blocked = false;
	mark(p);
}

static void
set_poll(struct peer *p, int mask)
{
	if (p->state == PEER_CLOSED || mask == p->mask)
		return;
	p->mask = mask;
	if (mask == 0)
		uv_poll_stop(&p->poll);
	else if (uv_poll_start(&p->poll, mask, on_poll) != 0)
		peer_close(p);
}

static enum status
open_session(struct peer *p)
{
	struct session_options options = {
		.env = p->host->env,
		.io = &session_io,
		.peer = p,
		.source_len = p->source.len,
	};
	enum status st;

	_Static_assert(sizeof(options.source) == sizeof(p->source.raw), "");
	memcpy(options.source, p->source.raw, sizeof(options.source));
	st = channel_exporter(p->channel, options.exporter);
	if (st == STATUS_OK)
		st = session_new(&options, &p->session);
	if (st == STATUS_OK)
		st = frame_reader_new(
		    session_message_limit(p->session), &p->reader);
	return st;
}

static void
shake(struct peer *p)
{
	enum status st = channel_handshake(p->channel);

	if (st == STATUS_AGAIN) {
		set_poll(
		    p, (channel_wants_read(p->channel) ? UV_READABLE : 0) |
			   (channel_wants_write(p->channel) ? UV_WRITABLE : 0));
		return;
	}
	if (st == STATUS_OK)
		st = open_session(p);
	if (st != STATUS_OK) {
		log_event(
		    LOG_LEVEL_DEBUG, "handshake", "failed=%s", status_name(st));
		peer_close(p);
		return;
	}
	enter(p, PEER_RUNNING);
	p->readable = true; /* the first request may have come along */
}

static bool
may_take(const struct peer *p)
{
	return p->state == PEER_RUNNING && !p->draining &&
	       session_is_ready(p->session) &&
	       waiting_bytes(p) < OUTPUT_MARK_BYTES;
}

/* Hand whole messages on, as long as the session wants more. */
static void
pump(struct peer *p)
{
	struct bytes body;
	enum status st;

	while (may_take(p)) {
		frame_reader_set_limit(
		    p->reader, session_message_limit(p->session));
		st = frame_reader_next(p->reader, &body);
		if (st == STATUS_OK) {
			p->midway_ms = 0;
			session_feed(p->session, body);
			continue;
		}
		if (st != STATUS_AGAIN)
			session_broken(p->session, st);
		else if (frame_reader_is_empty(p->reader))
			p->midway_ms = 0;
		else if (p->midway_ms == 0)
			p->midway_ms = p->host->env->mono_ms;
		return;
	}
}

static enum status
read_some(struct peer *p)
{
	uint8_t *room;
	size_t len, got;
	enum status st = frame_reader_room(p->reader, &room, &len);

	if (st != STATUS_OK)
		return st;
	st = channel_read(p->channel, room, len, &got);
	frame_reader_filled(p->reader, st == STATUS_OK ? got : 0);
	return st;
}

static void
take_input(struct peer *p)
{
	pump(p);
	for (int i = 0; i < READS_PER_TURN && p->readable && may_take(p); i++) {
		enum status st = read_some(p);

		if (st == STATUS_AGAIN) {
			p->readable = false;
		} else if (st != STATUS_OK) {
			peer_close(p);
			return;
		}
		pump(p);
	}
}

static void
output_left(struct peer *p)
{
	p->sent = 0;
	p->stalled_ms = 0;
	if (buf_len(p->out) > OUTPUT_KEPT_BYTES) {
		buf_free(p->out);
		p->out = NULL;
	} else {
		buf_clear(p->out);
	}
}

static void
flush(struct peer *p)
{
	while (waiting_bytes(p) > 0 && !p->write_blocked) {
		struct bytes rest = bytes_tail(buf_view(p->out), p->sent);
		size_t taken = 0;
		enum status st = channel_write(p->channel, rest, &taken);

		if (st == STATUS_AGAIN) {
			p->write_blocked = true;
			if (p->stalled_ms == 0)
				p->stalled_ms = p->host->env->mono_ms;
		} else if (st != STATUS_OK) {
			peer_close(p);
			return;
		} else {
			p->sent += taken;
			p->stalled_ms = 0;
		}
	}
	if (p->out != NULL && waiting_bytes(p) == 0)
		output_left(p);
	else if (p->sent >= OUTPUT_MARK_BYTES) {
		buf_drop(p->out, p->sent);
		p->sent = 0;
	}
}

/*
 * What was said has left.  Input that nobody read would make the kernel reset
 * the connection and throw those words away, so it is emptied first.
 */
static void
finish(struct peer *p)
{
	uint8_t waste[4096];
	size_t got;

	if (waiting_bytes(p) > 0)
		return;
	for (int i = 0; i < READS_PER_TURN; i++) {
		enum status st =
		    channel_read(p->channel, waste, sizeof(waste), &got);

		if (st == STATUS_OK)
			continue;
		peer_close(p);
		return;
	}
	mark(p);
}

static void
poll_for_more(struct peer *p)
{
	int mask = 0;

	if (may_take(p) && !p->readable)
		mask |= UV_READABLE;
	if (waiting_bytes(p) > 0)
		mask |= UV_WRITABLE |
			(channel_wants_read(p->channel) ? UV_READABLE : 0);
	set_poll(p, mask);
	/* What is left in the channel is announced by nobody. */
	if (may_take(p) && p->readable)
		mark(p);
}

static void
turn(struct peer *p)
{
	bool again = true;

	if (p->state == PEER_SHAKING)
		shake(p);
	if (p->state == PEER_SHAKING || p->state == PEER_CLOSED)
		return;
	for (int i = 0; again && i < ROUNDS_PER_TURN; i++) {
		bool was_full;

		take_input(p);
		if (p->state == PEER_CLOSED)
			return;
		was_full = io_is_full(p);
		flush(p);
		again = was_full && p->state == PEER_RUNNING && !io_is_full(p);
		if (again)
			session_writable(p->session);
	}
	if (p->draining && p->state == PEER_RUNNING &&
	    !session_is_busy(p->session))
		enter(p, PEER_FINISHING);
	if (p->state == PEER_FINISHING)
		finish(p);
	if (p->state == PEER_CLOSED)
		return;
	if (again)
		mark(p);
	poll_for_more(p);
}

static void
idle(uv_idle_t *handle)
{
	(void)handle; /* its being active is what keeps the loop turning */
}

void
peers_turn(struct peer_host *host)
{
	struct peer *now = host->dirty;
	struct peer *p;

	/* Who is marked during this turn waits for the next. */
	host->dirty = NULL;
	if (now != NULL)
		now->dirty_at = &now;
	while ((p = now) != NULL) {
		unmark(p);
		turn(p);
	}
	if (host->dirty != NULL)
		uv_idle_start(host->busy, idle);
	else
		uv_idle_stop(host->busy);
}

static bool
is_over(int64_t since_ms, int64_t limit_ms, int64_t now_ms)
{
	return since_ms != 0 && now_ms - since_ms >= limit_ms;
}

/* Half-open connections are found by TCP keep-alive; idle ones may stay. */
static void
tick(struct peer *p, int64_t now_ms)
{
	const struct settings *settings = p->host->settings;

	if (p->state == PEER_SHAKING) {
		if (is_over(p->since_ms, settings->handshake_ms, now_ms))
			peer_close(p);
		return;
	}
	if (p->state == PEER_FINISHING) {
		if (is_over(p->since_ms, FINISH_MS, now_ms))
			peer_close(p);
		return;
	}
	if (is_over(p->stalled_ms, settings->write_ms, now_ms) ||
	    (!session_is_authenticated(p->session) &&
		is_over(p->since_ms, settings->login_ms, now_ms)))
		peer_close(p);
	else if (is_over(p->midway_ms, settings->message_ms, now_ms))
		session_broken(p->session, STATUS_BAD_INPUT);
	else
		session_tick(p->session);
}

void
peers_tick(struct peer_host *host)
{
	struct peer *next;

	for (struct peer *p = host->all; p != NULL; p = next) {
		next = p->next;
		tick(p, host->env->mono_ms);
	}
}

void
peers_drain(struct peer_host *host)
{
	struct peer *next;

	for (struct peer *p = host->all; p != NULL; p = next) {
		next = p->next;
		p->draining = true;
		if (p->state == PEER_SHAKING)
			peer_close(p);
		mark(p);
	}
}

void
peers_close(struct peer_host *host)
{
	while (host->all != NULL)
		peer_close(host->all);
}

enum status
peer_new(struct peer_host *host, int fd, const struct source *source)
{
	struct peer *p = calloc(1, sizeof(*p));
	enum status st = STATUS_NOMEM;

	if (p == NULL)
		goto out;
	p->host = host;
	p->source = *source;
	if (uv_poll_init(host->loop, &p->poll, fd) != 0) {
		st = STATUS_IO;
		goto out;
	}
	p->poll.data = p;
	enter(p, PEER_SHAKING);
	p->next = host->all;
	if (p->next != NULL)
		p->next->prev = p;
	host->all = p;
	host->count++;
	st = channel_accept(host->tls, fd, &p->channel);
	if (st != STATUS_OK) {
		peer_close(p); /* leaves the doors; fd went with the channel */
		return st;
	}
	mark(p);
	return STATUS_OK;
out:
	free(p);
	close(fd);
	doors_leave(host->doors, source);
	return st;
}
