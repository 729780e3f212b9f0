/* How short of room the relay is. */
#include "tests/support/test.h"

#include "relay/pressure.h"

enum { MIB = 1024 * 1024, RESERVE = 100 * MIB };

/* A disk with so much free, and a map that is empty. */
static enum pressure
with_free(enum pressure before, uint64_t free_bytes)
{
	const struct storage_room room = {
		.map_bytes = 1600 * (uint64_t)MIB,
		.disk_free_bytes = free_bytes,
	};

	return pressure_after(before, &room, RESERVE);
}

static enum pressure
with_map_free(enum pressure before, uint64_t free_bytes)
{
	const struct storage_room room = {
		.map_bytes = 1600 * (uint64_t)MIB,
		.map_used_bytes = 1600 * (uint64_t)MIB - free_bytes,
		.disk_free_bytes = UINT64_MAX,
	};

	return pressure_after(before, &room, RESERVE);
}

static void
accounts_are_refused_before_messages(void **state)
{
	(void)state;
	assert_int_equal(PRESSURE_NONE, with_free(PRESSURE_NONE, RESERVE));
	assert_int_equal(PRESSURE_LOW, with_free(PRESSURE_NONE, RESERVE - 1));
	assert_int_equal(PRESSURE_LOW, with_free(PRESSURE_NONE, RESERVE / 4));
	assert_int_equal(
	    PRESSURE_OUT, with_free(PRESSURE_NONE, RESERVE / 4 - 1));
	assert_int_equal(PRESSURE_OUT, with_free(PRESSURE_NONE, 0));
}

/* Else every message would change the level. */
static void
a_level_ends_a_quarter_above_where_it_begins(void **state)
{
	const uint64_t out = RESERVE / 4;

	(void)state;
	assert_int_equal(PRESSURE_OUT, with_free(PRESSURE_OUT, out + 1));
	assert_int_equal(PRESSURE_LOW, with_free(PRESSURE_OUT, out + out / 4));
	assert_int_equal(PRESSURE_LOW, with_free(PRESSURE_LOW, RESERVE + 1));
	assert_int_equal(PRESSURE_NONE,
	    with_free(PRESSURE_LOW, (uint64_t)RESERVE + RESERVE / 4));
	assert_int_equal(PRESSURE_NONE, with_free(PRESSURE_OUT, UINT64_MAX));
}

static void
a_full_map_is_as_bad_as_a_full_disk(void **state)
{
	(void)state;
	assert_int_equal(
	    PRESSURE_NONE, with_map_free(PRESSURE_NONE, 200 * (uint64_t)MIB));
	assert_int_equal(PRESSURE_LOW,
	    with_map_free(PRESSURE_NONE, 200 * (uint64_t)MIB - 1));
	assert_int_equal(PRESSURE_OUT,
	    with_map_free(PRESSURE_NONE, 100 * (uint64_t)MIB - 1));
	assert_int_equal(
	    PRESSURE_OUT, with_map_free(PRESSURE_OUT, 100 * (uint64_t)MIB));
	assert_int_equal(
	    PRESSURE_LOW, with_map_free(PRESSURE_OUT, 125 * (uint64_t)MIB));
}

static void
without_a_reserve_the_disk_is_not_looked_at(void **state)
{
	const struct storage_room room = { .map_bytes = MIB };

	(void)state;
	assert_int_equal(
	    PRESSURE_NONE, pressure_after(PRESSURE_NONE, &room, 0));
	assert_int_equal(PRESSURE_NONE, pressure_after(PRESSURE_OUT, &room, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accounts_are_refused_before_messages),
		cmocka_unit_test(a_level_ends_a_quarter_above_where_it_begins),
		cmocka_unit_test(a_full_map_is_as_bad_as_a_full_disk),
		cmocka_unit_test(without_a_reserve_the_disk_is_not_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
