/*
 * server.h - the listening sockets, the workers, the signals: a relay at work.
 */
#ifndef TACIT_RELAY_SERVER_H
#define TACIT_RELAY_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "relay/identity.h"
#include "relay/listeners.h"
#include "relay/metrics.h"
#include "relay/notify.h"
#include "relay/settings.h"
#include "relay/storage.h"

struct server_options {
	const struct settings *settings;
	struct storage *storage;
	const struct identity *identity;
	const struct listeners *listeners;
	struct metrics *metrics;     /* borrowed; or NULL */
	const struct notify *notify; /* borrowed: the service manager */
	const char *dir;             /* for admin.sock; NULL: none */
	bool frozen;                 /* takes nothing new */
	void (*ready)(void *owner);  /* everything is in place */
	/*
	 * What the relay is to do by now, and what `settings` were before ports
	 * were taken, to compare that with.  BAD_INPUT: `why` says what is
	 * wrong with it.
	 */
	enum status (*reread)(
	    void *owner, struct settings *fresh, char why[CONFIG_WHY_BYTES]);
	const struct settings *asked;
	void *owner;
};

struct server;

/* What the settings say of mailboxes. */
struct storage_limits server_storage_limits(const struct settings *settings);

/*
 * Read settings and certificates again and work by them, without touching a
 * connection; on the loop of server_run() only.  What counts only at a start is
 * named in the log and stays as it was.
 *
 * BAD_INPUT: something in them is wrong, `why` says what, and everything is as
 * it was.  NOMEM.
 */
enum status server_reload(struct server *s, char why[CONFIG_WHY_BYTES]);

/*
 * Serve until SIGTERM or SIGINT; then answer what is in flight and return OK.
 * SIGHUP reloads.  IO: storage broke; what is on disk is whole, and a new start
 * reads it.
 */
enum status server_run(const struct server_options *options);

#endif
