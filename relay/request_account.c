/*
 * request_account.c - device lists and prekey bundles of others (protocol.md
 * 4.4, 4.5).
 *
 * Every one-time prekey is handed out once, so whoever asks too often would
 * use up another's: there is a limit per requester, and one per requester and
 * target; either is reported for those targets alone.  What all requesters
 * together take of one target is limited too, but nobody is refused for it:
 * they get a bundle without a one-time prekey, so that a first contact never
 * fails because somebody else asked too much.
 */
#include <string.h>

#include "relay/call.h"

enum { UNKNOWN_COST = 50 }; /* names are not to be guessed */

static struct bytes
requester(const struct session *s)
{
	return account_name_bytes(&s->who.account);
}

/* A name that nobody has is worth more than one look. */
static void
charge_for_unknown(struct call *c, size_t names)
{
	struct session *s = c->session;

	if (names > 0)
		rate_charge(s->env->common->lookups, requester(s),
		    (uint32_t)names * (UNKNOWN_COST - 1), s->env->mono_ms);
}

static void
found(struct call *c)
{
	struct reply r = { .kind = REPLY_ACCOUNT };

	switch ((int)c->op.status) {
	case STATUS_OK:
		r.u.account = c->op.u.account.list;
		call_reply(c, &r);
		return;
	case STATUS_NOT_FOUND:
		charge_for_unknown(c, 1);
		call_refuse(
		    c, ERROR_NOT_FOUND, "There is no such account here.", 0);
		return;
	default:
		call_fail(c, c->op.status);
	}
}

void
request_get_account(struct call *c)
{
	struct session *s = c->session;

	if (!call_take_rate(c, s->env->common->lookups, requester(s), 1))
		return;
	c->op.u.account.name = c->request.u.account;
	call_submit(c, STORAGE_ACCOUNT, found);
}

/* Answers in the order of the question, refused names among them. */
static void
bundles_taken(struct call *c)
{
	const struct account_bundles *taken = c->op.u.bundles.accounts;
	size_t count = c->request.u.bundles.count;
	struct account_bundles *all =
	    arena_take_array(c->arena, count, sizeof(*all));
	struct reply r = { .kind = REPLY_BUNDLES };
	size_t next = 0, unknown = 0;

	if (c->op.status != STATUS_OK || all == NULL) {
		call_fail(
		    c, c->op.status != STATUS_OK ? c->op.status : STATUS_NOMEM);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (c->waits[i] == 0) {
			all[i] = taken[next++];
			unknown += all[i].error == ERROR_NOT_FOUND;
			continue;
		}
		all[i] = (struct account_bundles){
			.account = c->request.u.bundles.names[i],
			.error = ERROR_RATE_LIMITED,
			.retry_after_ms = c->waits[i],
		};
	}
	charge_for_unknown(c, unknown);
	r.u.bundles.accounts = all;
	r.u.bundles.count = count;
	call_reply(c, &r);
}

/*
 * 0: it may.  Otherwise when to come back.  The first look was paid for, or the
 * whole request would have been refused.
 */
static uint64_t
wait_for(struct session *s, const struct account_name *target, bool paid)
{
	char key[2 * sizeof(target->text)] = "";
	struct bytes mine = requester(s), theirs = account_name_bytes(target);
	uint64_t retry_after_ms = 1000;

	if (!paid && rate_take(s->env->common->lookups, mine, 1,
			 s->env->mono_ms, &retry_after_ms) != STATUS_OK)
		return retry_after_ms;
	memcpy(key, mine.data, mine.len);
	memcpy(key + sizeof(target->text), theirs.data, theirs.len);
	return rate_take(s->env->common->pairs, BYTES_OF(key), 1,
		   s->env->mono_ms, &retry_after_ms) == STATUS_OK
		   ? 0
		   : retry_after_ms;
}

/* Several together use up no more than one alone: the rest get none. */
static bool
has_given_enough(struct session *s, const struct account_name *target)
{
	uint64_t unused;

	return rate_take(s->env->common->targets, account_name_bytes(target), 1,
		   s->env->mono_ms, &unused) != STATUS_OK;
}

void
request_take_bundles(struct call *c)
{
	struct session *s = c->session;
	const struct account_name *names = c->request.u.bundles.names;
	size_t count = c->request.u.bundles.count;
	struct account_name *allowed;
	size_t allowed_count = 0;
	uint64_t *waits;
	bool *signed_only;

	/* Keys given out now would be given out again by the relay's copy. */
	if (s->env->common->frozen && !call_may_store(c))
		return;
	if (!call_take_rate(c, s->env->common->lookups, requester(s), 1))
		return;
	allowed = arena_take_array(c->arena, count, sizeof(*allowed));
	signed_only = arena_take_array(c->arena, count, sizeof(*signed_only));
	waits = arena_take_array(c->arena, count, sizeof(*waits));
	if (allowed == NULL || signed_only == NULL || waits == NULL) {
		call_fail(c, STATUS_NOMEM);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		waits[i] = wait_for(s, &names[i], i == 0);
		if (waits[i] > 0)
			continue;
		signed_only[allowed_count] = has_given_enough(s, &names[i]);
		allowed[allowed_count++] = names[i];
	}
	c->waits = waits;
	c->op.u.bundles.names = allowed;
	c->op.u.bundles.signed_only = signed_only;
	c->op.u.bundles.count = allowed_count;
	call_submit(c, STORAGE_BUNDLES, bundles_taken);
}
