/*
 * account_prekeys.c - the life of prekeys (protocol.md 4.5): stored durably,
 * then uploaded, then marked; never reused, deleted only when nothing can come
 * for them any more.
 */
#include <string.h>

#include "base/hook.h"
#include "base/log.h"
#include "client/core/account_prekeys.h"
#include "client/core/error.h"
#include "client/core/ratchet/ratchet.h"

enum { SIGNED_LIFE_MS = 2 * PREKEYS_DAY_MS };

struct listed {
	struct stored_prekey info;
	struct bytes record;
};

struct listing {
	struct listed *items;
	size_t room;
	size_t count;
	struct arena *arena;
};

static enum status
list_one(const struct stored_prekey *info, struct bytes record, void *arg)
{
	struct listing *l = arg;

	if (l->count == l->room)
		return STATUS_FULL;
	l->items[l->count].info = *info;
	if (arena_copy(l->arena, record, &l->items[l->count].record) !=
	    STATUS_OK)
		return STATUS_NOMEM;
	l->count++;
	return STATUS_OK;
}

static enum status
list_signed(struct step *s, struct listing *l)
{
	enum status st;

	*l = (struct listing){ .arena = s->arena };
	st = vault_count(s->txn, VAULT_SIGNED_PREKEYS, &l->room);
	if (st != STATUS_OK)
		return st;
	l->items = arena_take_array(s->arena, l->room + 1, sizeof(*l->items));
	if (l->items == NULL)
		return STATUS_NOMEM;
	return signed_prekeys_each(s->txn, list_one, l);
}

/*
 * A signed prekey is due when there is none younger than its life.  One from
 * the future was made by a clock that is right again now.
 */
static bool
is_due(const struct stored_prekey *newest, int64_t now_ms)
{
	return now_ms - newest->created_ms >= SIGNED_LIFE_MS ||
	       newest->created_ms - now_ms >= SIGNED_LIFE_MS;
}

/* One-time prekeys that are not known to be at the relay. */
static size_t
count_unpublished(const struct counters *c, const struct prekey_life *l)
{
	if (c->next_prekey_id == 0 || c->next_prekey_id <= l->published_id)
		return 0;
	return c->next_prekey_id - 1 - l->published_id;
}

struct need {
	size_t one_time; /* to be made */
	bool is_signed;  /* a new one is to be made */
	size_t waiting;  /* made, not yet published */
};

/* A few records are read, however many prekeys there are. */
static enum status
find_need(struct core *core, const struct prekey_state *state, struct need *n)
{
	struct stored_prekey newest = { 0 };
	struct prekey_life life;
	struct counters counters;
	struct step s = { 0 };
	size_t one_time, kept = 0;
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = counters_get(s.txn, &counters);
	if (st == STATUS_OK)
		st = prekey_life_get(s.txn, &life);
	if (st == STATUS_OK)
		st = vault_count(s.txn, VAULT_PREKEYS, &kept);
	if (st != STATUS_OK)
		goto out;
	st = counters.next_signed_prekey_id == 0
		 ? STATUS_NOT_FOUND
		 : signed_prekey_info(
		       s.txn, counters.next_signed_prekey_id - 1, &newest);
	n->is_signed = st == STATUS_NOT_FOUND || is_due(&newest, s.now_ms);
	if (st == STATUS_NOT_FOUND)
		st = STATUS_OK;
	one_time = count_unpublished(&counters, &life);
	n->waiting = one_time + (!n->is_signed && !newest.published);
	one_time += state->one_time_count;
	n->one_time = one_time < PREKEYS_LOW ? PREKEYS_FULL - one_time : 0;
	if (kept + n->one_time > PREKEYS_KEPT_MAX)
		n->one_time = 0; /* the signed one serves all the same */
out:
	step_abort(&s);
	return st;
}

static enum status
make(struct core *core, const struct need *n)
{
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st == STATUS_OK && n->is_signed)
		st = ratchet_make_signed_prekey(
		    core->ratchet, s.txn, &core->self, s.now_ms);
	if (st == STATUS_OK && n->one_time > 0)
		st = ratchet_make_prekeys(
		    core->ratchet, s.txn, n->one_time, s.now_ms);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

static bool
is_among(const struct prekeys *sent, uint32_t type, uint32_t id)
{
	for (size_t i = 0; i < sent->count; i++)
		if (sent->items[i].type == type && sent->items[i].id == id)
			return true;
	return false;
}

/*
 * The newest one is current; those before it were succeeded when the relay
 * confirmed it, and go when nothing can be under way to them: long after, and
 * with the mailbox drained since.
 */
static enum status
mark_signed(
    struct step *s, const struct prekeys *sent, const struct counters *counters)
{
	struct listing l = { 0 };
	enum status st = list_signed(s, &l);
	bool succeeded = false;

	for (size_t i = l.count; st == STATUS_OK && i-- > 0;) {
		struct listed *p = &l.items[i];
		struct stored_prekey before = p->info;

		if (is_among(sent, PREKEY_SIGNED, p->info.id))
			p->info.published = true;
		if (succeeded && p->info.succeeded_ms == 0)
			p->info.succeeded_ms = s->now_ms;
		else if (succeeded &&
			 prekeys_are_past(s, counters, p->info.succeeded_ms)) {
			st = signed_prekey_del(s->txn, p->info.id);
			continue;
		}
		succeeded = succeeded || p->info.published;
		if (before.published != p->info.published ||
		    before.succeeded_ms != p->info.succeeded_ms)
			st = signed_prekey_put(s->txn, &p->info, p->record);
	}
	return st;
}

/* Sent in the order of their ids; those that were used up since are gone. */
static enum status
mark_one_time(struct step *s, uint32_t last)
{
	struct prekey_life life;
	enum status st = prekey_life_get(s->txn, &life);

	if (st != STATUS_OK || life.published_id >= last)
		return st;
	life.published_id = last;
	return prekey_life_put(s->txn, &life);
}

/* last: no one-time prekey above it was there when `sent` was listed. */
static enum status
mark(struct core *core, const struct prekeys *sent, uint32_t last,
    const struct prekey_state *state)
{
	struct counters counters;
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = counters_get(s.txn, &counters);
	if (st == STATUS_OK)
		st = mark_one_time(&s, last);
	if (st == STATUS_OK)
		st = mark_signed(&s, sent, &counters);
	if (st != STATUS_OK)
		goto out;
	counters.relay_prekeys = state->one_time_count;
	st = counters_put(s.txn, &counters);
	if (st == STATUS_OK)
		st = step_commit(&s);
out:
	step_abort(&s);
	return st;
}

/* Publish a part of the list that one request may carry. */
static enum tacit_code
publish_some(struct uplink *u, const struct prekeys *some, int64_t deadline_ms,
    struct prekey_state *state, struct tacit_error *e)
{
	struct request r = { .kind = REQUEST_PUBLISH_PREKEYS };
	struct reply reply = { 0 };
	struct arena *a = NULL;
	enum tacit_code code;
	enum status st = arena_new(UPLINK_REPLY_ARENA_BYTES, &a);

	r.u.publish = *some;
	if (st == STATUS_OK)
		st = uplink_call(u, &r, deadline_ms, a, &reply);
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

/* With `all`, what the relay may have lost goes there again. */
static enum tacit_code
publish(struct core *core, struct uplink *u, bool all, int64_t deadline_ms,
    struct prekey_state *state, struct tacit_error *e)
{
	struct prekeys list = { 0 };
	struct counters counters;
	struct step s = { 0 };
	enum tacit_code code;
	size_t done = 0;

	code = error_status(e, step_begin(core, DB_READ, &s));
	if (code != TACIT_DONE)
		return code;
	code = error_status(e, counters_get(s.txn, &counters));
	if (code == TACIT_DONE)
		code =
		    error_status(e, ratchet_list_prekeys(core->ratchet, s.txn,
					&core->self, !all, s.arena, &list));
	vault_txn_abort(s.txn); /* nothing is read while the relay is asked */
	s.txn = NULL;
	while (code == TACIT_DONE && done < list.count) {
		struct prekeys some = { list.items + done, list.count - done };

		if (some.count > LIMIT_PREKEYS_PER_PUBLISH)
			some.count = LIMIT_PREKEYS_PER_PUBLISH;
		code = publish_some(u, &some, deadline_ms, state, e);
		done += some.count;
	}
	hook_reach("prekeys-published");
	if (code == TACIT_DONE)
		code = error_status(e, mark(core, &list,
					   counters.next_prekey_id > 0
					       ? counters.next_prekey_id - 1
					       : 0,
					   state));
	step_abort(&s);
	return code;
}

enum tacit_code
account_refresh_prekeys(struct core *core, struct uplink *u,
    struct prekey_state *state, bool whole, int64_t deadline_ms,
    struct tacit_error *e)
{
	enum tacit_code code =
	    account_keep_prekeys(core, u, state, whole, deadline_ms, e);

	if (code == TACIT_DONE || e->retry_after_ms == 0)
		return code;
	log_event(LOG_LEVEL_DEBUG, "prekeys-refused", "retry_after_ms=%lld",
	    (long long)e->retry_after_ms);
	return error_status(e, STATUS_OK);
}

enum tacit_code
account_keep_prekeys(struct core *core, struct uplink *u,
    struct prekey_state *state, bool whole, int64_t deadline_ms,
    struct tacit_error *e)
{
	struct need need = { 0 };
	bool differ = false;
	enum tacit_code code;

	code = error_status(e, find_need(core, state, &need));
	if (code == TACIT_DONE && (need.one_time > 0 || need.is_signed)) {
		code = error_status(e, make(core, &need));
		hook_reach("prekeys-made");
		need.waiting++;
	}
	if (code == TACIT_DONE && need.waiting > 0)
		return publish(core, u, false, deadline_ms, state, e);
	if (code == TACIT_DONE && whole)
		code = prekeys_check(core, u, state, deadline_ms, &differ, e);
	if (code != TACIT_DONE || !differ)
		return code;
	log_event(LOG_LEVEL_WARN, "prekeys-differ", "relay=%u",
	    (unsigned)state->one_time_count);
	code = publish(core, u, true, deadline_ms, state, e);
	return code == TACIT_DONE ? prekeys_settle(core, state, e) : code;
}
