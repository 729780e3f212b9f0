#include "relay/peer.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/codec.h"
#include "relay/peer_private.h"

enum {
	OUTPUT_MAX_BYTES = 32 * 1024 * 1024,
	FINISH_MS = 2000,  /* to let the last words leave */
	SQUEEZE_MS = 5000, /* to hold much while memory is tight */
};

void
peer_mark(struct peer *p)
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
peer_unmark(struct peer *p)
{
	if (p->dirty_at == NULL)
		return;
	*p->dirty_at = p->next_dirty;
	if (p->next_dirty != NULL)
		p->next_dirty->dirty_at = p->dirty_at;
	p->dirty_at = NULL;
}

void
peer_enter(struct peer *p, enum peer_state state)
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

void
peer_close(struct peer *p)
{
	struct peer_host *host = p->host;

	if (p->state == PEER_CLOSED)
		return;
	peer_enter(p, PEER_CLOSED);
	peer_count_held(p);
	peer_unmark(p);
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
	peer_metric(p, METRIC_CONNECTIONS_OPEN, -1);
}

size_t
peer_waiting_bytes(const struct peer *p)
{
	return p->out == NULL ? 0 : buf_len(p->out) - p->sent;
}

static size_t
held_bytes(const struct peer *p)
{
	if (p->state == PEER_CLOSED)
		return 0;
	return (p->reader == NULL ? 0 : frame_reader_held_bytes(p->reader)) +
	       (p->out == NULL ? 0 : buf_len(p->out));
}

bool
peer_is_large(const struct peer *p)
{
	return held_bytes(p) + session_held_bytes(p->session) >
	       PEER_SMALL_BYTES;
}

void
peer_count_held(struct peer *p)
{
	struct session_env *env = p->host->env;
	size_t now =
	    held_bytes(p) + (p->state == PEER_CLOSED ? 0 : PEER_BASE_BYTES);

	env->held_bytes = env->held_bytes - p->held_bytes + now;
	p->held_bytes = now;
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
	peer_mark(p);
	return st;
}

static bool
io_is_full(void *peer)
{
	return peer_waiting_bytes(peer) >= PEER_OUTPUT_MARK_BYTES;
}

static void
io_resume(void *peer)
{
	peer_mark(peer);
}

static void
io_finish(void *peer)
{
	struct peer *p = peer;

	if (p->state != PEER_RUNNING)
		return;
	peer_enter(p, PEER_FINISHING);
	peer_mark(p);
}

const struct session_io peer_session_io = {
	.say = io_say,
	.is_full = io_is_full,
	.resume = io_resume,
	.finish = io_finish,
};

static void
idle(uv_idle_t *handle)
{
	(void)handle; /* its being active is what keeps the loop turning */
}

/* Those that had to wait go on. */
static void
relax(struct peer_host *host)
{
	if (!host->squeezed || session_env_is_tight(host->env))
		return;
	host->squeezed = false;
	for (struct peer *p = host->all; p != NULL; p = p->next)
		if (p->squeezed_ms != 0)
			peer_mark(p);
}

void
peers_turn(struct peer_host *host)
{
	struct peer *now;
	struct peer *p;

	relax(host);
	now = host->dirty;

	/* Who is marked during this turn waits for the next. */
	host->dirty = NULL;
	if (now != NULL)
		now->dirty_at = &now;
	while ((p = now) != NULL) {
		peer_unmark(p);
		peer_turn(p);
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

/* Thousands of connections are idle: none keeps room for its next answer. */
static void
peer_let_go(struct peer *p)
{
	if (peer_waiting_bytes(p) > 0)
		return;
	buf_free(p->out);
	p->out = NULL;
	p->sent = 0;
	peer_count_held(p);
}

/* Half-open connections are found by TCP keep-alive; idle ones may stay. */
static void
tick(struct peer *p, int64_t now_ms)
{
	const struct settings *settings = p->host->settings;

	if (p->state == PEER_SHAKING) {
		if (!is_over(p->since_ms, settings->handshake_ms, now_ms))
			return;
		peer_metric(p, METRIC_HANDSHAKES_FAILED, 1);
		peer_close(p);
		return;
	}
	if (p->state == PEER_FINISHING) {
		if (is_over(p->since_ms, FINISH_MS, now_ms))
			peer_close(p);
		return;
	}
	if (session_env_is_tight(p->host->env) && peer_is_large(p) &&
	    (is_over(p->stalled_ms, SQUEEZE_MS, now_ms) ||
		is_over(p->squeezed_ms, SQUEEZE_MS, now_ms))) {
		peer_metric(p, METRIC_TIMEOUTS, 1);
		session_broken(p->session, STATUS_NOMEM);
		return;
	}
	peer_let_go(p);
	if (is_over(p->stalled_ms, settings->write_ms, now_ms) ||
	    (!session_is_authenticated(p->session) &&
		is_over(p->since_ms, settings->login_ms, now_ms))) {
		peer_metric(p, METRIC_TIMEOUTS, 1);
		peer_close(p);
	} else if (is_over(p->midway_ms, settings->message_ms, now_ms)) {
		peer_metric(p, METRIC_TIMEOUTS, 1);
		session_broken(p->session, STATUS_BAD_INPUT);
	} else {
		session_tick(p->session);
	}
}

void
peers_tick(struct peer_host *host)
{
	struct peer *next;

	peers_report(host);
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
		peer_mark(p);
	}
}

void
peers_expel(struct peer_host *host)
{
	struct peer *next;

	for (struct peer *p = host->all; p != NULL; p = next) {
		struct sockaddr_storage address = { 0 };
		socklen_t len = sizeof(address);
		uv_os_fd_t fd;

		next = p->next;
		if (uv_fileno((uv_handle_t *)&p->poll, &fd) == 0 &&
		    getpeername(fd, (struct sockaddr *)&address, &len) == 0 &&
		    doors_have_banned(host->doors, (struct sockaddr *)&address))
			peer_close(p);
	}
}

static void
on_evicted(void *owner, const struct storage_eviction *e)
{
	struct peer_host *host = owner;
	struct peer *next;

	for (struct peer *p = host->all; p != NULL; p = next) {
		next = p->next;
		if (p->session != NULL)
			session_evict(p->session, e);
	}
}

enum status
peers_open_port(struct peer_host *host, struct storage *storage)
{
	enum status st =
	    storage_port_open(storage, host->loop, &host->env->port);

	if (st == STATUS_OK)
		storage_port_on_evicted(host->env->port, on_evicted, host);
	return st;
}

void
peers_close(struct peer_host *host)
{
	while (host->all != NULL)
		peer_close(host->all);
}

/*
 * Connections alone may take three quarters, or who is here could no longer be
 * served.  Messages may take more than there is only for a moment, and whoever
 * holds much of it is made to let go, so for them nobody is kept out until it
 * is a quarter too much.
 */
static bool
has_room(const struct peer_host *host)
{
	const struct session_env *env = host->env;

	return host->count < env->budget_bytes / 4 * 3 / PEER_BASE_BYTES &&
	       env->held_bytes / 5 < env->budget_bytes / 4;
}

enum status
peer_new(struct peer_host *host, int fd, const struct source *source)
{
	struct peer *p = calloc(1, sizeof(*p));
	enum status st = STATUS_NOMEM;

	if (p == NULL)
		goto out;
	if (!has_room(host)) {
		st = STATUS_OK;
		goto out;
	}
	p->host = host;
	p->source = *source;
	if (uv_poll_init(host->loop, &p->poll, fd) != 0) {
		st = STATUS_IO;
		goto out;
	}
	p->poll.data = p;
	peer_enter(p, PEER_SHAKING);
	p->next = host->all;
	if (p->next != NULL)
		p->next->prev = p;
	host->all = p;
	host->count++;
	peer_metric(p, METRIC_CONNECTIONS_OPEN, 1);
	peer_count_held(p);
	st = channel_accept(host->tls, fd, &p->channel);
	if (st != STATUS_OK) {
		peer_metric(p, METRIC_REFUSED_MEMORY, 1);
		peer_close(p); /* leaves the doors; fd went with the channel */
		return st;
	}
	peer_mark(p);
	return STATUS_OK;
out:
	metrics_add(host->env->common->metrics, METRIC_REFUSED_MEMORY, 1);
	free(p);
	close(fd);
	doors_leave(host->doors, source);
	return st;
}
