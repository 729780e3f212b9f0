/* Settings of a group, as its members follow them. */
#include "tests/unit/core/group_world.h"

static void
set_timer(struct world *w, struct party *p, uint64_t timer_s)
{
	const struct group_wish wish = {
		.type = ENTRY_SETTINGS, .has_timer = true, .timer_s = timer_s
	};

	assert_int_equal(wish_for(w, p, &wish), TACIT_DONE);
}

static uint64_t
timer_of_last(struct party *p)
{
	struct message_body body;
	struct step s;
	struct history_entry e = last_entry(p, &s);

	assert_int_equal(e.kind, HISTORY_MESSAGE);
	assert_status(
	    STATUS_OK, envelope_get_message_body(e.body, s.arena, &body));
	step_abort(&s);
	return body.timer_s;
}

static void
a_message_carries_the_timer_of_its_group(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct party *bob = &w->c->bob;

	assert_int_equal(wish(w, alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	read_log(w, bob);
	tell(w, alice, "for ever");
	assert_int_equal(timer_of_last(alice), 0);
	assert_int_equal(timer_of_last(bob), 0);
	set_timer(w, alice, 7 * 24 * 3600);
	read_log(w, bob);
	tell(w, alice, "for a week");
	assert_int_equal(timer_of_last(alice), 7 * 24 * 3600);
	assert_int_equal(timer_of_last(bob), 7 * 24 * 3600);
	tell(w, bob, "me too");
	assert_int_equal(timer_of_last(alice), 7 * 24 * 3600);
	set_timer(w, alice, 0);
	read_log(w, bob);
	tell(w, alice, "for ever again");
	assert_int_equal(timer_of_last(bob), 0);
}

static void
one_setting_leaves_the_other_as_it_is(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	const struct group_wish open = { .type = ENTRY_SETTINGS,
		.who_may_add = ROLE_MEMBER };
	size_t length;
	struct roster *r;
	struct step s;

	set_timer(w, alice, 60);
	assert_int_equal(wish_for(w, alice, &open), TACIT_DONE);
	s = begin(alice);
	assert_status(STATUS_OK, group_roster(&s, &w->group, &r));
	assert_int_equal(roster_timer_s(r), 60);
	assert_true(roster_members_may_add(r));
	step_abort(&s);
	/* So already: nothing is appended. */
	length = w->length;
	set_timer(w, alice, 60);
	assert_int_equal(wish_for(w, alice, &open), TACIT_DONE);
	assert_int_equal(w->length, length);
}

static void
members_add_where_the_settings_say_so(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct party *bob = &w->c->bob;
	const struct group_wish open = { .type = ENTRY_SETTINGS,
		.who_may_add = ROLE_MEMBER };

	assert_int_equal(wish(w, alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	assert_int_equal(
	    wish(w, bob, ENTRY_ADD, "carol", 0), TACIT_NOT_ALLOWED);
	assert_int_equal(wish_for(w, bob, &open), TACIT_NOT_ALLOWED);
	assert_int_equal(wish_for(w, alice, &open), TACIT_DONE);
	assert_int_equal(wish(w, bob, ENTRY_ADD, "carol", 0), TACIT_DONE);
	assert_int_equal(standing(w, &w->c->carol), GROUP_MEMBER);
	assert_int_equal(
	    wish(w, bob, ENTRY_REMOVE, "carol", 0), TACIT_NOT_ALLOWED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_message_carries_the_timer_of_its_group),
		world_test(one_setting_leaves_the_other_as_it_is),
		world_test(members_add_where_the_settings_say_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
