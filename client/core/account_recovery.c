#include "client/core/account_recovery.h"

#include <string.h>

#include "base/hook.h"
#include "base/log.h"
#include "base/wipe.h"
#include "client/core/account.h"
#include "client/core/account_device.h"
#include "client/core/error.h"
#include "store/client/vault_slots.h"

/* Lists by other copies of ours that may come in between. */
enum { TRIES = 4 };

/* NOT_FOUND: none, or what waits is another device (account_device.h). */
static enum status
get_next(struct step *s, struct self *next)
{
	enum status st = self_next_get(s->txn, next);

	if (st == STATUS_OK &&
	    next->address.device != s->core->self.address.device) {
		self_clear(next);
		st = STATUS_NOT_FOUND;
	}
	return st;
}

enum status
account_recovery_is_due(struct core *core, bool *due, bool *has)
{
	struct self next;
	struct step s = { 0 };
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = get_next(&s, &next);
	step_abort(&s);
	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	*due = st == STATUS_OK;
	if (*due && has != NULL)
		*has = next.list.has_recovery;
	if (*due)
		self_clear(&next);
	return STATUS_OK;
}

/* The list after `current`, with the same devices; signed. */
static enum status
follow(struct step *s, struct signed_list current, struct self *next)
{
	struct device_list wanted = next->list;
	struct device_list list;
	enum status st = device_list_open(current, &list);

	if (st != STATUS_OK)
		return st;
	hash_bytes(current.body, &list.previous);
	list.version++;
	list.issued_ms = s->now_ms;
	list.has_recovery = wanted.has_recovery;
	list.recovery_key = wanted.recovery_key;
	memcpy(
	    list.recovery_box, wanted.recovery_box, sizeof(list.recovery_box));
	next->list = list;
	return account_sign_list(next);
}

/* Another list of ours by the relay, with this device on it. */
static enum status
rebase(struct core *core, struct signed_list current, struct self *next)
{
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = follow(&s, current, next);
	if (st == STATUS_OK)
		st = self_next_put(s.txn, next);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

static enum status
keep_next(struct step *s, const struct recovery_key *key)
{
	struct self next;
	enum status st = self_next_get(s->txn, &next);

	if (st == STATUS_OK) {
		self_clear(&next);
		return STATUS_EXISTS;
	}
	if (st != STATUS_NOT_FOUND)
		return st;
	next = s->core->self;
	next.list.has_recovery = false;
	wipe(&next.list.recovery_key, sizeof(next.list.recovery_key));
	wipe(next.list.recovery_box, sizeof(next.list.recovery_box));
	if (key != NULL)
		recovery_seal(key, &next.account_secret, &next.list);
	st = follow(s, self_signed_list(&s->core->self), &next);
	if (st == STATUS_OK)
		st = self_next_put(s->txn, &next);
	self_clear(&next);
	return st;
}

/*
 * The way into the profile first: a key that is in force at the relay opens
 * here too, whatever is cut short.
 */
static enum status
add_slot(struct core *core, const struct recovery_key *key)
{
	uint8_t secret[SLOT_SECRET_BYTES];
	enum status st;

	if (key == NULL) { /* of one that was never signed */
		st = vault_drop_slot(core->vault, SLOT_RECOVERY_NEXT);
		return st == STATUS_EXISTS ? STATUS_OK : st;
	}
	recovery_slot_key(key, secret);
	st = vault_put_slot(core->vault, SLOT_RECOVERY_NEXT, BYTES_OF(secret));
	wipe(secret, sizeof(secret));
	hook_reach("recovery-key-after-slot");
	return st;
}

enum status
account_recovery_prepare(struct core *core, const struct recovery_key *key)
{
	struct step s = { 0 };
	bool due = false;
	enum status st = account_recovery_is_due(core, &due, NULL);

	if (st == STATUS_OK && due)
		return STATUS_EXISTS;
	if (st == STATUS_OK)
		st = add_slot(core, key);
	if (st == STATUS_OK)
		st = step_begin(core, DB_WRITE, &s);
	if (st == STATUS_OK)
		st = keep_next(&s, key);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	hook_reach("recovery-key-after-list");
	return st;
}

/* The old key opens the profile no more. */
static enum status
turn_slot(struct core *core, const struct self *next)
{
	enum status st = next->list.has_recovery
			     ? vault_turn_recovery(core->vault)
			     : vault_drop_slot(core->vault, SLOT_RECOVERY);

	hook_reach("recovery-key-after-turn");
	return st == STATUS_EXISTS ? STATUS_OK : st;
}

/* Of `next` nothing but the list: the rest may have changed meanwhile. */
static enum status
take_list(struct core *core, const struct self *next)
{
	struct step s = { 0 };
	struct self fresh;
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st != STATUS_OK)
		return st;
	st = self_get(s.txn, &fresh);
	if (st == STATUS_OK && fresh.address.device != next->address.device)
		st = STATUS_AGAIN; /* another device, by another process */
	if (st == STATUS_OK && fresh.list.version < next->list.version) {
		fresh.list = next->list;
		memcpy(
		    fresh.list_body, next->list_body, sizeof(fresh.list_body));
		fresh.list_body_len = next->list_body_len;
		fresh.list_signature = next->list_signature;
		st = self_put(s.txn, &fresh);
		if (st == STATUS_OK)
			st = self_next_del(s.txn);
		if (st == STATUS_OK)
			st = step_commit(&s);
		if (st == STATUS_OK)
			core->self = fresh;
	}
	step_abort(&s);
	self_clear(&fresh);
	return st;
}

static bool
names_us(struct signed_list current, const struct self *self)
{
	const struct device_entry *d;
	struct device_list list;

	if (device_list_open(current, &list) != STATUS_OK)
		return false;
	d = device_list_find(&list, self->address.device);
	return d != NULL && memcmp(&d->device_key, &self->device_key,
				sizeof(d->device_key)) == 0;
}

static enum tacit_code
explain(
    const struct self *next, const struct reply *reply, struct tacit_error *e)
{
	if (account_list_is_newer(next, reply))
		return error_set(e, TACIT_DAMAGED,
		    "Another device has taken the place of this one; its "
		    "recovery key cannot be changed here.");
	return account_replacement_refused(e, reply);
}

static enum tacit_code
put_in_force(struct core *core, struct uplink *u, struct self *next,
    int64_t deadline_ms, struct tacit_error *e)
{
	struct reply reply = { 0 };
	struct arena *a = NULL;
	enum tacit_code code;
	enum status st = arena_new(UPLINK_REPLY_ARENA_BYTES, &a);

	for (int i = 0; st == STATUS_OK && i < TRIES; i++) {
		arena_reset(a);
		st = uplink_replace_devices(u, next, deadline_ms, a, &reply);
		if (st != STATUS_OK || !account_list_is_newer(next, &reply) ||
		    !names_us(reply.u.error.current, &core->self))
			break;
		log_event(LOG_LEVEL_INFO, "device-list-taken", "ours=%llu",
		    (unsigned long long)next->list.version);
		st = rebase(core, reply.u.error.current, next);
	}
	hook_reach("recovery-key-after-answer");
	code = error_status(e, st);
	if (code == TACIT_DONE && reply.kind == REPLY_ERROR)
		code = explain(next, &reply, e);
	arena_free(a);
	return code;
}

enum tacit_code
account_recovery_finish(struct core *core, struct uplink *u,
    int64_t deadline_ms, struct tacit_error *e)
{
	struct self next;
	struct step s = { 0 };
	enum tacit_code code;
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = get_next(&s, &next);
	step_abort(&s);
	if (st == STATUS_NOT_FOUND)
		return error_clear(e);
	if (st != STATUS_OK)
		return error_status(e, st);
	code = put_in_force(core, u, &next, deadline_ms, e);
	if (code == TACIT_DONE)
		code = error_status(e, turn_slot(core, &next));
	if (code == TACIT_DONE)
		code = error_status(e, take_list(core, &next));
	self_clear(&next);
	return code;
}

enum status
account_recovery_close(struct core *core, const struct device_list *list)
{
	const struct device_list *ours = &core->self.list;
	enum status st;

	if (list->has_recovery == ours->has_recovery &&
	    (!list->has_recovery ||
		memcmp(&list->recovery_key, &ours->recovery_key,
		    sizeof(list->recovery_key)) == 0))
		return STATUS_OK;
	st = vault_drop_slot(core->vault, SLOT_RECOVERY);
	if (st == STATUS_OK || st == STATUS_EXISTS)
		st = vault_drop_slot(core->vault, SLOT_RECOVERY_NEXT);
	return st == STATUS_EXISTS ? STATUS_OK : st;
}

enum tacit_code
account_recovery_catch_up(
    struct core *core, int64_t deadline_ms, struct tacit_error *e)
{
	struct uplink *u = NULL;
	enum uplink_stage stage;
	enum tacit_code code;
	bool due = false;
	enum status st = account_recovery_is_due(core, &due, NULL);

	if (st != STATUS_OK || !due)
		return error_status(e, st);
	st = uplink_open(
	    &core->self.relay, core->proxy, deadline_ms, &u, &stage);
	code = error_uplink(e, &core->self.relay, stage, st);
	if (code == TACIT_DONE)
		code = account_recovery_finish(core, u, deadline_ms, e);
	uplink_close(u);
	return code;
}
