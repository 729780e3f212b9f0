#include "client/core/account.h"

#include <string.h>

#include "base/hook.h"
#include "base/random.h"
#include "base/wipe.h"
#include "client/core/clock_trust.h"
#include "client/core/error.h"
#include "client/core/ratchet/ratchet.h"
#include "client/core/recovery.h"

enum status
account_sign_list(struct self *self)
{
	struct buf *body = NULL;
	struct bytes view;
	enum status st = device_list_sign(
	    &self->list, &self->account_secret, &body, &self->list_signature);

	if (st != STATUS_OK)
		return st;
	view = buf_view(body);
	memcpy(self->list_body, view.data, view.len); /* <= its ceiling */
	self->list_body_len = view.len;
	buf_free(body);
	return STATUS_OK;
}

void
account_list_device(struct self *self)
{
	struct device_entry *device = &self->list.devices[0];

	self->list.devices_count = 1;
	device->id = self->address.device;
	device->registration_id = self->registration_id;
	memcpy(device->identity_key, self->identity_public,
	    sizeof(device->identity_key));
	device->device_key = self->device_key;
}

static void
first_list(struct self *self, int64_t now_ms)
{
	struct recovery_key key;

	self->list = (struct device_list){
		.account = self->address.account,
		.account_key = self->account_key,
		.version = 1,
		.issued_ms = now_ms,
		.suites = 1U << (SUITE_SIGNAL_V3 - 1),
	};
	account_list_device(self);
	if (self->has_recovery) {
		memcpy(key.raw, self->recovery, sizeof(key.raw));
		recovery_seal(&key, &self->account_secret, &self->list);
		recovery_key_clear(&key);
	}
}

enum status
account_make_prekeys(struct step *s, const struct self *self)
{
	struct ratchet *ratchet = s->core->ratchet;
	enum status st =
	    ratchet_make_signed_prekey(ratchet, s->txn, self, s->now_ms);

	if (st == STATUS_OK)
		st = ratchet_make_prekeys(
		    ratchet, s->txn, PREKEYS_FULL, s->now_ms);
	return st;
}

enum status
account_make(struct step *s, const struct account_name *name,
    const struct link *relay, bool recovery, struct self *self)
{
	struct ratchet *ratchet = s->core->ratchet;
	enum status st;

	*self = (struct self){ .state = SELF_UNFINISHED, .relay = *relay };
	self->address.account = *name;
	self->address.device = 1;
	sign_generate(&self->account_key, &self->account_secret);
	sign_generate(&self->device_key, &self->device_secret);
	self->has_recovery = recovery;
	if (recovery)
		random_bytes(self->recovery, sizeof(self->recovery));
	st = ratchet_make_identity(ratchet, self);
	if (st != STATUS_OK)
		return st;
	first_list(self, s->now_ms);
	st = account_sign_list(self);
	if (st == STATUS_OK)
		st = self_put(s->txn, self);
	return st == STATUS_OK ? account_make_prekeys(s, self) : st;
}

enum status
account_rename(struct step *s, const struct account_name *name,
    const struct link *relay, struct self *self)
{
	enum status st = STATUS_OK;

	self->relay = *relay;
	if (!account_name_equal(name, &self->address.account)) {
		self->address.account = *name;
		first_list(self, s->now_ms);
		st = account_sign_list(self);
	}
	if (st == STATUS_OK)
		st = self_put(s->txn, self);
	return st;
}

enum status
account_finish(struct core *core, const struct uplink *u)
{
	struct self *self = &core->self;
	struct counters counters;
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st != STATUS_OK)
		return st;
	self->state = SELF_REGISTERED;
	self->has_recovery = false;
	wipe(self->recovery, sizeof(self->recovery));
	wipe(self->relay.join_code, sizeof(self->relay.join_code));
	st = self_put(s.txn, self);
	if (st == STATUS_OK)
		st = counters_get(s.txn, &counters);
	if (st != STATUS_OK)
		goto out;
	memcpy(counters.epoch, uplink_hello(u)->u.hello.epoch,
	    sizeof(counters.epoch));
	counters.has_epoch = true;
	clock_trust_contact(&s, &counters);
	st = counters_put(s.txn, &counters);
	if (st == STATUS_OK)
		st = step_commit(&s);
out:
	step_abort(&s);
	return st;
}

static enum tacit_code
take_name(struct core *core, struct uplink *u, int64_t deadline_ms,
    struct tacit_error *e)
{
	struct reply reply = { 0 };
	struct arena *a = NULL;
	enum tacit_code code;
	enum status st = arena_new(UPLINK_REPLY_ARENA_BYTES, &a);

	if (st == STATUS_OK)
		st = uplink_register(u, &core->self,
		    bytes_text(core->self.relay.join_code), deadline_ms, a,
		    &reply);
	code = error_status(e, st);
	if (st == STATUS_OK && reply.kind == REPLY_ERROR)
		code = error_reply(e, &reply);
	if (code == TACIT_EXISTS)
		error_set(e, code,
		    "The name %s is taken; run `tacit register` with another.",
		    core->self.address.account.text);
	arena_free(a);
	return code;
}

/*
 * The state changes last: until the prekeys are there nobody can write to us,
 * and a second attempt does all of it again with the same keys, which the
 * relay takes for what it is.
 */
enum tacit_code
account_register(struct core *core, int64_t deadline_ms, struct tacit_error *e)
{
	struct prekey_state prekeys = { 0 };
	struct uplink *u = NULL;
	enum uplink_stage stage;
	enum tacit_code code;
	enum status st;

	st = uplink_open(
	    &core->self.relay, core->proxy, deadline_ms, &u, &stage);
	code = error_uplink(e, &core->self.relay, stage, st);
	if (code == TACIT_DONE)
		clock_trust_hear(core, uplink_hello(u)->u.hello.time_ms);
	if (code == TACIT_DONE)
		code = take_name(core, u, deadline_ms, e);
	hook_reach("register-after-name");
	if (code == TACIT_DONE)
		code = account_keep_prekeys(
		    core, u, &prekeys, true, deadline_ms, e);
	hook_reach("register-after-prekeys");
	if (code == TACIT_DONE)
		code = error_status(e, account_finish(core, u));
	uplink_close(u);
	return code;
}
