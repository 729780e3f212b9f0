/*
 * server.h - the listening sockets, the workers, the signals: a relay at work.
 */
#ifndef TACIT_RELAY_SERVER_H
#define TACIT_RELAY_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "relay/identity.h"
#include "relay/listeners.h"
#include "relay/metrics.h"
#include "relay/settings.h"
#include "relay/storage.h"

struct server_options {
	const struct settings *settings;
	struct storage *storage;
	const struct identity *identity;
	const struct listeners *listeners;
	struct metrics *metrics;    /* borrowed; or NULL */
	void (*ready)(void *owner); /* everything is in place */
	void *owner;
};

/*
 * Serve until SIGTERM or SIGINT; then answer what is in flight and return OK.
 * IO: storage broke; what is on disk is whole, and a new start reads it.
 */
enum status server_run(const struct server_options *options);

#endif
