/* Leaving for good: never by a slip. */
#include "tests/unit/cli/fake_tacit.h"

static void
without_a_terminal_the_name_has_to_be_given(void **state)
{
	struct run r = run_input("bob\n", "account", "delete");

	(void)state;
	assert_int_equal(r.code, 2);
	assert_non_null(strstr(r.err, "--yes NAME"));
	assert_int_equal(fake.deletions, 0);
	assert_int_equal(run("account", "delete", "bob").code, 2);
	assert_int_equal(run("account").code, 2);
	assert_int_equal(fake.deletions, 0);
}

static void
the_library_judges_the_name_and_what_stays_is_said(void **state)
{
	struct run r = run("account", "delete", "--yes", "bob");

	(void)state;
	assert_int_equal(r.code, 0);
	assert_int_equal(fake.deletions, 1);
	assert_string_equal(fake.name, "bob");
	assert_string_equal(r.out, "");
	assert_non_null(strstr(r.err, "is removed from"));
	assert_non_null(strstr(r.err, "are still in"));
	fake.answer = TACIT_USAGE;
	fake.sentence = "That is not the name of this account.";
	r = run("account", "delete", "--yes", "alice");
	assert_int_equal(r.code, 2);
	assert_null(strstr(r.err, "is removed from"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    without_a_terminal_the_name_has_to_be_given, fake_setup,
		    fake_teardown),
		cmocka_unit_test_setup_teardown(
		    the_library_judges_the_name_and_what_stays_is_said,
		    fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
