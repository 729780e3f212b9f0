/* doctor_relay.c - what the relay says of this device, against what we have. */
#include "base/clock.h"
#include "client/core/account.h"
#include "client/core/courier/rollback.h"
#include "client/core/doctor/doctor.h"
#include "client/core/error.h"

struct seen {
	struct uplink *u;
	struct mailbox_state mailbox;
	struct prekey_state prekeys;
};

static bool
log_in(struct doctor *d, struct seen *seen)
{
	const struct self *self = &d->core->self;
	enum uplink_stage stage;
	struct tacit_error e;
	enum status st = uplink_open(
	    &self->relay, d->core->proxy, d->deadline_ms, &seen->u, &stage);

	if (error_uplink(&e, &self->relay, stage, st) == TACIT_DONE)
		(void)error_login(
		    &e, uplink_authenticate(seen->u, self, d->deadline_ms,
			    &seen->mailbox, &seen->prekeys));
	if (e.code != TACIT_DONE) {
		doctor_say(d, "login", DOCTOR_SICK, "%s", e.message);
		return false;
	}
	doctor_say(d, "login", DOCTOR_WELL, "The relay knows this device.");
	return true;
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
	doctor_say(d, "copy", DOCTOR_SICK,
	    "This profile is an old copy: the relay knows a newer one.  "
	    "Nothing is sent from here.");
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

	if (log_in(d, &seen) && look_at_copy(d, &seen))
		look_at_prekeys(d, &seen);
	uplink_close(seen.u);
}
