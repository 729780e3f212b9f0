/* Receipts about what a device wrote that another one has the place of. */
#include "store/client/settings.h"
#include "tests/unit/core/group_world.h"
#include "tests/unit/core/receipts_said.h"
#include "tests/unit/core/replaced.h"

/* The old copy goes on, and lets bob know. */
static void
replace_and_write(struct cores *c, const char *text)
{
	replace_device(&c->alice);
	say(&c->alice, &c->bob, text);
}

static void
the_next_device_learns_what_was_delivered_and_read(void **state)
{
	struct cores *c = *state;

	say(&c->alice, &c->bob, "one");
	say(&c->alice, &c->bob, "two");
	replace_and_write(c, "new here");
	assert_int_equal(state_of_number(&c->alice, 1, 1), STATE_STORED);
	assert_true(bring_receipts(&c->bob, &c->alice));
	assert_int_equal(state_of_number(&c->alice, 1, 1), STATE_DELIVERED);
	assert_int_equal(state_of_number(&c->alice, 1, 2), STATE_DELIVERED);
	assert_int_equal(state_of_number(&c->alice, 2, 1), STATE_DELIVERED);
	show_all(&c->bob);
	assert_true(bring_receipts(&c->bob, &c->alice));
	assert_int_equal(state_of_number(&c->alice, 1, 2), STATE_READ);
	assert_int_equal(state_of_number(&c->alice, 2, 1), STATE_READ);
	assert_int_equal(due(&c->bob), 0);
	assert_false(bring_receipts(&c->bob, &c->alice));
}

/* The copy is from before that receipt came. */
static void
what_the_old_device_was_told_is_told_again(void **state)
{
	struct cores *c = *state;
	struct parcel lost;
	uint64_t order;

	say(&c->alice, &c->bob, "one");
	lost = receipt_of(&c->bob, &order);
	parcel_clear(&lost);
	stored(&c->bob, order);
	assert_int_equal(due(&c->bob), 0);
	replace_and_write(c, "new here");
	assert_true(bring_receipts(&c->bob, &c->alice));
	assert_int_equal(state_of_number(&c->alice, 1, 1), STATE_DELIVERED);
}

/* It was on its way when bob learned that nobody is there to fetch it. */
static void
what_lay_in_the_old_mailbox_is_told_again(void **state)
{
	struct cores *c = *state;
	struct parcel lost;
	uint64_t order;

	say(&c->alice, &c->bob, "one");
	lost = receipt_of(&c->bob, &order);
	replace_and_write(c, "new here");
	stored(&c->bob, order);
	parcel_clear(&lost);
	assert_true(bring_receipts(&c->bob, &c->alice));
	assert_int_equal(state_of_number(&c->alice, 1, 1), STATE_DELIVERED);
}

static void
what_the_relay_refused_for_the_old_device_goes_to_the_next(void **state)
{
	struct cores *c = *state;
	struct device_ref gone = { name_of("alice"), 1 };
	struct reply reply = { .kind = REPLY_ERROR };
	struct parcel lost;
	uint64_t order;

	say(&c->alice, &c->bob, "one");
	lost = receipt_of(&c->bob, &order);
	parcel_clear(&lost);
	reply.u.error.code = ERROR_DEVICES_CHANGED;
	reply.u.error.changed.extra = (struct device_refs){ &gone, 1 };
	(void)answered(&c->bob, order, &reply);
	replace_and_write(c, "new here");
	assert_true(bring_receipts(&c->bob, &c->alice));
	assert_int_equal(state_of_number(&c->alice, 1, 1), STATE_DELIVERED);
}

/* The list had come before the relay's answer. */
static void
a_refusal_that_comes_late_ends_nothing(void **state)
{
	struct cores *c = *state;
	struct device_ref gone = { name_of("alice"), 1 };
	struct reply reply = { .kind = REPLY_ERROR };
	struct parcel lost;
	uint64_t order;

	say(&c->alice, &c->bob, "one");
	lost = receipt_of(&c->bob, &order);
	parcel_clear(&lost);
	replace_and_write(c, "new here");
	reply.u.error.code = ERROR_DEVICES_CHANGED;
	reply.u.error.changed.extra = (struct device_refs){ &gone, 1 };
	(void)answered(&c->bob, order, &reply);
	assert_true(bring_receipts(&c->bob, &c->alice));
	assert_int_equal(state_of_number(&c->alice, 1, 1), STATE_DELIVERED);
}

/* Two in a row, the second from a copy of the first. */
static void
a_device_before_the_last_is_not_forgotten(void **state)
{
	struct cores *c = *state;

	say(&c->alice, &c->bob, "one");
	replace_and_write(c, "two");
	replace_and_write(c, "three");
	assert_true(bring_receipts(&c->bob, &c->alice));
	assert_int_equal(state_of_number(&c->alice, 1, 1), STATE_DELIVERED);
	assert_int_equal(state_of_number(&c->alice, 2, 1), STATE_DELIVERED);
	assert_int_equal(state_of_number(&c->alice, 3, 1), STATE_DELIVERED);
}

/* Composed here before the change, and signed after it. */
static void
what_waited_over_the_change_is_of_the_next_device(void **state)
{
	struct cores *c = *state;
	struct address first = { name_of("alice"), 1 };
	struct address second = { name_of("alice"), 2 };
	struct parcel parcel;
	struct history_entry e;
	struct step s;
	uint64_t order, n = 0, other = 0;

	say(&c->alice, &c->bob, "one");
	order = compose(&c->alice, "bob", "waits");
	replace_device(&c->alice);
	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	assert_status(STATUS_OK, seal(&c->alice, order));
	parcel = parcel_of(&c->alice, order);
	assert_int_equal(stored(&c->alice, order), STATE_STORED);
	assert_status(STATUS_OK, take(&c->bob, &parcel));
	parcel_clear(&parcel);
	e = last_entry(&c->alice, &s);
	assert_int_equal(e.device, 2);
	assert_status(STATUS_OK, history_has(s.txn, &second, &e.id));
	assert_status(STATUS_NOT_FOUND, history_has(s.txn, &first, &e.id));
	/* Each is found by its own number. */
	assert_status(STATUS_OK,
	    history_find_number(s.txn, &e.conversation, &second, 1, &n));
	assert_int_equal(n, e.n);
	assert_status(STATUS_OK,
	    history_find_number(s.txn, &e.conversation, &first, 1, &other));
	assert_int_not_equal(other, n);
	step_abort(&s);
	assert_int_equal(state_of_number(&c->alice, 2, 1), STATE_STORED);
	assert_true(bring_receipts(&c->bob, &c->alice));
	assert_int_equal(state_of_number(&c->alice, 1, 1), STATE_DELIVERED);
	assert_int_equal(state_of_number(&c->alice, 2, 1), STATE_DELIVERED);
}

/* A recovered one knows nothing of what the lost one said. */
static void
who_has_no_history_is_not_harmed(void **state)
{
	struct cores *c = *state;
	struct address about = { name_of("bob"), 1 };
	struct receipt_state known;
	struct hash talk;
	struct step s;

	say(&c->alice, &c->bob, "one");
	replace_device(&c->alice);
	s = begin(&c->alice); /* what an empty profile has of it */
	peers_conversation(&c->alice.core.self.account_key,
	    &c->bob.core.self.account_key, &talk);
	about.account = name_of("alice");
	assert_status(STATUS_OK,
	    sender_put(s.txn, &talk, &about, &(struct sender_state){ 0 }));
	commit(&s);
	say(&c->alice, &c->bob, "new here");
	assert_true(bring_receipts(&c->bob, &c->alice));
	assert_int_equal(state_of_number(&c->alice, 2, 1), STATE_DELIVERED);
	about.account = name_of("bob");
	s = begin(&c->alice);
	assert_status(
	    STATUS_OK, receipt_state_get(s.txn, &talk, &about, &known));
	assert_int_equal(known.delivered.count, 0);
	step_abort(&s);
}

/* Without a session there is nothing to say it in, nor to whom. */
static void
it_waits_until_the_next_device_speaks(void **state)
{
	struct cores *c = *state;
	struct step s;
	size_t count = 0;

	say(&c->alice, &c->bob, "one");
	replace_device(&c->alice);
	learn(&c->bob, &c->alice);
	assert_false(bring_receipts(&c->bob, &c->alice));
	assert_int_equal(due(&c->bob), 1);
	say(&c->alice, &c->bob, "new here");
	s = begin(&c->bob);
	s.now_ms += RECEIPTS_LATER_MS + 1000;
	assert_status(STATUS_OK, receipts_gather(&s, 10, &count));
	commit(&s);
	assert_int_equal(count, 2);
}

static void
nothing_is_owed_where_receipts_are_off(void **state)
{
	struct cores *c = *state;
	struct settings settings;
	struct step s = begin(&c->bob);

	assert_status(STATUS_OK, settings_get(s.txn, &settings));
	settings.receipts = RECEIPTS_NONE;
	assert_status(STATUS_OK, settings_put(s.txn, &settings));
	commit(&s);
	say(&c->alice, &c->bob, "one");
	replace_and_write(c, "new here");
	assert_int_equal(due(&c->bob), 0);
}

static void
a_group_is_told_of_as_well(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct party *bob = &w->c->bob;

	assert_int_equal(wish(w, alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	read_log(w, bob);
	tell(w, alice, "one");
	assert_int_equal(state_of_number(alice, 1, 1), STATE_STORED);
	replace_device(alice);
	say(alice, bob, "new here");
	assert_true(bring_receipts(bob, alice));
	assert_int_equal(state_of_number(alice, 1, 1), STATE_DELIVERED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(the_next_device_learns_what_was_delivered_and_read),
		cores_test(what_the_old_device_was_told_is_told_again),
		cores_test(what_lay_in_the_old_mailbox_is_told_again),
		cores_test(
		    what_the_relay_refused_for_the_old_device_goes_to_the_next),
		cores_test(a_refusal_that_comes_late_ends_nothing),
		cores_test(a_device_before_the_last_is_not_forgotten),
		cores_test(what_waited_over_the_change_is_of_the_next_device),
		cores_test(who_has_no_history_is_not_harmed),
		cores_test(it_waits_until_the_next_device_speaks),
		cores_test(nothing_is_owed_where_receipts_are_off),
		world_test(a_group_is_told_of_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
