/*
 * request_account.c - device lists and prekey bundles of others (protocol.md
 * 4.4, 4.5).
 *
 * Every one-time prekey is handed out once, so whoever asks too often would
 * use up another's: there is a limit per requester, and one per requester and
 * target, which is reported for that target alone.
 */
#include <string.h>

#include "relay/call.h"

static struct bytes
requester(const struct session *s)
{
	return account_name_bytes(&s->who.account);
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
	size_t next = 0;

	if (c->op.status != STATUS_OK || all == NULL) {
		call_fail(
		    c, c->op.status != STATUS_OK ? c->op.status : STATUS_NOMEM);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct account_name *name =
		    &c->request.u.bundles.names[i];

		if (next < c->op.u.bundles.count &&
		    account_name_equal(name, &c->op.u.bundles.names[next])) {
			all[i] = taken[next++];
			continue;
		}
		all[i].account = *name;
		all[i].error = ERROR_RATE_LIMITED;
		all[i].retry_after_ms = 10 * 1000;
	}
	r.u.bundles.accounts = all;
	r.u.bundles.count = count;
	call_reply(c, &r);
}

static bool
may_take_from(struct session *s, const struct account_name *target)
{
	char key[2 * sizeof(target->text)] = "";
	struct bytes mine = requester(s), theirs = account_name_bytes(target);
	uint64_t retry_after_ms;

	memcpy(key, mine.data, mine.len);
	memcpy(key + sizeof(target->text), theirs.data, theirs.len);
	return rate_take(s->env->common->pairs, BYTES_OF(key), 1,
		   s->env->mono_ms, &retry_after_ms) == STATUS_OK;
}

void
request_take_bundles(struct call *c)
{
	struct session *s = c->session;
	size_t count = c->request.u.bundles.count;
	struct account_name *allowed;
	size_t allowed_count = 0;

	if (!call_take_rate(
		c, s->env->common->lookups, requester(s), (uint32_t)count))
		return;
	allowed = arena_take_array(c->arena, count, sizeof(*allowed));
	if (allowed == NULL) {
		call_fail(c, STATUS_NOMEM);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (may_take_from(s, &c->request.u.bundles.names[i]))
			allowed[allowed_count++] =
			    c->request.u.bundles.names[i];
	c->op.u.bundles.names = allowed;
	c->op.u.bundles.count = allowed_count;
	call_submit(c, STORAGE_BUNDLES, bundles_taken);
}
