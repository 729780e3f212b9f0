/* What time it is when the clock jumps. */
#include "tests/support/test.h"

#include "relay/calendar.h"

#define MINUTE (INT64_C(60) * 1000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define NOON   (INT64_C(20000) * DAY + 12 * HOUR)

/* The clocks of a machine, and what is made of them. */
struct machine {
	int64_t wall_ms;
	int64_t mono_ms;
	struct calendar calendar;
	unsigned jumps;
};

static struct machine
booted(int64_t saved_ms)
{
	struct machine m = { .wall_ms = NOON, .mono_ms = 5000 };

	calendar_start(&m.calendar, saved_ms, m.wall_ms, m.mono_ms);
	return m;
}

static int64_t
look(struct machine *m)
{
	bool jumped = false;
	int64_t now_ms =
	    calendar_look(&m->calendar, m->wall_ms, m->mono_ms, &jumped);

	m->jumps += jumped;
	return now_ms;
}

/* Both clocks run for so long, looked at every `step`. */
static int64_t
run(struct machine *m, int64_t for_ms, int64_t step_ms)
{
	int64_t now_ms = look(m);

	for (int64_t ran = 0; ran < for_ms; ran += step_ms) {
		m->wall_ms += step_ms;
		m->mono_ms += step_ms;
		now_ms = look(m);
	}
	return now_ms;
}

static void
time_passes_as_the_wall_clock_says(void **state)
{
	struct machine m = booted(0);
	int64_t now_ms;

	(void)state;
	assert_int_equal(run(&m, 3 * DAY, 10 * MINUTE), NOON + 3 * DAY);
	m.wall_ms += 2 * MINUTE; /* set right by hand */
	now_ms = look(&m);
	assert_int_equal(now_ms, m.wall_ms);
	m.wall_ms -= 3 * HOUR;
	now_ms = look(&m);
	assert_int_equal(now_ms, m.wall_ms);
	assert_int_equal(m.jumps, 0);
}

static void
a_year_too_far_is_believed_after_an_hour_and_not_before(void **state)
{
	struct machine m = booted(0);
	int64_t now_ms;

	(void)state;
	m.wall_ms += 365 * DAY;
	assert_int_equal(run(&m, 55 * MINUTE, MINUTE), NOON + 55 * MINUTE);
	assert_int_equal(m.jumps, 1);
	now_ms = run(&m, 10 * MINUTE, MINUTE);
	assert_int_equal(now_ms, m.wall_ms);
	assert_int_equal(m.jumps, 2);
}

static void
a_year_back_is_a_claim_as_well(void **state)
{
	struct machine m = booted(0);
	int64_t now_ms;

	(void)state;
	m.wall_ms -= 365 * DAY;
	assert_int_equal(run(&m, 30 * MINUTE, MINUTE), NOON + 30 * MINUTE);
	now_ms = run(&m, 31 * MINUTE, MINUTE);
	assert_int_equal(now_ms, m.wall_ms);
}

static void
a_clock_that_is_set_right_again_was_never_believed(void **state)
{
	struct machine m = booted(0);
	int64_t now_ms;

	(void)state;
	for (int i = 0; i < 5; i++) {
		m.wall_ms += 100 * DAY;
		(void)run(&m, 50 * MINUTE, MINUTE);
		m.wall_ms -= 100 * DAY;
		now_ms = run(&m, MINUTE, MINUTE);
		assert_int_equal(now_ms, m.wall_ms);
	}
	/* Nor one that claims something else every time. */
	for (int i = 0; i < 50; i++) {
		m.wall_ms += 50 * DAY;
		(void)run(&m, 10 * MINUTE, MINUTE);
	}
	assert_true(m.calendar.now_ms < NOON + 2 * DAY);
}

static void
many_short_jumps_go_no_further_than_a_day_in_an_hour(void **state)
{
	struct machine m = booted(0);
	int64_t now_ms = NOON;

	(void)state;
	for (int i = 0; i < 60; i++) {
		m.wall_ms += 20 * HOUR;
		now_ms = run(&m, MINUTE, MINUTE);
	}
	assert_true(now_ms <= NOON + 2 * DAY + HOUR);
}

static void
a_start_after_a_month_waits_for_an_hour(void **state)
{
	struct machine m = booted(NOON - 30 * DAY);
	int64_t now_ms;

	(void)state;
	assert_int_equal(look(&m), NOON - 30 * DAY);
	assert_true(run(&m, 58 * MINUTE, MINUTE) < NOON - 29 * DAY);
	now_ms = run(&m, 3 * MINUTE, MINUTE);
	assert_int_equal(now_ms, m.wall_ms);
	m = booted(NOON - 20 * HOUR);
	assert_int_equal(look(&m), NOON);
	/* What was saved lay in the future: the clock had been wrong. */
	m = booted(NOON + 300 * DAY);
	assert_int_equal(look(&m), NOON + 300 * DAY);
	now_ms = run(&m, 61 * MINUTE, MINUTE);
	assert_int_equal(now_ms, m.wall_ms);
}

static void
stamps_are_the_walls_unless_it_is_far_off(void **state)
{
	struct machine m = booted(0);

	(void)state;
	assert_int_equal(calendar_stamp(&m.calendar, NOON + HOUR), NOON + HOUR);
	assert_int_equal(calendar_stamp(&m.calendar, 0), NOON);
	assert_int_equal(calendar_stamp(&m.calendar, NOON + 9 * DAY), NOON);
}

static void
nonsense_is_no_time(void **state)
{
	static const int64_t walls[] = { INT64_MIN, -1, 0, INT64_MAX };
	struct machine m = booted(0);

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		m.wall_ms = walls[i];
		m.mono_ms += MINUTE;
		(void)look(&m);
		assert_true(m.calendar.now_ms < NOON + DAY);
		assert_true(m.calendar.now_ms >= NOON);
	}
	m.mono_ms = 0; /* never back, but should it be */
	m.wall_ms = NOON;
	(void)look(&m);
	assert_true(m.calendar.now_ms >= NOON);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_passes_as_the_wall_clock_says),
		cmocka_unit_test(
		    a_year_too_far_is_believed_after_an_hour_and_not_before),
		cmocka_unit_test(a_year_back_is_a_claim_as_well),
		cmocka_unit_test(
		    a_clock_that_is_set_right_again_was_never_believed),
		cmocka_unit_test(
		    many_short_jumps_go_no_further_than_a_day_in_an_hour),
		cmocka_unit_test(a_start_after_a_month_waits_for_an_hour),
		cmocka_unit_test(stamps_are_the_walls_unless_it_is_far_off),
		cmocka_unit_test(nonsense_is_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
