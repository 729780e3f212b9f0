#include "tests/support/test.h"

#include <stdio.h>

#include "relay/rate.h"

static const struct rate_rule RULE = {
	.kinds = { { .burst = 3, .refill_ns = 1000 * BUCKET_MS_NS } },
	.max_keys = 4,
};

static void
a_bucket_empties_and_says_when_the_next_token_comes(void **state)
{
	struct rate *r = NULL;
	uint64_t wait_ms = 0;

	(void)state;
	assert_status(STATUS_OK, rate_new(&RULE, &r));
	for (int i = 0; i < 3; i++)
		assert_status(
		    STATUS_OK, rate_take(r, BYTES("a"), 1, 5000, &wait_ms));
	assert_status(STATUS_FULL, rate_take(r, BYTES("a"), 1, 5000, &wait_ms));
	assert_int_equal(1000, wait_ms);
	assert_status(STATUS_FULL, rate_take(r, BYTES("a"), 1, 5999, &wait_ms));
	assert_int_equal(1, wait_ms);
	assert_status(STATUS_OK, rate_take(r, BYTES("a"), 1, 6000, &wait_ms));
	assert_status(STATUS_OK, rate_take(r, BYTES("b"), 3, 6000, &wait_ms));
	rate_free(r);
}

static void
a_refused_take_takes_nothing(void **state)
{
	struct rate *r = NULL;
	uint64_t wait_ms = 0;

	(void)state;
	assert_status(STATUS_OK, rate_new(&RULE, &r));
	assert_status(STATUS_OK, rate_take(r, BYTES("a"), 1, 1, &wait_ms));
	assert_status(STATUS_FULL, rate_take(r, BYTES("a"), 3, 1, &wait_ms));
	assert_int_equal(1000, wait_ms);
	assert_status(STATUS_OK, rate_take(r, BYTES("a"), 2, 1, &wait_ms));
	rate_free(r);
}

/* Else it could never be had, however long somebody waits. */
static void
more_than_a_bucket_holds_costs_all_of_it(void **state)
{
	struct rate *r = NULL;
	uint64_t wait_ms = 0;

	(void)state;
	assert_status(STATUS_OK, rate_new(&RULE, &r));
	assert_status(
	    STATUS_OK, rate_take(r, BYTES("a"), UINT32_MAX, 1, &wait_ms));
	assert_status(STATUS_FULL, rate_take(r, BYTES("a"), 4, 1, &wait_ms));
	assert_int_equal(3000, wait_ms);
	assert_status(STATUS_OK, rate_take(r, BYTES("a"), 4, 3001, &wait_ms));
	rate_free(r);
}

/* What turned out to be worth more is owed, but not for ever. */
static void
a_debt_makes_the_next_take_wait_at_most_one_bucket_longer(void **state)
{
	struct rate *r = NULL;
	uint64_t wait_ms = 0;

	(void)state;
	assert_status(STATUS_OK, rate_new(&RULE, &r));
	assert_status(STATUS_OK, rate_take(r, BYTES("a"), 3, 1, &wait_ms));
	for (int i = 0; i < 100; i++)
		rate_charge(r, BYTES("a"), 2, 1);
	assert_status(STATUS_FULL, rate_take(r, BYTES("a"), 1, 1, &wait_ms));
	assert_int_equal(4000, wait_ms);
	assert_status(STATUS_OK, rate_take(r, BYTES("b"), 3, 1, &wait_ms));
	rate_free(r);
}

static void
all_kinds_are_taken_or_none(void **state)
{
	const struct rate_rule rule = {
		.kinds = { { .burst = 10, .refill_ns = BUCKET_MS_NS },
		    { .burst = 2, .refill_ns = BUCKET_MS_NS } },
		.max_keys = 4,
	};
	const struct rate_cost much = { { 1, 2, 1000000 } };
	const struct rate_cost rest = { { 9, 0, 0 } };
	struct rate *r = NULL;
	uint64_t wait_ms = 0;

	(void)state;
	assert_status(STATUS_OK, rate_new(&rule, &r));
	assert_status(
	    STATUS_OK, rate_take_all(r, BYTES("a"), &much, 1, &wait_ms));
	assert_status(
	    STATUS_FULL, rate_take_all(r, BYTES("a"), &much, 1, &wait_ms));
	assert_int_equal(2, wait_ms);
	assert_status(
	    STATUS_OK, rate_take_all(r, BYTES("a"), &rest, 1, &wait_ms));
	rate_give_back_all(r, BYTES("a"), &much);
	assert_status(
	    STATUS_OK, rate_take_all(r, BYTES("a"), &much, 1, &wait_ms));
	rate_free(r);
}

static void
a_new_rule_counts_at_once_and_forgets_long_waits(void **state)
{
	const struct rate_rule generous = {
		.kinds = { { .burst = 1000, .refill_ns = 1000 } },
		.max_keys = 1,
	};
	struct rate *r = NULL;
	uint64_t wait_ms = 0;

	(void)state;
	assert_status(STATUS_OK, rate_new(&RULE, &r));
	assert_status(STATUS_OK, rate_take(r, BYTES("a"), 3, 1, &wait_ms));
	assert_status(STATUS_FULL, rate_take(r, BYTES("a"), 3, 1, &wait_ms));
	rate_set_rule(r, &generous);
	assert_status(STATUS_FULL, rate_take(r, BYTES("a"), 1, 1, &wait_ms));
	assert_in_range(wait_ms, 1, 2); /* of its bucket, not of the old one */
	assert_status(STATUS_OK, rate_take(r, BYTES("a"), 9, 4, &wait_ms));
	rate_free(r);
}

/* Settings go up to numbers that nobody reaches. */
static void
no_rule_overflows(void **state)
{
	struct bucket b = { 0 };
	struct bucket_rule most = bucket_rule_per(UINT64_MAX, BUCKET_HOUR_MS);
	struct bucket_rule least = bucket_rule_per(1, BUCKET_HOUR_MS);
	int64_t late_ms = INT64_C(100) * 365 * 24 * BUCKET_HOUR_MS;

	(void)state;
	assert_int_equal(UINT32_MAX, most.burst);
	bucket_charge(&b, &most, UINT64_MAX, late_ms);
	assert_true(bucket_wait_ns(&b, &most, 1, late_ms) > 0);
	for (int i = 0; i < 10; i++)
		bucket_charge(&b, &least, UINT64_MAX, late_ms);
	assert_int_equal(2 * BUCKET_HOUR_MS * BUCKET_MS_NS,
	    bucket_wait_ns(&b, &least, 1, late_ms));
}

static void
what_is_given_back_can_be_taken_again(void **state)
{
	struct rate *r = NULL;
	uint64_t wait_ms = 0;

	(void)state;
	assert_status(STATUS_OK, rate_new(&RULE, &r));
	for (int i = 0; i < 20; i++) {
		assert_status(
		    STATUS_OK, rate_take(r, BYTES("a"), 3, 1, &wait_ms));
		rate_give_back(r, BYTES("a"), 3);
	}
	rate_give_back(r, BYTES("nobody"), 1);
	rate_free(r);
}

static void
a_quiet_time_fills_the_bucket_but_not_more(void **state)
{
	struct rate *r = NULL;
	uint64_t wait_ms = 0;

	(void)state;
	assert_status(STATUS_OK, rate_new(&RULE, &r));
	assert_status(STATUS_OK, rate_take(r, BYTES("a"), 3, 1, &wait_ms));
	assert_status(
	    STATUS_OK, rate_take(r, BYTES("a"), 3, 1000000, &wait_ms));
	assert_status(
	    STATUS_FULL, rate_take(r, BYTES("a"), 1, 1000000, &wait_ms));
	rate_free(r);
}

static void
a_flood_of_keys_forgets_the_quietest(void **state)
{
	struct rate *r = NULL;
	uint64_t wait_ms = 0;
	char key[16];

	(void)state;
	assert_status(STATUS_OK, rate_new(&RULE, &r));
	assert_status(STATUS_OK, rate_take(r, BYTES("me"), 3, 1, &wait_ms));
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		assert_status(
		    STATUS_OK, rate_take(r, bytes_text(key), 1, 1, &wait_ms));
		assert_status(
		    STATUS_FULL, rate_take(r, BYTES("me"), 1, 1, &wait_ms));
	}
	rate_free(r);
}

static void
without_memory_nobody_gets_a_token(void **state)
{
	struct rate *r = NULL;
	uint64_t wait_ms = 0;
	bool failed = true;

	(void)state;
	for (size_t n = 1; failed; n++) {
		enum status st;

		alloc_fail_nth(n);
		st = rate_new(&RULE, &r);
		if (st == STATUS_OK)
			st = rate_take(r, BYTES("a"), 1, 1, &wait_ms);
		failed = alloc_failed();
		alloc_fail_nth(0);
		assert_status(failed ? STATUS_NOMEM : STATUS_OK, st);
		rate_free(r);
		r = NULL;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_bucket_empties_and_says_when_the_next_token_comes),
		cmocka_unit_test(a_refused_take_takes_nothing),
		cmocka_unit_test(more_than_a_bucket_holds_costs_all_of_it),
		cmocka_unit_test(
		    a_debt_makes_the_next_take_wait_at_most_one_bucket_longer),
		cmocka_unit_test(all_kinds_are_taken_or_none),
		cmocka_unit_test(
		    a_new_rule_counts_at_once_and_forgets_long_waits),
		cmocka_unit_test(no_rule_overflows),
		cmocka_unit_test(what_is_given_back_can_be_taken_again),
		cmocka_unit_test(a_quiet_time_fills_the_bucket_but_not_more),
		cmocka_unit_test(a_flood_of_keys_forgets_the_quietest),
		cmocka_unit_test(without_memory_nobody_gets_a_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
