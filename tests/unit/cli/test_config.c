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

static void
a_timer_between_two_is_set_or_off(void **state)
{
	struct run r;

	(void)state;
	fake.setting_changed = true;
	fake.sent_state = TACIT_STORED;
	r = run("contacts", "set", "alice", "--timer", "1d");
	assert_int_equal(r.code, 0);
	assert_string_equal(r.out, "");
	assert_string_equal(r.err, "");
	assert_string_equal(fake.name, "alice");
	assert_int_equal(fake.timer_s, 24 * 3600);
	assert_int_equal(
	    run("contacts", "set", "alice", "--timer", "off").code, 0);
	assert_int_equal(fake.timer_s, 0);
	fake.answer = TACIT_UNREACHABLE;
	fake.sent_state = TACIT_QUEUED;
	r = run("contacts", "set", "alice", "--timer", "1d");
	assert_int_equal(r.code, 3);
	assert_non_null(strstr(r.err, "holds here from now on"));
}

static void
a_timer_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = { "0s", "367d", "soon", "-1d", "" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    run("contacts", "set", "alice", "--timer", bad[i]).code, 2);
	assert_int_equal(run("contacts", "set", "alice").code, 2);
	assert_int_equal(run("send", "alice", "x", "--expire", "soon").code, 2);
	assert_int_equal(run("send", "alice", "x", "--expire", "2h").code, 0);
	assert_int_equal(fake.send.expire_s, 2 * 3600);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_list_explains_and_a_value_stands_alone),
		TEST(setting_says_nothing_but_that_it_is_so_already),
		TEST(what_the_library_refuses_is_the_exit_code),
		TEST(a_timer_between_two_is_set_or_off),
		TEST(a_timer_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
