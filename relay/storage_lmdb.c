/*
 * storage_lmdb.c - storage.h over LMDB: ports, queues, and the thread around
 * the writer's step function (writer.h).
 *
 * One lock guards the queues and the watches, and nothing slow is done under
 * it.  What the writer holds belongs to whoever is in storage_step().
 */
#include <assert.h>
#include <stdlib.h>
#include <uv.h>

#include "relay/storage_private.h"
#include "relay/watches.h"

enum {
	PORT_OPS_MAX = 8192,  /* outstanding at one port */
	STORAGE_ACKS = 16384, /* waiting for a step; more are forgotten */
};

struct ops {
	struct storage_op *first;
	struct storage_op *last;
};

struct storage_port {
	struct storage *storage;
	uv_async_t async;
	size_t outstanding; /* touched by the port's loop alone */
	bool closed;
	/* Under the storage's lock: */
	struct ops results;
	struct storage_watch *pending;
	size_t in_step; /* operations that the writer has in hand */
};

struct acks {
	struct writer_ack *list;
	size_t count;
};

struct engine {
	struct writer *writer;
	uv_thread_t thread;
	bool has_thread;
	uv_mutex_t mutex;
	uv_cond_t work;    /* something to do */
	uv_cond_t stepped; /* a step has ended */
	/* Under the lock: */
	struct ops queue;
	struct acks acks;
	struct acks spare; /* changes places with acks at each step */
	struct watches *watches;
	bool stop;
};

static void
ops_append(struct ops *ops, struct storage_op *op)
{
	op->next = NULL;
	if (ops->last != NULL)
		ops->last->next = op;
	else
		ops->first = op;
	ops->last = op;
}

static void
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

/* Runs on the port's loop: the results, then the wake-ups. */
static void
port_run(struct storage_port *p)
{
	struct engine *e = p->storage->engine;
	struct storage_op *op;
	struct storage_op *next;

	uv_mutex_lock(&e->mutex);
	op = p->results.first;
	p->results = (struct ops){ NULL, NULL };
	uv_mutex_unlock(&e->mutex);
	for (; op != NULL; op = next) {
		next = op->next; /* done may hand the same one over again */
		p->outstanding--;
		op->done(op);
	}
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
	if (uv_async_init(loop, &fresh->async, port_async) != 0) {
		free(fresh);
		return STATUS_NOMEM;
	}
	fresh->async.data = fresh;
	*p = fresh;
	return STATUS_OK;
}

/* Operations of this port that no step has taken: they fail now. */
static void
port_recall(struct engine *e, struct storage_port *p)
{
	struct ops others = { NULL, NULL };
	struct storage_op *next;

	for (struct storage_op *op = e->queue.first; op != NULL; op = next) {
		next = op->next;
		if (op->port == p) {
			op->status = STATUS_IO;
			ops_append(&p->results, op);
		} else {
			ops_append(&others, op);
		}
	}
	e->queue = others;
}

static void
port_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void
storage_port_close(struct storage_port *p)
{
	struct engine *e;

	if (p == NULL)
		return;
	e = p->storage->engine;
	p->closed = true;
	uv_mutex_lock(&e->mutex);
	port_recall(e, p);
	while (p->in_step > 0)
		uv_cond_wait(&e->stepped, &e->mutex);
	port_recall(e, p); /* what that step gave back */
	watches_remove_port(e->watches, p);
	p->pending = NULL;
	uv_mutex_unlock(&e->mutex);
	port_run(p);
	uv_close((uv_handle_t *)&p->async, port_closed);
}

bool
storage_submit(struct storage_port *p, struct storage_op *op)
{
	struct engine *e = p->storage->engine;

	if (p->closed || p->outstanding >= PORT_OPS_MAX)
		return false;
	p->outstanding++;
	op->port = p;
	uv_mutex_lock(&e->mutex);
	ops_append(&e->queue, op);
	uv_cond_signal(&e->work);
	uv_mutex_unlock(&e->mutex);
	return true;
}

/*
 * When too many wait this one is forgotten: the next covers it, and the worst
 * is a message that is pushed twice.
 */
void
storage_acknowledge(
    struct storage_port *p, const struct address *who, uint64_t seq)
{
	struct engine *e = p->storage->engine;

	uv_mutex_lock(&e->mutex);
	if (e->acks.count < STORAGE_ACKS) {
		e->acks.list[e->acks.count++] =
		    (struct writer_ack){ .who = *who, .seq = seq };
		uv_cond_signal(&e->work);
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

/* The lock is held. */
static void
post_result(struct storage_op *op)
{
	struct storage_port *p = op->port;
	bool first = p->results.first == NULL;

	p->in_step--;
	ops_append(&p->results, op);
	if (first)
		uv_async_send(&p->async);
}

/* The lock is held. */
static void
post_wakes(struct engine *e)
{
	size_t count;
	const struct writer_touch *touched = writer_touched(e->writer, &count);

	for (size_t i = 0; i < count; i++) {
		struct storage_watch *w = NULL;

		while ((w = watches_next(e->watches, &touched[i], w)) != NULL) {
			if (w->pending)
				continue;
			w->pending = true;
			w->next_pending = w->port->pending;
			w->port->pending = w;
			uv_async_send(&w->port->async);
		}
	}
}

size_t
storage_step(struct storage *s)
{
	struct engine *e = s->engine;
	struct storage_op *list;
	struct storage_op *rest;
	struct storage_op *next;
	struct acks acks;
	size_t done = 0;

	uv_mutex_lock(&e->mutex);
	list = e->queue.first;
	e->queue = (struct ops){ NULL, NULL };
	acks = e->acks;
	e->acks = e->spare;
	for (struct storage_op *op = list; op != NULL; op = op->next)
		op->port->in_step++;
	uv_mutex_unlock(&e->mutex);

	rest = writer_step(e->writer, list, acks.list, acks.count, &done);

	uv_mutex_lock(&e->mutex);
	acks.count = 0;
	e->spare = acks;
	for (struct storage_op *op = rest; op != NULL; op = op->next)
		op->port->in_step--;
	if (rest == list)
		list = NULL;
	for (struct storage_op *op = list; op != NULL; op = next) {
		next = op->next;
		post_result(op);
	}
	ops_prepend(&e->queue, rest);
	post_wakes(e);
	uv_cond_broadcast(&e->stepped);
	uv_mutex_unlock(&e->mutex);
	return done;
}

static bool
engine_wait(struct engine *e)
{
	bool stop;

	uv_mutex_lock(&e->mutex);
	while (!e->stop && e->queue.first == NULL && e->acks.count == 0)
		uv_cond_wait(&e->work, &e->mutex);
	stop = e->stop && e->queue.first == NULL;
	uv_mutex_unlock(&e->mutex);
	return !stop;
}

static void
engine_thread(void *arg)
{
	struct storage *s = arg;

	while (engine_wait(s->engine))
		storage_step(s);
}

static enum status
engine_allocate(struct engine *e)
{
	e->acks.list = calloc(STORAGE_ACKS, sizeof(*e->acks.list));
	e->spare.list = calloc(STORAGE_ACKS, sizeof(*e->spare.list));
	if (e->acks.list == NULL || e->spare.list == NULL)
		return STATUS_NOMEM;
	return watches_new(&e->watches);
}

static void
engine_free(struct engine *e)
{
	writer_close(e->writer);
	watches_free(e->watches);
	free(e->acks.list);
	free(e->spare.list);
	uv_cond_destroy(&e->stepped);
	uv_cond_destroy(&e->work);
	uv_mutex_destroy(&e->mutex);
	free(e);
}

static enum status
engine_new(struct engine **e)
{
	struct engine *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	if (uv_mutex_init(&fresh->mutex) != 0 ||
	    uv_cond_init(&fresh->work) != 0 ||
	    uv_cond_init(&fresh->stepped) != 0)
		abort(); /* only without any memory at all, at the start */
	*e = fresh;
	return STATUS_OK;
}

enum status
engine_open(struct storage *s, const struct storage_options *options)
{
	struct engine *e = NULL;
	enum status st = engine_new(&e);

	if (st != STATUS_OK)
		return st;
	st = engine_allocate(e);
	if (st == STATUS_OK)
		st = writer_open(s->db, options, &e->writer);
	s->engine = e;
	if (st == STATUS_OK && options->threaded) {
		if (uv_thread_create(&e->thread, engine_thread, s) == 0)
			e->has_thread = true;
		else
			st = STATUS_NOMEM;
	}
	if (st == STATUS_OK)
		return st;
	s->engine = NULL;
	engine_free(e);
	return st;
}

void
engine_close(struct storage *s)
{
	struct engine *e = s->engine;

	uv_mutex_lock(&e->mutex);
	assert(e->queue.first == NULL); /* all ports are closed */
	e->stop = true;
	uv_cond_signal(&e->work);
	uv_mutex_unlock(&e->mutex);
	if (e->has_thread)
		uv_thread_join(&e->thread);
	storage_step(s); /* acknowledgements that still wait */
	s->engine = NULL;
	engine_free(e);
}
