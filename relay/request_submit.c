/*
 * request_submit.c - messages into mailboxes (protocol.md 4.6).
 *
 * The answer leaves after storage said that all of it is on disk, never before.
 */
#include "relay/call.h"

static void
changed(struct call *c)
{
	struct reply r = { .kind = REPLY_ERROR };

	r.u.error.code = ERROR_DEVICES_CHANGED;
	r.u.error.message =
	    BYTES("The devices named are not the current ones.");
	r.u.error.changed = c->op.u.submit.changed;
	call_reply(c, &r);
}

static void
submitted(struct call *c)
{
	struct reply r = { .kind = REPLY_SUBMITTED };

	switch ((int)c->op.status) {
	case STATUS_OK:
		r.u.submitted.refused = c->op.u.submit.refused;
		r.u.submitted.count = c->op.u.submit.refused_count;
		call_reply(c, &r);
		return;
	case STATUS_EXISTS: /* its refusals went to the receipt lane */
		call_reply(c, &r);
		return;
	case STATUS_CONFLICT:
		changed(c);
		return;
	case STATUS_BAD_INPUT: /* a client keeps inside its window */
		session_say_error(c->session, c->request.id, ERROR_BAD_REQUEST,
		    "This submit id is below the window.", 0);
		session_end(c->session);
		call_end(c);
		return;
	default:
		call_fail(c, c->op.status);
	}
}

void
request_submit(struct call *c)
{
	c->op.u.submit.sender = c->session->who;
	c->op.u.submit.submit = c->request.u.submit;
	call_submit(c, STORAGE_SUBMIT, submitted);
}
