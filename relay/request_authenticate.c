/*
 * request_authenticate.c - a device shows who it is (protocol.md 4.2).
 *
 * Whether the account exists is not told: an unknown one costs the same look
 * and the same signature check, and gets the same answer as a wrong key.  What
 * takes longer for some accounts than for others comes after the proof.
 */
#include "relay/call.h"

static void
deny(struct call *c)
{
	call_turn_away(c, ERROR_DENIED,
	    "There is no such device here, or this is not its key.", 0);
}

static void
proven(struct call *c)
{
	struct session *s = c->session;
	const struct storage_op *op = &c->op;
	struct reply r = { .kind = REPLY_AUTHENTICATED };

	if (op->status != STATUS_OK) {
		if (op->status == STATUS_NOT_FOUND) /* removed since */
			deny(c);
		else
			call_turn_away_failed(c, op->status);
		return;
	}
	if (op->u.identify.suspended != SUSPENDED_NOT) {
		call_turn_away_suspended(c, op->u.identify.suspended);
		return;
	}
	s->who = op->u.identify.who;
	s->head = op->u.identify.mailbox.head;
	session_fire(s, EVENT_ADMITTED, NULL);
	r.u.authenticated.mailbox = op->u.identify.mailbox;
	r.u.authenticated.prekeys = op->u.identify.prekeys;
	call_reply(c, &r);
}

static void
identified(struct call *c)
{
	struct session *s = c->session;
	struct storage_op *op = &c->op;
	bool known = op->status == STATUS_OK;
	struct proof_context context;
	enum status st;

	if (!known && op->status != STATUS_NOT_FOUND) {
		call_turn_away_failed(c, op->status);
		return;
	}
	session_proof_context(s, &op->u.identify.who, &context);
	st = proof_check(&context, SIGN_AUTHENTICATE, BYTES_NONE,
	    known ? &op->u.identify.device_key : &s->env->common->nobody,
	    c->request.u.authenticate.proof);
	if (!known || st == STATUS_CRYPTO) {
		deny(c);
		return;
	}
	if (st != STATUS_OK) {
		call_turn_away_failed(c, st);
		return;
	}
	op->u.identify.with_prekeys = true;
	call_submit(c, STORAGE_IDENTIFY, proven);
}

void
request_authenticate(struct call *c)
{
	c->op.u.identify.who = c->request.u.authenticate.who;
	c->op.u.identify.with_prekeys = false;
	call_submit(c, STORAGE_IDENTIFY, identified);
}
