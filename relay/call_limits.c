/*
 * call_limits.c - how much a session may ask for (protocol.md 4.1).
 *
 * Requests alone are never refused for their number: a connection that asks too
 * fast is read more slowly.  What makes the relay keep something is counted by
 * device and account (spending.h), and refused while there is no room for it.
 */
#include "relay/call.h"

enum {
	RESUME_MS = 2000, /* a tick of the worker is sooner than that */
	FROZEN_RETRY_MS = 60 * 1000,
};

static const char FROZEN[] =
    "The relay is being moved; it takes nothing new until it is back.";

static struct bucket_rule
request_rule(const struct session *s)
{
	return bucket_rule_per(
	    s->env->settings->requests_per_minute, BUCKET_MINUTE_MS);
}

bool
session_may_ask(const struct session *s)
{
	struct bucket_rule rule = request_rule(s);

	return bucket_wait_ns(&s->requests, &rule, 1, s->env->mono_ms) == 0;
}

void
session_count_requests(struct session *s, size_t requests)
{
	struct bucket_rule rule = request_rule(s);

	bucket_charge(&s->requests, &rule, requests, s->env->mono_ms);
}

void
limits_tick(struct session *s)
{
	struct bucket_rule rule = request_rule(s);

	if (s->peer != NULL && bucket_wait_ns(&s->requests, &rule, 1,
				   s->env->mono_ms - RESUME_MS) > 0)
		s->io->resume(s->peer);
}

const char *
session_stores_nothing(const struct session *s)
{
	if (s->env->common->frozen)
		return FROZEN;
	if (common_pressure(s->env->common) >= PRESSURE_OUT)
		return "The relay's disk is nearly full; it stores nothing new "
		       "for now.";
	return NULL;
}

bool
call_may_store(struct call *c)
{
	const char *why = session_stores_nothing(c->session);

	if (why == NULL)
		return true;
	call_refuse(c, ERROR_UNAVAILABLE, why,
	    why == FROZEN ? FROZEN_RETRY_MS : PRESSURE_RETRY_MS);
	return false;
}

bool
call_take_entry(struct call *c)
{
	struct session_env *env = c->session->env;
	uint64_t retry_after_ms = 1000;

	if (rate_take(env->common->registrations,
		bytes_view(c->session->source, c->session->source_len), 1,
		env->mono_ms, &retry_after_ms) == STATUS_OK)
		return true;
	call_turn_away(c, ERROR_RATE_LIMITED,
	    "Too many attempts; wait a little.", retry_after_ms);
	return false;
}

bool
call_may_submit(struct call *c)
{
	struct session *s = c->session;
	uint64_t retry_after_ms = 1000;
	struct rate_cost cost;
	enum status st;

	if (!call_may_store(c))
		return false;
	spending_cost(&c->request.u.submit, &cost);
	st = spending_take(&s->spending, s->env->common, s->env->settings,
	    &s->who, &cost, s->env->mono_ms, &retry_after_ms);
	if (st == STATUS_OK)
		return true;
	call_refuse(c, ERROR_RATE_LIMITED,
	    "This account sends too much; wait a little.", retry_after_ms);
	return false;
}

/* The last quarter of what may be held is for those who are here. */
static bool
is_filling(const struct session_env *env)
{
	return env->held_bytes / 3 >= env->budget_bytes / 4;
}

const char *
session_takes_no_newcomer(const struct session *s)
{
	if (s->env->common->frozen)
		return FROZEN;
	if (common_pressure(s->env->common) >= PRESSURE_LOW)
		return "The relay is short of disk; no new accounts for now.";
	if (is_filling(s->env))
		return "The relay is short of memory; no new accounts for now.";
	return NULL;
}
