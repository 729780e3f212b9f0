/*
 * storage_lmdb.c - storage.h over LMDB and the journal: the thread around the
 * writer's step function (writer.h).
 */
#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "relay/storage_engine.h"

enum { IDLE_MS = 1000 }; /* so long nothing comes before it tidies up */

#define FOR_EVER_MS UINT64_MAX

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

static struct storage_op *
take_queue(struct engine *e, struct ops *queue)
{
	struct storage_op *list;

	uv_mutex_lock(&e->mutex);
	list = queue->first;
	*queue = (struct ops){ NULL, NULL };
	prepare(e, list);
	uv_mutex_unlock(&e->mutex);
	return list;
}

/* `rest` was not carried out and goes back to the front of its queue. */
static void
post(struct engine *e, struct ops *queue, struct storage_op *list,
    struct storage_op *rest)
{
	struct storage_op *next;

	post_evictions(e);
	uv_mutex_lock(&e->mutex);
	for (struct storage_op *op = rest; op != NULL; op = op->next)
		op->port->in_step--;
	if (rest == list)
		list = NULL;
	for (struct storage_op *op = list; op != NULL; op = next) {
		next = op->next;
		post_result(op);
	}
	ops_prepend(queue, rest);
	post_wakes(e);
	uv_cond_broadcast(&e->stepped);
	uv_mutex_unlock(&e->mutex);
}

/* What upkeep has to say to others: notes, and who has to go. */
static void
post_upkeep(struct engine *e)
{
	post_evictions(e);
	uv_mutex_lock(&e->mutex);
	post_wakes(e);
	uv_mutex_unlock(&e->mutex);
}

/* Files are made ready aside: a step must not wait for that. */
static void
engine_care(struct engine *e, bool behind)
{
	bool care = journal_wants_care(e->journal);

	uv_mutex_lock(&e->mutex);
	e->behind = behind;
	if (care && e->has_keeper) {
		e->care = true;
		uv_cond_signal(&e->caring);
	}
	uv_mutex_unlock(&e->mutex);
	/* What fails is tried again when it is needed. */
	if (care && !e->has_keeper)
		(void)(journal_care(e->journal) == STATUS_OK);
}

static void
keeper_thread(void *arg)
{
	struct engine *e = arg;
	bool stop = false;

	while (!stop) {
		uv_mutex_lock(&e->mutex);
		while (!e->care && !e->stop)
			uv_cond_wait(&e->caring, &e->mutex);
		stop = e->stop;
		e->care = false;
		uv_mutex_unlock(&e->mutex);
		if (!stop)
			(void)(journal_care(e->journal) == STATUS_OK);
	}
}

static void
apply_limits(struct engine *e)
{
	struct storage_limits limits;
	bool new_limits;

	uv_mutex_lock(&e->mutex);
	limits = e->limits;
	new_limits = e->new_limits;
	e->new_limits = false;
	uv_mutex_unlock(&e->mutex);
	if (new_limits)
		writer_set_limits(e->writer, &limits);
}

/* Submits first: they are many, and the quicker ones. */
size_t
storage_step(struct storage *s)
{
	struct engine *e = s->engine;
	struct storage_op *list;
	size_t done = 0;
	bool behind;

	apply_limits(e);
	list = take_queue(e, &e->submits);
	if (list != NULL)
		post(e, &e->submits, list,
		    writer_submits(e->writer, list, &done));
	list = take_queue(e, &e->others);
	if (list != NULL) {
		writer_others(e->writer, list, &done);
		post(e, &e->others, list, NULL);
	}
	behind = writer_upkeep(e->writer, false);
	post_upkeep(e);
	engine_care(e, behind);
	return done;
}

void
engine_wake(struct engine *e)
{
	if (!e->sleeping)
		return;
	e->sleeping = false;
	uv_cond_signal(&e->work);
}

/* The lock is held. */
static bool
has_work(const struct engine *e)
{
	return e->submits.first != NULL || e->others.first != NULL ||
	       e->behind || e->stop;
}

enum turn { TURN_WORK, TURN_IDLE, TURN_STOP };

/* Idle: nothing came for so long. */
static enum turn
engine_wait(struct engine *e, uint64_t wait_ms)
{
	enum turn turn = TURN_WORK;
	int rc = 0;

	uv_mutex_lock(&e->mutex);
	while (!has_work(e) && rc == 0) {
		e->sleeping = true;
		e->sound = wait_ms > IDLE_MS;
		if (wait_ms != FOR_EVER_MS)
			rc = uv_cond_timedwait(
			    &e->work, &e->mutex, wait_ms * 1000 * 1000);
		else
			uv_cond_wait(&e->work, &e->mutex);
	}
	e->sleeping = false;
	if (!has_work(e))
		turn = TURN_IDLE;
	else if (e->stop && e->submits.first == NULL && e->others.first == NULL)
		turn = TURN_STOP;
	uv_mutex_unlock(&e->mutex);
	return turn;
}

/* true: there may be more to tidy up, if nothing else comes. */
static bool
engine_turn(struct storage *s, enum turn turn)
{
	struct engine *e = s->engine;
	bool more = false;

	atomic_store(&e->step_began_ms, clock_mono_ms());
	if (turn == TURN_WORK) {
		storage_step(s);
	} else {
		more = writer_upkeep(e->writer, true);
		post_upkeep(e);
		engine_care(e, false);
	}
	atomic_store(&e->step_began_ms, 0);
	return more;
}

static uint64_t
engine_patience(const struct engine *e)
{
	const int64_t later_ms = writer_wait_ms(e->writer);

	if (writer_has_upkeep(e->writer))
		return IDLE_MS;
	return later_ms > 0 ? (uint64_t)later_ms : FOR_EVER_MS;
}

static void
engine_thread(void *arg)
{
	struct storage *s = arg;
	struct engine *e = s->engine;
	bool more = false;
	enum turn turn;

	for (;;) {
		turn = engine_wait(e, more ? 0 : engine_patience(e));
		if (turn == TURN_STOP)
			return;
		more = engine_turn(s, turn);
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
	uv_cond_destroy(&e->caring);
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
	    uv_cond_init(&fresh->stepped) != 0 ||
	    uv_cond_init(&fresh->caring) != 0)
		abort(); /* only without any memory at all, at the start */
	*e = fresh;
	return STATUS_OK;
}

static enum status
engine_start(struct storage *s)
{
	struct engine *e = s->engine;

	e->care = true; /* the first file, before somebody waits for it */
	e->has_keeper = uv_thread_create(&e->keeper, keeper_thread, e) == 0;
	if (e->has_keeper)
		e->has_thread =
		    uv_thread_create(&e->thread, engine_thread, s) == 0;
	return e->has_thread ? STATUS_OK : STATUS_NOMEM;
}

static void
engine_stop(struct engine *e)
{
	uv_mutex_lock(&e->mutex);
	assert(e->submits.first == NULL && e->others.first == NULL);
	e->stop = true; /* all ports are closed */
	engine_wake(e);
	uv_cond_signal(&e->caring);
	uv_mutex_unlock(&e->mutex);
	if (e->has_thread)
		uv_thread_join(&e->thread);
	if (e->has_keeper)
		uv_thread_join(&e->keeper);
}

enum status
engine_open(struct storage *s, const struct storage_options *options)
{
	struct engine *e = NULL;
	enum status st = engine_new(&e);

	if (st != STATUS_OK)
		return st;
	e->journal = s->journal;
	st = engine_allocate(e);
	if (st == STATUS_OK)
		st = writer_open(s->db, s->journal, options, &e->writer);
	s->engine = e;
	if (st == STATUS_OK && options->threaded)
		st = engine_start(s);
	if (st == STATUS_OK)
		return st;
	s->engine = NULL;
	engine_stop(e);
	engine_free(e);
	return st;
}

void
engine_close(struct storage *s)
{
	struct engine *e = s->engine;

	engine_stop(e);
	s->engine = NULL;
	engine_free(e);
}
