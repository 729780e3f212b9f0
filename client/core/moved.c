#include "client/core/moved.h"

#include <string.h>

#include "base/log.h"
#include "proto/link.h"

/* Without a pin, TLS vouches for the relay, and it for its identity. */
static const struct hash *
identity_of(const struct core *core, const struct uplink *u)
{
	const struct link *relay = &core->self.relay;

	return relay->has_pin ? &relay->pin
			      : &uplink_hello(u)->u.hello.relay_key;
}

void
moved_hear(struct core *core, const struct uplink *u)
{
	const struct moved_notice *n = uplink_hello(u)->u.hello.moved;
	const char *why;
	struct link to;

	core->moved_to[0] = '\0';
	if (n == NULL)
		return;
	if (moved_check(n, identity_of(core, u)) != STATUS_OK ||
	    link_parse(bytes_text(n->link), &to, &why) != STATUS_OK) {
		log_event(LOG_LEVEL_WARN, "moved-to",
		    "what=\"the relay's word of its new address is not signed "
		    "by it; ignored\"");
		return;
	}
	/* Written anew: nothing but a link comes through. */
	if (link_format(&to, core->moved_to) != STATUS_OK)
		core->moved_to[0] = '\0';
	link_clear(&to);
}
