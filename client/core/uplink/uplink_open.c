/* uplink_open.c - from a link to a connection that has said hello. */
#include <stdlib.h>

#include "base/log.h"
#include "client/core/uplink/uplink_private.h"

/* Courier and group acts keep far less than this waiting. */
enum { OUT_MAX_BYTES = 3 * LIMIT_MESSAGE_BYTES };

const struct reply *
uplink_hello(const struct uplink *u)
{
	return &u->hello;
}

static enum status
wait_for_socket(void *arg, bool readable, bool writable, int64_t deadline_ms)
{
	return turner_wait(arg, readable, writable, deadline_ms);
}

enum status
uplink_exporter(struct uplink *u, uint8_t out[CHANNEL_EXPORTER_BYTES])
{
	return channel_exporter(u->channel, out);
}

static enum status
handshake(struct uplink *u, int64_t deadline_ms)
{
	for (;;) {
		enum status st = channel_handshake(u->channel);

		if (st == STATUS_AGAIN)
			st =
			    u->wait(u->wait_arg, channel_wants_read(u->channel),
				channel_wants_write(u->channel), deadline_ms);
		else
			return st == STATUS_IO || st == STATUS_CLOSED
				   ? STATUS_UNREACHABLE
				   : st;
		if (st != STATUS_OK)
			return STATUS_UNREACHABLE;
	}
}

static enum status
say_hello(struct uplink *u, int64_t deadline_ms)
{
	struct request r = { .kind = REQUEST_HELLO };
	struct arena *a = NULL;
	enum status st;

	r.u.hello.version_min = PROTOCOL_VERSION;
	r.u.hello.version_max = PROTOCOL_VERSION;
	st = arena_new(UPLINK_REPLY_ARENA_BYTES, &a);
	if (st != STATUS_OK)
		return st;
	st = uplink_call(u, &r, deadline_ms, a, &u->hello);
	if (st == STATUS_OK && u->hello.kind != REPLY_HELLO)
		st = STATUS_BAD_INPUT;
	if (st == STATUS_OK && u->hello.u.hello.version != PROTOCOL_VERSION)
		st = STATUS_BAD_INPUT;
	/* The only view that a hello holds. */
	if (st == STATUS_OK && u->hello.u.hello.moved != NULL) {
		u->moved = *u->hello.u.hello.moved;
		u->hello.u.hello.moved = &u->moved;
	}
	arena_free(a);
	return st;
}

static enum status
dial(struct turner *t, const struct link *to, int64_t deadline_ms,
    enum uplink_stage *stage, int *fd)
{
	enum status st;

	*stage = UPLINK_DNS;
	st = turner_resolve(t, to->host, to->port, deadline_ms);
	if (st != STATUS_OK)
		return st;
	*stage = UPLINK_TCP;
	return turner_connect(t, deadline_ms, fd);
}

static enum status
dial_and_greet(struct uplink *u, const struct link *to, const struct proxy *via,
    int64_t deadline_ms, enum uplink_stage *stage)
{
	enum status st;
	int fd = -1;

	if (via != NULL)
		st = uplink_ask_proxy(
		    u->turner, via, to, deadline_ms, stage, &fd);
	else
		st = dial(u->turner, to, deadline_ms, stage, &fd);
	if (st != STATUS_OK)
		return st;
	*stage = UPLINK_TLS;
	st = channel_connect(u->client, fd, &u->channel);
	if (st == STATUS_OK)
		st = handshake(u, deadline_ms);
	if (st != STATUS_OK)
		return st;
	*stage = UPLINK_PROTOCOL;
	st = say_hello(u, deadline_ms);
	if (st != STATUS_OK)
		return st == STATUS_AGAIN ? STATUS_UNREACHABLE : st;
	/* The pinned key is the one that TLS proved; proofs name it too. */
	if (to->has_pin && !bytes_equal(hash_view(&to->pin),
			       hash_view(&u->hello.u.hello.relay_key)))
		return STATUS_WRONG_RELAY;
	*stage = UPLINK_OPEN;
	return STATUS_OK;
}

static enum status
uplink_new(struct uplink **u)
{
	struct uplink *fresh = calloc(1, sizeof(*fresh));
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	st = buf_new(OUT_MAX_BYTES, &fresh->out);
	if (st == STATUS_OK)
		st = frame_reader_new(LIMIT_MESSAGE_BYTES, &fresh->in);
	if (st == STATUS_OK)
		*u = fresh;
	else
		uplink_close(fresh);
	return st;
}

enum status
uplink_open(const struct link *to, const struct proxy *via, int64_t deadline_ms,
    struct uplink **u, enum uplink_stage *stage)
{
	struct uplink *fresh = NULL;
	enum status st;

	*stage = via != NULL ? UPLINK_PROXY : UPLINK_DNS;
	st = uplink_new(&fresh);
	if (st != STATUS_OK)
		return st;
	st = turner_new(&fresh->turner);
	fresh->wait = wait_for_socket;
	fresh->wait_arg = fresh->turner;
	if (st == STATUS_OK)
		st = channel_client_new(
		    to->has_pin ? &to->pin : NULL, to->host, &fresh->client);
	if (st == STATUS_OK)
		st = dial_and_greet(fresh, to, via, deadline_ms, stage);
	if (st != STATUS_OK) {
		log_event(LOG_LEVEL_INFO, "uplink-not-open",
		    "stage=%d status=%s", (int)*stage, status_name(st));
		uplink_close(fresh);
		return st;
	}
	*u = fresh;
	return STATUS_OK;
}

enum status
uplink_over(struct channel *channel, uplink_wait_fn *wait, void *arg,
    int64_t deadline_ms, struct uplink **u)
{
	struct uplink *fresh = NULL;
	enum status st = uplink_new(&fresh);

	if (st != STATUS_OK) {
		channel_free(channel);
		return st;
	}
	fresh->channel = channel;
	fresh->wait = wait;
	fresh->wait_arg = arg;
	st = handshake(fresh, deadline_ms);
	if (st == STATUS_OK)
		st = say_hello(fresh, deadline_ms);
	if (st == STATUS_OK)
		*u = fresh;
	else
		uplink_close(fresh);
	return st;
}
