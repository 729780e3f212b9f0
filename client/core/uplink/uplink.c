#include "client/core/uplink/uplink.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "client/core/uplink/uplink_private.h"

enum { ADDRESSES_MAX = 16 };

struct turner {
	uv_loop_t loop;
	uv_timer_t timer;
	uv_poll_t poll;
	uv_getaddrinfo_t lookup;
	struct sockaddr_storage addresses[ADDRESSES_MAX];
	size_t addresses_count;
	bool polling; /* poll is on a socket */
	bool looking; /* a thread of libuv's pool asks the resolver */
	bool timed_out;
	bool fired;
	int events;
};

static void
timer_fired(uv_timer_t *timer)
{
	struct turner *t = timer->data;

	t->timed_out = true;
}

static void
poll_fired(uv_poll_t *poll, int status, int events)
{
	struct turner *t = poll->data;

	/* An error is for the next read or write to find. */
	(void)status;
	(void)events;
	t->fired = true;
}

/* Turn until *done or the deadline.  AGAIN: the latter. */
static enum status
turn(struct turner *t, const bool *done, bool until, int64_t deadline_ms)
{
	int64_t left_ms = deadline_ms - clock_mono_ms();

	t->timed_out = left_ms <= 0;
	uv_update_time(&t->loop);
	if (!t->timed_out &&
	    uv_timer_start(&t->timer, timer_fired, (uint64_t)left_ms, 0) != 0)
		return STATUS_IO;
	while (*done != until && !t->timed_out)
		uv_run(&t->loop, UV_RUN_ONCE);
	if (*done != until)
		uv_run(&t->loop, UV_RUN_NOWAIT);
	uv_timer_stop(&t->timer);
	return *done == until ? STATUS_OK : STATUS_AGAIN;
}

enum status
turner_new(struct turner **t)
{
	struct turner *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	if (uv_loop_init(&fresh->loop) != 0) {
		free(fresh);
		return STATUS_IO;
	}
	if (uv_timer_init(&fresh->loop, &fresh->timer) != 0) {
		uv_loop_close(&fresh->loop);
		free(fresh);
		return STATUS_IO;
	}
	fresh->timer.data = fresh;
	*t = fresh;
	return STATUS_OK;
}

static void
let_go(struct turner *t)
{
	if (!t->polling)
		return;
	uv_poll_stop(&t->poll);
	uv_close((uv_handle_t *)&t->poll, NULL);
	/* The handle is ours again after one turn. */
	uv_run(&t->loop, UV_RUN_NOWAIT);
	t->polling = false;
}

void
turner_free(struct turner *t)
{
	if (t == NULL)
		return;
	/*
	 * A resolver that does not answer cannot be stopped.  Its thread holds
	 * on to the loop, so the loop is left to it: a few hundred bytes for
	 * each name server that hangs longer than a command may last.
	 */
	if (t->looking)
		return;
	let_go(t);
	uv_close((uv_handle_t *)&t->timer, NULL);
	uv_run(&t->loop, UV_RUN_DEFAULT);
	uv_loop_close(&t->loop);
	free(t);
}

static void
take_addresses(struct turner *t, const struct addrinfo *list)
{
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		if (t->addresses_count == ADDRESSES_MAX ||
		    a->ai_addrlen > sizeof(t->addresses[0]))
			continue;
		memcpy(&t->addresses[t->addresses_count++], a->ai_addr,
		    a->ai_addrlen);
	}
}

static void
looked_up(uv_getaddrinfo_t *lookup, int status, struct addrinfo *list)
{
	struct turner *t = lookup->data;

	t->looking = false;
	if (status == 0)
		take_addresses(t, list);
	uv_freeaddrinfo(list);
}

/* Numeric addresses need no resolver, and so no thread. */
static bool
take_numeric(struct turner *t, const char *host, uint16_t port)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (uv_ip4_addr(host, port, &v4) == 0)
		memcpy(&t->addresses[0], &v4, sizeof(v4));
	else if (uv_ip6_addr(host, port, &v6) == 0)
		memcpy(&t->addresses[0], &v6, sizeof(v6));
	else
		return false;
	t->addresses_count = 1;
	return true;
}

enum status
turner_resolve(
    struct turner *t, const char *host, uint16_t port, int64_t deadline_ms)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	char port_text[8];

	t->addresses_count = 0;
	if (take_numeric(t, host, port))
		return STATUS_OK;
	snprintf(port_text, sizeof(port_text), "%u", port);
	t->lookup.data = t;
	if (uv_getaddrinfo(
		&t->loop, &t->lookup, looked_up, host, port_text, &hints) != 0)
		return STATUS_UNREACHABLE;
	t->looking = true;
	if (turn(t, &t->looking, false, deadline_ms) == STATUS_AGAIN &&
	    uv_cancel((uv_req_t *)&t->lookup) == 0)
		uv_run(&t->loop, UV_RUN_ONCE);
	return t->addresses_count > 0 ? STATUS_OK : STATUS_UNREACHABLE;
}

/* Begins to connect; OK also while it is under way. */
static enum status
dial(const struct sockaddr_storage *to, int *fd)
{
	socklen_t len = to->ss_family == AF_INET ? sizeof(struct sockaddr_in)
						 : sizeof(struct sockaddr_in6);
	int s = socket(
	    to->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (s < 0)
		return STATUS_UNREACHABLE;
	channel_tune(s);
	if (connect(s, (const struct sockaddr *)to, len) != 0 &&
	    errno != EINPROGRESS) {
		close(s);
		return STATUS_UNREACHABLE;
	}
	*fd = s;
	return STATUS_OK;
}

static enum status
await_connected(struct turner *t, int fd, int64_t deadline_ms)
{
	int failure = 0;
	socklen_t len = sizeof(failure);
	enum status st;

	if (uv_poll_init(&t->loop, &t->poll, fd) != 0)
		return STATUS_IO;
	t->poll.data = t;
	t->events = 0;
	t->polling = true;
	st = turner_wait(t, false, true, deadline_ms);
	if (st == STATUS_OK &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len) != 0)
		st = STATUS_IO;
	if (st == STATUS_OK && failure == 0)
		return STATUS_OK;
	let_go(t);
	return STATUS_UNREACHABLE;
}

enum status
turner_connect(struct turner *t, int64_t deadline_ms, int *fd)
{
	for (size_t i = 0; i < t->addresses_count; i++) {
		int64_t now_ms = clock_mono_ms();
		/* A silent address leaves its share to the others. */
		int64_t share_ms =
		    (deadline_ms - now_ms) / (int64_t)(t->addresses_count - i);
		int s = -1;

		if (dial(&t->addresses[i], &s) != STATUS_OK)
			continue;
		if (await_connected(t, s, now_ms + share_ms) == STATUS_OK) {
			*fd = s;
			return STATUS_OK;
		}
		close(s);
	}
	return STATUS_UNREACHABLE;
}

void
turner_drop(struct turner *t, int fd)
{
	let_go(t);
	close(fd);
}

enum status
turner_wait(struct turner *t, bool readable, bool writable, int64_t deadline_ms)
{
	int events =
	    (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);

	/* The kernel is told only of changes. */
	if (events != t->events &&
	    uv_poll_start(&t->poll, events, poll_fired) != 0)
		return STATUS_IO;
	t->events = events;
	t->fired = false;
	return turn(t, &t->fired, true, deadline_ms);
}
