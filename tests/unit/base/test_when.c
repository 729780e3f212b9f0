#include "tests/support/test.h"

#include <time.h>

#include "base/when.h"

enum { HOUR_MS = 3600 * 1000 };

static void
what_is_no_duration_is_refused(void **state)
{
	static const char *const wrong[] = { "", "5", "s", "5x", "-5s", "5 s",
		"5s ", "1.5h", "5ms", "3661d", "99999999999999999999s",
		"9223372036854775807d" };
	int64_t ms = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_status(
		    STATUS_BAD_INPUT, when_parse_duration(wrong[i], &ms));
	assert_int_equal(7, ms);
}

static void
durations_have_four_units(void **state)
{
	int64_t ms;

	(void)state;
	assert_status(STATUS_OK, when_parse_duration("30s", &ms));
	assert_int_equal(30000, ms);
	assert_status(STATUS_OK, when_parse_duration("5m", &ms));
	assert_int_equal(300000, ms);
	assert_status(STATUS_OK, when_parse_duration("2h", &ms));
	assert_int_equal(2 * HOUR_MS, ms);
	assert_status(STATUS_OK, when_parse_duration("7d", &ms));
	assert_int_equal(7 * 24 * HOUR_MS, ms);
}

static void
a_duration_is_written_as_it_is_read(void **state)
{
	static const char *const right[] = { "0s", "1s", "59s", "61s", "1m",
		"90m", "1h", "25h", "1d", "366d" };
	char text[WHEN_TEXT_BYTES];
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		assert_status(STATUS_OK, when_parse_duration(right[i], &ms));
		when_format_duration((uint64_t)ms / 1000, text);
		assert_string_equal(right[i], text);
	}
}

static void
what_is_no_time_is_refused(void **state)
{
	static const char *const wrong[] = { "", "yesterday", "2026-13-01",
		"2026-11-21x", "25:00", "2026-11-21T14:03:22",
		"2026-11-21T14:03:22.Q", "14:00x" };
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_status(
		    STATUS_BAD_INPUT, when_parse_time(wrong[i], 0, &ms));
}

static void
a_time_may_be_absolute_or_ago(void **state)
{
	int64_t ms;

	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	assert_status(STATUS_OK, when_parse_time("2h", 3 * HOUR_MS, &ms));
	assert_int_equal(HOUR_MS, ms);
	assert_status(
	    STATUS_OK, when_parse_time("1970-01-02T00:00:00.25Z", 0, &ms));
	assert_int_equal(24 * HOUR_MS + 250, ms);
	assert_status(
	    STATUS_OK, when_parse_time("1970-01-01T02:00:00+02:00", 0, &ms));
	assert_int_equal(0, ms);
	assert_status(STATUS_OK, when_parse_time("1970-01-02", 0, &ms));
	assert_int_equal(24 * HOUR_MS, ms);
	assert_status(STATUS_OK, when_parse_time("01:00", 5 * HOUR_MS, &ms));
	assert_int_equal(HOUR_MS, ms);
}

static void
times_come_out_as_they_go_in(void **state)
{
	char text[WHEN_TEXT_BYTES];
	int64_t ms;

	(void)state;
	when_format_utc(1795269802123, text);
	assert_string_equal("2026-11-21T14:03:22.123Z", text);
	assert_status(STATUS_OK, when_parse_time(text, 0, &ms));
	assert_int_equal(1795269802123, ms);
	when_format_utc(-1, text);
	assert_string_equal("1969-12-31T23:59:59.999Z", text);
}

static void
absurd_times_do_not_break_the_format(void **state)
{
	char text[WHEN_TEXT_BYTES];

	(void)state;
	when_format_utc(INT64_MAX, text);
	assert_true(strlen(text) < WHEN_TEXT_BYTES);
	when_format_utc(INT64_MIN, text);
	assert_true(strlen(text) < WHEN_TEXT_BYTES);
	when_format_local(INT64_MIN, text);
	assert_true(strlen(text) < WHEN_TEXT_BYTES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_duration_is_refused),
		cmocka_unit_test(durations_have_four_units),
		cmocka_unit_test(a_duration_is_written_as_it_is_read),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(a_time_may_be_absolute_or_ago),
		cmocka_unit_test(times_come_out_as_they_go_in),
		cmocka_unit_test(absurd_times_do_not_break_the_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
