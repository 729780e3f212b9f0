/* uplink_proxy.c - through a SOCKS5 proxy to the relay. */
#include <errno.h>
#include <sys/socket.h>

#include "base/log.h"
#include "client/core/uplink/socks.h"
#include "client/core/uplink/uplink_private.h"

/* AGAIN: it took some of it.  UNREACHABLE: not in time, or it hung up. */
static enum status
say(struct turner *t, int fd, struct socks *s, int64_t deadline_ms)
{
	const struct bytes out = socks_output(s);
	const ssize_t sent = send(fd, out.data, out.len, MSG_NOSIGNAL);

	if (sent >= 0) {
		socks_sent(s, (size_t)sent);
		return STATUS_AGAIN;
	}
	if (errno == EINTR)
		return STATUS_AGAIN;
	if (errno != EAGAIN ||
	    turner_wait(t, false, true, deadline_ms) != STATUS_OK)
		return STATUS_UNREACHABLE;
	return STATUS_AGAIN;
}

static enum status
hear(struct turner *t, int fd, struct socks *s, int64_t deadline_ms)
{
	uint8_t in[SOCKS_IN_BYTES];
	const ssize_t got = recv(fd, in, socks_wants(s), 0);

	if (got > 0)
		return socks_take(s, bytes_view(in, (size_t)got));
	if (got < 0 && errno == EINTR)
		return STATUS_AGAIN;
	if (got == 0 || errno != EAGAIN ||
	    turner_wait(t, true, false, deadline_ms) != STATUS_OK)
		return STATUS_UNREACHABLE;
	return STATUS_AGAIN;
}

static enum status
converse(struct turner *t, int fd, struct socks *s, int64_t deadline_ms)
{
	enum status st = STATUS_AGAIN;

	while (st == STATUS_AGAIN)
		st = socks_output(s).len > 0 ? say(t, fd, s, deadline_ms)
					     : hear(t, fd, s, deadline_ms);
	return st;
}

enum status
uplink_ask_proxy(struct turner *t, const struct proxy *via,
    const struct link *to, int64_t deadline_ms, enum uplink_stage *stage,
    int *fd)
{
	struct socks s;
	int fresh = -1;
	enum status st;

	*stage = UPLINK_PROXY;
	st = turner_resolve(t, via->host, via->port, deadline_ms);
	if (st == STATUS_OK)
		st = turner_connect(t, deadline_ms, &fresh);
	if (st != STATUS_OK)
		return st;
	socks_begin(&s, via, to->host, to->port);
	st = converse(t, fresh, &s, deadline_ms);
	if (socks_has_asked(&s) || s.reply != 0)
		*stage = UPLINK_TCP;
	if (st == STATUS_OK)
		*fd = fresh;
	else
		turner_drop(t, fresh);
	if (s.reply != 0)
		log_event(LOG_LEVEL_INFO, "proxy", "reply=%u", s.reply);
	socks_clear(&s);
	return st;
}
