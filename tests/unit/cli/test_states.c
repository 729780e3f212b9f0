/* What becomes of one's own messages, for people and for programs. */
#include "tests/unit/cli/fake_tacit.h"

static const struct tacit_state_change change = {
	.id = "00112233445566778899aabbccddeeff",
	.state = TACIT_DELIVERED,
	.to = { TACIT_DIRECT, "a11ce0", "al\x1b[2Jice" },
	.time_ms = INT64_C(1795269802123),
};

static void
people_are_told_when_they_ask(void **state)
{
	struct run r;

	(void)state;
	fake.change = &change;
	assert_string_equal(run("receive").out, "");
	r = run("receive", "--states");
	assert_int_equal(r.code, 0);
	assert_non_null(strstr(r.out, "-- ["));
	assert_non_null(
	    strstr(r.out, ": your message 00112233 is delivered\n"));
	assert_null(strchr(r.out, '\x1b'));
}

static void
programs_that_stay_are_told_always(void **state)
{
	static const char expected[] =
	    "{\"type\":\"state\",\"id\":\"00112233445566778899aabbccddeeff\","
	    "\"state\":\"delivered\"";

	(void)state;
	fake.change = &change;
	assert_non_null(
	    strstr(run("receive", "--follow", "--json").out, expected));
	assert_non_null(
	    strstr(run("receive", "--states", "--json").out, expected));
	/* Else not, and they are kept. */
	assert_string_equal(run("receive", "--json").out, "");
	assert_null(fake.receive.state);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(people_are_told_when_they_ask),
		TEST(programs_that_stay_are_told_always),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
