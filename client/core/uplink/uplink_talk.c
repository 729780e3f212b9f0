/* uplink_talk.c - requests and replies over the uplink's socket. */
#include <stdlib.h>
#include <utlist.h>

#include "client/core/uplink/uplink_private.h"
#include "proto/codec.h"

enum {
	EAGER_BYTES = 64 * 1024, /* write without waiting for more */
	/*
	 * What the relay may have in flight to us at once: its push window,
	 * with room for answers.  A relay that says more is not obeyed.
	 */
	KEPT_MAX_BYTES = LIMIT_PUSH_WINDOW_BYTES + 2 * LIMIT_MESSAGE_BYTES,
};

/* A reply that came while another was waited for, as it came. */
struct kept {
	enum reply_kind kind;
	uint64_t id;
	struct buf *body;
	struct kept *prev, *next;
};

static void
kept_drop(struct uplink *u, struct kept *k)
{
	DL_DELETE(u->kept, k);
	u->kept_bytes -= buf_len(k->body);
	buf_free(k->body);
	free(k);
}

void
uplink_close(struct uplink *u)
{
	if (u == NULL)
		return;
	turner_free(u->turner); /* lets go of the socket first */
	channel_free(u->channel);
	channel_client_free(u->client);
	frame_reader_free(u->in);
	buf_free(u->out);
	while (u->kept != NULL)
		kept_drop(u, u->kept);
	free(u);
}

size_t
uplink_waiting_bytes(const struct uplink *u)
{
	return buf_len(u->out);
}

static enum status
broken(struct uplink *u)
{
	u->gone = true;
	u->broken = true;
	return STATUS_BAD_INPUT;
}

static enum status
lost(struct uplink *u)
{
	u->gone = true;
	return STATUS_UNREACHABLE;
}

/* As much as goes without waiting. */
static enum status
write_some(struct uplink *u)
{
	while (buf_len(u->out) > 0) {
		size_t taken = 0;
		enum status st =
		    channel_write(u->channel, buf_view(u->out), &taken);

		if (st == STATUS_AGAIN)
			return st;
		if (st != STATUS_OK)
			return lost(u);
		buf_drop(u->out, taken);
	}
	return STATUS_OK;
}

static enum status
read_some(struct uplink *u)
{
	uint8_t *room = NULL;
	size_t len = 0, got = 0;
	enum status st = frame_reader_room(u->in, &room, &len);

	if (st != STATUS_OK)
		return st;
	st = channel_read(u->channel, room, len, &got);
	frame_reader_filled(u->in, st == STATUS_OK ? got : 0);
	if (st == STATUS_OK || st == STATUS_AGAIN || st == STATUS_NOMEM)
		return st;
	return lost(u);
}

enum status
uplink_send(struct uplink *u, struct request *request, uint64_t *id)
{
	enum status st;

	if (u->gone)
		return STATUS_UNREACHABLE;
	request->id = ++u->last_id;
	st = codec_put_request(request, u->out);
	if (st != STATUS_OK)
		return st;
	*id = request->id;
	if (buf_len(u->out) < EAGER_BYTES)
		return STATUS_OK;
	st = write_some(u);
	return st == STATUS_AGAIN ? STATUS_OK : st;
}

enum status
uplink_flush(struct uplink *u, int64_t deadline_ms)
{
	while (!u->gone) {
		enum status st = write_some(u);

		if (st != STATUS_AGAIN)
			return st;
		st = u->wait(u->wait_arg, channel_wants_read(u->channel), true,
		    deadline_ms);
		if (st != STATUS_OK)
			return st;
	}
	return STATUS_UNREACHABLE;
}

/*
 * The next whole message, borrowed until more is read.  Writes what waits and
 * reads whatever comes meanwhile, so that two full pipes cannot block each
 * other.
 */
static enum status
next_body(struct uplink *u, int64_t deadline_ms, struct bytes *body)
{
	bool late = false;

	for (;;) {
		enum status wrote, st = frame_reader_next(u->in, body);

		if (st != STATUS_AGAIN)
			return st == STATUS_BAD_INPUT ? broken(u) : st;
		if (u->gone)
			return STATUS_UNREACHABLE;
		wrote = write_some(u);
		if (wrote == STATUS_UNREACHABLE)
			return wrote;
		st = read_some(u);
		if (st == STATUS_OK)
			continue;
		if (st != STATUS_AGAIN || late)
			return st;
		st = u->wait(
		    u->wait_arg, true, wrote == STATUS_AGAIN, deadline_ms);
		/* One more look: the deadline may be "now". */
		late = st == STATUS_AGAIN;
		if (st != STATUS_OK && !late)
			return st;
	}
}

static enum status
decode(struct uplink *u, struct bytes body, struct arena *a, struct reply *r)
{
	struct bytes copy = BYTES_NONE;
	uint64_t id = 0;
	enum status st = arena_copy(a, body, &copy);

	if (st == STATUS_OK)
		st = codec_get_reply(copy, a, r, &id);
	return st == STATUS_BAD_INPUT ? broken(u) : st;
}

static enum status
keep(struct uplink *u, const struct reply *r, struct bytes body)
{
	struct kept *k;
	enum status st;

	if (body.len > KEPT_MAX_BYTES - u->kept_bytes)
		return broken(u);
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		return STATUS_NOMEM;
	k->kind = r->kind;
	k->id = r->id;
	st = buf_copy(body, &k->body);
	if (st != STATUS_OK) {
		free(k);
		return st;
	}
	u->kept_bytes += body.len;
	DL_APPEND(u->kept, k);
	return STATUS_OK;
}

static enum status
from_kept(struct uplink *u, uplink_want_fn *want, void *arg, struct arena *a,
    struct reply *reply)
{
	struct kept *k;
	enum status st;

	DL_FOREACH(u->kept, k)
	{
		if (!want(k->kind, k->id, arg))
			continue;
		st = decode(u, buf_view(k->body), a, reply);
		kept_drop(u, k);
		return st;
	}
	return STATUS_NOT_FOUND;
}

/* Kinds of a later release are skipped: we did not ask for them. */
enum status
uplink_next_where(struct uplink *u, uplink_want_fn *want, void *arg,
    int64_t deadline_ms, struct arena *a, struct reply *reply)
{
	enum status st =
	    u->broken ? STATUS_UNREACHABLE : from_kept(u, want, arg, a, reply);

	while (st == STATUS_NOT_FOUND) {
		struct bytes body = BYTES_NONE;
		struct reply r = { 0 };

		st = next_body(u, deadline_ms, &body);
		if (st == STATUS_OK)
			st = decode(u, body, a, &r);
		if (st == STATUS_OK && !want(r.kind, r.id, arg)) {
			st = keep(u, &r, body);
			if (st == STATUS_OK)
				st = STATUS_NOT_FOUND;
		} else if (st == STATUS_OK) {
			*reply = r;
		}
	}
	return st;
}

static bool
want_id(enum reply_kind kind, uint64_t id, void *arg)
{
	const uint64_t *wanted = arg;

	(void)kind;
	return id == *wanted;
}

enum status
uplink_call(struct uplink *u, struct request *request, int64_t deadline_ms,
    struct arena *a, struct reply *reply)
{
	uint64_t id = 0;
	enum status st = uplink_send(u, request, &id);

	if (st == STATUS_OK)
		st = uplink_next_where(u, want_id, &id, deadline_ms, a, reply);
	/* An answer that never came leaves the connection of no use. */
	return st == STATUS_AGAIN ? lost(u) : st;
}
