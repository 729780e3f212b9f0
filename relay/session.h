/*
 * session.h - one device's conversation with the relay (protocol.md 4).
 *
 * A state machine without I/O: it is handed whole messages, completions of
 * storage and the time, and says replies through a few callbacks.  Its figure
 * is the table in session.c.  A session whose peer left lives on until storage
 * has given back everything it borrowed.
 */
#ifndef TACIT_RELAY_SESSION_H
#define TACIT_RELAY_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "proto/channel.h"
#include "proto/message.h"
#include "relay/common.h"
#include "relay/settings.h"

struct call;
struct session;
struct storage_eviction; /* relay/storage.h */

/* A join code to be hashed away from the loop; `done` runs on it again. */
struct join_job {
	struct bytes code;
	struct hash out;
	enum status status;
	void (*done)(struct join_job *job);
	struct call *call;
};

enum { SESSION_SPARE_ARENAS = 512 };

/* What the sessions of one worker stand on. */
struct session_env {
	struct common *common;
	/* Those in force: read at the time of use, another one after a reload.
	 */
	const struct settings *settings;
	const struct moved_notice *moved; /* NULL: it has not moved */
	struct storage_port *port;
	struct receivers_inbox inbox;
	/* STATUS_OK: `done` will run, later.  Otherwise it will not. */
	enum status (*hash_join)(struct session_env *env, struct join_job *job);
	/*
	 * Messages and answers of all peers together: peers count what came in
	 * or waits to leave, sessions what is being worked on.  Above the
	 * budget whoever holds much is not read from, and big answers wait.
	 */
	size_t held_bytes;
	size_t budget_bytes;
	/* The time of this loop turn, kept current by the worker. */
	int64_t wall_ms;
	int64_t mono_ms;

	/* The rest is the sessions' own. */
	struct call *waiting; /* not taken by storage yet, oldest first */
	struct call **waiting_end;
	struct arena *spare[SESSION_SPARE_ARENAS];
	size_t spare_count;
	size_t calls; /* outstanding in all */
};

/* Sets up the sessions' own part. */
void session_env_init(struct session_env *env);
void session_env_clear(struct session_env *env);

/* More is held than should be. */
bool session_env_is_tight(const struct session_env *env);

/* Offers storage again what it would not take.  Also done after every `done`.
 */
void session_env_retry(struct session_env *env);

/* What a session asks of its peer.  None of these calls back into it. */
struct session_io {
	/* Queue a reply.  FULL: no room for it.  NOMEM. */
	enum status (*say)(void *peer, const struct reply *r);
	bool (*is_full)(void *peer); /* output is above its mark */
	void (*resume)(void *peer);  /* session_is_ready() may be true again */
	void (*finish)(void *peer);  /* close once what was said has left */
};

enum { SESSION_SOURCE_BYTES = 8 };

struct session_options {
	struct session_env *env;
	const struct session_io *io;
	void *peer;
	uint8_t exporter[CHANNEL_EXPORTER_BYTES];
	uint8_t source[SESSION_SOURCE_BYTES]; /* IPv4 address or IPv6 /64 */
	size_t source_len;
};

enum status session_new(
    const struct session_options *options, struct session **s);

/* The peer is gone: nothing is said any more.  NULL is fine. */
void session_free(struct session *s);

/* May a message be fed now?  If not, the peer stops reading. */
bool session_is_ready(const struct session *s);

/* One whole message; copied as far as it is needed later. */
void session_feed(struct session *s, struct bytes body);

/* The largest message taken in its present state. */
size_t session_message_limit(const struct session *s);
bool session_is_authenticated(const struct session *s);
bool session_is_busy(const struct session *s);      /* something is in flight */
size_t session_held_bytes(const struct session *s); /* by what is in flight */

/* Output fell below its mark. */
void session_writable(struct session *s);

/* About once a second. */
void session_tick(struct session *s);

/* Another connection of this device receives now. */
void session_replaced(struct session *s);

/* Ends if it speaks for the account that has to go; NULL: everybody has to. */
void session_evict(struct session *s, const struct storage_eviction *e);

/* The stream cannot be read further: say why and end. */
void session_broken(struct session *s, enum status why);

#endif
