#include "client/core/account_recover.h"

#include "base/hook.h"
#include "client/core/account.h"
#include "client/core/account_device.h"
#include "client/core/error.h"
#include "client/core/uplink/uplink.h"

enum { TRIES = 4 };

static enum tacit_code
not_this_key(struct tacit_error *e)
{
	return error_set(e, TACIT_NOT_FOUND,
	    "There is no such account at this relay, or this is not its "
	    "recovery key.");
}

/* What the relay gives may be another list; the key and the box decide. */
static enum tacit_code
open_list(const struct recovery_key *key, struct signed_list list,
    struct self *self, struct tacit_error *e)
{
	struct device_list opened;
	enum status st = device_list_open(list, &opened);

	if (st == STATUS_OK &&
	    !account_name_equal(&opened.account, &self->address.account))
		st = STATUS_NOT_FOUND;
	if (st == STATUS_OK)
		st = recovery_open(key, &opened, &self->account_secret);
	if (st == STATUS_NOT_FOUND)
		return not_this_key(e);
	if (st != STATUS_OK)
		return error_set(e, TACIT_FAILED,
		    "What the relay has of this account cannot be opened with "
		    "this recovery key.");
	self->account_key = opened.account_key;
	return error_clear(e);
}

/* Committed before anything is sent: a list is never signed twice. */
static enum status
keep(struct core *core, struct signed_list current, struct self *self)
{
	struct step s = { 0 };
	bool first = core->self.state != SELF_RECOVERING;
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st != STATUS_OK)
		return st;
	self->state = SELF_RECOVERING;
	self->recovered_ms = s.now_ms;
	st = account_make_next(&s, current, self);
	if (st == STATUS_OK)
		st = self_put(s.txn, self);
	/* Prekeys are signed by the device that has just been made. */
	if (st == STATUS_OK && !first)
		st = ratchets_forget(s.txn);
	if (st == STATUS_OK)
		st = account_make_prekeys(&s, self);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	if (st == STATUS_OK)
		core->self = *self;
	hook_reach("recover-after-keys");
	return st;
}

static enum tacit_code
read_account(struct core *core, struct uplink *u, struct self *self,
    const struct recovery_key *key, int64_t deadline_ms, struct tacit_error *e)
{
	struct sign_public public;
	struct sign_secret secret;
	struct reply reply = { 0 };
	struct arena *a = NULL;
	enum tacit_code code;
	enum status st = arena_new(UPLINK_REPLY_ARENA_BYTES, &a);

	recovery_sign_key(key, &public, &secret);
	if (st == STATUS_OK)
		st = uplink_recover_account(
		    u, &self->address.account, &secret, deadline_ms, a, &reply);
	sign_secret_clear(&secret);
	code = error_status(e, st);
	if (code == TACIT_DONE && reply.kind == REPLY_ERROR)
		code = reply.u.error.code == ERROR_DENIED
			   ? not_this_key(e)
			   : error_reply(e, &reply);
	if (code == TACIT_DONE)
		code = open_list(key, reply.u.account, self, e);
	if (code == TACIT_DONE)
		code = error_status(e, keep(core, reply.u.account, self));
	arena_free(a);
	return code;
}

static enum tacit_code
replace(struct core *core, struct uplink *u, int64_t deadline_ms,
    struct tacit_error *e)
{
	struct reply reply = { 0 };
	struct arena *a = NULL;
	struct self next;
	enum tacit_code code;
	enum status st = arena_new(UPLINK_REPLY_ARENA_BYTES, &a);

	for (int i = 0; st == STATUS_OK && i < TRIES; i++) {
		arena_reset(a);
		st = uplink_replace_devices(
		    u, &core->self, deadline_ms, a, &reply);
		if (st != STATUS_OK || reply.kind == REPLY_REGISTERED ||
		    !account_list_is_newer(&core->self, &reply))
			break;
		next = core->self;
		st = keep(core, reply.u.error.current, &next);
		self_clear(&next);
	}
	hook_reach("recover-after-answer");
	code = error_status(e, st);
	if (st == STATUS_OK && reply.kind == REPLY_ERROR)
		code = account_replacement_refused(e, &reply);
	arena_free(a);
	return code;
}

static enum tacit_code
recover_over(struct core *core, struct uplink *u, struct self *self,
    const struct recovery_key *key, int64_t deadline_ms, struct tacit_error *e)
{
	struct prekey_state prekeys = { 0 };
	enum tacit_code code = error_clear(e);

	if (core->self.state != SELF_RECOVERING)
		code = read_account(core, u, self, key, deadline_ms, e);
	if (code == TACIT_DONE)
		code = replace(core, u, deadline_ms, e);
	if (code == TACIT_DONE)
		code = account_keep_prekeys(
		    core, u, &prekeys, true, deadline_ms, e);
	hook_reach("recover-after-prekeys");
	if (code == TACIT_DONE)
		code = error_status(e, account_finish(core, u));
	return code;
}

enum tacit_code
account_recover(struct core *core, const struct account_name *name,
    const struct link *relay, const struct recovery_key *key,
    int64_t deadline_ms, struct tacit_error *e)
{
	struct self self = { .address.account = *name, .relay = *relay };
	struct uplink *u = NULL;
	enum uplink_stage stage;
	enum status st =
	    uplink_open(relay, core->proxy, deadline_ms, &u, &stage);
	enum tacit_code code = error_uplink(e, relay, stage, st);

	if (code == TACIT_DONE)
		code = recover_over(core, u, &self, key, deadline_ms, e);
	uplink_close(u);
	self_clear(&self);
	return code;
}
