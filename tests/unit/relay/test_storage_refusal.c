/* A full mailbox refuses until it is below half, or until a restart. */
#include "tests/unit/relay/storage_fixture.h"

enum { FITS = 20 };

static int
small_setup(void **state)
{
	struct fixture *f;

	assert_int_equal(store_setup(state), 0);
	f = *state;
	f->options.limits.mailbox_items = FITS;
	store_reopen(f);
	return 0;
}

/* Whether bob's mailbox takes one more. */
static bool
takes(struct fixture *f)
{
	struct storage_op *op = text_op(f, BYTES("one more"));

	assert_status(STATUS_OK, op_run(f, op));
	return op->u.submit.refused_count == 0;
}

static void
fill(struct fixture *f)
{
	while (takes(f))
		;
}

static void
full_refuses_until_it_is_below_half(void **state)
{
	struct fixture *f = *state;

	fill(f);
	assert_int_equal(state_of(f, "bob").head, FITS);
	acknowledge(f, "bob", FITS / 2);
	assert_false(takes(f));
	acknowledge(f, "bob", FITS / 2 + 1);
	assert_true(takes(f));
	assert_true(takes(f));
}

/*
 * Whether it refused is not kept: it may take some again at once, and no more
 * than ever.  To refuse whoever is above half would keep mail from mailboxes
 * that never were full.
 */
static void
a_restart_forgets_that_it_refused(void **state)
{
	struct fixture *f = *state;
	struct storage_op *read;

	fill(f);
	acknowledge(f, "bob", 5);
	assert_false(takes(f));
	store_reopen(f);
	fill(f);
	read = read_all(f, "bob", 0);
	assert_int_equal(read->u.read.count, FITS);
	release(read);
	acknowledge(f, "bob", 6);
	assert_false(takes(f));
	store_crash(f);
	fill(f);
	assert_int_equal(
	    state_of(f, "bob").head, state_of(f, "bob").acknowledged + FITS);
}

#define SMALL(name)                                                            \
	cmocka_unit_test_setup_teardown(name, small_setup, store_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SMALL(full_refuses_until_it_is_below_half),
		SMALL(a_restart_forgets_that_it_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
