/* What storage counts, held against what was done to it. */
#include "tests/unit/relay/storage_fixture.h"

#include "relay/metrics.h"

static struct metrics *m;

static int
setup(void **state)
{
	int failed = store_setup(state);
	struct fixture *f = *state;

	assert_status(STATUS_OK, metrics_new(&m));
	f->options.metrics = m;
	f->options.limits.mailbox_items = 8;
	store_reopen(f);
	return failed;
}

static int
teardown(void **state)
{
	int failed = store_teardown(state);

	metrics_free(m);
	return failed;
}

/* Enough of them for a round of the survey. */
static void
look_around(struct fixture *f)
{
	for (int i = 0; i < 8; i++)
		state_of(f, "alice");
}

static void
a_store_knows_its_mailboxes_from_the_start(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++)
		assert_status(STATUS_OK, send_text(f, BYTES("1234567890")));
	store_reopen(f);
	assert_int_equal(2, metrics_get(m, METRIC_MAILBOXES));
	assert_int_equal(3, metrics_get(m, METRIC_MAILBOX_ITEMS));
	assert_int_equal(30, metrics_get(m, METRIC_MAILBOX_BYTES));
	assert_int_equal(3, metrics_get(m, METRIC_MAILBOX_DEEPEST));
	assert_int_equal(0, metrics_get(m, METRIC_MAILBOXES_HALF));
}

static void
what_fills_and_empties_is_seen(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 4; i++)
		assert_status(STATUS_OK, send_text(f, BYTES("x")));
	look_around(f);
	assert_int_equal(4, metrics_get(m, METRIC_MAILBOX_ITEMS));
	assert_int_equal(4, metrics_get(m, METRIC_MAILBOX_DEEPEST));
	assert_int_equal(1, metrics_get(m, METRIC_MAILBOXES_HALF));
	acknowledge(f, "bob", 4);
	look_around(f);
	assert_int_equal(0, metrics_get(m, METRIC_MAILBOX_ITEMS));
	assert_int_equal(0, metrics_get(m, METRIC_MAILBOX_DEEPEST));
	assert_int_equal(0, metrics_get(m, METRIC_MAILBOXES_HALF));
}

static void
messages_of_one_step_are_one_commit(void **state)
{
	struct fixture *f = *state;
	int64_t commits = metrics_get(m, METRIC_COMMITS);

	for (int i = 0; i < 5; i++)
		op_submit(f, text_op(f, BYTES("x")));
	op_settle(f);
	assert_int_equal(commits + 1, metrics_get(m, METRIC_COMMITS));
	assert_int_equal(5, metrics_get(m, METRIC_MESSAGES));
	assert_int_equal(0, metrics_get(m, METRIC_COMMITS_FAILED));
	/* A look is no commit, and neither is a replay. */
	f->counter--;
	assert_status(STATUS_EXISTS, send_text(f, BYTES("x")));
	look_around(f);
	assert_int_equal(commits + 1, metrics_get(m, METRIC_COMMITS));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_store_knows_its_mailboxes_from_the_start, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    what_fills_and_empties_is_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    messages_of_one_step_are_one_commit, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
