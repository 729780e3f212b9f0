#include "relay/worker.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/wipe.h"
#include "relay/peer.h"

enum {
	ARRIVALS_MAX = 256,
	TICK_MS = 1000,
	STOP_MS = 5000, /* for what is in flight when the relay stops */
};

struct arrival {
	int fd;
	struct source source;
};

struct worker {
	uv_loop_t loop;
	uv_thread_t thread;
	uv_async_t attention; /* arrivals, a stop, a reload, lost receivers */
	uv_prepare_t prepare; /* the turn after timers */
	uv_check_t check;     /* the turn after polling */
	uv_idle_t busy;
	uv_timer_t timer;
	struct session_env env;
	struct peer_host host;
	struct worker_options options;
	uv_sem_t started;
	enum status start_status;
	struct snapshot *snapshot; /* what env and host work by */
	_Atomic int64_t beat_ms;
	bool closing;
	int64_t stop_ms; /* 0: not stopping */

	uv_mutex_t lock; /* guards what follows */
	bool stop;
	struct snapshot *next; /* of a reload; NULL: none */
	struct arrival arrivals[ARRIVALS_MAX];
	size_t arrivals_count;
};

/* A join code on its way through the thread pool. */
struct join_work {
	uv_work_t work;
	struct join_job *job;
	uint8_t salt[JOIN_SALT_BYTES];
	struct hash hash;
	enum status status;
};

static void
hash_in_pool(uv_work_t *work)
{
	struct join_work *w = work->data;

	w->status = storage_join_hash(w->salt, w->job->code, &w->hash);
}

static void
hash_done(uv_work_t *work, int status)
{
	struct join_work *w = work->data;
	struct join_job *job = w->job;

	job->status = status == 0 ? w->status : STATUS_IO;
	job->out = w->hash;
	wipe(w, sizeof(*w));
	free(w);
	job->done(job);
}

static enum status
hash_join(struct session_env *env, struct join_job *job)
{
	struct worker *worker =
	    (struct worker *)((char *)env - offsetof(struct worker, env));
	struct join_work *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return STATUS_NOMEM;
	w->work.data = w;
	w->job = job;
	storage_join_salt(env->common->storage, w->salt);
	if (uv_queue_work(&worker->loop, &w->work, hash_in_pool, hash_done) ==
	    0)
		return STATUS_OK;
	free(w);
	return STATUS_IO;
}

static void
poke(struct receivers_inbox *inbox)
{
	struct worker *w =
	    (struct worker *)((char *)inbox -
			      offsetof(struct worker, env.inbox));

	uv_async_send(&w->attention);
}

static void
set_time(struct worker *w)
{
	w->env.wall_ms = clock_wall_ms();
	w->env.mono_ms = clock_mono_ms();
}

/*
 * Once no connection is left and storage has given everything back, the
 * handles go, and with the last of them the loop ends.
 */
static void
close_when_over(struct worker *w)
{
	if (w->closing || w->stop_ms == 0 || w->host.count > 0 ||
	    w->env.calls > 0)
		return;
	w->closing = true;
	storage_port_close(w->env.port);
	uv_close((uv_handle_t *)&w->attention, NULL);
	uv_close((uv_handle_t *)&w->prepare, NULL);
	uv_close((uv_handle_t *)&w->check, NULL);
	uv_close((uv_handle_t *)&w->busy, NULL);
	uv_close((uv_handle_t *)&w->timer, NULL);
}

static void
turn(struct worker *w)
{
	if (w->closing)
		return;
	set_time(w);
	peers_turn(&w->host);
	close_when_over(w);
}

static void
on_prepare(uv_prepare_t *handle)
{
	turn(handle->data);
}

static void
on_check(uv_check_t *handle)
{
	turn(handle->data);
}

static void
begin_stop(struct worker *w)
{
	if (w->stop_ms != 0)
		return;
	w->stop_ms = w->env.mono_ms + STOP_MS;
	peers_drain(&w->host);
}

static void
on_timer(uv_timer_t *handle)
{
	struct worker *w = handle->data;

	set_time(w);
	atomic_store(&w->beat_ms, w->env.mono_ms);
	session_env_retry(&w->env);
	peers_tick(&w->host);
	if (w->stop_ms != 0 && w->env.mono_ms >= w->stop_ms)
		peers_close(&w->host);
}

/* Takes over the caller's hold. */
static void
set_snapshot(struct worker *w, struct snapshot *snapshot)
{
	snapshot_drop(w->snapshot);
	w->snapshot = snapshot;
	w->env.settings = snapshot_settings(snapshot);
	w->env.moved = snapshot_moved(snapshot);
	w->env.budget_bytes =
	    settings_memory_share(w->env.settings, w->options.workers);
	w->host.settings = w->env.settings;
	w->host.tls = snapshot_tls(snapshot);
	peers_expel(&w->host);
}

static void
take_next_snapshot(struct worker *w)
{
	struct snapshot *next;

	uv_mutex_lock(&w->lock);
	next = w->next;
	w->next = NULL;
	uv_mutex_unlock(&w->lock);
	if (next != NULL)
		set_snapshot(w, next);
}

static void
on_attention(uv_async_t *handle)
{
	struct worker *w = handle->data;
	struct session *lost;
	struct arrival a;
	bool more = true;
	bool stop;

	set_time(w);
	take_next_snapshot(w);
	while (more) {
		uv_mutex_lock(&w->lock);
		stop = w->stop;
		more = w->arrivals_count > 0;
		if (more)
			a = w->arrivals[--w->arrivals_count];
		uv_mutex_unlock(&w->lock);
		if (more && peer_new(&w->host, a.fd, &a.source) != STATUS_OK)
			log_event(LOG_LEVEL_WARN, "connection", "dropped=1");
	}
	while ((lost = receivers_next_lost(
		    w->env.common->receivers, &w->env.inbox)) != NULL)
		session_replaced(lost);
	if (stop)
		begin_stop(w);
}

static enum status
init_handles(struct worker *w)
{
	if (uv_async_init(&w->loop, &w->attention, on_attention) != 0 ||
	    uv_prepare_init(&w->loop, &w->prepare) != 0 ||
	    uv_check_init(&w->loop, &w->check) != 0 ||
	    uv_idle_init(&w->loop, &w->busy) != 0 ||
	    uv_timer_init(&w->loop, &w->timer) != 0)
		return STATUS_IO;
	w->attention.data = w;
	w->prepare.data = w;
	w->check.data = w;
	w->timer.data = w;
	if (uv_prepare_start(&w->prepare, on_prepare) != 0 ||
	    uv_check_start(&w->check, on_check) != 0 ||
	    uv_timer_start(&w->timer, on_timer, TICK_MS, TICK_MS) != 0)
		return STATUS_IO;
	return STATUS_OK;
}

static void
close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void
run(void *arg)
{
	struct worker *w = arg;
	enum status st = init_handles(w);

	if (st == STATUS_OK)
		st = peers_open_port(&w->host, w->options.common->storage);
	set_time(w);
	atomic_store(&w->beat_ms, w->env.mono_ms);
	w->start_status = st;
	if (st != STATUS_OK) {
		w->closing = true;
		uv_walk(&w->loop, close_handle, NULL);
	}
	uv_sem_post(&w->started);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	session_env_clear(&w->env);
	frame_pool_clear(&w->host.frames);
}

static void
free_worker(struct worker *w)
{
	int failed = uv_loop_close(&w->loop);

	assert(failed == 0);
	(void)failed;
	snapshot_drop(w->snapshot);
	snapshot_drop(w->next);
	uv_sem_destroy(&w->started);
	uv_mutex_destroy(&w->lock);
	free(w);
}

static enum status
worker_new(const struct worker_options *options, struct worker **out)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return STATUS_NOMEM;
	if (uv_loop_init(&w->loop) != 0) {
		free(w);
		return STATUS_IO;
	}
	w->options = *options;
	uv_mutex_init(&w->lock);
	uv_sem_init(&w->started, 0);
	session_env_init(&w->env);
	w->env.common = options->common;
	w->env.inbox.poke = poke;
	w->env.hash_join = hash_join;
	w->host.loop = &w->loop;
	w->host.env = &w->env;
	w->host.doors = options->doors;
	w->host.busy = &w->busy;
	set_snapshot(w, snapshot_hold(options->snapshot));
	*out = w;
	return STATUS_OK;
}

enum status
worker_start(const struct worker_options *options, struct worker **out)
{
	struct worker *w = NULL;
	enum status st = worker_new(options, &w);

	if (st != STATUS_OK)
		return st;
	if (uv_thread_create(&w->thread, run, w) != 0) {
		free_worker(w);
		return STATUS_IO;
	}
	uv_sem_wait(&w->started);
	st = w->start_status;
	if (st != STATUS_OK) {
		worker_join(w);
		return st;
	}
	*out = w;
	return STATUS_OK;
}

enum status
worker_take(struct worker *w, int fd, const struct source *source)
{
	enum status st = STATUS_FULL;

	uv_mutex_lock(&w->lock);
	if (w->arrivals_count < ARRIVALS_MAX && !w->stop) {
		w->arrivals[w->arrivals_count].fd = fd;
		w->arrivals[w->arrivals_count++].source = *source;
		st = STATUS_OK;
		uv_async_send(&w->attention);
	}
	uv_mutex_unlock(&w->lock);
	return st;
}

void
worker_reconfigure(struct worker *w, struct snapshot *snapshot)
{
	struct snapshot *unseen;

	uv_mutex_lock(&w->lock);
	unseen = w->next;
	w->next = snapshot_hold(snapshot);
	if (!w->stop)
		uv_async_send(&w->attention);
	uv_mutex_unlock(&w->lock);
	snapshot_drop(unseen);
}

int64_t
worker_beat_ms(const struct worker *w)
{
	return atomic_load(&w->beat_ms);
}

void
worker_stop(struct worker *w)
{
	uv_mutex_lock(&w->lock);
	if (!w->stop) {
		w->stop = true;
		uv_async_send(&w->attention);
	}
	uv_mutex_unlock(&w->lock);
}

void
worker_join(struct worker *w)
{
	uv_thread_join(&w->thread);
	free_worker(w);
}
