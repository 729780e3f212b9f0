/* What waits for longer than a message is tried. */
#include "tests/unit/core/courier_fixture.h"

/* Two weeks of waiting, and a little. */
static void
wait_long(void)
{
	clock_fake(clock_wall_ms() + INT64_C(15) * 24 * 60 * 60 * 1000,
	    clock_mono_ms());
}

static void
a_draft_without_prekeys_expires_once_it_was_tried_again(void **state)
{
	struct fixture *f = *state;

	f->relay->bundles_error = ERROR_UNAVAILABLE;
	connect_alice(f);
	queue_to(f, "bob", 2);
	assert_int_equal(TACIT_DONE, flush(f));
	assert_int_equal(rows_of(f), 2);
	wait_long();
	connect_alice(f);
	assert_int_equal(TACIT_DONE, flush(f));
	clock_unfake();
	assert_int_equal(rows_of(f), 0);
	assert_int_equal(f->fate.state, STATE_EXPIRED);
	assert_int_equal(f->why.code, TACIT_REFUSED);
}

static void
a_draft_that_waited_switched_off_is_sent_all_the_same(void **state)
{
	struct fixture *f = *state;

	queue_to(f, "bob", 1);
	wait_long();
	connect_alice(f);
	assert_int_equal(TACIT_DONE, flush(f));
	clock_unfake();
	assert_int_equal(f->fate.state, STATE_STORED);
}

static void
a_row_without_an_answer_expires_and_may_have_arrived(void **state)
{
	struct fixture *f = *state;
	struct history_entry e;
	struct step s;

	f->relay->silent = true;
	connect_alice(f);
	queue_to(f, "bob", 1);
	assert_int_equal(TACIT_UNREACHABLE, flush(f));
	assert_int_equal(rows_of(f), 1);
	wait_long();
	connect_alice(f);
	assert_int_equal(TACIT_UNREACHABLE, flush(f));
	clock_unfake();
	assert_int_equal(rows_of(f), 0);
	assert_int_equal(f->fate.state, STATE_EXPIRED);
	e = last_entry(&f->cores->alice, &s);
	assert_int_equal(e.state, STATE_EXPIRED);
	assert_int_not_equal(e.reason.len, 0);
	step_abort(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		courier_test(
		    a_draft_without_prekeys_expires_once_it_was_tried_again),
		courier_test(
		    a_draft_that_waited_switched_off_is_sent_all_the_same),
		courier_test(
		    a_row_without_an_answer_expires_and_may_have_arrived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
