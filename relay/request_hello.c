/* request_hello.c - versions, epoch, nonce (protocol.md 4.2). */
#include <string.h>

#include "relay/call.h"

void
request_hello(struct call *c)
{
	struct session *s = c->session;
	const struct common *common = s->env->common;
	struct reply r = { .kind = REPLY_HELLO };

	if (c->request.u.hello.version_min > PROTOCOL_VERSION ||
	    c->request.u.hello.version_max < PROTOCOL_VERSION) {
		call_refuse(c, ERROR_UNSUPPORTED,
		    "This relay speaks version 1 of the protocol.", 0);
		session_end(s);
		return;
	}
	r.u.hello.version = PROTOCOL_VERSION;
	r.u.hello.features = 0;
	memcpy(r.u.hello.epoch, common->epoch, sizeof(r.u.hello.epoch));
	memcpy(r.u.hello.nonce, s->nonce, sizeof(r.u.hello.nonce));
	r.u.hello.relay_key = common->pin;
	r.u.hello.time_ms = s->env->wall_ms;
	r.u.hello.moved = s->env->moved;
	call_reply(c, &r);
}
