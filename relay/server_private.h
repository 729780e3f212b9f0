/* server_private.h - the inside of a server; for server*.c alone. */
#ifndef TACIT_RELAY_SERVER_PRIVATE_H
#define TACIT_RELAY_SERVER_PRIVATE_H

#include <uv.h>

#include "proto/channel_moved.h"
#include "relay/admin_socket.h"
#include "relay/certificates.h"
#include "relay/monitor.h"
#include "relay/server.h"
#include "relay/snapshot.h"
#include "relay/worker.h"

enum { SERVER_SIGNALS = 3, SERVER_WORKERS_MAX = 256 };

struct server {
	const struct server_options *options;
	uv_loop_t loop;
	uv_signal_t signals[SERVER_SIGNALS];
	uv_timer_t timer;
	uv_poll_t polls[CONFIG_LIST_ITEMS];
	struct common *common;
	struct snapshot *snapshot; /* what is in force */
	struct certificates certificates;
	int64_t looked_ms; /* when the certificates' files were looked at */
	int64_t fed_ms;    /* when the service manager's watchdog was fed */
	bool stuck;        /* and it is not any more */
	struct doors *doors;
	struct monitor *monitor; /* NULL: nobody monitors */
	struct worker *workers[SERVER_WORKERS_MAX];
	size_t workers_count;
	size_t next_worker;
	bool paused; /* out of descriptors: not accepting until the timer */
	bool stopping;
	enum status result;
	struct admin_socket *admin; /* NULL: none */
};

/* Look, now and then, whether certificates were renewed; and take them. */
void server_renew(struct server *s);

/* Feed the service manager's watchdog while every thread is alive. */
void server_feed_watchdog(struct server *s);

/* Say so when the process may not open as much as the settings promise. */
void server_check_descriptors(const struct settings *settings);

/* server_reload.c: what moved_to says, signed; no notice when it is empty. */
enum status server_sign_moved(const struct server *s,
    const struct settings *settings, struct moved_notice *moved);

/* server_monitor.c: answer monitoring, if that is asked for. */
enum status server_start_monitor(struct server *s);

/* Tell it how things are; at every change, and twice a second anyway. */
void server_tell_monitor(struct server *s);

/* server_admin.c */
enum status server_open_admin(struct server *s);
void server_close_admin(struct server *s);

#endif
