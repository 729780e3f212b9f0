#include "tests/support/test.h"

static void
a_buffer_refuses_what_passes_its_ceiling_and_keeps_what_it_had(void **state)
{
	struct buf *b = NULL;
	uint8_t *room = NULL;

	(void)state;
	assert_status(STATUS_OK, buf_new(5, &b));
	assert_status(STATUS_OK, buf_put(b, BYTES("abc")));
	assert_status(STATUS_FULL, buf_put(b, BYTES("def")));
	assert_status(STATUS_FULL, buf_grow(b, SIZE_MAX, &room));
	assert_null(room);
	assert_bytes(BYTES("abc"), buf_view(b));
	assert_status(STATUS_OK, buf_put(b, BYTES("de")));
	assert_int_equal(0, buf_room(b));
	buf_free(b);
}

static void
a_reader_never_walks_past_the_end(void **state)
{
	struct reader r = { BYTES("\x01\x02\x03") };
	struct bytes rest = BYTES("kept");
	uint32_t word = 7;
	uint8_t byte;

	(void)state;
	assert_status(STATUS_BAD_INPUT, reader_u32(&r, &word));
	assert_status(STATUS_BAD_INPUT, reader_bytes(&r, SIZE_MAX, &rest));
	assert_int_equal(7, word);
	assert_bytes(BYTES("kept"), rest);
	assert_status(STATUS_OK, reader_u8(&r, &byte));
	assert_int_equal(1, byte);
	assert_status(STATUS_OK, reader_bytes(&r, 2, &rest));
	assert_status(STATUS_BAD_INPUT, reader_u8(&r, &byte));
}

static void
head_and_tail_clamp_at_the_end(void **state)
{
	struct bytes b = BYTES("abc");

	(void)state;
	assert_bytes(BYTES("abc"), bytes_head(b, 9));
	assert_bytes(BYTES("ab"), bytes_head(b, 2));
	assert_bytes(BYTES("c"), bytes_tail(b, 2));
	assert_int_equal(0, bytes_tail(b, 9).len);
}

static void
a_nul_is_no_text(void **state)
{
	char *text = NULL;

	(void)state;
	assert_status(STATUS_BAD_INPUT, bytes_to_text(BYTES("a\0b"), &text));
	assert_null(text);
	assert_status(STATUS_OK, bytes_to_text(BYTES_NONE, &text));
	assert_string_equal("", text);
	free(text);
}

static void
numbers_cross_the_wire_big_endian(void **state)
{
	uint8_t raw[12];
	struct buf *b = NULL;

	(void)state;
	store_u32(raw, 0x02030405);
	store_u64(raw + 4, 0x060708090a0b0c0d);
	assert_int_equal(load_u32(raw), 0x02030405);
	assert_int_equal(load_u64(raw + 4), 0x060708090a0b0c0d);
	assert_status(STATUS_OK, buf_new(64, &b));
	assert_status(STATUS_OK, buf_put_u8(b, 1));
	assert_status(STATUS_OK, buf_put(b, BYTES_OF(raw)));
	assert_status(STATUS_OK, buf_put_field(b, BYTES("x")));
	assert_bytes(BYTES("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"
			   "\x0d\0\0\0\x01x"),
	    buf_view(b));
	buf_free(b);
}

static void
what_is_dropped_or_cut_is_gone_and_the_rest_stays(void **state)
{
	struct buf *b = NULL;

	(void)state;
	assert_status(STATUS_OK, buf_new(64, &b));
	assert_status(STATUS_OK, buf_put(b, BYTES("abcdef")));
	buf_drop(b, 2);
	assert_bytes(BYTES("cdef"), buf_view(b));
	buf_truncate(b, 3);
	buf_truncate(b, 30);
	assert_bytes(BYTES("cde"), buf_view(b));
	buf_drop(b, 30);
	assert_int_equal(0, buf_len(b));
	buf_free(b);
}

static void
without_memory_a_buffer_stays_as_it_was(void **state)
{
	uint8_t big[1000] = { 1 };
	bool failed = true;

	(void)state;
	for (size_t n = 1; failed; n++) {
		struct buf *b = NULL;
		enum status st;

		alloc_fail_nth(n);
		st = buf_copy(BYTES("abc"), &b);
		if (st == STATUS_OK) {
			buf_free(b);
			b = NULL;
			st = buf_new(2000, &b);
		}
		if (st == STATUS_OK)
			st = buf_put(b, BYTES("abc"));
		if (st == STATUS_OK)
			st = buf_put(b, BYTES_OF(big));
		failed = alloc_failed();
		alloc_fail_nth(0);
		assert_status(failed ? STATUS_NOMEM : STATUS_OK, st);
		if (failed && b != NULL)
			assert_true(buf_len(b) == 0 || buf_len(b) == 3);
		buf_free(b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_buffer_refuses_what_passes_its_ceiling_and_keeps_what_it_had),
		cmocka_unit_test(a_reader_never_walks_past_the_end),
		cmocka_unit_test(head_and_tail_clamp_at_the_end),
		cmocka_unit_test(a_nul_is_no_text),
		cmocka_unit_test(numbers_cross_the_wire_big_endian),
		cmocka_unit_test(
		    what_is_dropped_or_cut_is_gone_and_the_rest_stays),
		cmocka_unit_test(without_memory_a_buffer_stays_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
