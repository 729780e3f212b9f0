/* test_account.c - a profile's beginnings, and the lock of its receiver. */
#include <unistd.h>

#include "client/core/lock.h"
#include "tests/unit/core/cores.h"

static void
a_new_account_is_whole_and_signed_by_itself(void **state)
{
	struct cores *c = *state;
	const struct self *self = &c->alice.core.self;
	struct device_list list;
	struct self stored;
	struct step s = begin(&c->alice);

	assert_status(STATUS_OK, self_get(s.txn, &stored));
	step_abort(&s);
	assert_int_equal(stored.state, SELF_UNFINISHED);
	assert_memory_equal(
	    &stored.account_key, &self->account_key, sizeof(list.account_key));
	assert_status(
	    STATUS_OK, device_list_open(self_signed_list(&stored), &list));
	assert_memory_equal(
	    &list.account_key, &self->account_key, sizeof(list.account_key));
	assert_string_equal(list.account.text, "alice");
	assert_int_equal(list.version, 1);
	assert_int_equal(list.devices_count, 1);
	self_clear(&stored);
}

static void
a_name_that_was_taken_is_changed_with_the_same_keys(void **state)
{
	struct cores *c = *state;
	struct self *self = &c->alice.core.self;
	struct sign_public key = self->account_key;
	struct account_name other = name_of("alice2");
	struct link relay = { .host = "elsewhere.test", .port = 2 };
	struct device_list list;
	struct step s = begin(&c->alice);

	assert_status(STATUS_OK, account_rename(&s, &other, &relay, self));
	commit(&s);
	assert_status(
	    STATUS_OK, device_list_open(self_signed_list(self), &list));
	assert_string_equal(list.account.text, "alice2");
	assert_memory_equal(&key, &list.account_key, sizeof(key));
	assert_string_equal(self->relay.host, "elsewhere.test");
}

static void
the_same_name_again_keeps_the_list_as_it_was_signed(void **state)
{
	struct cores *c = *state;
	struct self *self = &c->alice.core.self;
	struct account_name same = self->address.account;
	struct signature before = self->list_signature;
	struct link relay = self->relay;
	struct step s = begin(&c->alice);

	assert_status(STATUS_OK, account_rename(&s, &same, &relay, self));
	commit(&s);
	assert_memory_equal(&before, &self->list_signature, sizeof(before));
}

static void
an_account_that_cannot_be_made_leaves_nothing(void **state)
{
	struct cores *c = *state;
	struct account_name name = name_of("again");
	struct link relay = { .host = "relay.test", .port = 1 };

	for (size_t n = 1;; n++) {
		struct self self = { 0 };
		struct step s = { 0 };
		enum status st;
		bool failed;

		alloc_fail_nth(n);
		st = step_begin(&c->alice.core, DB_WRITE, &s);
		if (st == STATUS_OK)
			st = account_make(&s, &name, &relay, false, &self);
		failed = alloc_failed();
		alloc_fail_nth(0);
		step_abort(&s);
		self_clear(&self);
		if (!failed) {
			assert_status(STATUS_OK, st);
			break;
		}
		assert_true(st != STATUS_OK);
	}
}

static void
one_receiver_at_a_time_and_it_is_named(void **state)
{
	struct cores *c = *state;
	struct lock *first = NULL, *second = NULL;

	assert_int_equal(lock_holder(c->alice.dir), 0);
	assert_status(STATUS_OK, lock_try(c->alice.dir, &first));
	assert_status(STATUS_AGAIN, lock_try(c->alice.dir, &second));
	assert_null(second);
	assert_int_equal(lock_holder(c->alice.dir), getpid());
	lock_free(first);
	assert_status(STATUS_OK, lock_try(c->alice.dir, &second));
	lock_free(second);
	lock_free(NULL);
	assert_status(STATUS_IO, lock_try("/nonexistent/tacit", &first));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_new_account_is_whole_and_signed_by_itself, cores_setup,
		    cores_teardown),
		cmocka_unit_test_setup_teardown(
		    a_name_that_was_taken_is_changed_with_the_same_keys,
		    cores_setup, cores_teardown),
		cmocka_unit_test_setup_teardown(
		    the_same_name_again_keeps_the_list_as_it_was_signed,
		    cores_setup, cores_teardown),
		cmocka_unit_test_setup_teardown(
		    an_account_that_cannot_be_made_leaves_nothing, cores_setup,
		    cores_teardown),
		cmocka_unit_test_setup_teardown(
		    one_receiver_at_a_time_and_it_is_named, cores_setup,
		    cores_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
