/* api_account.c - leaving a relay for good. */
#include <string.h>

#include "client/core/error.h"
#include "client/core/handle.h"
#include "client/core/uplink/uplink.h"

static enum tacit_code
ask_removal(struct tacit *t, struct uplink *u, int64_t deadline_ms,
    struct tacit_error *e)
{
	struct mailbox_state mailbox;
	struct prekey_state prekeys;
	struct reply reply = { 0 };
	struct arena *a = NULL;
	enum tacit_code code;
	enum status st;

	/* An old copy of the profile may do it too: nothing is encrypted. */
	code = error_login(e, uplink_authenticate(u, &t->core.self, deadline_ms,
				  &mailbox, &prekeys));
	if (code != TACIT_DONE)
		return code;
	st = arena_new(UPLINK_REPLY_ARENA_BYTES, &a);
	if (st == STATUS_OK)
		st = uplink_remove_account(
		    u, &t->core.self, deadline_ms, a, &reply);
	if (st == STATUS_AGAIN || st == STATUS_BAD_INPUT ||
	    st == STATUS_UNREACHABLE)
		code = error_set(e, TACIT_UNREACHABLE,
		    "The relay did not answer; the account may be removed or "
		    "not. Try again.");
	else if (st == STATUS_OK && reply.kind == REPLY_ERROR)
		code = error_reply(e, &reply);
	else
		code = error_status(e, st);
	arena_free(a);
	return code;
}

enum tacit_code
tacit_account_delete(struct tacit *t, const char *name, struct tacit_error *e)
{
	const int64_t deadline_ms = handle_deadline(t);
	struct uplink *u = NULL;
	enum uplink_stage stage;
	enum tacit_code code;
	enum status st;

	error_clear(e);
	if (strcmp(name, t->core.self.address.account.text) != 0)
		return error_set(e, TACIT_USAGE,
		    "That is not the name of this account, which is %s.",
		    t->core.self.address.account.text);
	st = uplink_open(
	    &t->core.self.relay, t->core.proxy, deadline_ms, &u, &stage);
	code = error_uplink(e, &t->core.self.relay, stage, st);
	if (code == TACIT_DONE)
		code = ask_removal(t, u, deadline_ms, e);
	uplink_close(u);
	return code;
}
