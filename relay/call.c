#include "relay/call.h"

/* The body, its payloads once more, their frame, and what storage answers. */
enum { CALL_ARENA_BYTES = 2 * LIMIT_MESSAGE_BYTES + 2 * LIMIT_ARENA_BYTES };

void
session_env_init(struct session_env *env)
{
	env->waiting = NULL;
	env->waiting_end = &env->waiting;
	env->spare_count = 0;
	env->calls = 0;
	env->held_bytes = 0;
	env->budget_bytes = SIZE_MAX;
}

bool
session_env_is_tight(const struct session_env *env)
{
	return env->held_bytes >= env->budget_bytes;
}

void
session_env_clear(struct session_env *env)
{
	while (env->spare_count > 0)
		arena_free(env->spare[--env->spare_count]);
}

static enum status
arena_borrow(struct session_env *env, struct arena **a)
{
	if (env->spare_count == 0)
		return arena_new(CALL_ARENA_BYTES, a);
	*a = env->spare[--env->spare_count];
	return STATUS_OK;
}

static void
arena_return(struct session_env *env, struct arena *a)
{
	if (env->spare_count == SESSION_SPARE_ARENAS) {
		arena_free(a);
		return;
	}
	arena_reset(a);
	env->spare[env->spare_count++] = a;
}

enum status
call_new(struct session *s, struct call **c)
{
	struct arena *arena = NULL;
	struct call *fresh;
	enum status st = arena_borrow(s->env, &arena);

	if (st != STATUS_OK)
		return st;
	fresh = arena_take(arena, sizeof(*fresh));
	if (fresh == NULL) {
		arena_return(s->env, arena);
		return STATUS_NOMEM;
	}
	fresh->session = s;
	fresh->arena = arena;
	s->calls++;
	s->env->calls++;
	*c = fresh;
	return STATUS_OK;
}

void
call_weigh(struct call *c, size_t bytes)
{
	c->weight += bytes;
	c->session->weight += bytes;
	c->session->env->held_bytes += bytes;
}

void
call_end(struct call *c)
{
	struct session *s = c->session;
	struct session_env *env = s->env;

	s->calls--;
	env->calls--;
	s->weight -= c->weight;
	env->held_bytes -= c->weight;
	arena_return(env, c->arena);
	session_weigh_refusals(s);
	if (s->peer != NULL)
		s->io->resume(s->peer);
	session_free_when_over(s);
}

/* Runs on the loop; the session may have lost its peer meanwhile. */
static void
op_done(struct storage_op *op)
{
	struct call *c = op->owner;
	struct session_env *env = c->session->env;

	c->complete(c);
	session_env_retry(env);
}

void
session_env_retry(struct session_env *env)
{
	while (env->waiting != NULL &&
	       storage_submit(env->port, &env->waiting->op)) {
		/* `done` never runs inside the call, so c is still here. */
		struct call *c = env->waiting;

		env->waiting = c->next;
		if (env->waiting == NULL)
			env->waiting_end = &env->waiting;
		c->session->waiting--;
		if (c->session->peer != NULL)
			c->session->io->resume(c->session->peer);
	}
}

void
call_submit(
    struct call *c, enum storage_kind kind, void (*complete)(struct call *c))
{
	struct session_env *env = c->session->env;

	c->complete = complete;
	c->op.kind = kind;
	c->op.done = op_done;
	c->op.owner = c;
	c->op.arena = c->arena;
	c->op.now_ms = env->wall_ms;
	/* Order per port is kept: nobody overtakes what waits. */
	if (env->waiting == NULL && storage_submit(env->port, &c->op))
		return;
	c->next = NULL;
	*env->waiting_end = c;
	env->waiting_end = &c->next;
	c->session->waiting++;
}

void
call_reply(struct call *c, struct reply *r)
{
	r->id = c->request.id;
	session_say(c->session, r);
	call_end(c);
}

void
call_refuse(struct call *c, enum error_code code, const char *sentence,
    uint64_t retry_after_ms)
{
	session_say_error(
	    c->session, c->request.id, code, sentence, retry_after_ms);
	call_end(c);
}

void
call_fail(struct call *c, enum status st)
{
	if (st == STATUS_NO_SPACE)
		call_refuse(c, ERROR_UNAVAILABLE, "The relay's disk is full.",
		    60 * 1000);
	else
		call_refuse(c, ERROR_UNAVAILABLE,
		    "The relay could not do that now; try the same again.",
		    1000);
}

void
call_turn_away(struct call *c, enum error_code code, const char *sentence,
    uint64_t retry_after_ms)
{
	session_fire(c->session, EVENT_TURNED_AWAY, NULL);
	call_refuse(c, code, sentence, retry_after_ms);
}

void
call_turn_away_failed(struct call *c, enum status st)
{
	session_fire(c->session, EVENT_TURNED_AWAY, NULL);
	call_fail(c, st);
}

void
call_turn_away_suspended(struct call *c, enum suspension suspended)
{
	call_turn_away(c, ERROR_SUSPENDED,
	    suspended == SUSPENDED_INACTIVE
		? "This account was not used for long and is suspended; only "
		  "the relay's operator can change that."
		: "This account is suspended by the relay's operator.",
	    0);
}

bool
call_take_rate(
    struct call *c, struct rate *rate, struct bytes key, uint32_t tokens)
{
	uint64_t retry_after_ms = 1000;
	enum status st = rate_take(
	    rate, key, tokens, c->session->env->mono_ms, &retry_after_ms);

	if (st == STATUS_OK)
		return true;
	call_refuse(
	    c, ERROR_RATE_LIMITED, "Too often; wait a little.", retry_after_ms);
	return false;
}
