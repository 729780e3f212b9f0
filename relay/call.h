/*
 * call.h - a request on its way through a session, and the inside of sessions;
 * for session.c and request_*.c alone.
 *
 * A call lives in the arena of its request: the message's bytes, what they
 * decoded to, the storage operation and its results.  All of it is given back
 * at once by call_end(), which every path of every request reaches once.
 */
#ifndef TACIT_RELAY_CALL_H
#define TACIT_RELAY_CALL_H

#include "proto/arena.h"
#include "proto/proof.h"
#include "relay/session.h"
#include "relay/spending.h"
#include "relay/storage.h"

enum session_state {
	SESSION_FRESH,   /* nothing was said yet */
	SESSION_GREETED, /* versions agreed, nonce given */
	SESSION_PROVING, /* registration or authentication is in flight */
	SESSION_OPEN,    /* it speaks for session->who */
	SESSION_ENDED,   /* waits for its peer to close */
};

enum { SESSION_STATES = SESSION_ENDED + 1 };

struct call {
	struct storage_op op;
	struct session *session;
	struct arena *arena;
	struct request request;
	struct join_job job;
	size_t weight;         /* call_weigh() */
	const uint64_t *waits; /* request_account.c: for each name */
	void (*complete)(struct call *c);
	struct call *next;
};

struct pushed {
	uint64_t seq;
	size_t bytes;
};

struct push {
	bool on;
	struct call *reading; /* the read in flight, or NULL */
	bool again;           /* a wake-up came meanwhile */
	bool drained;
	uint64_t request_id;
	uint64_t after; /* the last item pushed */
	size_t window_items;
	size_t first;        /* in ring */
	size_t count;        /* pushed and not acknowledged */
	size_t bytes;        /* of those */
	size_t room;         /* of ring; at most LIMIT_PUSH_WINDOW_ITEMS */
	struct pushed *ring; /* NULL while nothing is out */
	int64_t checked_ms;
	struct receiver *claim;
	struct storage_watch watch;
};

struct follow {
	struct storage_watch watch;
	uint64_t length; /* the last one told */
	bool dirty;
	struct follow *next;
};

struct follows {
	struct follow *list;
	size_t count;
	bool reading;
	int64_t checked_ms;
};

struct session {
	struct session_env *env;
	const struct session_io *io;
	void *peer; /* NULL: gone */
	enum session_state state;
	uint8_t nonce[NONCE_BYTES];
	uint8_t exporter[CHANNEL_EXPORTER_BYTES];
	uint8_t source[SESSION_SOURCE_BYTES];
	size_t source_len;
	struct address who;
	uint64_t head;     /* highest seq this device can have seen */
	unsigned refusals; /* before it was authenticated */
	size_t calls;      /* in flight */
	size_t weight;     /* of those, and of what is followed */
	size_t waiting;    /* of those, not taken by storage yet */
	struct bucket requests;
	struct spending spending;
	struct push push;
	struct follows follows;
};

enum session_event {
	EVENT_HELLO, /* a request each, up to EVENT_RECOVER_ACCOUNT */
	EVENT_REGISTER,
	EVENT_AUTHENTICATE,
	EVENT_PUBLISH_PREKEYS,
	EVENT_PREKEY_STATUS,
	EVENT_GET_ACCOUNT,
	EVENT_TAKE_BUNDLES,
	EVENT_SUBMIT,
	EVENT_RECEIVE,
	EVENT_ACKNOWLEDGE,
	EVENT_CHAIN_APPEND,
	EVENT_CHAIN_READ,
	EVENT_REMOVE_ACCOUNT,
	EVENT_REPLACE_DEVICES,
	EVENT_RECOVER_ACCOUNT,
	EVENT_ADMITTED,    /* who it is has been proved */
	EVENT_TURNED_AWAY, /* it has not */
	EVENT_TOLD,        /* it was given what it proved a right to */
	EVENT_END,         /* no more is to be said */
};

enum { SESSION_EVENTS = EVENT_END + 1 };

/* `c` belongs to request events and is NULL for the others. */
void session_fire(struct session *s, enum session_event event, struct call *c);

/* Nothing happens when the peer is gone. */
void session_say(struct session *s, const struct reply *r);
void session_say_error(struct session *s, uint64_t id, enum error_code code,
    const char *sentence, uint64_t retry_after_ms);

/* The end of a session whose peer left, once nothing is in flight. */
void session_free_when_over(struct session *s);

/* Say nothing more and have the connection closed. */
void session_end(struct session *s);

/* Someone who keeps being turned away is guessing: the end, once it was told.
 */
void session_weigh_refusals(struct session *s);

/* Who signs what here, for proof_check(). */
void session_proof_context(const struct session *s, const struct address *who,
    struct proof_context *context);

/* A call of the session's own, outside the limits of the peer's requests. */
enum status call_new(struct session *s, struct call **c);

/* What it makes the relay hold until it ends. */
void call_weigh(struct call *c, size_t bytes);

/* c->op is filled in but for owner, arena, now_ms, done; `complete` runs once.
 */
void call_submit(
    struct call *c, enum storage_kind kind, void (*complete)(struct call *c));

/* Each of these ends the call. */
void call_end(struct call *c);
void call_reply(struct call *c, struct reply *r); /* sets r->id */
void call_refuse(struct call *c, enum error_code code, const char *sentence,
    uint64_t retry_after_ms);
/* For what no request treats specially: IO, NOMEM, NO_SPACE and surprises. */
void call_fail(struct call *c, enum status st);

/* While SESSION_PROVING, these end it as well: the proof counts for nothing. */
void call_turn_away(struct call *c, enum error_code code, const char *sentence,
    uint64_t retry_after_ms);
void call_turn_away_failed(struct call *c, enum status st); /* call_fail() */
/* Only who has a key of the account learns of it. */
void call_turn_away_suspended(struct call *c, enum suspension suspended);

/* One of the few accounts a source may make or open.  false: turned away. */
bool call_take_entry(struct call *c);

/* The session's bucket in a table of rates.  false: the call was refused. */
bool call_take_rate(
    struct call *c, struct rate *rate, struct bytes key, uint32_t tokens);

/* call_limits.c */

/* false: not read from until limits_tick() resumes the peer. */
bool session_may_ask(const struct session *s);
void session_count_requests(struct session *s, size_t requests);
void limits_tick(struct session *s);

/* false: the call was refused. */
bool call_may_store(struct call *c);  /* there is room for anything new */
bool call_may_submit(struct call *c); /* and for what this account sends */

/* NULL: what is new may be stored.  Otherwise why not. */
const char *session_stores_nothing(const struct session *s);

/* NULL: a new account may come.  Otherwise why not. */
const char *session_takes_no_newcomer(const struct session *s);

/* One per request, in request_*.c. */
void request_hello(struct call *c);
void request_register(struct call *c);
void request_authenticate(struct call *c);
void request_publish_prekeys(struct call *c);
void request_prekey_status(struct call *c);
void request_get_account(struct call *c);
void request_take_bundles(struct call *c);
void request_submit(struct call *c);
void request_receive(struct call *c);
void request_acknowledge(struct call *c);
void request_chain_append(struct call *c);
void request_chain_read(struct call *c);
void request_remove_account(struct call *c);
void request_replace_devices(struct call *c);
void request_recover_account(struct call *c);

/* request_receive.c */
void push_go(struct session *s);
void push_tick(struct session *s);
void push_stop(struct session *s);
void push_replaced(struct session *s);

/* request_chain.c */
void follows_tick(struct session *s);
void follows_stop(struct session *s);

#endif
