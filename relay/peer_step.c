/* peer_step.c - what a peer does in a turn of its loop. */
#include <string.h>

#include "base/log.h"
#include "relay/peer_private.h"

enum {
	OUTPUT_KEPT_BYTES = 16 * 1024, /* an idle connection keeps no more */
	READS_PER_TURN = 64,           /* so that one peer leaves others room */
	ROUNDS_PER_TURN = 8,
};

static bool
is_full(const struct peer *p)
{
	return peer_waiting_bytes(p) >= PEER_OUTPUT_MARK_BYTES;
}

static void
on_poll(uv_poll_t *handle, int status, int events)
{
	struct peer *p = handle->data;

	/* An error shows when it is next read or written. */
	if (status < 0 || (events & UV_READABLE) != 0)
		p->readable = true;
	if (status < 0 || (events & UV_WRITABLE) != 0)
		p->write_blocked = false;
	peer_mark(p);
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
		.io = &peer_session_io,
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
	if (st == STATUS_OK)
		frame_reader_share(p->reader, &p->host->frames);
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
		peer_metric(p, METRIC_HANDSHAKES_FAILED, 1);
		peer_close(p);
		return;
	}
	peer_enter(p, PEER_RUNNING);
	p->readable = true; /* the first request may have come along */
}

static bool
may_take(const struct peer *p)
{
	return p->state == PEER_RUNNING && !p->draining &&
	       session_is_ready(p->session) && !is_full(p);
}

/* Who has brought much already waits with the rest while memory is tight. */
static bool
may_read(const struct peer *p)
{
	return may_take(p) &&
	       !(session_env_is_tight(p->host->env) && peer_is_large(p));
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
	if (st == STATUS_OK)
		peer_metric(p, METRIC_RECEIVED_BYTES, (int64_t)got);
	return st;
}

static void
take_input(struct peer *p)
{
	pump(p);
	for (int i = 0; i < READS_PER_TURN && p->readable && may_read(p); i++) {
		enum status st = read_some(p);

		if (st != STATUS_OK && st != STATUS_AGAIN) {
			peer_close(p);
			return;
		}
		/* The loop tells of what is still in the socket. */
		p->readable = st == STATUS_OK && channel_has_input(p->channel);
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
	while (peer_waiting_bytes(p) > 0 && !p->write_blocked) {
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
			peer_metric(p, METRIC_SENT_BYTES, (int64_t)taken);
			p->stalled_ms = 0;
		}
	}
	if (p->out != NULL && peer_waiting_bytes(p) == 0)
		output_left(p);
	else if (p->sent >= PEER_OUTPUT_MARK_BYTES) {
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

	if (peer_waiting_bytes(p) > 0)
		return;
	for (int i = 0; i < READS_PER_TURN; i++) {
		enum status st =
		    channel_read(p->channel, waste, sizeof(waste), &got);

		if (st == STATUS_OK)
			continue;
		peer_close(p);
		return;
	}
	peer_mark(p);
}

static void
poll_for_more(struct peer *p)
{
	bool reads = may_read(p);
	int mask = 0;

	if (reads || !may_take(p)) {
		p->squeezed_ms = 0;
	} else if (p->squeezed_ms == 0) {
		p->squeezed_ms = p->host->env->mono_ms;
		p->host->squeezed = true;
	}
	if (reads && !p->readable)
		mask |= UV_READABLE;
	if (peer_waiting_bytes(p) > 0)
		mask |= UV_WRITABLE |
			(channel_wants_read(p->channel) ? UV_READABLE : 0);
	set_poll(p, mask);
	/* What is left in the channel is announced by nobody. */
	if (reads && p->readable)
		peer_mark(p);
}

void
peer_turn(struct peer *p)
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
		was_full = is_full(p);
		flush(p);
		again = was_full && p->state == PEER_RUNNING && !is_full(p);
		if (again)
			session_writable(p->session);
	}
	if (p->draining && p->state == PEER_RUNNING &&
	    !session_is_busy(p->session))
		peer_enter(p, PEER_FINISHING);
	if (p->state == PEER_FINISHING)
		finish(p);
	if (p->state == PEER_CLOSED)
		return;
	if (again)
		peer_mark(p);
	peer_count_held(p);
	poll_for_more(p);
}
