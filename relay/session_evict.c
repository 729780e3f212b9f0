/* session_evict.c - the end of sessions whose account was removed or suspended.
 */
#include "relay/call.h"

/*
 * Nothing is said: what was asked before is answered, and whoever comes again
 * learns why after its proof.
 */
void
session_evict(struct session *s, const struct storage_eviction *e)
{
	if (session_is_authenticated(s) &&
	    (e == NULL || account_name_equal(&s->who.account, &e->name)))
		session_end(s);
}
