/*
 * request_remove.c - an owner removes its account (protocol.md 4.8).
 *
 * Signed by the account key over this connection: what a device's key allows
 * does not reach so far.  The key is compared once more where the account is
 * removed, since its name may have gone to somebody else in between.
 */
#include "relay/call.h"

enum { REMOVE_REQUESTS = 20 }; /* two signatures are checked for it */

/* Whoever evicts this session comes after the reply. */
static void
removed(struct call *c)
{
	struct reply r = { .kind = REPLY_ACCOUNT_REMOVED };

	switch ((int)c->op.status) {
	case STATUS_OK:
		call_reply(c, &r);
		return;
	case STATUS_NOT_FOUND:
	case STATUS_DENIED:
		call_refuse(c, ERROR_NOT_FOUND,
		    "There is no such account any more.", 0);
		return;
	default:
		call_fail(c, c->op.status);
	}
}

static void
listed(struct call *c)
{
	struct session *s = c->session;
	struct proof_context context;
	struct device_list list;
	enum status st = c->op.status;

	if (st == STATUS_OK)
		st = device_list_open(c->op.u.account.list, &list);
	if (st != STATUS_OK) {
		call_fail(c, st);
		return;
	}
	session_proof_context(s, &s->who, &context);
	st = proof_check(&context, SIGN_REMOVE_ACCOUNT, BYTES_NONE,
	    &list.account_key, c->request.u.remove_proof);
	if (st == STATUS_CRYPTO) {
		call_refuse(c, ERROR_DENIED,
		    "This is not signed by the account's key.", 0);
		return;
	}
	if (st != STATUS_OK) {
		call_fail(c, st);
		return;
	}
	c->op.u.remove = (struct storage_remove_op){
		.name = s->who.account,
		.by_owner = true,
		.account_key = list.account_key,
	};
	call_submit(c, STORAGE_REMOVE, removed);
}

void
request_remove_account(struct call *c)
{
	session_count_requests(c->session, REMOVE_REQUESTS);
	/* It frees more than it takes, but before a move nothing changes. */
	if (c->session->env->common->frozen && !call_may_store(c))
		return;
	c->op.u.account.name = c->session->who.account;
	call_submit(c, STORAGE_ACCOUNT, listed);
}
