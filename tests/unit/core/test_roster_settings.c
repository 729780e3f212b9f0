/* Settings of a group: who may set them, and what they say. */
#include "tests/unit/core/roster_fixture.h"

static bool
set(struct fixture *f, int who, uint32_t who_may_add, uint64_t timer_s)
{
	struct group_entry_body b = next_body(f, ENTRY_SETTINGS);

	b.who_may_add = who_may_add;
	b.timer_s = timer_s;
	assert_status(STATUS_OK, apply(f, who, b));
	return f->effect.effective;
}

static void
a_new_group_keeps_messages_and_only_admins_add(void **state)
{
	struct fixture *f = *state;

	found(f);
	assert_false(roster_members_may_add(f->r));
	assert_int_equal(roster_timer_s(f->r), 0);
}

static void
an_admin_sets_them_and_a_member_does_not(void **state)
{
	struct fixture *f = *state;

	found(f);
	assert_true(act(f, ALICE, ENTRY_ADD, BOB, ROLE_MEMBER));
	assert_true(set(f, ALICE, ROLE_MEMBER, 3600));
	assert_true(roster_members_may_add(f->r));
	assert_int_equal(roster_timer_s(f->r), 3600);
	assert_false(set(f, BOB, ROLE_ADMIN, 0));
	assert_string_equal(f->effect.why_not, "its author is not an admin");
	assert_false(set(f, DAVE, ROLE_ADMIN, 0));
	assert_true(roster_members_may_add(f->r));
	assert_true(set(f, ALICE, ROLE_ADMIN, 0));
	assert_false(roster_members_may_add(f->r));
	assert_int_equal(roster_timer_s(f->r), 0);
}

static void
settings_that_are_so_already_or_nonsense_have_no_effect(void **state)
{
	struct fixture *f = *state;

	found(f);
	assert_false(set(f, ALICE, ROLE_ADMIN, 0));
	assert_string_equal(f->effect.why_not, "the settings are so already");
	assert_false(set(f, ALICE, 0, 60));
	assert_string_equal(
	    f->effect.why_not, "it names a role that does not exist");
	assert_false(set(f, ALICE, 3, 60));
	assert_int_equal(roster_timer_s(f->r), 0);
	assert_true(set(f, ALICE, ROLE_ADMIN, LIMIT_TIMER_S));
	/* Beyond the limit it is no entry at all. */
	assert_false(set(f, ALICE, ROLE_ADMIN, LIMIT_TIMER_S + 1));
	assert_true(f->effect.malformed);
	assert_int_equal(roster_timer_s(f->r), LIMIT_TIMER_S);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_group_keeps_messages_and_only_admins_add),
		TEST(an_admin_sets_them_and_a_member_does_not),
		TEST(settings_that_are_so_already_or_nonsense_have_no_effect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
