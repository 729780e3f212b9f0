/*
 * peer.h - one connection: bytes to frames for its session, replies to bytes.
 *
 * A peer belongs to the loop of its worker.  Events only mark it; the work is
 * done once per loop turn by peers_turn(), so that all that waits for one peer
 * leaves in one write.  Back pressure is not reading: above its output mark, or
 * while its session is not ready, nothing is read from it.
 */
#ifndef TACIT_RELAY_PEER_H
#define TACIT_RELAY_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "proto/channel.h"
#include "proto/frame.h"
#include "relay/doors.h"
#include "relay/session.h"

struct peer;

/* What the metrics know of one worker: it adds how much that changed. */
struct peers_reported {
	size_t held_bytes;
	size_t calls;
	size_t waiting;
	uint64_t tick_us; /* 0: none yet */
};

/* What all peers of one worker share; the worker sets the first part. */
struct peer_host {
	uv_loop_t *loop;
	struct session_env *env;
	struct channel_server *tls;
	struct doors *doors;
	const struct settings *settings;
	uv_idle_t *busy; /* runs while a peer waits for the next turn */
	struct frame_pool frames;

	struct peer *all;
	struct peer *dirty; /* wants a step in this turn */
	size_t count;
	bool squeezed; /* some peer waits for memory */
	struct peers_reported reported;
};

/*
 * Takes over fd, which entered through the doors; on failure it is closed and
 * has left again.  OK also when it was closed because what there is of memory
 * is for those who are here, which strangers can bring about.  NOMEM, IO.
 */
enum status peer_new(
    struct peer_host *host, int fd, const struct source *source);

/* End the connections of those whom the doors have banned. */
void peers_expel(struct peer_host *host);

/*
 * Open env->port; it ends the sessions of accounts that have to go.  NOMEM.
 */
enum status peers_open_port(struct peer_host *host, struct storage *storage);

/* One step of every peer that something happened to. */
void peers_turn(struct peer_host *host);

/* About once a second: deadlines. */
void peers_tick(struct peer_host *host);

/* Take no further requests; close each when what is in flight is answered. */
void peers_drain(struct peer_host *host);
void peers_close(struct peer_host *host); /* now */

#endif
