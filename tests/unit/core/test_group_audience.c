/* Whom a message goes to is remembered while nothing has changed. */
#include "tests/unit/core/group_world.h"

static int
setup_members(void **state)
{
	struct world *w;

	world_setup(state);
	w = *state;
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	read_log(w, &w->c->bob);
	read_log(w, &w->c->carol);
	tell(w, &w->c->alice, "first");
	return 0;
}

#define members_test(function)                                                 \
	cmocka_unit_test_setup_teardown(function, setup_members, world_teardown)

/* Every device has our key, so no session is needed, and none is looked at. */
static void
an_unchanged_group_is_not_looked_at_again(void **state)
{
	struct world *w = *state;
	struct step s = begin(&w->c->alice);

	assert_status(STATUS_OK, ratchet_reset(w->c->alice.core.ratchet, s.txn,
				     &w->c->bob.core.self.address));
	commit(&s);
	tell(w, &w->c->alice, "second");
	assert_int_equal(w->shared_rows, 1);
	assert_int_equal(w->key_payloads, 0);
	assert_int_equal(heard(&w->c->bob, "second"), 1);
	assert_int_equal(heard(&w->c->carol, "second"), 1);
}

static void
whose_account_was_taken_over_since_gets_nothing(void **state)
{
	struct world *w = *state;

	party_register(&w->c->carol, "carol");
	assert_status(STATUS_UNTRUSTED, meet(&w->c->alice, &w->c->carol));
	tell(w, &w->c->alice, "not for the new carol");
	assert_int_equal(heard(&w->c->bob, "not for the new carol"), 1);
	assert_int_equal(heard(&w->c->carol, "not for the new carol"), 0);
}

static void
whose_mark_was_taken_back_gets_the_key_again(void **state)
{
	struct world *w = *state;
	struct step s = begin(&w->c->alice);

	assert_status(STATUS_OK, sender_key_sent_put(s.txn, &w->group,
				     &w->c->bob.core.self.address, 0));
	commit(&s);
	tell(w, &w->c->alice, "second");
	assert_int_equal(w->key_payloads, 1);
	tell(w, &w->c->alice, "third");
	assert_int_equal(w->key_payloads, 0);
	assert_int_equal(heard(&w->c->bob, "third"), 1);
}

static void
who_came_or_went_since_is_seen(void **state)
{
	struct world *w = *state;

	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_REMOVE, "bob", 0), TACIT_DONE);
	read_log(w, &w->c->carol);
	tell(w, &w->c->alice, "without bob");
	assert_int_equal(w->key_payloads, 1); /* a new key, for carol */
	assert_int_equal(heard(&w->c->bob, "without bob"), 0);
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	read_log(w, &w->c->bob);
	read_log(w, &w->c->carol);
	tell(w, &w->c->alice, "with bob");
	assert_int_equal(heard(&w->c->bob, "with bob"), 1);
	assert_int_equal(heard(&w->c->carol, "with bob"), 1);
}

/* By age: the same people, but they need the new one. */
static void
a_new_key_goes_to_all_of_them(void **state)
{
	struct world *w = *state;
	struct step s = begin(&w->c->alice);
	struct group_record g;

	assert_status(STATUS_OK, group_get(s.txn, &w->group, &g));
	g.sender_key_made_ms -= INT64_C(8) * 24 * 3600 * 1000;
	assert_status(STATUS_OK, group_put(s.txn, &g));
	commit(&s);
	tell(w, &w->c->alice, "under a new key");
	assert_int_equal(w->key_payloads, 2);
	tell(w, &w->c->alice, "and again");
	assert_int_equal(w->key_payloads, 0);
	assert_int_equal(heard(&w->c->bob, "and again"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		members_test(an_unchanged_group_is_not_looked_at_again),
		members_test(whose_account_was_taken_over_since_gets_nothing),
		members_test(whose_mark_was_taken_back_gets_the_key_again),
		members_test(who_came_or_went_since_is_seen),
		members_test(a_new_key_goes_to_all_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
