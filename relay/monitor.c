#include "relay/monitor.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "relay/process.h"

enum {
	KEPT_MAX = 8,            /* more connections push out the oldest */
	CONNECTIONS_MAX = 16,    /* not taken from the socket beyond that */
	MEMORY_BYTES = 8 * 1024, /* of one connection, its request included */
	IDLE_S = 5,
	STUCK_MS = 15 * 1000, /* the main loop said nothing for so long */
	PAGE_BYTES = 64 * 1024,
};

struct monitor {
	struct monitor_options options;
	struct process *process;
	struct MHD_Daemon *daemon;
	int64_t stuck_ms;
	_Atomic int state; /* enum monitor_state */
	_Atomic int64_t told_ms;

	/* Of the daemon's thread alone, oldest first. */
	struct MHD_Connection *kept[CONNECTIONS_MAX];
	size_t kept_count;
};

static enum monitor_state
state_of(struct monitor *m)
{
	return (enum monitor_state)atomic_load(&m->state);
}

static bool
is_stuck(struct monitor *m)
{
	return clock_mono_ms() - atomic_load(&m->told_ms) >= m->stuck_ms;
}

/* NULL: it is ready. */
static const char *
why_not_ready(struct monitor *m)
{
	switch (state_of(m)) {
	case MONITOR_READY:
		return is_stuck(m) ? "stuck\n" : NULL;
	case MONITOR_STARTING:
		return "starting\n";
	case MONITOR_FULL:
		return "full\n";
	case MONITOR_FROZEN:
		return "frozen\n";
	case MONITOR_STOPPING:
		return "stopping\n";
	case MONITOR_BROKEN:
		return "broken\n";
	}
	return "unknown\n";
}

static enum MHD_Result
answer(struct MHD_Connection *c, unsigned code, struct bytes body)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(
	    body.len, (void *)(uintptr_t)body.data, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result = MHD_NO;

	if (r == NULL)
		return MHD_NO;
	/* One request each: a connection kept open is one that is held. */
	if (MHD_add_response_header(r, "Connection", "close") == MHD_YES &&
	    MHD_add_response_header(r, "Cache-Control", "no-store") ==
		MHD_YES &&
	    MHD_add_response_header(r, "Content-Type",
		"text/plain; version=0.0.4; charset=utf-8") == MHD_YES)
		result = MHD_queue_response(c, code, r);
	MHD_destroy_response(r);
	return result;
}

static enum MHD_Result
answer_text(struct MHD_Connection *c, unsigned code, const char *text)
{
	return answer(c, code, bytes_text(text));
}

static void
sample_room(struct monitor *m)
{
	struct metrics *metrics = m->options.metrics;
	struct storage_room room;

	if (storage_room(m->options.storage, &room) != STATUS_OK)
		return;
	metrics_set(metrics, METRIC_MAP_BYTES, (int64_t)room.map_bytes);
	metrics_set(
	    metrics, METRIC_MAP_USED_BYTES, (int64_t)room.map_used_bytes);
	metrics_set(metrics, METRIC_DISK_BYTES, (int64_t)room.disk_bytes);
	metrics_set(
	    metrics, METRIC_DISK_FREE_BYTES, (int64_t)room.disk_free_bytes);
}

static void
sample(struct monitor *m)
{
	const enum monitor_state state = state_of(m);
	struct metrics *metrics = m->options.metrics;

	sample_room(m);
	process_measure(m->process, metrics);
	metrics_set(metrics, METRIC_READY, why_not_ready(m) == NULL);
	metrics_set(metrics, METRIC_STORAGE_BROKEN,
	    state == MONITOR_BROKEN || storage_is_broken(m->options.storage));
}

static enum MHD_Result
answer_metrics(struct monitor *m, struct MHD_Connection *c)
{
	enum MHD_Result result = MHD_NO;
	struct buf *page = NULL;

	sample(m);
	if (buf_new(PAGE_BYTES, &page) == STATUS_OK &&
	    metrics_print(m->options.metrics, TACIT_VERSION, page) == STATUS_OK)
		result = answer(c, MHD_HTTP_OK, buf_view(page));
	buf_free(page);
	return result;
}

static enum MHD_Result
answer_health(struct monitor *m, struct MHD_Connection *c)
{
	if (state_of(m) == MONITOR_BROKEN ||
	    storage_is_broken(m->options.storage))
		return answer_text(c, MHD_HTTP_SERVICE_UNAVAILABLE, "broken\n");
	if (is_stuck(m))
		return answer_text(c, MHD_HTTP_SERVICE_UNAVAILABLE, "stuck\n");
	return answer_text(c, MHD_HTTP_OK, "ok\n");
}

static enum MHD_Result
answer_ready(struct monitor *m, struct MHD_Connection *c)
{
	const char *why = why_not_ready(m);

	if (why == NULL && storage_is_broken(m->options.storage))
		why = "broken\n";
	if (why != NULL)
		return answer_text(c, MHD_HTTP_SERVICE_UNAVAILABLE, why);
	return answer_text(c, MHD_HTTP_OK, "ready\n");
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *body, size_t *body_len,
    void **owner)
{
	struct monitor *m = arg;

	(void)version;
	(void)body;
	(void)body_len;
	(void)owner;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer_text(
		    c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
	if (strcmp(url, "/metrics") == 0)
		return answer_metrics(m, c);
	if (strcmp(url, "/healthz") == 0)
		return answer_health(m, c);
	if (strcmp(url, "/readyz") == 0)
		return answer_ready(m, c);
	return answer_text(c, MHD_HTTP_NOT_FOUND,
	    "there are /metrics, /healthz and /readyz\n");
}

static void
push_out(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);

	/* The daemon sees the end and closes it. */
	if (info != NULL)
		shutdown(info->connect_fd, SHUT_RDWR);
}

static void
forget(struct monitor *m, const struct MHD_Connection *c)
{
	size_t left = 0;

	for (size_t i = 0; i < m->kept_count; i++)
		if (m->kept[i] != c)
			m->kept[left++] = m->kept[i];
	m->kept_count = left;
}

/*
 * A timeout counts from the last byte, so someone who sends a byte now and then
 * would stay; the oldest goes when others come.
 */
static void
on_connection(void *arg, struct MHD_Connection *c, void **owner,
    enum MHD_ConnectionNotificationCode what)
{
	struct monitor *m = arg;

	(void)owner;
	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		forget(m, c);
		return;
	}
	if (m->kept_count == KEPT_MAX) {
		push_out(m->kept[0]);
		forget(m, m->kept[0]);
	}
	m->kept[m->kept_count++] = c;
}

static enum status
start_daemon(struct monitor *m)
{
	m->daemon = MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC,
	    0, NULL, NULL, on_request, m, MHD_OPTION_LISTEN_SOCKET,
	    m->options.fd, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
	    (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)MEMORY_BYTES, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
	    m, MHD_OPTION_END);
	if (m->daemon != NULL)
		return STATUS_OK;
	log_event(LOG_LEVEL_ERROR, "monitor", "failed=start");
	return STATUS_IO;
}

enum status
monitor_start(const struct monitor_options *options, struct monitor **out)
{
	struct monitor *m = calloc(1, sizeof(*m));
	enum status st;

	if (m == NULL)
		return STATUS_NOMEM;
	m->options = *options;
	m->stuck_ms = options->stuck_ms != 0 ? options->stuck_ms : STUCK_MS;
	monitor_tell(m, MONITOR_STARTING);
	metrics_set(options->metrics, METRIC_START_S, clock_wall_ms() / 1000);
	st = process_open(&m->process);
	if (st == STATUS_OK)
		st = start_daemon(m);
	if (st != STATUS_OK) {
		process_close(m->process);
		free(m);
		return st;
	}
	*out = m;
	return STATUS_OK;
}

void
monitor_tell(struct monitor *m, enum monitor_state state)
{
	if (m == NULL)
		return;
	atomic_store(&m->told_ms, clock_mono_ms());
	atomic_store(&m->state, (int)state);
}

void
monitor_stop(struct monitor *m)
{
	if (m == NULL)
		return;
	MHD_stop_daemon(m->daemon);
	process_close(m->process);
	free(m);
}
