/* request_prekeys.c - a device's prekeys at the relay (protocol.md 4.5). */
#include "relay/call.h"

enum { STATE_REQUESTS = 10 }; /* hundreds of rows are read for it */

static void
published(struct call *c)
{
	struct reply r = { .kind = REPLY_PREKEY_STATE };

	switch ((int)c->op.status) {
	case STATUS_OK:
		r.u.prekey_state = c->op.u.publish.state;
		call_reply(c, &r);
		return;
	case STATUS_FULL:
		call_refuse(c, ERROR_FULL,
		    "The relay holds as many prekeys as it may.", 0);
		return;
	default:
		call_fail(c, c->op.status);
	}
}

void
request_publish_prekeys(struct call *c)
{
	struct session *s = c->session;

	if (!call_may_store(c) || !call_take_rate(c, s->env->common->publishes,
				      account_name_bytes(&s->who.account),
				      1 + (uint32_t)c->request.u.publish.count))
		return;
	c->op.u.publish.who = c->session->who;
	c->op.u.publish.prekeys = c->request.u.publish;
	call_submit(c, STORAGE_PUBLISH, published);
}

static void
counted(struct call *c)
{
	struct reply r = { .kind = REPLY_PREKEY_STATE };

	if (c->op.status != STATUS_OK) {
		call_fail(c, c->op.status);
		return;
	}
	r.u.prekey_state = c->op.u.prekey_state.state;
	call_reply(c, &r);
}

void
request_prekey_status(struct call *c)
{
	session_count_requests(c->session, STATE_REQUESTS);
	c->op.u.prekey_state.who = c->session->who;
	call_submit(c, STORAGE_PREKEY_STATE, counted);
}
