/* storage_port.c - storage.h for the workers: queues, results and watches. */
#include <stdlib.h>

#include "relay/storage_engine.h"

enum {
	PORT_OPS_MAX = 8192, /* outstanding at one port */
	PORT_ACKS_AT_ONCE = 1024,
};

void
ops_append(struct ops *ops, struct storage_op *op)
{
	op->next = NULL;
	if (ops->last != NULL)
		ops->last->next = op;
	else
		ops->first = op;
	ops->last = op;
}

/* All of `from`, behind what is there. */
static void
ops_move(struct ops *to, struct ops *from)
{
	if (from->first == NULL)
		return;
	if (to->last != NULL)
		to->last->next = from->first;
	else
		to->first = from->first;
	to->last = from->last;
	*from = (struct ops){ NULL, NULL };
}

void
ops_prepend(struct ops *ops, struct storage_op *list)
{
	struct storage_op *last = list;

	if (list == NULL)
		return;
	while (last->next != NULL)
		last = last->next;
	last->next = ops->first;
	if (ops->last == NULL)
		ops->last = last;
	ops->first = list;
}

static void
port_evict(struct storage_port *p, uint64_t upto)
{
	struct storage_eviction what;
	enum evictions_next next;

	while ((next = evictions_take(p->storage->engine->evictions,
		    &p->listener, upto, &what)) != EVICT_NOBODY)
		if (p->evicted != NULL)
			p->evicted(
			    p->evicted_owner, next == EVICT_ONE ? &what : NULL);
}

void
storage_port_on_evicted(struct storage_port *p,
    void (*evicted)(void *owner, const struct storage_eviction *e), void *owner)
{
	p->evicted = evicted;
	p->evicted_owner = owner;
}

/* Of a submit that was carried out before there is more to be found out. */
static void
port_done(struct storage_port *p, struct storage_op *op)
{
	if (op->kind == STORAGE_SUBMIT && op->status == STATUS_EXISTS)
		viewer_refusals(p->viewer, op);
	p->outstanding--;
	op->done(op);
}

/* What a turn of the loop has gathered reaches the writer as one. */
static void
port_hand_over(struct storage_port *p)
{
	struct engine *e = p->storage->engine;

	if (p->submits.first == NULL && p->others.first == NULL)
		return;
	uv_mutex_lock(&e->mutex);
	ops_move(&e->submits, &p->submits);
	ops_move(&e->others, &p->others);
	engine_wake(e);
	uv_mutex_unlock(&e->mutex);
}

/* What only looks, in the turn after it was handed over. */
static void
port_read(struct storage_port *p)
{
	struct storage_op *op = p->reads.first;
	struct storage_op *next;

	p->reads = (struct ops){ NULL, NULL };
	for (; op != NULL; op = next) {
		next = op->next;
		if (p->closed)
			op->status = STATUS_IO;
		else
			viewer_run(p->viewer, op);
		p->outstanding--;
		op->done(op);
	}
	viewer_rest(p->viewer);
}

static void
port_turn(uv_idle_t *idle)
{
	struct storage_port *p = idle->data;

	(void)uv_idle_stop(idle);
	port_hand_over(p);
	port_read(p);
}

/*
 * Runs on the port's loop: results, evictions, wake-ups.  The evictions are
 * those that there were before the results were taken: so whoever one of them
 * concerns has had the result that admitted it.
 */
static void
port_run(struct storage_port *p)
{
	struct engine *e = p->storage->engine;
	const uint64_t evictions = evictions_count(e->evictions);
	struct storage_op *op;
	struct storage_op *next;

	uv_mutex_lock(&e->mutex);
	op = p->results.first;
	p->results = (struct ops){ NULL, NULL };
	uv_mutex_unlock(&e->mutex);
	for (; op != NULL; op = next) {
		next = op->next; /* done may hand the same one over again */
		port_done(p, op);
	}
	port_evict(p, evictions);
	for (;;) {
		struct storage_watch *w;

		uv_mutex_lock(&e->mutex);
		w = p->pending;
		if (w != NULL) {
			p->pending = w->next_pending;
			w->pending = false;
		}
		uv_mutex_unlock(&e->mutex);
		if (w == NULL)
			return;
		w->wake(w);
	}
}

static void
port_poke(struct evictions_listener *l)
{
	struct storage_port *p =
	    (struct storage_port *)((char *)l -
				    offsetof(struct storage_port, listener));

	uv_async_send(&p->async);
}

static void
port_async(uv_async_t *async)
{
	port_run(async->data);
}

enum status
storage_port_open(
    struct storage *s, struct uv_loop_s *loop, struct storage_port **p)
{
	struct storage_port *fresh;

	if (s->engine == NULL)
		return STATUS_DENIED;
	fresh = calloc(1, sizeof(*fresh));
	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->storage = s;
	if (viewer_new(s->db, s->journal, writer_index(s->engine->writer),
		&fresh->viewer) != STATUS_OK ||
	    uv_async_init(loop, &fresh->async, port_async) != 0) {
		viewer_free(fresh->viewer);
		free(fresh);
		return STATUS_NOMEM;
	}
	(void)uv_idle_init(loop, &fresh->idle); /* cannot fail */
	fresh->handles = 2;
	fresh->async.data = fresh;
	fresh->idle.data = fresh;
	fresh->listener.poke = port_poke;
	evictions_join(s->engine->evictions, &fresh->listener);
	*p = fresh;
	return STATUS_OK;
}

/* Operations of this port that no step has taken: they fail now. */
static void
port_recall(struct ops *queue, struct storage_port *p)
{
	struct ops others = { NULL, NULL };
	struct storage_op *next;

	for (struct storage_op *op = queue->first; op != NULL; op = next) {
		next = op->next;
		if (op->port == p) {
			op->status = STATUS_IO;
			ops_append(&p->results, op);
		} else {
			ops_append(&others, op);
		}
	}
	*queue = others;
}

static void
port_closed(uv_handle_t *handle)
{
	struct storage_port *p = handle->data;

	if (--p->handles == 0)
		free(p);
}

void
storage_port_close(struct storage_port *p)
{
	struct engine *e;

	if (p == NULL)
		return;
	e = p->storage->engine;
	p->closed = true;
	(void)uv_idle_stop(&p->idle);
	uv_mutex_lock(&e->mutex);
	port_recall(&p->submits, p);
	port_recall(&p->others, p);
	port_recall(&e->submits, p);
	port_recall(&e->others, p);
	while (p->in_step > 0)
		uv_cond_wait(&e->stepped, &e->mutex);
	port_recall(&e->submits, p); /* what that step gave back */
	watches_remove_port(e->watches, p);
	p->pending = NULL;
	uv_mutex_unlock(&e->mutex);
	port_read(p);
	port_run(p);
	evictions_leave(e->evictions, &p->listener);
	viewer_free(p->viewer);
	p->viewer = NULL;
	uv_close((uv_handle_t *)&p->async, port_closed);
	uv_close((uv_handle_t *)&p->idle, port_closed);
}

bool
storage_submit(struct storage_port *p, struct storage_op *op)
{
	if (p->closed || p->outstanding >= PORT_OPS_MAX)
		return false;
	p->outstanding++;
	op->port = p;
	if (viewer_takes(op->kind))
		ops_append(&p->reads, op);
	else if (op->kind == STORAGE_SUBMIT)
		ops_append(&p->submits, op);
	else
		ops_append(&p->others, op);
	(void)uv_idle_start(&p->idle, port_turn); /* cannot fail */
	if (!p->storage->engine->has_thread)
		port_hand_over(p); /* a simulation steps when it likes */
	return true;
}

/* A few at a time, so that nobody waits for the lock; true: that was all. */
static bool
acknowledge_some(struct index *x, const struct address *who, uint64_t seq)
{
	struct mailbox *m;
	bool all = true;

	index_lock(x);
	m = index_mailbox(x, who);
	if (m != NULL)
		all = index_acknowledge(x, m, seq, PORT_ACKS_AT_ONCE);
	index_unlock(x);
	return all;
}

void
storage_acknowledge(
    struct storage_port *p, const struct address *who, uint64_t seq)
{
	struct engine *e = p->storage->engine;
	bool behind;

	while (!acknowledge_some(writer_index(e->writer), who, seq))
		;
	behind = writer_is_behind(e->writer);
	uv_mutex_lock(&e->mutex);
	/* Sound asleep it would not notice that there is something to save. */
	if (e->sleeping && (behind || e->sound)) {
		e->behind = true;
		engine_wake(e);
	}
	uv_mutex_unlock(&e->mutex);
}

void
storage_watch(struct storage_port *p, struct storage_watch *w)
{
	struct engine *e = p->storage->engine;

	w->port = p;
	w->pending = false;
	uv_mutex_lock(&e->mutex);
	watches_add(e->watches, w);
	uv_mutex_unlock(&e->mutex);
}

void
storage_unwatch(struct storage_watch *w)
{
	struct storage_port *p = w->port;
	struct engine *e;

	if (p == NULL)
		return;
	e = p->storage->engine;
	uv_mutex_lock(&e->mutex);
	watches_remove(e->watches, w);
	for (struct storage_watch **at = &p->pending; *at != NULL;
	     at = &(*at)->next_pending) {
		if (*at == w) {
			*at = w->next_pending;
			break;
		}
	}
	w->pending = false;
	w->port = NULL;
	uv_mutex_unlock(&e->mutex);
}
