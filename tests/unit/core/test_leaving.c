/* A device has been replaced: what it had sent before is read, and no more. */
#include "client/core/messenger/leaving.h"
#include "tests/unit/core/repair_world.h"
#include "tests/unit/core/replaced.h"

static uint64_t
departures(struct party *p)
{
	struct step s = begin(p);
	struct counters counters;

	assert_status(STATUS_OK, counters_get(s.txn, &counters));
	step_abort(&s);
	return counters.departures;
}

/* What a drain does that had begun when so many had left. */
static void
drained(struct party *p, uint64_t count)
{
	struct step s = begin(p);

	assert_status(STATUS_OK, leaving_end(&s, count));
	commit(&s);
}

static enum message_state
refused(struct party *p, uint64_t order, uint32_t device)
{
	struct device_ref gone = { name_of("bob"), device };
	struct reply reply = { .kind = REPLY_ERROR };

	reply.u.error.code = ERROR_DEVICES_CHANGED;
	reply.u.error.changed.extra = (struct device_refs){ &gone, 1 };
	return answered(p, order, &reply);
}

static bool
has_session(struct party *p, uint32_t device)
{
	struct address with = { name_of("bob"), device };
	struct step s = begin(p);
	enum status st = ratchet_has_session(p->core.ratchet, s.txn, &with);

	step_abort(&s);
	return st == STATUS_OK;
}

static void
end_session(struct party *p)
{
	struct address alice = { name_of("alice"), 1 };
	struct step s = begin(p);

	assert_status(STATUS_OK, ratchet_reset(p->core.ratchet, s.txn, &alice));
	commit(&s);
}

static void
talk(struct cores *c)
{
	say(&c->alice, &c->bob, "hello");
	say(&c->bob, &c->alice, "hello, too");
}

static void
what_it_had_sent_is_read_until_the_mailbox_is_empty(void **state)
{
	struct cores *c = *state;
	struct parcel p[3];
	uint64_t before, order;

	talk(c);
	for (int i = 0; i < 3; i++)
		p[i] = write_to(&c->bob, &c->alice, "on its way");
	before = departures(&c->alice);
	replace_device(&c->bob);
	learn(&c->alice, &c->bob);
	assert_status(STATUS_OK, take(&c->alice, &p[0]));
	assert_int_equal(heard(&c->alice, "on its way"), 1);
	/* A drain that began before we knew says nothing of what came since. */
	drained(&c->alice, before);
	assert_status(STATUS_OK, take(&c->alice, &p[1]));
	assert_int_equal(heard(&c->alice, "on its way"), 2);
	/* To be read is not to be written to. */
	order = compose(&c->alice, "bob", "to the new one");
	assert_status(STATUS_AGAIN, seal(&c->alice, order));
	drained(&c->alice, departures(&c->alice));
	assert_false(has_session(&c->alice, 1));
	assert_status(STATUS_OK, take(&c->alice, &p[2]));
	assert_int_equal(heard(&c->alice, "on its way"), 2);
	assert_int_equal(quarantined(&c->alice, QUARANTINE_UNDECRYPTABLE), 1);
	for (int i = 0; i < 3; i++)
		parcel_clear(&p[i]);
}

static void
also_when_nothing_of_it_was_ever_read(void **state)
{
	struct cores *c = *state;
	struct parcel p[2];

	learn(&c->alice, &c->bob);
	for (int i = 0; i < 2; i++)
		p[i] = write_to(&c->bob, &c->alice, "at first");
	replace_device(&c->bob);
	learn(&c->alice, &c->bob);
	for (int i = 0; i < 2; i++) {
		assert_status(STATUS_OK, take(&c->alice, &p[i]));
		parcel_clear(&p[i]);
	}
	assert_int_equal(heard(&c->alice, "at first"), 2);
	assert_int_equal(quarantined(&c->alice, QUARANTINE_UNDECRYPTABLE), 0);
}

static void
also_when_the_relay_refuses_what_we_send(void **state)
{
	struct cores *c = *state;
	struct parcel p, q;
	struct outbox_row row;
	struct step s;
	uint64_t order;

	talk(c);
	p = write_to(&c->bob, &c->alice, "on its way");
	q = write_to(&c->bob, &c->alice, "on its way");
	order = compose(&c->alice, "bob", "too late for that one");
	assert_status(STATUS_OK, seal(&c->alice, order));
	replace_device(&c->bob);
	assert_int_equal(refused(&c->alice, order, 1), STATE_QUEUED);
	assert_status(STATUS_OK, take(&c->alice, &p));
	/* What it says does not bring it back. */
	assert_status(STATUS_AGAIN, seal(&c->alice, order));
	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	assert_status(STATUS_OK, seal(&c->alice, order));
	s = begin(&c->alice);
	assert_status(STATUS_OK, outbox_get(s.txn, order, s.arena, &row));
	assert_int_equal(row.recipients_count, 1);
	assert_int_equal(row.recipients[0].to.device, 2);
	step_abort(&s);
	assert_status(STATUS_OK, take(&c->alice, &q));
	assert_int_equal(heard(&c->alice, "on its way"), 2);
	parcel_clear(&p);
	parcel_clear(&q);
}

/* Whoever has it now may have all its keys, and the relay's help. */
static void
it_is_not_believed_any_more_whatever_it_sends(void **state)
{
	struct cores *c = *state;
	struct self old, now;
	struct parcel in_session, anew;
	uint64_t order;

	talk(c);
	order = compose(&c->alice, "bob", "sealed before");
	assert_status(STATUS_OK, seal(&c->alice, order));
	old = replace_device(&c->bob);
	now = c->bob.core.self;
	learn(&c->alice, &c->bob);
	drained(&c->alice, departures(&c->alice));
	c->bob.core.self = old;
	in_session = write_to(&c->bob, &c->alice, "it is me");
	assert_status(STATUS_OK, take(&c->alice, &in_session));
	/* Nor in a session that it begins anew, */
	end_session(&c->bob);
	assert_status(STATUS_OK, meet(&c->bob, &c->alice));
	anew = write_to(&c->bob, &c->alice, "it is me");
	assert_status(STATUS_OK, take(&c->alice, &anew));
	assert_int_equal(heard(&c->alice, "it is me"), 0);
	parcel_clear(&anew);
	/* nor when the relay says once more that it has gone. */
	assert_int_equal(refused(&c->alice, order, 1), STATE_QUEUED);
	c->bob.core.self = now;
	learn(&c->alice, &c->bob);
	c->bob.core.self = old;
	anew = write_to(&c->bob, &c->alice, "it is me");
	assert_status(STATUS_OK, take(&c->alice, &anew));
	assert_int_equal(heard(&c->alice, "it is me"), 0);
	parcel_clear(&in_session);
	parcel_clear(&anew);
	c->bob.core.self = now;
	end_session(&c->bob);
	say(&c->bob, &c->alice, "this is me");
	assert_int_equal(heard(&c->alice, "this is me"), 1);
}

static void
a_relay_that_never_says_that_it_was_all_gains_37_days(void **state)
{
	struct cores *c = *state;
	struct parcel p[2];
	int64_t now_ms = clock_wall_ms();

	talk(c);
	for (int i = 0; i < 2; i++)
		p[i] = write_to(&c->bob, &c->alice, "kept back");
	replace_device(&c->bob);
	learn(&c->alice, &c->bob);
	clock_fake(now_ms + INT64_C(36) * 24 * 3600 * 1000, clock_mono_ms());
	assert_status(STATUS_OK, take(&c->alice, &p[0]));
	clock_fake(now_ms + INT64_C(38) * 24 * 3600 * 1000, clock_mono_ms());
	assert_status(STATUS_OK, take(&c->alice, &p[1]));
	clock_unfake();
	assert_int_equal(heard(&c->alice, "kept back"), 1);
	parcel_clear(&p[0]);
	parcel_clear(&p[1]);
}

static void
who_changes_devices_without_end_holds_nobody_up(void **state)
{
	struct cores *c = *state;
	struct contact bob = { .name = name_of("bob") };
	struct device_entry device = { .registration_id = 1 };
	struct device_entry found;
	size_t count = 0;
	struct step s = begin(&c->alice);

	for (device.id = 2; device.id <= 1001; device.id++)
		assert_status(STATUS_OK, leaving_begin(&s, &bob, &device));
	commit(&s);
	for (int i = 0; i < 2; i++)
		drained(&c->alice, departures(&c->alice));
	s = begin(&c->alice);
	assert_status(STATUS_OK, vault_count(s.txn, VAULT_DEPARTURES, &count));
	assert_int_equal(count, 0);
	assert_status(STATUS_NOT_FOUND, leaving_find(&s, &bob, 1001, &found));
	step_abort(&s);
}

/* The same for a group. */
static void
what_it_had_said_to_a_group_is_read_too(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct party *bob = &w->c->bob;

	assert_int_equal(wish(w, alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	read_log(w, bob);
	tell(w, bob, "hello");
	w->deaf = alice;
	tell(w, bob, "on its way");
	w->deaf = NULL;
	replace_device(bob);
	learn(alice, bob);
	bring_item(w, alice, &w->missed);
	assert_int_equal(heard(alice, "on its way"), 1);
}

/* What it had signed the next device of the account sends again. */
static void
what_was_lost_of_it_comes_from_the_next_one(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct party *bob = &w->c->bob;
	struct parcel lost;

	say(bob, alice, "one");
	lost = write_to(bob, alice, "lost");
	parcel_clear(&lost);
	say(bob, alice, "heard");
	assert_int_equal(gaps_of(alice), 1);
	replace_device(bob);
	end_session(bob);
	learn(alice, bob);
	drained(alice, departures(alice));
	ask(w, alice, 0);
	for (int i = 0; i < 3; i++) {
		assert_status(STATUS_OK, flush(w, alice));
		assert_status(STATUS_OK, flush(w, bob));
	}
	assert_int_equal(heard(alice, "lost"), 1);
	assert_int_equal(gaps_of(alice), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(what_it_had_sent_is_read_until_the_mailbox_is_empty),
		cores_test(also_when_nothing_of_it_was_ever_read),
		cores_test(also_when_the_relay_refuses_what_we_send),
		cores_test(it_is_not_believed_any_more_whatever_it_sends),
		cores_test(
		    a_relay_that_never_says_that_it_was_all_gains_37_days),
		cores_test(who_changes_devices_without_end_holds_nobody_up),
		world_test(what_was_lost_of_it_comes_from_the_next_one),
		world_test(what_it_had_said_to_a_group_is_read_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
