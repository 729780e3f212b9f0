/* The settings of a profile on the command line. */
#include "tests/unit/cli/fake_tacit.h"

static void
a_list_explains_and_a_value_stands_alone(void **state)
{
	struct run r = run("config");

	(void)state;
	assert_int_equal(r.code, 0);
	assert_string_equal(r.out,
	    "receipts  all\n"
	    "    what senders are told (all, delivered, none)\n");
	assert_string_equal(fake.name, "");
	r = run("config", "get", "receipts");
	assert_string_equal(r.out, "all\n");
	assert_string_equal(fake.name, "receipts");
}

static void
setting_says_nothing_but_that_it_is_so_already(void **state)
{
	struct run r;

	(void)state;
	fake.setting_changed = true;
	r = run("config", "set", "receipts", "none");
	assert_int_equal(r.code, 0);
	assert_string_equal(r.out, "");
	assert_string_equal(r.err, "");
	assert_string_equal(fake.name, "receipts");
	assert_string_equal(fake.names[0], "none");
	fake.setting_changed = false;
	r = run("config", "set", "receipts", "none");
	assert_int_equal(r.code, 0);
	assert_non_null(strstr(r.err, "so already"));
}

static void
what_the_library_refuses_is_the_exit_code(void **state)
{
	(void)state;
	fake.answer = TACIT_NOT_FOUND;
	fake.sentence = "There is no such setting.";
	assert_int_equal(run("config", "get", "colour").code, 4);
	fake.answer = TACIT_USAGE;
	assert_int_equal(run("config", "set", "receipts", "some").code, 2);
	assert_int_equal(run("config", "set", "receipts").code, 2);
	assert_int_equal(run("config", "frobnicate").code, 2);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_list_explains_and_a_value_stands_alone),
		TEST(setting_says_nothing_but_that_it_is_so_already),
		TEST(what_the_library_refuses_is_the_exit_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
