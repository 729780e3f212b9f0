/*
 * account_prekeys_check.c - does the relay hold the prekeys it should?
 * (protocol.md 4.5)
 */
#include "base/log.h"
#include "client/core/account_prekeys.h"
#include "client/core/clock_trust.h"
#include "client/core/error.h"
#include "proto/prekey_digest.h"
#include "store/client/ratchets.h"

/* What we would expect and what is known of it, read in one step. */
struct look {
	struct prekey_life life;
	struct counters counters;
	struct hash digest;
	size_t one_time; /* as many as we have of those it may hold */
	uint32_t lowest;
};

bool
prekeys_are_past(
    const struct step *s, const struct counters *counters, int64_t since_ms)
{
	struct counters scratch = *counters;
	int64_t end_ms = since_ms + PREKEYS_GRACE_MS;
	bool changed;

	return clock_trust_until(s, &scratch, &changed) >= end_ms &&
	       counters->drained_ms >= end_ms;
}

static bool
is_as_before(const struct prekey_life *l, const struct prekey_state *state)
{
	return l->has_relay && l->relay_count == state->one_time_count &&
	       bytes_equal(
		   hash_view(&l->relay_digest), hash_view(&state->digest));
}

/* *settled: there is nothing to compare and nothing to forget. */
static enum status
look_quickly(struct core *core, const struct prekey_state *state, bool *settled)
{
	struct prekey_life life;
	struct counters counters;
	struct step s = { 0 };
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = prekey_life_get(s.txn, &life);
	if (st == STATUS_OK)
		st = counters_get(s.txn, &counters);
	if (st == STATUS_OK)
		*settled = is_as_before(&life, state) &&
			   (life.gone_ms == 0 ||
			       !prekeys_are_past(&s, &counters, life.gone_ms));
	step_abort(&s);
	return st;
}

/*
 * It gives out the oldest first, so what it should hold are the newest ones
 * that it confirmed, as many as it counts.
 */
static enum status
look(struct core *core, uint32_t count, struct look *l)
{
	struct prekeys list = { 0 };
	struct step s = { 0 };
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = ratchet_list_newest(
		    core->ratchet, s.txn, count, s.arena, &list, &l->lowest);
	if (st == STATUS_OK) {
		prekeys_digest(list, &l->digest);
		l->one_time = 0;
		for (size_t i = 0; i < list.count; i++)
			l->one_time += list.items[i].type == PREKEY_ONE_TIME;
	}
	step_abort(&s);
	return st;
}

static bool
fits(const struct look *l, const struct prekey_state *state)
{
	return l->one_time == state->one_time_count &&
	       bytes_equal(hash_view(&l->digest), hash_view(&state->digest));
}

static enum tacit_code
ask(struct uplink *u, int64_t deadline_ms, struct prekey_state *state,
    struct tacit_error *e)
{
	struct request request = { .kind = REQUEST_PREKEY_STATUS };
	struct reply reply = { 0 };
	struct arena *a = NULL;
	enum tacit_code code;
	enum status st = arena_new(UPLINK_REPLY_ARENA_BYTES, &a);

	if (st == STATUS_OK)
		st = uplink_call(u, &request, deadline_ms, a, &reply);
	code = error_status(e, st);
	if (st == STATUS_OK && reply.kind == REPLY_PREKEY_STATE)
		*state = reply.u.prekey_state;
	else if (st == STATUS_OK && reply.kind == REPLY_ERROR)
		code = error_reply(e, &reply);
	else if (st == STATUS_OK)
		code = error_status(e, STATUS_UNREACHABLE);
	arena_free(a);
	return code;
}

/*
 * What has been gone for as long as a first message may be under way goes here
 * as well; then the next ones are waited for.
 */
static enum status
forget_gone(struct step *s, struct prekey_life *life, const struct look *l)
{
	struct counters counters;
	uint32_t lowest = l->lowest != 0 ? l->lowest : life->published_id + 1;
	bool waits = false;
	enum status st = counters_get(s->txn, &counters);

	if (st == STATUS_OK)
		st = prekeys_has_below(s->txn, life->gone_below, &waits);
	if (st != STATUS_OK)
		return st;
	/* A time in the future was written by a clock that is right now. */
	if (waits && life->gone_ms <= s->now_ms &&
	    !prekeys_are_past(s, &counters, life->gone_ms))
		return STATUS_OK;
	if (waits && life->gone_ms <= s->now_ms)
		st = prekeys_del_below(s->txn, life->gone_below);
	life->gone_below = lowest;
	life->gone_ms = s->now_ms;
	return st;
}

/* l: NULL when it is not as it should be, and nothing more can be done. */
static enum status
remember(
    struct core *core, const struct look *l, const struct prekey_state *state)
{
	struct prekey_life life;
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = prekey_life_get(s.txn, &life);
	if (st == STATUS_OK && l != NULL)
		st = forget_gone(&s, &life, l);
	if (st != STATUS_OK)
		goto out;
	life.has_relay = true;
	life.relay_count = state->one_time_count;
	life.relay_digest = state->digest;
	st = prekey_life_put(s.txn, &life);
	if (st == STATUS_OK)
		st = step_commit(&s);
out:
	step_abort(&s);
	return st;
}

enum tacit_code
prekeys_check(struct core *core, struct uplink *u, struct prekey_state *state,
    int64_t deadline_ms, bool *differ, struct tacit_error *e)
{
	struct prekey_state fresh = *state;
	struct look l = { 0 };
	bool settled = false;
	enum tacit_code code;

	*differ = false;
	code = error_status(e, look_quickly(core, state, &settled));
	if (code != TACIT_DONE || settled)
		return code;
	code = error_status(e, look(core, fresh.one_time_count, &l));
	if (code == TACIT_DONE && !fits(&l, &fresh)) {
		/*
		 * The word is from before the mailbox was read: what was given
		 * out since, and used up here already, is still in it.  Asked
		 * now, it is not; and only who receives uses prekeys up.
		 */
		code = ask(u, deadline_ms, &fresh, e);
		if (code == TACIT_DONE)
			code = error_status(
			    e, look(core, fresh.one_time_count, &l));
	}
	if (code != TACIT_DONE)
		return code;
	*differ = !fits(&l, &fresh);
	*state = fresh;
	return *differ ? code : error_status(e, remember(core, &l, &fresh));
}

enum tacit_code
prekeys_settle(
    struct core *core, const struct prekey_state *state, struct tacit_error *e)
{
	return error_status(e, remember(core, NULL, state));
}

enum status
account_prekeys_differ(
    struct core *core, const struct prekey_state *state, bool *differ)
{
	struct prekey_life life;
	struct look l = { 0 };
	struct step s = { 0 };
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = prekey_life_get(s.txn, &life);
	step_abort(&s);
	if (st == STATUS_OK)
		st = look(core, state->one_time_count, &l);
	if (st == STATUS_OK)
		*differ = !is_as_before(&life, state) && !fits(&l, state);
	return st;
}
