#include <stdlib.h>

#include "proto/ranges.h"
#include "tests/support/test.h"

enum { NUMBERS = 200 };

/* As a set of single numbers would say it. */
static void
same(const struct ranges *r, const bool *model)
{
	for (size_t i = 0; i < r->count; i++) {
		assert_true(r->items[i].first <= r->items[i].last);
		if (i > 0)
			assert_true(
			    r->items[i].first > r->items[i - 1].last + 1);
	}
	for (uint64_t n = 1; n < NUMBERS; n++)
		assert_int_equal(ranges_has(r, n), model[n]);
}

static void
ranges_are_the_numbers_that_were_added(void **state)
{
	(void)state;
	srandom(7);
	for (int round = 0; round < 500; round++) {
		struct ranges r = { .count = 0 };
		bool model[NUMBERS] = { false };

		/* At most 30 apart from each other: none is forgotten. */
		for (int i = 0; i < 30; i++) {
			uint64_t first = 1 + (uint64_t)random() % 180;
			uint64_t last = first + (uint64_t)random() % 5;

			ranges_add(&r, first, last);
			for (uint64_t n = first; n <= last; n++)
				model[n] = true;
			same(&r, model);
		}
		ranges_cut(&r, 90);
		for (size_t n = 91; n < NUMBERS; n++)
			model[n] = false;
		same(&r, model);
	}
}

static void
too_many_ranges_forget_the_lowest(void **state)
{
	struct ranges r = { .count = 0 };

	(void)state;
	for (uint64_t n = 1; n <= LIMIT_RECEIPT_RANGES + 3; n++)
		ranges_add(&r, 2 * n, 2 * n);
	assert_int_equal(r.count, LIMIT_RECEIPT_RANGES);
	assert_false(ranges_has(&r, 2));
	assert_false(ranges_has(&r, 6));
	assert_true(ranges_has(&r, 8));
	assert_true(ranges_has(&r, 2 * (LIMIT_RECEIPT_RANGES + 3)));
	ranges_add(&r, 1, 1); /* below all, and there is no room */
	assert_false(ranges_has(&r, 1));
}

static void
the_highest_numbers_do_not_overflow(void **state)
{
	struct ranges r = { .count = 0 };

	(void)state;
	ranges_add(&r, UINT64_MAX, UINT64_MAX);
	ranges_add(&r, 1, 3);
	ranges_add(&r, UINT64_MAX - 1, UINT64_MAX - 1);
	assert_int_equal(r.count, 2);
	assert_true(ranges_has(&r, UINT64_MAX));
	assert_int_equal(r.items[1].first, UINT64_MAX - 1);
	ranges_add(&r, 2, UINT64_MAX);
	assert_int_equal(r.count, 1);
	ranges_cut(&r, 0);
	assert_int_equal(r.count, 0);
}

static void
lists_that_are_no_ranges_are_refused(void **state)
{
	static const uint64_t bad[][4] = {
		{ 0, 1 },
		{ 5, 4 },       /* no range */
		{ 1, 3, 3, 4 }, /* twice */
		{ 1, 3, 4, 5 }, /* is one */
		{ 7, 8, 1, 2 }, /* falling */
		{ 1, UINT64_MAX, 1, 1 },
	};
	uint64_t flat[2 * LIMIT_RECEIPT_RANGES + 2];
	struct ranges r = { .count = 9 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(ranges_take(&r, bad[i], bad[i][2] ? 4 : 2));
	for (size_t i = 0; i < sizeof(flat) / sizeof(*flat); i++)
		flat[i] = 2 * (i / 2) + 1;
	assert_false(ranges_take(&r, flat, 3));
	assert_false(ranges_take(&r, flat, 2 * LIMIT_RECEIPT_RANGES + 2));
	assert_int_equal(r.count, 9); /* out left untouched */
	assert_true(ranges_take(&r, flat, 2 * LIMIT_RECEIPT_RANGES));
	assert_int_equal(ranges_put(&r, flat), 2 * LIMIT_RECEIPT_RANGES);
	assert_true(ranges_take(&r, NULL, 0));
	assert_int_equal(r.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_the_numbers_that_were_added),
		cmocka_unit_test(too_many_ranges_forget_the_lowest),
		cmocka_unit_test(the_highest_numbers_do_not_overflow),
		cmocka_unit_test(lists_that_are_no_ranges_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
