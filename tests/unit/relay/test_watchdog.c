/* The watchdog is fed while everything moves, and only then. */
#include "tests/support/test.h"

#include "base/clock.h"
#include "relay/server_private.h"

/* ---- workers, storage and a service manager that say what we like ---- */

static int64_t beats[2]; /* ms ago */
static int64_t step_ms;
static int fed;

int64_t
worker_beat_ms(const struct worker *w)
{
	return clock_mono_ms() - beats[(uintptr_t)w - 1];
}

int64_t
storage_step_ms(const struct storage *s, int64_t now_ms)
{
	(void)s;
	(void)now_ms;
	return step_ms;
}

void
notify_say(const struct notify *n, const char *lines)
{
	(void)n;
	assert_string_equal("WATCHDOG=1", lines);
	fed++;
}

static struct notify notify;
static const struct server_options options = { .notify = &notify };

static struct server *
server_with(int64_t watchdog_ms)
{
	struct server *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	notify = (struct notify){ .fd = -1, .watchdog_ms = watchdog_ms };
	s->options = &options;
	s->workers_count = 2;
	/* Never looked into: only numbers for worker_beat_ms(). */
	s->workers[0] = (struct worker *)(uintptr_t)1;
	s->workers[1] = (struct worker *)(uintptr_t)2;
	memset(beats, 0, sizeof(beats));
	step_ms = 0;
	fed = 0;
	return s;
}

/* How often it is fed by `turns` of the timer that are long enough apart. */
static int
feeds(struct server *s, int turns)
{
	fed = 0;
	for (int i = 0; i < turns; i++) {
		s->fed_ms = 0;
		server_feed_watchdog(s);
	}
	return fed;
}

static void
one_thread_that_stands_still_stops_the_feeding(void **state)
{
	struct server *s = server_with(60 * 1000);

	(void)state;
	assert_int_equal(3, feeds(s, 3));
	beats[1] = 31 * 1000;
	assert_int_equal(0, feeds(s, 3));
	beats[1] = 0;
	step_ms = 31 * 1000;
	assert_int_equal(0, feeds(s, 3));
	step_ms = 0;
	assert_int_equal(3, feeds(s, 3));
	free(s);
}

static void
a_slow_disk_is_not_a_dead_one(void **state)
{
	struct server *s = server_with(60 * 1000);

	(void)state;
	step_ms = 29 * 1000;
	beats[0] = 29 * 1000;
	assert_int_equal(2, feeds(s, 2));
	free(s);
}

static void
a_short_watchdog_still_waits_for_the_next_tick_of_a_worker(void **state)
{
	struct server *s = server_with(1500);

	(void)state;
	beats[0] = 1400; /* it ticks once a second, a little late */
	assert_int_equal(2, feeds(s, 2));
	beats[0] = 3000;
	assert_int_equal(0, feeds(s, 2));
	free(s);
}

static void
it_is_not_fed_more_often_than_needed_nor_when_nobody_asks(void **state)
{
	struct server *s = server_with(60 * 1000);

	(void)state;
	for (int i = 0; i < 10; i++)
		server_feed_watchdog(s);
	assert_int_equal(1, fed);
	free(s);
	s = server_with(0);
	assert_int_equal(0, feeds(s, 10));
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    one_thread_that_stands_still_stops_the_feeding),
		cmocka_unit_test(a_slow_disk_is_not_a_dead_one),
		cmocka_unit_test(
		    a_short_watchdog_still_waits_for_the_next_tick_of_a_worker),
		cmocka_unit_test(
		    it_is_not_fed_more_often_than_needed_nor_when_nobody_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
