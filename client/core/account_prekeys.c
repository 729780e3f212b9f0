/*
 * account_prekeys.c - the life of prekeys (protocol.md 4.5): stored durably,
 * then uploaded, then marked; never reused, deleted only when nothing can come
 * for them any more.
 */
#include <string.h>

#include "base/hook.h"
#include "base/log.h"
#include "client/core/account.h"
#include "client/core/error.h"
#include "client/core/ratchet/ratchet.h"

enum {
	DAY_MS = 24 * 60 * 60 * 1000,
	SIGNED_LIFE_MS = 2 * DAY_MS,
};

/* How long a first message may be under way to an old signed prekey. */
static const int64_t signed_grace_ms = 50LL * DAY_MS;

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
list_all(struct step *s, enum vault_table table, struct listing *l)
{
	enum status st;

	*l = (struct listing){ .arena = s->arena };
	st = vault_count(s->txn, table, &l->room);
	if (st != STATUS_OK)
		return st;
	l->items = arena_take_array(s->arena, l->room + 1, sizeof(*l->items));
	if (l->items == NULL)
		return STATUS_NOMEM;
	return table == VAULT_PREKEYS
		   ? prekeys_each(s->txn, list_one, l)
		   : signed_prekeys_each(s->txn, list_one, l);
}

/* A signed prekey is due when there is none younger than its life. */
static enum status
signed_is_due(struct step *s, bool *due)
{
	struct listing l = { 0 };
	enum status st = list_all(s, VAULT_SIGNED_PREKEYS, &l);

	if (st != STATUS_OK)
		return st;
	*due =
	    l.count == 0 ||
	    s->now_ms - l.items[l.count - 1].info.created_ms >= SIGNED_LIFE_MS;
	return STATUS_OK;
}

/* One-time prekeys on their way to the relay; how many are kept in all. */
static enum status
count_unpublished(struct step *s, size_t *one_time, size_t *all, size_t *kept)
{
	struct listing l = { 0 };
	enum status st = list_all(s, VAULT_PREKEYS, &l);

	*one_time = 0;
	*kept = l.count;
	for (size_t i = 0; st == STATUS_OK && i < l.count; i++)
		*one_time += !l.items[i].info.published;
	*all = *one_time;
	if (st == STATUS_OK)
		st = list_all(s, VAULT_SIGNED_PREKEYS, &l);
	for (size_t i = 0; st == STATUS_OK && i < l.count; i++)
		*all += !l.items[i].info.published;
	return st;
}

struct need {
	size_t one_time; /* to be made */
	bool is_signed;  /* a new one is to be made */
	size_t waiting;  /* made, not yet published */
};

static enum status
find_need(struct core *core, const struct prekey_state *state, struct need *n)
{
	struct step s = { 0 };
	size_t one_time = 0, kept = 0;
	enum status st = step_begin(core, DB_READ, &s);

	if (st != STATUS_OK)
		return st;
	st = signed_is_due(&s, &n->is_signed);
	if (st == STATUS_OK)
		st = count_unpublished(&s, &one_time, &n->waiting, &kept);
	one_time += state->one_time_count;
	n->one_time = one_time < PREKEYS_LOW ? PREKEYS_FULL - one_time : 0;
	if (kept + n->one_time > PREKEYS_KEPT_MAX)
		n->one_time = 0; /* the signed one serves all the same */
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

static enum status
mark_one_time(struct step *s, const struct prekeys *sent)
{
	struct listing l = { 0 };
	enum status st = list_all(s, VAULT_PREKEYS, &l);

	for (size_t i = 0; st == STATUS_OK && i < l.count; i++) {
		struct listed *p = &l.items[i];

		if (p->info.published ||
		    !is_among(sent, PREKEY_ONE_TIME, p->info.id))
			continue;
		p->info.published = true;
		st = prekey_put(s->txn, &p->info, p->record);
	}
	return st;
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
	enum status st = list_all(s, VAULT_SIGNED_PREKEYS, &l);
	bool succeeded = false;

	for (size_t i = l.count; st == STATUS_OK && i-- > 0;) {
		struct listed *p = &l.items[i];
		struct stored_prekey before = p->info;
		int64_t end_ms = p->info.succeeded_ms + signed_grace_ms;

		if (is_among(sent, PREKEY_SIGNED, p->info.id))
			p->info.published = true;
		if (succeeded && p->info.succeeded_ms == 0)
			p->info.succeeded_ms = s->now_ms;
		else if (succeeded && s->now_ms >= end_ms &&
			 counters->drained_ms >= end_ms) {
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

static enum status
mark(struct core *core, const struct prekeys *sent,
    const struct prekey_state *state)
{
	struct counters counters;
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = counters_get(s.txn, &counters);
	if (st == STATUS_OK)
		st = mark_one_time(&s, sent);
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
	struct step s = { 0 };
	enum tacit_code code;
	size_t done = 0;

	code = error_status(e, step_begin(core, DB_READ, &s));
	if (code != TACIT_DONE)
		return code;
	code = error_status(e, ratchet_list_prekeys(core->ratchet, s.txn,
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
	if (code == TACIT_DONE && list.count > 0)
		code = error_status(e, mark(core, &list, state));
	step_abort(&s);
	return code;
}

/*
 * What the relay should hold: the newest signed prekey, and as many of the
 * newest published one-time ones as it counts, since it hands out the oldest
 * first.
 */
enum status
account_prekeys_differ(
    struct core *core, const struct prekey_state *state, bool *differ)
{
	struct prekeys list = { 0 };
	struct step s = { 0 };
	struct prekey *expected = NULL;
	struct hash digest;
	size_t ones = 0, skip;
	enum status st = step_begin(core, DB_READ, &s);

	if (st != STATUS_OK)
		return st;
	st = ratchet_list_prekeys(
	    core->ratchet, s.txn, &core->self, false, s.arena, &list);
	if (st != STATUS_OK)
		goto out;
	expected = arena_take_array(s.arena, list.count + 1, sizeof(*expected));
	st = expected == NULL ? STATUS_NOMEM : STATUS_OK;
	if (st != STATUS_OK)
		goto out;
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].type == PREKEY_SIGNED)
			expected[0] = list.items[i];
		else
			expected[1 + ones++] = list.items[i];
	}
	skip = ones -
	       (state->one_time_count < ones ? state->one_time_count : ones);
	expected[skip] = expected[0];
	prekeys_digest(
	    (struct prekeys){ expected + skip, ones - skip + 1 }, &digest);
	*differ = state->one_time_count > ones ||
		  !bytes_equal(hash_view(&digest), hash_view(&state->digest));
out:
	step_abort(&s);
	return st;
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
		code = error_status(
		    e, account_prekeys_differ(core, state, &differ));
	if (code != TACIT_DONE || !differ)
		return code;
	log_event(LOG_LEVEL_WARN, "prekeys-differ", "relay=%u",
	    (unsigned)state->one_time_count);
	return publish(core, u, true, deadline_ms, state, e);
}
