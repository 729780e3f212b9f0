/*
 * request_receive.c - pushing a mailbox to its device (protocol.md 5.2).
 *
 * One read is in flight at a time, as large as the window and one frame allow;
 * each answer asks for the next until one comes back empty.  Wake-ups only hint
 * that there is more, so a slow check stands behind them.
 */
#include <assert.h>
#include <stdlib.h>

#include "relay/call.h"

enum {
	CHECK_MS = 30 * 1000,
	ITEM_COST_BYTES = 64, /* of a pushed item besides its payload */
	RING_FIRST_ITEMS = 16,
};

static void
drain_mark(struct session *s, uint64_t head)
{
	struct reply r = { .id = s->push.request_id, .kind = REPLY_DRAINED };

	s->push.drained = true;
	r.u.drained_head = head;
	session_say(s, &r);
}

/* Most receivers wait for nothing most of the time, so it grows with need. */
static enum status
reserve_ring(struct push *p, size_t more)
{
	size_t room = p->room > 0 ? p->room : RING_FIRST_ITEMS;
	struct pushed *fresh;

	if (p->count + more <= p->room)
		return STATUS_OK;
	while (room < p->count + more)
		room *= 2;
	fresh = calloc(room, sizeof(*fresh));
	if (fresh == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < p->count; i++)
		fresh[i] = p->ring[(p->first + i) % p->room];
	free(p->ring);
	p->ring = fresh;
	p->room = room;
	p->first = 0;
	return STATUS_OK;
}

static void
drop_ring(struct push *p)
{
	free(p->ring);
	p->ring = NULL;
	p->room = 0;
	p->first = 0;
}

static void
remember_pushed(struct push *p, const struct item *item)
{
	size_t at = (p->first + p->count) % p->room;

	assert(p->count < p->room);
	p->ring[at].seq = item->seq;
	p->ring[at].bytes = item->payload.len + ITEM_COST_BYTES;
	p->bytes += p->ring[at].bytes;
	p->count++;
	p->after = item->seq;
}

static void
push_items(struct call *c)
{
	struct session *s = c->session;
	struct push *p = &s->push;
	size_t count = c->op.u.read.count;
	struct item *items = arena_take_array(c->arena, count, sizeof(*items));
	struct reply r = { .id = p->request_id, .kind = REPLY_PUSH };

	if (items == NULL || reserve_ring(p, count) != STATUS_OK) {
		session_end(s);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		items[i] = c->op.u.read.items[i].item;
		remember_pushed(p, &items[i]);
	}
	r.u.push.items = items;
	r.u.push.count = count;
	session_say(s, &r);
}

static void
read_answered(struct session *s, struct call *c)
{
	struct push *p = &s->push;
	size_t count = c->op.u.read.count;

	if (c->op.status != STATUS_OK) {
		session_say_error(s, p->request_id, ERROR_UNAVAILABLE,
		    "The relay could not read the mailbox.", 1000);
		session_end(s);
		return;
	}
	if (c->op.u.read.head > s->head)
		s->head = c->op.u.read.head;
	if (count > 0)
		push_items(c);
	if (!p->on)
		return;
	if (!p->drained && (count == 0 || p->after >= c->op.u.read.head))
		drain_mark(s, c->op.u.read.head);
	if (count > 0)
		p->again = true;
}

static void
read_done(struct call *c)
{
	struct session *s = c->session;

	/*
	 * A receiver that was replaced meanwhile gets nothing, and neither does
	 * one that began anew: this read began where the old one stood.
	 */
	if (s->push.reading == c) {
		s->push.reading = NULL;
		read_answered(s, c);
	}
	if (c->op.status == STATUS_OK)
		for (size_t i = 0; i < c->op.u.read.count; i++)
			blob_unref(c->op.u.read.items[i].owner);
	if (s->push.on && s->push.again)
		push_go(s);
	call_end(c);
}

/* What may be pushed before something is acknowledged. */
static size_t
window_left(const struct push *p, size_t *bytes)
{
	if (p->count >= p->window_items || p->bytes >= LIMIT_PUSH_WINDOW_BYTES)
		return 0;
	*bytes = LIMIT_PUSH_WINDOW_BYTES - p->bytes;
	if (*bytes > LIMIT_PUSH_FRAME_BYTES)
		*bytes = LIMIT_PUSH_FRAME_BYTES;
	return p->window_items - p->count;
}

void
push_go(struct session *s)
{
	struct push *p = &s->push;
	size_t max_items, max_bytes;
	struct call *c;

	if (!p->on)
		return;
	p->again = true;
	if (p->reading != NULL || s->io->is_full(s->peer) ||
	    session_env_is_tight(s->env))
		return;
	max_items = window_left(p, &max_bytes);
	if (max_items == 0)
		return;
	if (call_new(s, &c) != STATUS_OK) {
		session_end(s);
		return;
	}
	p->again = false;
	p->reading = c;
	call_weigh(c, max_bytes);
	p->checked_ms = s->env->mono_ms;
	c->op.u.read.who = s->who;
	c->op.u.read.after = p->after;
	c->op.u.read.max_items = max_items;
	c->op.u.read.max_bytes = max_bytes;
	call_submit(c, STORAGE_READ, read_done);
}

static void
wake(struct storage_watch *w)
{
	push_go(w->owner);
}

void
push_tick(struct session *s)
{
	const struct push *p = &s->push;

	if (p->on && (p->again || s->env->mono_ms - p->checked_ms >= CHECK_MS))
		push_go(s);
}

void
push_stop(struct session *s)
{
	struct push *p = &s->push;

	if (!p->on)
		return;
	p->on = false;
	p->reading = NULL;
	storage_unwatch(&p->watch);
	receivers_release(s->env->common->receivers, p->claim);
	p->claim = NULL;
	drop_ring(p);
}

void
push_replaced(struct session *s)
{
	uint64_t id = s->push.request_id;

	if (!s->push.on)
		return;
	push_stop(s);
	session_say_error(s, id, ERROR_REPLACED,
	    "A newer connection of this device receives now.", 0);
}

static enum status
push_start(struct session *s)
{
	struct push *p = &s->push;
	enum status st;

	st = receivers_claim(
	    s->env->common->receivers, &s->who, &s->env->inbox, s, &p->claim);
	if (st != STATUS_OK)
		return st;
	p->count = 0;
	p->bytes = 0;
	p->after = 0; /* what was acknowledged is not there any more */
	p->on = true;
	p->watch = (struct storage_watch){
		.wake = wake,
		.owner = s,
		.who = s->who,
	};
	storage_watch(s->env->port, &p->watch);
	return STATUS_OK;
}

void
request_receive(struct call *c)
{
	struct session *s = c->session;
	uint64_t window = c->request.u.receive.window_items;
	enum status st = s->push.on ? STATUS_OK : push_start(s);

	if (st != STATUS_OK) {
		call_fail(c, st);
		return;
	}
	if (window == 0 || window > LIMIT_PUSH_WINDOW_ITEMS)
		window = LIMIT_PUSH_WINDOW_ITEMS;
	s->push.window_items = (size_t)window;
	s->push.request_id = c->request.id;
	s->push.drained = false;
	push_go(s);
	call_end(c);
}

/*
 * Cumulative and without an answer.  Nobody can have seen more than there is,
 * so a number beyond that acknowledges what there is.
 */
void
request_acknowledge(struct call *c)
{
	struct session *s = c->session;
	struct push *p = &s->push;
	uint64_t seq = c->request.u.acknowledge_seq;

	if (seq > s->head)
		seq = s->head;
	storage_acknowledge(s->env->port, &s->who, seq);
	while (p->on && p->count > 0 && p->ring[p->first].seq <= seq) {
		p->bytes -= p->ring[p->first].bytes;
		p->first = (p->first + 1) % p->room;
		p->count--;
	}
	if (p->count == 0)
		drop_ring(p);
	if (p->on && p->again)
		push_go(s);
	call_end(c);
}
