/* toy_line.c - the toy relay's connections: bytes to requests and back. */
#include "proto/codec.h"
#include "tests/support/test.h"
#include "tests/support/world/toy.h"

enum { OUT_BYTES = 32 * 1024 * 1024 };

struct toy *
toy_new(void)
{
	struct toy *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	memset(t->epoch, 7, sizeof(t->epoch));
	assert_status(STATUS_OK,
	    arena_new(LIMIT_MESSAGE_BYTES + LIMIT_ARENA_BYTES, &t->arena));
	return t;
}

static void
line_clear(struct toy *t, struct toy_line *l)
{
	for (size_t i = 0; i < t->accounts_count; i++)
		if (t->accounts[i]->receiver == l)
			t->accounts[i]->receiver = NULL;
	for (size_t i = 0; i < l->queue_count; i++)
		buf_free(l->queue[i]);
	channel_free(l->end);
	frame_reader_free(l->in);
	buf_free(l->out);
	memset(l, 0, sizeof(*l));
}

static void
account_free(struct toy_account *a)
{
	for (size_t i = 0; i < a->mailbox.count; i++)
		buf_free(a->mailbox.items[i].payload);
	free(a->mailbox.items);
	free(a->mailbox.seen);
	buf_free(a->list);
	free(a);
}

void
toy_free(struct toy *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < TOY_LINES; i++)
		line_clear(t, &t->lines[i]);
	for (size_t i = 0; i < t->accounts_count; i++)
		account_free(t->accounts[i]);
	while (t->chains_count > 0)
		toy_chain_drop(t, &t->chains[0]);
	arena_free(t->arena);
	free(t);
}

struct toy_line *
toy_dial(struct toy *t, struct channel **near)
{
	for (size_t i = 0; i < TOY_LINES; i++) {
		struct toy_line *l = &t->lines[i];

		if (l->end != NULL)
			continue;
		l->serial = ++t->serial;
		assert_status(STATUS_OK, channel_pair(near, &l->end));
		assert_status(
		    STATUS_OK, frame_reader_new(LIMIT_MESSAGE_BYTES, &l->in));
		assert_status(STATUS_OK, buf_new(OUT_BYTES, &l->out));
		return l;
	}
	fail_msg("too many connections");
	return NULL;
}

static void
take_frames(struct toy_line *l)
{
	struct bytes body = BYTES_NONE;

	while (frame_reader_next(l->in, &body) == STATUS_OK) {
		assert_true(l->queue_count < TOY_QUEUE);
		assert_status(
		    STATUS_OK, buf_copy(body, &l->queue[l->queue_count++]));
	}
}

static void
line_read(struct toy_line *l)
{
	uint8_t *room = NULL;
	size_t len = 0;
	size_t got = 0;
	enum status st = STATUS_OK;

	while (st == STATUS_OK && l->queue_count < TOY_QUEUE / 2) {
		assert_status(STATUS_OK, frame_reader_room(l->in, &room, &len));
		st = channel_read(l->end, room, len, &got);
		if (st == STATUS_OK) {
			frame_reader_filled(l->in, got);
			take_frames(l);
		}
	}
	l->hung_up = l->hung_up || st == STATUS_CLOSED;
}

static void
line_write(struct toy_line *l)
{
	size_t taken = 0;

	while (buf_len(l->out) > 0 &&
	       channel_write(l->end, buf_view(l->out), &taken) == STATUS_OK)
		buf_drop(l->out, taken);
}

void
toy_pump(struct toy *t)
{
	for (size_t i = 0; i < TOY_LINES; i++) {
		struct toy_line *l = &t->lines[i];

		if (l->end == NULL)
			continue;
		if (!l->mute || l->hung_up) {
			line_read(l);
			line_write(l);
		}
		/* What was asked before is done all the same. */
		if (l->hung_up && l->queue_count == 0)
			line_clear(t, l);
	}
}

void
toy_cut(struct toy *t, struct toy_line *l, bool drop)
{
	if (!drop)
		line_write(l);
	line_clear(t, l);
}

void
toy_say(struct toy_line *l, struct reply *reply)
{
	assert_status(STATUS_OK, codec_put_reply(reply, l->out));
}

void
toy_next(struct toy *t, struct toy_line *l, struct request *q)
{
	uint64_t id;

	assert_true(l->queue_count > 0);
	arena_reset(t->arena);
	assert_status(STATUS_OK,
	    codec_get_request(buf_view(l->queue[0]), t->arena, q, &id));
}

static struct buf *
unqueue(struct toy_line *l)
{
	struct buf *body = l->queue[0];

	l->queue_count--;
	memmove(l->queue, l->queue + 1, l->queue_count * sizeof(*l->queue));
	return body;
}

void
toy_skip(struct toy_line *l)
{
	buf_free(unqueue(l));
}

void
toy_serve(struct toy *t, struct toy_line *l)
{
	struct request q = { 0 };
	struct reply lie = { .kind = REPLY_ERROR };
	struct buf *body;

	toy_next(t, l, &q);
	body = unqueue(l);
	lie.id = q.id;
	if (t->lie != NULL && t->lie(t, l, &q, &lie, t->lie_arg))
		toy_say(l, &lie);
	else
		toy_answer(t, l, &q);
	buf_free(body);
}
