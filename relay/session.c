#include "relay/session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "proto/codec.h"
#include "relay/call.h"

enum {
	EARLY_MESSAGE_BYTES = 64 * 1024, /* before authentication */
	SESSION_WEIGHT_BYTES = 16 * 1024 * 1024,
	BIG_REPLY_BYTES = 1024 * 1024, /* bundles, chain tails */
	BUNDLE_BYTES = 16 * 1024,      /* of one account, all devices */
	REFUSALS_MAX = 5,
};

static const char NO_ROOM[] = "The relay has no room for this request.";

struct step {
	bool allowed;
	enum session_state next;
	void (*act)(struct call *c); /* NULL: only the state changes */
};

/*
 * The figure of protocol.md 4.  A step enters its state first, then acts; what
 * is not in the table is refused.
 */
static const struct step steps[SESSION_STATES][SESSION_EVENTS] = {
	[SESSION_FRESH] = {
		[EVENT_HELLO] = { true, SESSION_GREETED, request_hello },
		[EVENT_END] = { true, SESSION_ENDED, NULL },
	},
	[SESSION_GREETED] = {
		[EVENT_REGISTER] = { true, SESSION_PROVING, request_register },
		[EVENT_AUTHENTICATE] = { true, SESSION_PROVING,
		    request_authenticate },
		[EVENT_REPLACE_DEVICES] = { true, SESSION_PROVING,
		    request_replace_devices },
		[EVENT_RECOVER_ACCOUNT] = { true, SESSION_PROVING,
		    request_recover_account },
		[EVENT_END] = { true, SESSION_ENDED, NULL },
	},
	[SESSION_PROVING] = {
		[EVENT_ADMITTED] = { true, SESSION_OPEN, NULL },
		[EVENT_TURNED_AWAY] = { true, SESSION_GREETED, NULL },
		[EVENT_TOLD] = { true, SESSION_GREETED, NULL },
		[EVENT_END] = { true, SESSION_ENDED, NULL },
	},
	[SESSION_OPEN] = {
		[EVENT_PUBLISH_PREKEYS] = { true, SESSION_OPEN,
		    request_publish_prekeys },
		[EVENT_PREKEY_STATUS] = { true, SESSION_OPEN,
		    request_prekey_status },
		[EVENT_GET_ACCOUNT] = { true, SESSION_OPEN,
		    request_get_account },
		[EVENT_TAKE_BUNDLES] = { true, SESSION_OPEN,
		    request_take_bundles },
		[EVENT_SUBMIT] = { true, SESSION_OPEN, request_submit },
		[EVENT_RECEIVE] = { true, SESSION_OPEN, request_receive },
		[EVENT_ACKNOWLEDGE] = { true, SESSION_OPEN,
		    request_acknowledge },
		[EVENT_CHAIN_APPEND] = { true, SESSION_OPEN,
		    request_chain_append },
		[EVENT_CHAIN_READ] = { true, SESSION_OPEN,
		    request_chain_read },
		[EVENT_REMOVE_ACCOUNT] = { true, SESSION_OPEN,
		    request_remove_account },
		[EVENT_END] = { true, SESSION_ENDED, NULL },
	},
	/* Completions still arrive after the end. */
	[SESSION_ENDED] = {
		[EVENT_ADMITTED] = { true, SESSION_ENDED, NULL },
		[EVENT_TURNED_AWAY] = { true, SESSION_ENDED, NULL },
		[EVENT_TOLD] = { true, SESSION_ENDED, NULL },
		[EVENT_END] = { true, SESSION_ENDED, NULL },
	},
};

static void
session_enter(struct session *s, enum session_state state)
{
	metrics_add(s->env->common->metrics, METRIC_SESSIONS_OPEN,
	    (state == SESSION_OPEN) - (s->state == SESSION_OPEN));
	s->state = state;
}

static void
refuse(struct session *s, struct call *c)
{
	if (s->state == SESSION_OPEN || s->state == SESSION_ENDED) {
		call_refuse(
		    c, ERROR_BAD_REQUEST, "This request is out of order.", 0);
		session_end(s);
		return;
	}
	call_refuse(c, ERROR_NOT_AUTHENTICATED,
	    "Say hello and authenticate or register first.", 0);
	if (++s->refusals >= REFUSALS_MAX)
		session_end(s);
}

void
session_fire(struct session *s, enum session_event event, struct call *c)
{
	const struct step *step = &steps[s->state][event];

	if (!step->allowed) {
		assert(c != NULL);
		refuse(s, c);
		return;
	}
	session_enter(s, step->next);
	if (step->act != NULL)
		step->act(c);
	if (event == EVENT_TURNED_AWAY)
		s->refusals++;
}

void
session_weigh_refusals(struct session *s)
{
	if (s->refusals >= REFUSALS_MAX)
		session_end(s);
}

enum status
session_new(const struct session_options *options, struct session **s)
{
	struct session *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->env = options->env;
	fresh->io = options->io;
	fresh->peer = options->peer;
	memcpy(fresh->exporter, options->exporter, sizeof(fresh->exporter));
	memcpy(fresh->source, options->source, sizeof(fresh->source));
	fresh->source_len = options->source_len;
	random_bytes(fresh->nonce, sizeof(fresh->nonce));
	*s = fresh;
	return STATUS_OK;
}

void
session_free_when_over(struct session *s)
{
	if (s->peer == NULL && s->calls == 0)
		free(s);
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	session_end(s);
	s->peer = NULL;
	session_free_when_over(s);
}

void
session_end(struct session *s)
{
	if (s->state == SESSION_ENDED)
		return;
	session_fire(s, EVENT_END, NULL);
	push_stop(s);
	follows_stop(s);
	spending_end(&s->spending, s->env->common, &s->who);
	s->io->finish(s->peer);
}

bool
session_is_ready(const struct session *s)
{
	return s->state != SESSION_PROVING && s->state != SESSION_ENDED &&
	       s->waiting == 0 && s->calls < LIMIT_REQUESTS_IN_FLIGHT &&
	       s->weight < SESSION_WEIGHT_BYTES && session_may_ask(s);
}

bool
session_is_authenticated(const struct session *s)
{
	return s->state == SESSION_OPEN;
}

bool
session_is_busy(const struct session *s)
{
	return s->calls > 0;
}

size_t
session_held_bytes(const struct session *s)
{
	return s->weight;
}

size_t
session_message_limit(const struct session *s)
{
	return s->state == SESSION_OPEN ? LIMIT_MESSAGE_BYTES
					: EARLY_MESSAGE_BYTES;
}

void
session_say(struct session *s, const struct reply *r)
{
	enum status st;

	if (s->peer == NULL || s->state == SESSION_ENDED)
		return;
	st = s->io->say(s->peer, r);
	if (st == STATUS_OK)
		metrics_count_reply(s->env->common->metrics, r);
	/* A push left out would be acknowledged together with the next. */
	if (st == STATUS_FULL && r->kind != REPLY_ERROR &&
	    r->kind != REPLY_PUSH) {
		session_say_error(
		    s, r->id, ERROR_TOO_LARGE, "The answer is too large.", 0);
		return;
	}
	if (st != STATUS_OK)
		session_end(s);
}

void
session_say_error(struct session *s, uint64_t id, enum error_code code,
    const char *sentence, uint64_t retry_after_ms)
{
	struct reply r = { .id = id, .kind = REPLY_ERROR };

	r.u.error.code = code;
	r.u.error.message = bytes_text(sentence);
	r.u.error.retry_after_ms = retry_after_ms;
	session_say(s, &r);
}

void
session_proof_context(const struct session *s, const struct address *who,
    struct proof_context *context)
{
	context->who = *who;
	context->relay_key = s->env->common->pin;
	memcpy(context->nonce, s->nonce, sizeof(context->nonce));
	memcpy(context->exporter, s->exporter, sizeof(context->exporter));
}

/* What the answer may take, when it is much.  0: it is not. */
static size_t
reply_weight(const struct request *r)
{
	size_t bytes;

	if (r->kind == REQUEST_CHAIN_READ)
		return BIG_REPLY_BYTES;
	if (r->kind != REQUEST_TAKE_BUNDLES)
		return 0;
	bytes = r->u.bundles.count * BUNDLE_BYTES;
	if (bytes < BIG_REPLY_BYTES)
		return BIG_REPLY_BYTES;
	return bytes < LIMIT_BUNDLES_BYTES ? bytes : LIMIT_BUNDLES_BYTES;
}

static void
feed_failed(struct session *s, uint64_t id, enum status st)
{
	switch ((int)st) {
	case STATUS_NOT_FOUND:
		session_count_requests(s, 1);
		session_say_error(s, id, ERROR_UNSUPPORTED,
		    "This relay does not know that request.", 0);
		if (s->state != SESSION_OPEN && ++s->refusals >= REFUSALS_MAX)
			session_end(s);
		return;
	case STATUS_BAD_INPUT:
		session_say_error(s, id, ERROR_BAD_REQUEST,
		    "The request is malformed or over a limit.", 0);
		break;
	default:
		session_say_error(s, id, ERROR_UNAVAILABLE, NO_ROOM, 1000);
		break;
	}
	session_end(s);
}

static enum session_event
event_of(enum request_kind kind)
{
	switch (kind) {
	case REQUEST_HELLO:
		return EVENT_HELLO;
	case REQUEST_REGISTER:
		return EVENT_REGISTER;
	case REQUEST_AUTHENTICATE:
		return EVENT_AUTHENTICATE;
	case REQUEST_PUBLISH_PREKEYS:
		return EVENT_PUBLISH_PREKEYS;
	case REQUEST_PREKEY_STATUS:
		return EVENT_PREKEY_STATUS;
	case REQUEST_GET_ACCOUNT:
		return EVENT_GET_ACCOUNT;
	case REQUEST_TAKE_BUNDLES:
		return EVENT_TAKE_BUNDLES;
	case REQUEST_SUBMIT:
		return EVENT_SUBMIT;
	case REQUEST_RECEIVE:
		return EVENT_RECEIVE;
	case REQUEST_ACKNOWLEDGE:
		return EVENT_ACKNOWLEDGE;
	case REQUEST_CHAIN_APPEND:
		return EVENT_CHAIN_APPEND;
	case REQUEST_CHAIN_READ:
		return EVENT_CHAIN_READ;
	case REQUEST_REMOVE_ACCOUNT:
		return EVENT_REMOVE_ACCOUNT;
	case REQUEST_REPLACE_DEVICES:
		return EVENT_REPLACE_DEVICES;
	case REQUEST_RECOVER_ACCOUNT:
		return EVENT_RECOVER_ACCOUNT;
	}
	abort(); /* the codec makes no others */
}

void
session_feed(struct session *s, struct bytes body)
{
	struct call *c = NULL;
	uint64_t id = 0;
	enum status st;

	if (s->state == SESSION_ENDED)
		return;
	st = call_new(s, &c);
	if (st == STATUS_OK) {
		struct bytes copy = BYTES_NONE;

		st = arena_copy(c->arena, body, &copy);
		if (st == STATUS_OK)
			st =
			    codec_get_request(copy, c->arena, &c->request, &id);
		/* Spec 2.1: ids "MUST NOT be 0, except that of": no answer */
		if (st == STATUS_OK && id == 0 &&
		    c->request.kind != REQUEST_ACKNOWLEDGE)
			st = STATUS_BAD_INPUT;
	}
	if (st != STATUS_OK) {
		feed_failed(s, id, st);
		if (c != NULL)
			call_end(c);
		return;
	}
	metrics_add(
	    s->env->common->metrics, metric_of_request(c->request.kind), 1);
	session_count_requests(s, 1);
	call_weigh(c, arena_held_bytes(c->arena));
	if (reply_weight(&c->request) > 0) {
		if (session_env_is_tight(s->env)) {
			call_refuse(c, ERROR_UNAVAILABLE, NO_ROOM, 1000);
			return;
		}
		call_weigh(c, reply_weight(&c->request));
	}
	session_fire(s, event_of(c->request.kind), c);
}

void
session_broken(struct session *s, enum status why)
{
	feed_failed(s, 0, why == STATUS_NOT_FOUND ? STATUS_BAD_INPUT : why);
}

void
session_writable(struct session *s)
{
	push_go(s);
}

void
session_tick(struct session *s)
{
	limits_tick(s);
	push_tick(s);
	follows_tick(s);
}

void
session_replaced(struct session *s)
{
	push_replaced(s);
}
