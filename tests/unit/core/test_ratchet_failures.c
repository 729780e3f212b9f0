#include "tests/support/test.h"

#include <stdio.h>

#include "client/core/ratchet/ratchet.h"
#include "client/core/ratchet/ratchet_failures.h"

static struct address
device_of(unsigned int n)
{
	struct address a = { .device = 1 };

	snprintf(a.account.text, sizeof(a.account.text), "peer%u", n);
	return a;
}

static void
fail_often(struct ratchet_failures *f, const struct address *from, int64_t ms)
{
	for (size_t i = 0; i < RATCHET_FAILURES_MAX; i++)
		ratchet_failures_count(f, from, ms);
}

static void
the_last_allowed_failure_is_still_allowed(void **state)
{
	static struct ratchet_failures f;
	const struct address peer = device_of(1);

	(void)state;
	for (size_t i = 0; i < RATCHET_FAILURES_MAX; i++) {
		assert_false(ratchet_failures_are_many(&f, &peer, 5));
		ratchet_failures_count(&f, &peer, 5);
	}
	assert_true(ratchet_failures_are_many(&f, &peer, 5));
}

static void
a_minute_after_the_first_one_all_are_forgotten(void **state)
{
	static struct ratchet_failures f;
	const struct address peer = device_of(1);

	(void)state;
	fail_often(&f, &peer, 1000);
	assert_true(ratchet_failures_are_many(
	    &f, &peer, 1000 + RATCHET_FAILURES_WINDOW_MS - 1));
	assert_false(ratchet_failures_are_many(
	    &f, &peer, 1000 + RATCHET_FAILURES_WINDOW_MS));
	ratchet_failures_count(&f, &peer, 1000 + RATCHET_FAILURES_WINDOW_MS);
	assert_false(ratchet_failures_are_many(
	    &f, &peer, 1000 + RATCHET_FAILURES_WINDOW_MS));
}

static void
devices_are_counted_apart(void **state)
{
	static struct ratchet_failures f;
	const struct address one = device_of(1);
	struct address two = one;

	(void)state;
	two.device = 2;
	fail_often(&f, &one, 1);
	assert_true(ratchet_failures_are_many(&f, &one, 1));
	assert_false(ratchet_failures_are_many(&f, &two, 1));
}

static void
a_crowd_pushes_out_the_oldest_only(void **state)
{
	static struct ratchet_failures f;
	struct address oldest = device_of(0);
	struct address newer = device_of(1);

	(void)state;
	for (unsigned int i = 0; i <= RATCHET_FAILURES_DEVICES; i++) {
		const struct address peer = device_of(i);

		fail_often(&f, &peer, 100 + (int64_t)i);
	}
	assert_false(ratchet_failures_are_many(&f, &oldest, 200));
	assert_true(ratchet_failures_are_many(&f, &newer, 200));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_allowed_failure_is_still_allowed),
		cmocka_unit_test(
		    a_minute_after_the_first_one_all_are_forgotten),
		cmocka_unit_test(devices_are_counted_apart),
		cmocka_unit_test(a_crowd_pushes_out_the_oldest_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
