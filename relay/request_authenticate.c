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
	session_fire(c->session, EVENT_TURNED_AWAY, NULL);
	call_refuse(c, ERROR_DENIED,
	    "There is no such device here, or this is not its key.", 0);
}

static void
fail(struct call *c, enum status st)
{
	session_fire(c->session, EVENT_TURNED_AWAY, NULL);
	call_fail(c, st);
}

/* Only who has the key learns of it. */
static void
turn_away_suspended(struct call *c)
{
	session_fire(c->session, EVENT_TURNED_AWAY, NULL);
	call_refuse(c, ERROR_SUSPENDED,
	    c->op.u.identify.suspended == SUSPENDED_INACTIVE
		? "This account was not used for long and is suspended; only "
		  "the relay's operator can change that."
		: "This account is suspended by the relay's operator.",
	    0);
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
			fail(c, op->status);
		return;
	}
	if (op->u.identify.suspended != SUSPENDED_NOT) {
		turn_away_suspended(c);
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
		fail(c, op->status);
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
		fail(c, st);
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
