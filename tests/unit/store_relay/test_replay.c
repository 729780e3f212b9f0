#include "tests/support/test.h"

#include "store/relay/replay.h"

static const uint8_t stream[STREAM_BYTES] = { 1 };
static const uint8_t other[STREAM_BYTES] = { 2 };

static void
zero_and_what_is_below_the_window_are_refused(void **state)
{
	struct replay r = { .has_stream = false };

	(void)state;
	assert_status(STATUS_BAD_INPUT, replay_check(&r, stream, 0));
	replay_mark(&r, stream, 0);
	replay_mark(&r, stream, 5000);
	assert_int_equal(r.high, 5000);
	assert_status(STATUS_BAD_INPUT,
	    replay_check(&r, stream, 5000 - LIMIT_SUBMIT_WINDOW));
	replay_mark(&r, stream, 5000 - LIMIT_SUBMIT_WINDOW);
	assert_status(STATUS_EXISTS, replay_check(&r, stream, 5000));
	assert_status(
	    STATUS_OK, replay_check(&r, stream, 5001 - LIMIT_SUBMIT_WINDOW));
}

static void
the_highest_counter_there_is_does_no_harm(void **state)
{
	struct replay r = { .has_stream = false };

	(void)state;
	replay_mark(&r, stream, 1);
	replay_mark(&r, stream, UINT64_MAX);
	assert_status(STATUS_EXISTS, replay_check(&r, stream, UINT64_MAX));
	assert_status(STATUS_OK, replay_check(&r, stream, UINT64_MAX - 1));
	assert_status(STATUS_BAD_INPUT, replay_check(&r, stream, 1));
}

static void
another_stream_begins_anew(void **state)
{
	struct replay r = { .has_stream = false };

	(void)state;
	replay_mark(&r, stream, 7);
	assert_status(STATUS_OK, replay_check(&r, other, 7));
	replay_mark(&r, other, 3);
	assert_int_equal(r.high, 3);
	assert_status(STATUS_OK, replay_check(&r, other, 2));
	assert_status(STATUS_EXISTS, replay_check(&r, other, 3));
}

/* Against a plain table of which counters were used. */
static void
the_window_is_a_table_of_what_was_used(void **state)
{
	enum { RANGE = 6000, STEPS = 20000 };
	static bool used[RANGE + 1];
	struct replay r = { .has_stream = false };
	uint64_t high = 0;
	uint64_t random = 1;

	(void)state;
	for (int i = 0; i < STEPS; i++) {
		uint64_t low = high > 1500 ? high - 1500 : 1;
		uint64_t c;
		enum status expected;

		random = random * 6364136223846793005u + 1442695040888963407u;
		c = low + (random >> 33) % (high - low + 40);
		if (c > RANGE)
			break;
		if (c + LIMIT_SUBMIT_WINDOW <= high)
			expected = STATUS_BAD_INPUT;
		else
			expected = used[c] ? STATUS_EXISTS : STATUS_OK;
		assert_status(expected, replay_check(&r, stream, c));
		replay_mark(&r, stream, c);
		if (expected == STATUS_OK)
			used[c] = true;
		if (c > high)
			high = c;
	}
	assert_true(high > RANGE / 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zero_and_what_is_below_the_window_are_refused),
		cmocka_unit_test(the_highest_counter_there_is_does_no_harm),
		cmocka_unit_test(another_stream_begins_anew),
		cmocka_unit_test(the_window_is_a_table_of_what_was_used),
	};

	return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
