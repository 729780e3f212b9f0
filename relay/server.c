#include "relay/server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "relay/server_private.h"

enum {
	ACCEPTS_PER_EVENT = 64,
	CHECK_MS = 500, /* how soon broken storage ends the relay */
};

static void
welcome(struct server *s, int fd, const struct sockaddr *address)
{
	struct source source;
	struct worker *w = s->workers[s->next_worker++ % s->workers_count];
	enum status st;

	metrics_add(s->common->metrics, METRIC_CONNECTIONS_ACCEPTED, 1);
	st = doors_enter(s->doors, address, clock_mono_ms(), &source);
	if (st != STATUS_OK) {
		log_event(LOG_LEVEL_DEBUG, "connection", "refused=%s",
		    st == STATUS_DENIED ? "banned" : "limit");
		metrics_add(s->common->metrics,
		    st == STATUS_DENIED ? METRIC_REFUSED_BANNED
					: METRIC_REFUSED_DOORS,
		    1);
		close(fd);
		return;
	}
	channel_tune(fd);
	if (worker_take(w, fd, &source) != STATUS_OK) {
		metrics_add(s->common->metrics, METRIC_REFUSED_BUSY, 1);
		doors_leave(s->doors, &source);
		close(fd);
	}
}

static void on_accept(uv_poll_t *handle, int status, int events);

static void
set_accepting(struct server *s, bool on)
{
	s->paused = !on;
	for (size_t i = 0; i < s->options->listeners->count; i++) {
		if (on)
			uv_poll_start(&s->polls[i], UV_READABLE, on_accept);
		else
			uv_poll_stop(&s->polls[i]);
	}
}

static void
on_accept(uv_poll_t *handle, int status, int events)
{
	struct server *s = handle->data;
	uv_os_fd_t listener;

	(void)status;
	(void)events;
	if (uv_fileno((uv_handle_t *)handle, &listener) != 0)
		return;
	for (int i = 0; i < ACCEPTS_PER_EVENT; i++) {
		struct sockaddr_storage a = { 0 };
		socklen_t len = sizeof(a);
		int fd = accept4(listener, (struct sockaddr *)&a, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			welcome(s, fd, (struct sockaddr *)&a);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS) {
			log_event(LOG_LEVEL_WARN, "accept", "reason=\"%s\"",
			    strerror(errno));
			metrics_add(
			    s->common->metrics, METRIC_REFUSED_DESCRIPTORS, 1);
			set_accepting(s, false);
		}
		if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

static void
close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void
stop(struct server *s, enum status result)
{
	if (s->stopping)
		return;
	s->stopping = true;
	s->result = result;
	notify_say(s->options->notify, "STOPPING=1\nSTATUS=stopping");
	if (s->monitor != NULL)
		server_tell_monitor(s);
	for (size_t i = 0; i < s->workers_count; i++)
		worker_stop(s->workers[i]);
	server_close_admin(s);
	uv_walk(&s->loop, close_handle, NULL);
}

static void
on_signal(uv_signal_t *handle, int number)
{
	log_event(LOG_LEVEL_INFO, "stopping", "signal=%d", number);
	stop(handle->data, STATUS_OK);
}

static void
on_hangup(uv_signal_t *handle, int number)
{
	char why[CONFIG_WHY_BYTES];

	(void)number;
	/* What is wrong is in the log; what was in force still is. */
	(void)!server_reload(handle->data, why);
}

static void
on_timer(uv_timer_t *handle)
{
	struct server *s = handle->data;

	if (storage_is_broken(s->options->storage)) {
		log_event(LOG_LEVEL_ERROR, "storage",
		    "broken=1 what=\"a sync failed; the relay stops, and a "
		    "new start reads what is on disk\"");
		stop(s, STATUS_IO);
		return;
	}
	if (s->paused)
		set_accepting(s, true);
	server_renew(s);
	common_look_for_room(s->common, snapshot_settings(s->snapshot));
	server_feed_watchdog(s);
	server_tell_monitor(s);
}

static size_t
count_workers(const struct settings *settings)
{
	unsigned cores = uv_available_parallelism();

	if (settings->workers > 0)
		return (size_t)settings->workers;
	return cores > 1 ? cores - 1 : 1;
}

static enum status
start_workers(struct server *s)
{
	size_t count = count_workers(s->options->settings);
	const struct worker_options options = {
		.common = s->common,
		.snapshot = s->snapshot,
		.doors = s->doors,
		.workers = count,
	};

	while (
	    s->workers_count < count && s->workers_count < SERVER_WORKERS_MAX) {
		enum status st =
		    worker_start(&options, &s->workers[s->workers_count]);

		if (st != STATUS_OK)
			return st;
		s->workers_count++;
	}
	return STATUS_OK;
}

static enum status
start_handles(struct server *s)
{
	static const struct {
		int number;
		uv_signal_cb on;
	} signals[SERVER_SIGNALS] = {
		{ SIGTERM, on_signal },
		{ SIGINT, on_signal },
		{ SIGHUP, on_hangup },
	};

	for (size_t i = 0; i < SERVER_SIGNALS; i++) {
		if (uv_signal_init(&s->loop, &s->signals[i]) != 0)
			return STATUS_IO;
		s->signals[i].data = s;
		if (uv_signal_start(
			&s->signals[i], signals[i].on, signals[i].number) != 0)
			return STATUS_IO;
	}
	if (uv_timer_init(&s->loop, &s->timer) != 0)
		return STATUS_IO;
	s->timer.data = s;
	uv_timer_start(&s->timer, on_timer, CHECK_MS, CHECK_MS);
	for (size_t i = 0; i < s->options->listeners->count; i++) {
		if (uv_poll_init(&s->loop, &s->polls[i],
			s->options->listeners->fds[i]) != 0)
			return STATUS_IO;
		s->polls[i].data = s;
	}
	set_accepting(s, true);
	return STATUS_OK;
}

static enum status
prepare(struct server *s)
{
	const struct server_options *o = s->options;
	struct channel_server *tls = NULL;
	struct moved_notice moved;
	enum status st;

	server_check_descriptors(o->settings);
	certificates_init(&s->certificates, o->identity, o->settings);
	st = certificates_load(&s->certificates, &tls);
	if (st == STATUS_OK)
		st = server_sign_moved(s, o->settings, &moved);
	if (st == STATUS_OK)
		st = snapshot_new(o->settings, &moved, tls, &s->snapshot);
	else
		channel_server_free(tls);
	if (st == STATUS_OK)
		st = doors_new(o->settings, &s->doors);
	if (st == STATUS_OK)
		st = common_new(
		    o->settings, o->storage, &o->identity->pin, &s->common);
	if (st == STATUS_OK) {
		s->common->metrics = o->metrics;
		s->common->frozen = o->frozen;
		st = server_start_monitor(s);
	}
	if (st == STATUS_OK)
		st = start_workers(s);
	if (st == STATUS_OK)
		st = start_handles(s);
	if (st == STATUS_OK)
		st = server_open_admin(s);
	return st;
}

enum status
server_run(const struct server_options *options)
{
	struct server *s = calloc(1, sizeof(*s));
	enum status st;

	if (s == NULL)
		return STATUS_NOMEM;
	s->options = options;
	if (uv_loop_init(&s->loop) != 0) {
		free(s);
		return STATUS_IO;
	}
	st = prepare(s);
	if (st == STATUS_OK) {
		log_event(
		    LOG_LEVEL_INFO, "serving", "workers=%zu", s->workers_count);
		server_tell_monitor(s);
		options->ready(options->owner);
		notify_say(options->notify, "READY=1\nSTATUS=serving");
	} else {
		stop(s, st);
	}
	uv_run(&s->loop, UV_RUN_DEFAULT);
	for (size_t i = 0; i < s->workers_count; i++)
		worker_join(s->workers[i]);
	monitor_stop(s->monitor);
	st = s->result;
	uv_loop_close(&s->loop);
	common_free(s->common);
	doors_free(s->doors);
	snapshot_drop(s->snapshot);
	free(s);
	return st;
}
