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
	case STATUS_EXISTS:
		r.u.submitted.refused = c->op.u.submit.refused;
		r.u.submitted.count = c->op.u.submit.refused_count;
		call_reply(c, &r);
		return;
	case STATUS_CONFLICT:
		changed(c);
		return;
	case STATUS_FULL: /* the sender's own mailbox, too */
		call_refuse(c, ERROR_FULL,
		    "A mailbox is full, and so is the room to say it later.",
		    0);
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

/* Spec 5.1: "from the relay itself" */
static bool
forges_note(const struct submit *submit)
{
	for (size_t i = 0; i < submit->recipients_count; i++)
		if (submit->recipients[i].type == ITEM_RELAY_NOTE)
			return true;
	return false;
}

void
request_submit(struct call *c)
{
	if (forges_note(&c->request.u.submit)) {
		session_say_error(c->session, c->request.id, ERROR_BAD_REQUEST,
		    "Items of this type come from the relay alone.", 0);
		session_end(c->session);
		call_end(c);
		return;
	}
	if (!call_may_submit(c))
		return;
	c->op.u.submit.sender = c->session->who;
	c->op.u.submit.submit = c->request.u.submit;
	call_submit(c, STORAGE_SUBMIT, submitted);
}
