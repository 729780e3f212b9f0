#include "tests/support/test.h"

#include "base/number.h"

static void
what_is_not_a_plain_number_in_range_is_refused(void **state)
{
	static const char *const wrong[] = { "", " 1", "1 ", "+1", "-1", "0x1",
		"1e3", "11", "18446744073709551616", "99999999999999999999999",
		"1\n" };
	uint64_t v = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_status(
		    STATUS_BAD_INPUT, number_parse(wrong[i], 1, 10, &v));
	assert_status(STATUS_BAD_INPUT, number_parse("0", 1, 10, &v));
	assert_int_equal(7, v);
}

static void
both_bounds_belong_to_the_range(void **state)
{
	uint64_t v;

	(void)state;
	assert_status(STATUS_OK, number_parse("1", 1, 10, &v));
	assert_status(STATUS_OK, number_parse("010", 1, 10, &v));
	assert_int_equal(10, v);
	assert_status(
	    STATUS_OK, number_parse("18446744073709551615", 0, UINT64_MAX, &v));
	assert_true(v == UINT64_MAX);
}

static void
sums_and_products_that_do_not_fit_are_refused(void **state)
{
	size_t v = 7;

	(void)state;
	assert_false(size_add(SIZE_MAX, 1, &v));
	assert_false(size_mul(SIZE_MAX / 2, 3, &v));
	assert_int_equal(7, v);
	assert_true(size_add(SIZE_MAX, 0, &v));
	assert_true(size_mul(3, 4, &v));
	assert_int_equal(12, v);
}

static void
hex_takes_lower_case_digits_of_the_right_length_alone(void **state)
{
	uint8_t out[2] = { 9, 9 };
	char text[5];

	(void)state;
	assert_status(STATUS_BAD_INPUT, hex_decode("00f", out, 2));
	assert_status(STATUS_BAD_INPUT, hex_decode("00ff0", out, 2));
	assert_status(STATUS_BAD_INPUT, hex_decode("00FF", out, 2));
	assert_status(STATUS_BAD_INPUT, hex_decode("0 ff", out, 2));
	assert_status(STATUS_OK, hex_decode("01fe", out, 2));
	assert_bytes(BYTES("\x01\xfe"), BYTES_OF(out));
	hex_encode(BYTES_OF(out), text);
	assert_string_equal("01fe", text);
}

static void
base64url_takes_exactly_what_comes_out_of_it(void **state)
{
	uint8_t out[32];
	char text[48];

	(void)state;
	memset(out, 0xfb, sizeof(out));
	base64url_encode(BYTES_OF(out), text, sizeof(text));
	assert_int_equal(43, strlen(text));
	assert_null(strpbrk(text, "+/="));
	memset(out, 0, sizeof(out));
	assert_status(STATUS_OK, base64url_decode(bytes_text(text), out, 32));
	assert_int_equal(0xfb, out[31]);
	assert_status(
	    STATUS_BAD_INPUT, base64url_decode(bytes_text(text), out, 31));
	assert_status(STATUS_BAD_INPUT,
	    base64url_decode(bytes_head(bytes_text(text), 42), out, 32));
	text[5] = '+';
	assert_status(
	    STATUS_BAD_INPUT, base64url_decode(bytes_text(text), out, 32));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_is_not_a_plain_number_in_range_is_refused),
		cmocka_unit_test(both_bounds_belong_to_the_range),
		cmocka_unit_test(sums_and_products_that_do_not_fit_are_refused),
		cmocka_unit_test(
		    hex_takes_lower_case_digits_of_the_right_length_alone),
		cmocka_unit_test(base64url_takes_exactly_what_comes_out_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
