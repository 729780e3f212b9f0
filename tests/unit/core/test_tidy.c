/* What was erased goes for good, in passing. */
#include "client/core/expiry.h"
#include "client/core/tidy.h"
#include "tests/unit/core/cores.h"

static enum status
dirty(struct party *p)
{
	struct step s = begin(p);
	enum status st = history_has_dirty(s.txn, s.now_ms);

	step_abort(&s);
	return st;
}

static void
erase_last(struct party *p)
{
	struct step s;
	struct history_entry e = last_entry(p, &s);

	assert_status(STATUS_OK, history_erase(s.txn, e.n));
	commit(&s);
}

static void
keys_of_what_was_erased_go_in_passing(void **state)
{
	struct cores *c = *state;

	say(&c->bob, &c->alice, "burn this");
	say(&c->bob, &c->alice, "and this");
	assert_status(STATUS_NOT_FOUND, dirty(&c->alice));
	assert_status(STATUS_OK, tidy_run(&c->alice.core));
	erase_last(&c->alice);
	assert_status(STATUS_OK, dirty(&c->alice));
	assert_status(STATUS_OK, tidy_run(&c->alice.core));
	assert_status(STATUS_NOT_FOUND, dirty(&c->alice));
	erase_last(&c->bob);
	assert_status(STATUS_OK, expiry_run(&c->bob.core));
	assert_status(STATUS_NOT_FOUND, dirty(&c->bob));
	assert_int_equal(heard(&c->alice, "burn this"), 1);
}

static void
no_memory_is_told(void **state)
{
	struct cores *c = *state;
	enum status st = STATUS_NOMEM;

	say(&c->bob, &c->alice, "burn this");
	for (size_t nth = 1; st == STATUS_NOMEM; nth++) {
		erase_last(&c->alice);
		alloc_fail_nth(nth);
		st = tidy_run(&c->alice.core);
		alloc_fail_nth(0);
		assert_true(st == STATUS_OK || st == STATUS_NOMEM);
	}
	assert_status(STATUS_OK, st);
	assert_status(STATUS_NOT_FOUND, dirty(&c->alice));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(keys_of_what_was_erased_go_in_passing),
		cores_test(no_memory_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
