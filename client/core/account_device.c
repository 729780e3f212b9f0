#include "client/core/account_device.h"

#include <string.h>

#include "base/hook.h"
#include "base/log.h"
#include "base/wipe.h"
#include "client/core/account.h"
#include "client/core/account_recovery.h"
#include "client/core/clock_trust.h"
#include "client/core/error.h"
#include "client/core/group/group.h"
#include "client/core/messenger/peers.h"
#include "store/client/groups.h"
#include "store/client/repairs.h"

/* Lists by other copies of ours that may come in between. */
enum { TRIES = 4 };

enum status
account_make_next(struct step *s, struct signed_list current, struct self *self)
{
	struct device_list list;
	uint64_t next_version;
	uint32_t highest = self->address.device;
	enum status st = device_list_open(current, &list);

	if (st != STATUS_OK)
		return st;
	if (memcmp(&list.account_key, &self->account_key,
		sizeof(list.account_key)) != 0 ||
	    !account_name_equal(&list.account, &self->address.account))
		return STATUS_CRYPTO;
	for (size_t i = 0; i < list.devices_count; i++)
		if (list.devices[i].id > highest)
			highest = list.devices[i].id;
	if (highest == UINT32_MAX)
		return STATUS_FULL;
	self->address.device = highest + 1;
	sign_generate(&self->device_key, &self->device_secret);
	st = ratchet_make_identity(s->core->ratchet, self);
	if (st != STATUS_OK)
		return st;
	next_version = list.version + 1;
	/* They contradict each other: above what follows either of them. */
	if (self->list.version >= list.version &&
	    !bytes_equal(current.body, self_signed_list(self).body))
		next_version = self->list.version + 2;
	self->list = list;
	hash_bytes(current.body, &self->list.previous);
	self->list.version = next_version;
	self->list.issued_ms = s->now_ms;
	account_list_device(self);
	return account_sign_list(self);
}

/* What the next device's list follows: ours, or one that it contradicts. */
static enum status
find_current(struct step *s, struct signed_list *current)
{
	struct device_list list;
	enum status st = self_elsewhere_get(s->txn, s->arena, current);

	if (st == STATUS_OK)
		st = device_list_open(*current, &list);
	if (st == STATUS_OK && list.version >= s->core->self.list.version)
		return STATUS_OK;
	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	*current = self_signed_list(&s->core->self);
	return STATUS_OK;
}

/* Committed before it is sent.  NULL: the one that was begun, or a new one. */
static enum status
prepare(struct core *core, const struct signed_list *current, struct self *next)
{
	struct signed_list follows = { BYTES_NONE, BYTES_NONE };
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st != STATUS_OK)
		return st;
	st = current == NULL ? self_next_get(s.txn, next) : STATUS_NOT_FOUND;
	if (st == STATUS_NOT_FOUND) {
		*next = core->self;
		if (current != NULL)
			follows = *current;
		st = current != NULL ? STATUS_OK : find_current(&s, &follows);
		if (st == STATUS_OK)
			st = account_make_next(&s, follows, next);
		if (st == STATUS_OK)
			st = self_next_put(s.txn, next);
	}
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	hook_reach("replace-after-keys");
	return st;
}

static enum status
forget_sender_key(struct step *s, const struct hash *group)
{
	struct group_record g;
	enum status st = sender_key_del(s->txn, group, &s->core->self.address);

	if (st == STATUS_OK || st == STATUS_NOT_FOUND)
		st = group_get(s->txn, group, &g);
	if (st != STATUS_OK)
		return st;
	g.has_sender_key = false;
	return group_put(s->txn, &g);
}

static enum status
forget_sender_keys(struct step *s)
{
	struct group_ids all = { .count = 0 };
	enum status st = groups_list(s->txn, false, s->arena, &all);

	for (size_t i = 0; st == STATUS_OK && i < all.count; i++)
		st = forget_sender_key(s, &all.ids[i]);
	return st;
}

/* A mailbox and a submit stream that begin; the clocks go on. */
static enum status
begin_counters(struct step *s, const struct uplink *u)
{
	struct counters c;
	enum status st = counters_get(s->txn, &c);

	if (st != STATUS_OK)
		return st;
	c.has_stream = false;
	wipe(c.submit_stream, sizeof(c.submit_stream));
	c.submit_high = 0;
	c.acknowledged = 0;
	memcpy(c.epoch, uplink_hello(u)->u.hello.epoch, sizeof(c.epoch));
	c.has_epoch = true;
	c.relay_prekeys = 0;
	clock_trust_contact(s, &c);
	return counters_put(s->txn, &c);
}

/* Groups list ourselves, so we may stand among our own contacts. */
static enum status
renew_own_contact(struct step *s, const struct self *next)
{
	struct contact c;
	enum status st = peers_get(s, &next->address.account, &c);

	if (st == STATUS_OK)
		st = peers_take_list(
		    s, &next->address.account, self_signed_list(next), &c);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* It proves what the old device had signed, when that is sent again. */
static enum status
keep_list(struct step *s)
{
	struct signed_list list = self_signed_list(&s->core->self);
	struct device_list opened;
	enum status st = device_list_open(list, &opened);

	return st == STATUS_OK ? list_put(s->txn, &opened, &list) : st;
}

static enum status
take_place(struct step *s, const struct uplink *u, struct self *next)
{
	enum status st = forget_sender_keys(s);

	if (st == STATUS_OK)
		st = keep_list(s);
	if (st == STATUS_OK)
		st = ratchets_forget(s->txn);
	if (st == STATUS_OK)
		st = begin_counters(s, u);
	if (st == STATUS_OK)
		st = renew_own_contact(s, next);
	if (st == STATUS_OK) /* as an admin we change their keys */
		st = group_device_replaced(s, &next->list);
	next->state = SELF_REGISTERED;
	if (st == STATUS_OK)
		st = self_put(s->txn, next);
	if (st == STATUS_OK)
		st = self_next_del(s->txn);
	if (st == STATUS_OK)
		st = self_elsewhere_del(s->txn);
	return st == STATUS_OK ? account_make_prekeys(s, next) : st;
}

/* NOT_FOUND of what is pending: another process was here first. */
static enum status
switch_over(struct core *core, const struct uplink *u,
    const struct device_list *list, account_leave_fn *leave, void *arg)
{
	struct self next;
	struct step s = { 0 };
	enum status st = account_recovery_close(core, list);

	if (st == STATUS_OK)
		st = step_begin(core, DB_WRITE, &s);
	if (st != STATUS_OK)
		return st;
	st = self_next_get(s.txn, &next);
	if (st != STATUS_OK) {
		step_abort(&s);
		return st == STATUS_NOT_FOUND ? STATUS_OK : st;
	}
	if (leave != NULL)
		st = leave(&s, arg);
	if (st == STATUS_OK)
		st = take_place(&s, u, &next);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	if (st == STATUS_OK)
		core->self = next;
	self_clear(&next);
	hook_reach("replace-after-switch");
	return st;
}

bool
account_list_is_newer(const struct self *ours, const struct reply *reply)
{
	const struct signed_list current = reply->u.error.current;
	struct device_list list;

	return reply->kind == REPLY_ERROR &&
	       reply->u.error.code == ERROR_LIST_TAKEN &&
	       current.body.len > 0 &&
	       device_list_open(current, &list) == STATUS_OK &&
	       account_name_equal(&list.account, &ours->address.account) &&
	       memcmp(&list.account_key, &ours->account_key,
		   sizeof(list.account_key)) == 0 &&
	       list.version >= ours->list.version;
}

enum tacit_code
account_replacement_refused(struct tacit_error *e, const struct reply *reply)
{
	enum tacit_code code = error_reply(e, reply);

	if (reply->u.error.code == ERROR_DENIED)
		return error_set(e, TACIT_REFUSED,
		    "The relay has no such account under this key; it may have "
		    "been removed. Ask its operator.");
	if (reply->u.error.code == ERROR_LIST_TAKEN)
		return error_set(e, TACIT_REFUSED,
		    "The relay names an older device list than ours; it may "
		    "have been set back. Ask its operator.");
	return code;
}

/* Until one is in force, which *next then is. */
static enum tacit_code
replace_at_relay(struct core *core, struct uplink *u, struct self *next,
    int64_t deadline_ms, struct tacit_error *e)
{
	struct reply reply = { 0 };
	struct arena *a = NULL;
	enum tacit_code code;
	enum status st = arena_new(UPLINK_REPLY_ARENA_BYTES, &a);

	if (st == STATUS_OK)
		st = prepare(core, NULL, next);
	for (int i = 0; st == STATUS_OK && i < TRIES; i++) {
		arena_reset(a);
		st = uplink_replace_devices(u, next, deadline_ms, a, &reply);
		if (st != STATUS_OK || reply.kind == REPLY_REGISTERED ||
		    !account_list_is_newer(next, &reply))
			break;
		log_event(LOG_LEVEL_INFO, "device-list-taken", "ours=%llu",
		    (unsigned long long)next->list.version);
		st = prepare(core, &reply.u.error.current, next);
	}
	code = error_status(e, st);
	if (st == STATUS_OK && reply.kind == REPLY_ERROR)
		code = account_replacement_refused(e, &reply);
	arena_free(a);
	hook_reach("replace-after-answer");
	return code;
}

enum tacit_code
account_replace_device(struct core *core, struct uplink *u,
    account_leave_fn *leave, void *arg, int64_t deadline_ms,
    struct tacit_error *e)
{
	struct prekey_state prekeys = { 0 };
	struct self next;
	enum tacit_code code = replace_at_relay(core, u, &next, deadline_ms, e);

	/* A list with another recovery key that waited: that was all. */
	if (code == TACIT_DONE &&
	    next.address.device == core->self.address.device)
		code = error_status(e, STATUS_AGAIN);
	if (code == TACIT_DONE)
		code = error_status(
		    e, switch_over(core, u, &next.list, leave, arg));
	self_clear(&next);
	if (code == TACIT_DONE)
		code = account_refresh_prekeys(
		    core, u, &prekeys, true, deadline_ms, e);
	return code;
}

enum status
account_is_being_replaced(struct core *core, bool *is)
{
	struct self next;
	struct step s = { 0 };
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = self_next_get(s.txn, &next);
	step_abort(&s);
	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	*is =
	    st == STATUS_OK && next.address.device != core->self.address.device;
	if (st == STATUS_OK)
		self_clear(&next);
	return STATUS_OK;
}

enum tacit_code
account_ask_why_denied(struct core *core, struct uplink *u,
    struct mailbox_state *mailbox, int64_t deadline_ms, struct tacit_error *e)
{
	struct reply reply = { 0 };
	struct arena *a = NULL;
	bool unfinished = false;
	enum status st = account_is_being_replaced(core, &unfinished);
	enum tacit_code code;

	if (st == STATUS_OK && unfinished)
		return error_set(e, TACIT_DAMAGED,
		    "This profile is becoming another device and is not done "
		    "with it; run `tacit doctor`.");
	if (st == STATUS_OK)
		st = arena_new(UPLINK_REPLY_ARENA_BYTES, &a);
	if (st == STATUS_OK)
		st = uplink_replace_devices(
		    u, &core->self, deadline_ms, a, &reply);
	if (st != STATUS_OK)
		code = error_status(e, st);
	else if (reply.kind == REPLY_REGISTERED)
		code = error_clear(e);
	else if (account_list_is_newer(&core->self, &reply))
		code = error_set(e, TACIT_DAMAGED,
		    "Another device has taken the place of this one: this "
		    "account was recovered, or an older copy of this profile "
		    "repaired. It can be read, and sends and receives nothing "
		    "any more.");
	else
		code = error_login(e, STATUS_DENIED);
	if (code == TACIT_DONE)
		*mailbox = reply.u.registered;
	arena_free(a);
	return code;
}
