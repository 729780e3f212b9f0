/* A clock that is wrong hides texts, and erases none for good. */
#include "client/core/clock_trust.h"
#include "client/core/expiry.h"
#include "tests/unit/core/repair_world.h"

enum { TIMER_S = 3600 };
static const int64_t day_ms = 24 * HOUR_MS;
static const int64_t year_ms = 365LL * 24 * HOUR_MS;

static int
trust_setup(void **state)
{
	clock_fake(1780000000000, 1000);
	return world_setup(state);
}

static int
trust_teardown(void **state)
{
	int result = world_teardown(state);

	clock_unfake();
	return result;
}

/* Time goes by. */
static void
wait_ms(int64_t ms)
{
	clock_fake(clock_wall_ms() + ms, clock_mono_ms() + ms);
}

/* Somebody sets the clock. */
static void
jump_ms(int64_t ms)
{
	clock_fake(clock_wall_ms() + ms, clock_mono_ms());
}

/* A new process, which has not heard the relay yet. */
static void
restart(struct party *p)
{
	p->core.relay_ms = 0;
	p->core.relay_heard_ms = 0;
}

static void
contact(struct party *p, int64_t relay_ms)
{
	struct counters counters;
	struct step s;

	clock_trust_hear(&p->core, relay_ms);
	s = begin(p);
	assert_status(STATUS_OK, counters_get(s.txn, &counters));
	clock_trust_contact(&s, &counters);
	assert_status(STATUS_OK, counters_put(s.txn, &counters));
	commit(&s);
}

/* alice and bob, and one message with a timer of an hour. */
static struct party *
say_timed(struct world *w)
{
	const struct group_wish timed = {
		.type = ENTRY_SETTINGS, .has_timer = true, .timer_s = TIMER_S
	};
	struct party *alice = &w->c->alice;

	assert_int_equal(wish(w, alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	assert_int_equal(wish_for(w, alice, &timed), TACIT_DONE);
	read_log(w, &w->c->bob);
	contact(alice, clock_wall_ms());
	tell(w, alice, "the blue flowerpot");
	restart(alice);
	return alice;
}

/* After what every command does: is the text still on the disk? */
static bool
is_kept(struct party *p)
{
	struct history_entry e;
	struct step s;
	bool kept;

	assert_status(STATUS_OK, expiry_run(&p->core));
	e = last_entry(p, &s);
	kept = e.text.len > 0;
	assert_true(!kept || !e.erased);
	step_abort(&s);
	return kept;
}

static bool
is_hidden(struct party *p)
{
	struct history_entry e;
	struct step s;
	bool hidden;

	e = last_entry(p, &s);
	hidden = history_is_gone(&e, s.now_ms);
	step_abort(&s);
	return hidden;
}

static void
a_clock_that_jumps_ahead_hides_and_erases_nothing(void **state)
{
	struct party *alice = say_timed(*state);

	jump_ms(12 * year_ms);
	assert_true(is_kept(alice));
	assert_true(is_hidden(alice));
	jump_ms(-12 * year_ms);
	assert_true(is_kept(alice));
	assert_false(is_hidden(alice));
	wait_ms(HOUR_MS + 60 * 1000);
	assert_false(is_kept(alice));
}

static void
an_absence_of_less_than_a_day_needs_no_relay(void **state)
{
	struct party *alice = say_timed(*state);

	wait_ms(day_ms);
	assert_false(is_kept(alice));
}

static void
after_a_longer_one_the_relay_is_heard_first(void **state)
{
	struct party *alice = say_timed(*state);

	wait_ms(30 * day_ms);
	assert_true(is_kept(alice));
	assert_true(is_hidden(alice));
	clock_trust_hear(&alice->core, clock_wall_ms());
	assert_false(is_kept(alice));
}

static void
the_relay_tells_a_jump_from_an_absence(void **state)
{
	struct party *alice = say_timed(*state);

	jump_ms(30 * day_ms);
	clock_trust_hear(&alice->core, clock_wall_ms() - 30 * day_ms);
	assert_true(is_kept(alice));
	contact(alice, clock_wall_ms() - 30 * day_ms);
	restart(alice);
	assert_true(is_kept(alice)); /* that contact vouches for no more */
	contact(alice, clock_wall_ms() - 30 * day_ms);
	wait_ms(2 * HOUR_MS); /* by the relay's clock, too */
	assert_false(is_kept(alice));
}

/* A relay cannot say that it is later than our own clock does. */
static void
a_relay_ahead_of_us_erases_nothing(void **state)
{
	struct party *alice = say_timed(*state);

	clock_trust_hear(&alice->core, clock_wall_ms() + year_ms);
	assert_true(is_kept(alice));
	contact(alice, INT64_MAX);
	assert_true(is_kept(alice));
	assert_false(is_hidden(alice));
	wait_ms(HOUR_MS + 60 * 1000);
	assert_false(is_kept(alice));
}

/* Used every day, and told every time that it is another year. */
static void
a_relay_that_lies_keeps_texts_for_a_week(void **state)
{
	struct party *alice = say_timed(*state);

	for (int day = 0; day < 8; day++) {
		wait_ms(day_ms);
		contact(alice, 1000);
		assert_int_equal(is_kept(alice), day < 7);
	}
}

static void
another_jump_is_doubted_anew(void **state)
{
	struct party *alice = say_timed(*state);

	jump_ms(year_ms);
	assert_true(is_kept(alice));
	wait_ms(6 * day_ms);
	assert_true(is_kept(alice)); /* more than a day since it was used */
	jump_ms(year_ms);
	assert_true(is_kept(alice));
	for (int day = 0; day < 7; day++) {
		assert_true(is_kept(alice));
		wait_ms(day_ms);
	}
	assert_false(is_kept(alice));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, trust_setup, trust_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_clock_that_jumps_ahead_hides_and_erases_nothing),
		TEST(an_absence_of_less_than_a_day_needs_no_relay),
		TEST(after_a_longer_one_the_relay_is_heard_first),
		TEST(the_relay_tells_a_jump_from_an_absence),
		TEST(a_relay_ahead_of_us_erases_nothing),
		TEST(a_relay_that_lies_keeps_texts_for_a_week),
		TEST(another_jump_is_doubted_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
