#include "tests/support/test.h"

#include "client/core/messenger/padding.h"

enum { CEILING = 64 * 1024 };

static struct buf *
filled(size_t len, size_t ceiling)
{
	struct buf *b = NULL;
	uint8_t *room;

	assert_status(STATUS_OK, buf_new(ceiling, &b));
	assert_status(STATUS_OK, buf_grow(b, len, &room));
	if (len > 0)
		memset(room, 0x80, len); /* the mark itself must not confuse */
	return b;
}

static void
what_is_not_padded_so_is_bad_input(void **state)
{
	static uint8_t zeros[4096];
	uint8_t padded[256] = { 'h', 'i', 0x80 };
	struct bytes inner = BYTES("untouched");

	(void)state;
	assert_status(STATUS_BAD_INPUT, padding_strip(BYTES_NONE, &inner));
	assert_status(STATUS_BAD_INPUT, padding_strip(BYTES("\x80"), &inner));
	assert_status(STATUS_BAD_INPUT, padding_strip(BYTES_OF(zeros), &inner));
	for (size_t len = 1; len <= sizeof(zeros); len *= 2)
		assert_status(STATUS_BAD_INPUT,
		    padding_strip(bytes_view(zeros, len), &inner));

	/* 256 where 160 is enough, and a byte more or less than a bucket. */
	for (size_t len = 150; len <= sizeof(padded); len++) {
		enum status st = padding_strip(bytes_view(padded, len), &inner);

		assert_status(len == 160 ? STATUS_OK : STATUS_BAD_INPUT, st);
	}
	padded[159] = 1;
	assert_status(
	    STATUS_BAD_INPUT, padding_strip(bytes_view(padded, 160), &inner));
	assert_bytes(BYTES("hi"), inner);
}

static void
every_length_lands_in_its_bucket_and_comes_back(void **state)
{
	static const struct {
		size_t inner;
		size_t padded;
	} cases[] = {
		{ 0, 160 },
		{ 1, 160 },
		{ 159, 160 },
		{ 160, 256 },
		{ 255, 256 },
		{ 256, 512 },
		{ 511, 512 },
		{ 512, 1024 },
		{ 1023, 1024 },
		{ 1024, 2048 },
		{ 2047, 2048 },
		{ 2048, 4096 },
		{ 4095, 4096 },
		{ 4096, 8192 },
		{ 8191, 8192 },
		{ 8192, 12288 },
		{ 12287, 12288 },
		{ 12288, 16384 },
		{ 40959, 40960 },
		{ 40960, 45056 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf *b = filled(cases[i].inner, CEILING);
		struct bytes inner;

		assert_status(STATUS_OK, padding_add(b));
		assert_int_equal(cases[i].padded, buf_len(b));
		assert_status(STATUS_OK, padding_strip(buf_view(b), &inner));
		assert_int_equal(cases[i].inner, inner.len);
		buf_free(b);
	}
}

static void
every_small_length_comes_back(void **state)
{
	(void)state;
	for (size_t len = 0; len < 9000; len += len < 600 ? 1 : 37) {
		struct buf *b = filled(len, CEILING);
		struct bytes inner;

		assert_status(STATUS_OK, padding_add(b));
		assert_status(STATUS_OK, padding_strip(buf_view(b), &inner));
		assert_int_equal(len, inner.len);
		buf_free(b);
	}
}

static void
a_ceiling_below_the_bucket_is_full_and_nothing_changes(void **state)
{
	struct buf *b = filled(100, 159);

	(void)state;
	assert_status(STATUS_FULL, padding_add(b));
	assert_int_equal(100, buf_len(b));
	buf_free(b);
}

static void
running_out_of_memory_changes_nothing(void **state)
{
	struct buf *b = filled(100, CEILING);

	(void)state;
	alloc_fail_nth(1);
	assert_status(STATUS_NOMEM, padding_add(b));
	alloc_fail_nth(0);
	assert_int_equal(100, buf_len(b));
	assert_status(STATUS_OK, padding_add(b));
	buf_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_padded_so_is_bad_input),
		cmocka_unit_test(
		    every_length_lands_in_its_bucket_and_comes_back),
		cmocka_unit_test(every_small_length_comes_back),
		cmocka_unit_test(
		    a_ceiling_below_the_bucket_is_full_and_nothing_changes),
		cmocka_unit_test(running_out_of_memory_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
