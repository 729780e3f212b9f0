#include "proto/arena.h"
#include "tests/support/test.h"

static void
nothing_is_taken_past_the_ceiling(void **state)
{
	struct arena *a = NULL;
	size_t taken = 0;

	(void)state;
	assert_status(STATUS_OK, arena_new(100000, &a));
	assert_null(arena_take(a, 100001));
	assert_null(arena_take(a, SIZE_MAX));
	assert_null(arena_take(a, SIZE_MAX - 3));
	assert_null(arena_take_array(a, SIZE_MAX / 2, 4));
	while (arena_take(a, 1000) != NULL)
		taken += 1000;
	assert_in_range(taken, 80000, 100000);
	arena_free(a);
}

static void
big_pieces_leave_room_for_small_ones_and_waste_nothing(void **state)
{
	const size_t big = 256 * 1024, small = 100;
	struct arena *a = NULL;

	(void)state;
	assert_status(STATUS_OK, arena_new(32 * (big + 4096), &a));
	for (size_t i = 0; i < 32; i++) {
		assert_non_null(arena_take(a, big));
		assert_non_null(arena_take(a, small));
	}
	arena_reset(a);
	assert_true(arena_held_bytes(a) < big);
	arena_free(a);
}

static void
memory_is_zero_and_aligned_also_after_a_reset(void **state)
{
	struct arena *a = NULL;

	(void)state;
	assert_status(STATUS_OK, arena_new(1 << 20, &a));
	for (size_t round = 0; round < 3; round++) {
		for (size_t len = 1; len < 3000; len += 7) {
			uint8_t *p = arena_take(a, len);

			assert_non_null(p);
			assert_int_equal((uintptr_t)p % 16, 0);
			for (size_t i = 0; i < len; i++)
				assert_int_equal(p[i], 0);
			memset(p, 0xee, len);
			if (len > 2500)
				break;
		}
		arena_reset(a);
	}
	arena_free(a);
}

static void
a_reset_gives_the_whole_ceiling_back(void **state)
{
	struct arena *a = NULL;

	(void)state;
	assert_status(STATUS_OK, arena_new(64 * 1024, &a));
	for (size_t i = 0; i < 100; i++) {
		assert_non_null(arena_take(a, 40 * 1024));
		assert_non_null(arena_take(a, 10));
		arena_reset(a);
		assert_non_null(arena_take(a, 10));
		assert_non_null(arena_take(a, 40 * 1024));
		arena_reset(a);
	}
	arena_free(a);
}

static void
a_copy_is_another_memory_with_the_same_bytes(void **state)
{
	struct arena *a = NULL;
	struct bytes copy = BYTES_NONE;
	char text[] = "hello";

	(void)state;
	assert_status(STATUS_OK, arena_new(4096, &a));
	assert_status(STATUS_OK, arena_copy(a, bytes_text(text), &copy));
	text[0] = 'j';
	assert_bytes(BYTES("hello"), copy);
	assert_status(STATUS_OK, arena_copy(a, BYTES_NONE, &copy));
	assert_int_equal(copy.len, 0);
	arena_free(a);
}

static void
running_out_of_memory_leaves_a_usable_arena(void **state)
{
	struct arena *a = NULL;

	(void)state;
	alloc_fail_nth(1);
	assert_status(STATUS_NOMEM, arena_new(4096, &a));
	alloc_fail_nth(2);
	assert_status(STATUS_OK, arena_new(4096, &a));
	assert_null(arena_take(a, 8));
	assert_non_null(arena_take(a, 8));
	alloc_fail_nth(0);
	arena_free(a);
	arena_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_taken_past_the_ceiling),
		cmocka_unit_test(
		    big_pieces_leave_room_for_small_ones_and_waste_nothing),
		cmocka_unit_test(memory_is_zero_and_aligned_also_after_a_reset),
		cmocka_unit_test(a_reset_gives_the_whole_ceiling_back),
		cmocka_unit_test(a_copy_is_another_memory_with_the_same_bytes),
		cmocka_unit_test(running_out_of_memory_leaves_a_usable_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
