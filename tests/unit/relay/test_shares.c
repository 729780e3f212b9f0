/* How much of a crowded mailbox one account may take. */
#include "tests/support/test.h"

#include "relay/shares.h"

static const struct lane_limits LIMITS[LANES_COUNT] = {
	[LANE_MESSAGES] = { 40, 40 * 1024 },
	[LANE_RECEIPTS] = { 80, 80 * 1024 },
};

enum { MALLORY = 7, CAROL = 8, BOB = 3, DAY_MS = 24 * 3600 * 1000 };

static int
setup(void **state)
{
	struct shares *s = NULL;

	assert_status(STATUS_OK, shares_new(25, LIMITS, &s));
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	shares_free(*state);
	return 0;
}

static bool
take(struct shares *s, uint32_t sender, uint64_t items, int64_t mono_ms)
{
	const struct share_taker taker = {
		.sender = sender,
		.slot = BOB,
		.lane = LANE_MESSAGES,
		.len = 10,
	};
	const struct lane now = { .items = items, .bytes = items * 10 };

	return shares_take(s, &taker, &now, mono_ms);
}

static void
one_account_gets_a_quarter_of_a_crowded_mailbox(void **state)
{
	struct shares *s = *state;
	uint64_t items = 0;

	while (take(s, MALLORY, items, 1))
		items++;
	assert_int_equal(30, items); /* half, and a quarter of the limit */
	for (int i = 0; i < 10; i++)
		assert_true(take(s, CAROL, items++, 1));
	assert_false(take(s, CAROL, items, 1));
}

static void
below_half_nobody_is_counted(void **state)
{
	struct shares *s = *state;

	for (int i = 0; i < 1000; i++)
		assert_true(take(s, MALLORY, 19, 1));
	assert_true(take(s, MALLORY, 20, 1));
}

static void
a_share_comes_back_within_a_day(void **state)
{
	struct shares *s = *state;

	for (int i = 0; i < 10; i++)
		assert_true(take(s, MALLORY, 30, 1));
	assert_false(take(s, MALLORY, 30, 1));
	assert_true(take(s, MALLORY, 30, 1 + DAY_MS / 10));
	assert_false(take(s, MALLORY, 30, 1 + DAY_MS / 10));
	for (int i = 0; i < 10; i++)
		assert_true(take(s, MALLORY, 30, 1 + 3 * (int64_t)DAY_MS));
}

static void
few_large_messages_count_by_their_bytes(void **state)
{
	struct shares *s = *state;
	const struct lane now = { .items = 1, .bytes = 20 * 1024 };
	const struct share_taker large = {
		.sender = MALLORY,
		.slot = BOB,
		.lane = LANE_MESSAGES,
		.len = 6 * 1024,
	};

	assert_true(shares_take(s, &large, &now, 1));
	assert_false(shares_take(s, &large, &now, 1));
}

/* Receipts and messages, and every mailbox, have shares of their own. */
static void
a_share_is_of_one_lane_of_one_mailbox(void **state)
{
	struct shares *s = *state;
	const struct lane now = { .items = 79, .bytes = 790 };
	const struct share_taker receipt = {
		.sender = MALLORY,
		.slot = BOB,
		.lane = LANE_RECEIPTS,
		.len = 10,
	};
	struct share_taker elsewhere = receipt;

	elsewhere.slot = BOB + 1;
	while (take(s, MALLORY, 39, 1))
		;
	for (int i = 0; i < 20; i++)
		assert_true(shares_take(s, &receipt, &now, 1));
	assert_false(shares_take(s, &receipt, &now, 1));
	assert_true(shares_take(s, &elsewhere, &now, 1));
}

static void
the_smallest_mailbox_takes_one_message(void **state)
{
	const struct lane_limits tiny[LANES_COUNT] = { { 1, 1 }, { 1, 1 } };
	struct shares *s = NULL;

	(void)state;
	assert_status(STATUS_OK, shares_new(1, tiny, &s));
	assert_true(take(s, MALLORY, 0, 1));
	shares_free(s);
}

static void
without_memory_there_are_no_shares_and_nothing_leaks(void **state)
{
	struct shares *s = NULL;
	bool failed = true;

	(void)state;
	for (size_t n = 1; failed; n++) {
		enum status st;

		alloc_fail_nth(n);
		st = shares_new(25, LIMITS, &s);
		failed = alloc_failed();
		alloc_fail_nth(0);
		assert_status(failed ? STATUS_NOMEM : STATUS_OK, st);
		shares_free(s);
		s = NULL;
	}
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(one_account_gets_a_quarter_of_a_crowded_mailbox),
		CASE(below_half_nobody_is_counted),
		CASE(a_share_comes_back_within_a_day),
		CASE(few_large_messages_count_by_their_bytes),
		CASE(a_share_is_of_one_lane_of_one_mailbox),
		CASE(the_smallest_mailbox_takes_one_message),
		CASE(without_memory_there_are_no_shares_and_nothing_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
