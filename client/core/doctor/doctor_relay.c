/* doctor_relay.c - what the relay says of this device, against what we have. */
#include "base/clock.h"
#include "client/core/account.h"
#include "client/core/account_device.h"
#include "client/core/courier/courier_renew.h"
#include "client/core/courier/rollback.h"
#include "client/core/doctor/doctor.h"
#include "client/core/error.h"
#include "client/core/messenger/lists.h"

struct seen {
	struct uplink *u;
	struct mailbox_state mailbox;
	struct prekey_state prekeys;
};

/* Whom the relay takes us for. */
enum standing {
	STANDING_OUT,      /* it does not, or nobody knows */
	STANDING_IN,       /* this device */
	STANDING_REPLACED, /* one that another has taken the place of */
};

static enum standing
log_in(struct doctor *d, struct seen *seen)
{
	const struct self *self = &d->core->self;
	enum standing standing = STANDING_OUT;
	enum uplink_stage stage;
	struct tacit_error e;
	enum status st = uplink_open(
	    &self->relay, d->core->proxy, d->deadline_ms, &seen->u, &stage);

	if (error_uplink(&e, &self->relay, stage, st) == TACIT_DONE) {
		st = uplink_authenticate(seen->u, self, d->deadline_ms,
		    &seen->mailbox, &seen->prekeys);
		(void)error_login(&e, st);
		if (st == STATUS_DENIED && !d->how->check_only &&
		    account_ask_why_denied(d->core, seen->u, &seen->mailbox,
			d->deadline_ms, &e) == TACIT_DAMAGED)
			standing = STANDING_REPLACED;
		else if (st == STATUS_DENIED && d->how->check_only)
			(void)error_set(&e, TACIT_REFUSED,
			    "The relay does not know this device any more; "
			    "`tacit status` asks it why.");
	}
	if (e.code == TACIT_DONE) {
		standing = STANDING_IN;
		doctor_say(
		    d, "login", DOCTOR_WELL, "The relay knows this device.");
	} else {
		doctor_say(d, "login",
		    standing == STANDING_REPLACED ? DOCTOR_WARNING
						  : DOCTOR_SICK,
		    "%s", e.message);
	}
	return standing;
}

static enum status
read_counters(struct core *core, struct counters *counters)
{
	struct step s = { 0 };
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = counters_get(s.txn, counters);
	step_abort(&s);
	return st;
}

/* Seen just now, it is not written down yet. */
static enum status
note_old_copy(struct core *core)
{
	struct counters c;
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = counters_get(s.txn, &c);
	if (st == STATUS_OK && !rollback_is_known(&c)) {
		c.rolled_back_ms = s.now_ms;
		c.restored_outbox = c.next_outbox == 0 ? 1 : c.next_outbox;
		st = counters_put(s.txn, &c);
	}
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

static bool
renew(struct doctor *d)
{
	struct tacit_error e;

	if (courier_renew(d->core, d->deadline_ms, &e) != TACIT_DONE) {
		doctor_say(d, "copy", DOCTOR_SICK, "%s", e.message);
		return false;
	}
	doctor_say(d, "copy", DOCTOR_MENDED,
	    "It has taken the place of the newer copy, as device %u; what came "
	    "since is asked for.",
	    (unsigned)d->core->self.address.device);
	return true;
}

/* By the relay's word alone, it is for the user to say. */
static bool
renew_if_allowed(struct doctor *d)
{
	enum status st = STATUS_OK;

	if (!doctor_may_give_up(d,
		"This profile is an old copy: the relay knows a newer one. "
		"Shall this one take its place, so that the newer one can be "
		"used no more?")) {
		doctor_say(d, "copy", DOCTOR_SICK,
		    "This profile is an old copy: the relay knows a newer one. "
		    "Nothing is sent from here; `tacit doctor --repair` lets "
		    "it take the place of the newer one.");
		return false;
	}
	st = note_old_copy(d->core);
	if (st == STATUS_OK)
		return renew(d);
	doctor_say_status(d, "copy", st);
	return false;
}

/* Whether there is nothing wrong with being this copy. */
static bool
look_at_copy(struct doctor *d, const struct seen *seen)
{
	struct counters counters;
	enum status st = read_counters(d->core, &counters);

	if (st != STATUS_OK) {
		doctor_say_status(d, "copy", st);
		return false;
	}
	if (!rollback_is_known(&counters) &&
	    !rollback_is_seen(
		&counters, &seen->mailbox, uplink_hello(seen->u))) {
		doctor_say(d, "copy", DOCTOR_WELL,
		    "There is no newer copy of this profile.");
		return true;
	}
	return renew_if_allowed(d);
}

static const char list_step[] = "device list";

static bool
make_list(struct doctor *d)
{
	struct tacit_error e;

	if (courier_renew(d->core, d->deadline_ms, &e) != TACIT_DONE) {
		doctor_say(d, list_step, DOCTOR_SICK, "%s", e.message);
		return false;
	}
	doctor_say(d, list_step, DOCTOR_MENDED,
	    "Others knew another list of this account's devices; a new one is "
	    "above both, with device %u.",
	    (unsigned)d->core->self.address.device);
	return true;
}

/* Lists that contradict each other (protocol.md 4.9); false: it stays so. */
static bool
look_at_lists(struct doctor *d)
{
	bool two = false, newer = false;
	enum status st = lists_are_two(d->core, &two, &newer);

	if (st != STATUS_OK) {
		doctor_say_status(d, list_step, st);
		return false;
	}
	if (two && doctor_may_mend(d))
		return make_list(d);
	if (two)
		doctor_say(d, list_step, DOCTOR_WARNING,
		    "Others know another list of this account's devices; the "
		    "next command that reaches the relay makes one above "
		    "both.");
	if (newer &&
	    doctor_may_give_up(d,
		"Others know a later list of this account's devices, by which "
		"another device is in the place of this one.  Shall this one "
		"take its place, so that the other can be used no more?"))
		return make_list(d);
	if (newer)
		doctor_say(d, list_step, DOCTOR_SICK,
		    "Others know a later list of this account's devices, and "
		    "do not read what this one sends; `tacit doctor --repair` "
		    "makes one above both, with this device.");
	return !two && !newer;
}

/* As a restored profile does at its first contact; false: it could not. */
static bool
renew_if_due(struct doctor *d)
{
	bool due = false;
	enum status st;

	if (!look_at_lists(d))
		return false;
	st = courier_renew_is_due(d->core, &due);
	if (st != STATUS_OK) {
		doctor_say_status(d, "copy", st);
		return false;
	}
	if (!due)
		return true;
	if (doctor_may_mend(d))
		return renew(d);
	doctor_say(d, "copy", DOCTOR_WARNING,
	    "This profile was restored: when it next reaches the relay it "
	    "takes the place of the copy that was in use.");
	return false;
}

static void
look_at_prekeys(struct doctor *d, struct seen *seen)
{
	struct tacit_error e;
	bool differ = false;
	enum status st =
	    account_prekeys_differ(d->core, &seen->prekeys, &differ);

	if (st != STATUS_OK) {
		doctor_say_status(d, "prekeys", st);
		return;
	}
	if (!differ && seen->prekeys.one_time_count >= PREKEYS_LOW) {
		doctor_say(d, "prekeys", DOCTOR_WELL,
		    "The relay holds ours, %u of them one-time ones, and we "
		    "have the other half of each.",
		    (unsigned)seen->prekeys.one_time_count);
		return;
	}
	if (!doctor_may_mend(d)) {
		doctor_say(d, "prekeys", DOCTOR_SICK,
		    "The relay does not hold what it should; `tacit doctor` "
		    "publishes new ones.");
		return;
	}
	if (account_keep_prekeys(d->core, seen->u, &seen->prekeys, true,
		d->deadline_ms, &e) != TACIT_DONE)
		doctor_say(d, "prekeys", DOCTOR_SICK, "%s", e.message);
	else
		doctor_say(d, "prekeys", DOCTOR_MENDED,
		    "Published anew: the relay did not hold what it should.");
}

void
doctor_look_at_relay(struct doctor *d)
{
	struct seen seen = { 0 };
	enum standing standing;
	uint32_t device;
	bool well;

	if (!renew_if_due(d))
		return;
	device = d->core->self.address.device;
	standing = log_in(d, &seen);
	if (standing == STANDING_REPLACED)
		well = renew_if_allowed(d);
	else
		well = standing == STANDING_IN && look_at_copy(d, &seen);
	if (well && d->core->self.address.device != device) {
		/* It is another device now. */
		uplink_close(seen.u);
		seen = (struct seen){ 0 };
		well = log_in(d, &seen) == STANDING_IN;
	}
	if (well)
		look_at_prekeys(d, &seen);
	uplink_close(seen.u);
}
