/*
 * request_authenticate.c - a device shows who it is (protocol.md 4.2).
 *
 * Whether the account exists is not told: an unknown one costs the same
 * signature check and gets the same answer as a wrong key.
 */
#include "relay/call.h"

static void
identified(struct call *c)
{
	struct session *s = c->session;
	struct storage_op *op = &c->op;
	bool known = op->status == STATUS_OK;
	struct reply r = { .kind = REPLY_AUTHENTICATED };
	struct proof_context context;
	enum status st;

	if (!known && op->status != STATUS_NOT_FOUND) {
		session_fire(s, EVENT_TURNED_AWAY, NULL);
		call_fail(c, op->status);
		return;
	}
	session_proof_context(s, &op->u.identify.who, &context);
	st = proof_check(&context, SIGN_AUTHENTICATE, BYTES_NONE,
	    known ? &op->u.identify.device_key : &s->env->common->nobody,
	    c->request.u.authenticate.proof);
	if (!known || st == STATUS_CRYPTO) {
		session_fire(s, EVENT_TURNED_AWAY, NULL);
		call_refuse(c, ERROR_DENIED,
		    "There is no such device here, or this is not its key.", 0);
		return;
	}
	if (st != STATUS_OK) {
		session_fire(s, EVENT_TURNED_AWAY, NULL);
		call_fail(c, st);
		return;
	}
	s->who = op->u.identify.who;
	s->head = op->u.identify.mailbox.head;
	session_fire(s, EVENT_ADMITTED, NULL);
	r.u.authenticated.mailbox = op->u.identify.mailbox;
	r.u.authenticated.prekeys = op->u.identify.prekeys;
	call_reply(c, &r);
}

void
request_authenticate(struct call *c)
{
	c->op.u.identify.who = c->request.u.authenticate.who;
	call_submit(c, STORAGE_IDENTIFY, identified);
}
