/*
 * request_recover.c - the list of an account for whoever holds its recovery key
 * (protocol.md 4.9).
 *
 * As with Authenticate, whether the account exists is not told: an unknown one,
 * and one without a recovery key, cost the same look and the same signature
 * check, and get the same answer as a wrong key.
 */
#include "relay/call.h"

static void
looked_up(struct call *c)
{
	struct session *s = c->session;
	const struct storage_op *op = &c->op;
	struct device_list list = { .has_recovery = false };
	const struct address who = { .account = op->u.account.name };
	struct reply r = { .kind = REPLY_ACCOUNT };
	struct proof_context context;
	enum status st = op->status;

	session_proof_context(s, &who, &context);
	if (st == STATUS_OK)
		st = device_list_open(op->u.account.list, &list);
	else if (st == STATUS_NOT_FOUND) /* in place of the list's own */
		st = proof_check(&context, SIGN_RECOVER, BYTES_NONE,
		    &s->env->common->nobody, c->request.u.recover.proof);
	if (st != STATUS_OK && st != STATUS_CRYPTO) {
		call_turn_away_failed(c, st);
		return;
	}
	st = proof_check(&context, SIGN_RECOVER, BYTES_NONE,
	    list.has_recovery ? &list.recovery_key : &s->env->common->nobody,
	    c->request.u.recover.proof);
	if (st == STATUS_CRYPTO || (st == STATUS_OK && !list.has_recovery)) {
		call_turn_away(c, ERROR_DENIED,
		    "There is no such account here, or this is not its "
		    "recovery key.",
		    0);
		return;
	}
	if (st != STATUS_OK) {
		call_turn_away_failed(c, st);
		return;
	}
	if (op->u.account.suspended != SUSPENDED_NOT) {
		call_turn_away_suspended(c, op->u.account.suspended);
		return;
	}
	session_fire(s, EVENT_TOLD, NULL);
	r.u.account = op->u.account.list;
	call_reply(c, &r);
}

void
request_recover_account(struct call *c)
{
	if (!call_take_entry(c))
		return;
	c->op.u.account.name = c->request.u.recover.account;
	call_submit(c, STORAGE_ACCOUNT, looked_up);
}
