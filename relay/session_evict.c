/*
 * session_evict.c - the end of sessions whose account was removed or suspended,
 * or whose device was replaced.
 */
#include "relay/call.h"

/*
 * Nothing is said: what was asked before is answered, and whoever comes again
 * learns why after its proof.
 */
void
session_evict(struct session *s, const struct storage_eviction *e)
{
	if (!session_is_authenticated(s))
		return;
	if (e != NULL && (!account_name_equal(&s->who.account, &e->name) ||
			     (e->device != 0 && e->device != s->who.device)))
		return;
	session_end(s);
}
