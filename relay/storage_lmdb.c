/*
 * storage_lmdb.c - storage.h over LMDB: the thread around the writer's step
 * function (writer.h).
 */
#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "relay/storage_engine.h"

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

/* Before their results, so that whoever has those finds them told. */
static void
post_evictions(struct engine *e)
{
	size_t count;
	const struct storage_eviction *list = writer_evicted(e->writer, &count);

	for (size_t i = 0; i < count; i++)
		evictions_add(e->evictions, &list[i]);
}

/* A name is free only once nobody speaks for whoever had it. */
static void
prepare(struct engine *e, struct storage_op *list)
{
	for (struct storage_op *op = list; op != NULL; op = op->next) {
		op->port->in_step++;
		if (op->kind == STORAGE_FREE_NAME)
			op->u.free_name.busy = evictions_pending(
			    e->evictions, &op->u.free_name.name);
	}
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
	struct storage_limits limits;
	bool new_limits;
	size_t done = 0;

	uv_mutex_lock(&e->mutex);
	limits = e->limits;
	new_limits = e->new_limits;
	e->new_limits = false;
	list = e->queue.first;
	e->queue = (struct ops){ NULL, NULL };
	acks = e->acks;
	e->acks = e->spare;
	prepare(e, list);
	uv_mutex_unlock(&e->mutex);

	if (new_limits)
		writer_set_limits(e->writer, &limits);
	rest = writer_step(e->writer, list, acks.list, acks.count, &done);
	post_evictions(e);

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

	while (engine_wait(s->engine)) {
		atomic_store(&s->engine->step_began_ms, clock_mono_ms());
		storage_step(s);
		atomic_store(&s->engine->step_began_ms, 0);
	}
}

void
storage_set_limits(struct storage *s, const struct storage_limits *limits)
{
	struct engine *e = s->engine;

	uv_mutex_lock(&e->mutex);
	e->limits = *limits;
	e->new_limits = true;
	uv_mutex_unlock(&e->mutex);
}

int64_t
storage_step_ms(const struct storage *s, int64_t now_ms)
{
	int64_t began_ms = atomic_load(&s->engine->step_began_ms);

	return began_ms == 0 || now_ms < began_ms ? 0 : now_ms - began_ms;
}

static enum status
engine_allocate(struct engine *e)
{
	e->acks.list = calloc(STORAGE_ACKS, sizeof(*e->acks.list));
	e->spare.list = calloc(STORAGE_ACKS, sizeof(*e->spare.list));
	if (e->acks.list == NULL || e->spare.list == NULL)
		return STATUS_NOMEM;
	if (watches_new(&e->watches) != STATUS_OK)
		return STATUS_NOMEM;
	return evictions_new(&e->evictions);
}

static void
engine_free(struct engine *e)
{
	writer_close(e->writer);
	watches_free(e->watches);
	evictions_free(e->evictions);
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
