/* A profile becomes another device, and nothing is used or signed twice. */
#include "client/core/account_device.h"
#include "tests/unit/core/courier_fixture.h"

static struct self *
self_of(struct fixture *f)
{
	return &f->cores->alice.core.self;
}

static void
make_registered(struct fixture *f)
{
	struct step s = begin(&f->cores->alice);
	struct counters c = { .has_stream = true,
		.submit_high = 77,
		.acknowledged = 88,
		.next_history = 5 };

	self_of(f)->state = SELF_REGISTERED;
	assert_status(STATUS_OK, self_put(s.txn, self_of(f)));
	assert_status(STATUS_OK, counters_put(s.txn, &c));
	commit(&s);
	assert_status(STATUS_OK, meet(&f->cores->alice, &f->cores->bob));
}

static enum tacit_code
replace_with(struct fixture *f, account_leave_fn *leave, void *arg)
{
	struct uplink *u = script_greet(f->relay);
	enum tacit_code code = account_replace_device(
	    &f->cores->alice.core, u, leave, arg, 0, &f->error);

	uplink_close(u);
	return code;
}

static enum tacit_code
replace(struct fixture *f)
{
	return replace_with(f, NULL, NULL);
}

static struct device_list
list_of_self(struct fixture *f)
{
	struct device_list list;

	assert_status(
	    STATUS_OK, device_list_open(self_signed_list(self_of(f)), &list));
	return list;
}

static bool
is_pending(struct fixture *f)
{
	bool is = false;

	assert_status(
	    STATUS_OK, account_is_being_replaced(&f->cores->alice.core, &is));
	return is;
}

static size_t
rows(struct fixture *f, enum vault_table table)
{
	struct step s = begin(&f->cores->alice);
	size_t count = 0;

	assert_status(STATUS_OK, vault_count(s.txn, table, &count));
	step_abort(&s);
	return count;
}

static void
the_account_stays_and_nothing_of_the_old_device_does(void **state)
{
	struct fixture *f = *state;
	struct sign_public key = self_of(f)->account_key;
	struct sign_public old_device = self_of(f)->device_key;
	struct device_list before, after;
	struct counters c;
	struct hash hash;
	struct step s;

	make_registered(f);
	before = list_of_self(f);
	hash_bytes(self_signed_list(self_of(f)).body, &hash);
	assert_int_equal(rows(f, VAULT_SESSIONS), 1);
	assert_int_equal(replace(f), TACIT_DONE);
	after = list_of_self(f);
	assert_memory_equal(&after.account_key, &key, sizeof(key));
	assert_int_equal(after.version, before.version + 1);
	assert_memory_equal(&after.previous, &hash, sizeof(hash));
	assert_int_equal(after.devices_count, 1);
	assert_int_equal(after.devices[0].id, 2);
	assert_int_equal(self_of(f)->address.device, 2);
	assert_memory_not_equal(
	    &after.devices[0].device_key, &old_device, sizeof(old_device));
	assert_memory_not_equal(after.devices[0].identity_key,
	    before.devices[0].identity_key, IDENTITY_KEY_BYTES);
	assert_int_equal(rows(f, VAULT_SESSIONS), 0);
	assert_int_equal(rows(f, VAULT_PAIRS), 0);
	assert_int_equal(rows(f, VAULT_PREKEYS), PREKEYS_FULL);
	assert_int_equal(rows(f, VAULT_CONTACTS), 1);
	assert_int_equal(f->relay->published, PREKEYS_FULL + 1);
	assert_false(is_pending(f));
	s = begin(&f->cores->alice);
	assert_status(STATUS_OK, counters_get(s.txn, &c));
	step_abort(&s);
	assert_false(c.has_stream);
	assert_int_equal(c.submit_high, 0);
	assert_int_equal(c.acknowledged, 0);
	assert_int_equal(c.next_history, 5);
}

static void
a_lost_answer_is_asked_for_again_with_the_same_bytes(void **state)
{
	struct fixture *f = *state;

	make_registered(f);
	f->relay->replace_error = ERROR_UNAVAILABLE;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(replace(f), TACIT_UNREACHABLE);
		assert_int_equal(self_of(f)->address.device, 1);
		assert_true(is_pending(f));
	}
	f->relay->replace_error = ERROR_NONE;
	assert_int_equal(replace(f), TACIT_DONE);
	assert_int_equal(f->relay->lists_count, 4);
	for (size_t i = 1; i < 4; i++)
		assert_memory_equal(&f->relay->lists[0], &f->relay->lists[i],
		    sizeof(struct hash));
}

/* Alice's list after `versions` more replacements, elsewhere. */
static struct signed_list
list_elsewhere(struct fixture *f, size_t versions, struct self *other)
{
	*other = *self_of(f);
	for (size_t i = 0; i < versions; i++) {
		struct step s = begin(&f->cores->alice);

		assert_status(STATUS_OK,
		    account_make_next(&s, self_signed_list(other), other));
		step_abort(&s);
	}
	return self_signed_list(other);
}

static void
a_list_that_another_copy_was_faster_with_is_followed(void **state)
{
	struct fixture *f = *state;
	struct self other;
	struct signed_list current;
	struct device_list after;

	make_registered(f);
	current = list_elsewhere(f, 3, &other);
	f->relay->current = &current;
	f->relay->replace_error = ERROR_LIST_TAKEN;
	f->relay->replaces_refused = 1;
	assert_int_equal(replace(f), TACIT_DONE);
	after = list_of_self(f);
	assert_int_equal(after.version, 5);
	assert_int_equal(after.devices[0].id, 5);
	assert_int_equal(self_of(f)->address.device, 5);
}

static void
a_relay_that_contradicts_itself_gets_no_second_list(void **state)
{
	struct fixture *f = *state;
	struct self other;
	struct signed_list old = self_signed_list(self_of(f)), list;

	make_registered(f);
	f->relay->replace_error = ERROR_LIST_TAKEN;
	assert_int_equal(replace(f), TACIT_REFUSED); /* names none */
	f->relay->current = &old;
	assert_int_equal(replace(f), TACIT_REFUSED); /* older than ours */
	other = f->cores->bob.core.self;
	other.address.account = self_of(f)->address.account;
	other.list.account = other.address.account;
	other.list.version = 9;
	assert_status(STATUS_OK, account_sign_list(&other));
	list = self_signed_list(&other);
	f->relay->current = &list;
	assert_int_equal(replace(f), TACIT_REFUSED); /* by another key */
	assert_int_equal(f->relay->lists_count, 3);
	for (size_t i = 1; i < 3; i++)
		assert_memory_equal(&f->relay->lists[0], &f->relay->lists[i],
		    sizeof(struct hash));
	assert_int_equal(self_of(f)->address.device, 1);
}

struct leaving {
	struct fixture *f;
	enum status st;
	size_t times;
};

static enum status
leave(struct step *s, void *arg)
{
	struct leaving *l = arg;

	assert_int_equal(s->core->self.address.device, 1);
	assert_status(STATUS_OK, cursor_put(s->txn, "left", ++l->times));
	return l->st;
}

static void
what_else_is_left_behind_goes_in_the_same_transaction(void **state)
{
	struct fixture *f = *state;
	struct leaving l = { .f = f, .st = STATUS_FULL };
	struct step s;
	uint64_t left = 0;

	make_registered(f);
	assert_int_not_equal(replace_with(f, leave, &l), TACIT_DONE);
	assert_int_equal(self_of(f)->address.device, 1);
	assert_int_equal(rows(f, VAULT_SESSIONS), 1);
	l.st = STATUS_OK;
	assert_int_equal(replace_with(f, leave, &l), TACIT_DONE);
	assert_int_equal(l.times, 2);
	s = begin(&f->cores->alice);
	assert_status(STATUS_OK, cursor_get(s.txn, "left", &left));
	step_abort(&s);
	assert_int_equal(left, 2);
	assert_memory_equal(
	    &f->relay->lists[0], &f->relay->lists[1], sizeof(struct hash));
}

static void
another_process_is_the_new_device_from_its_next_transaction_on(void **state)
{
	struct fixture *f = *state;
	struct core other;
	struct step s = { 0 };

	make_registered(f);
	other = f->cores->alice.core;
	assert_int_equal(replace(f), TACIT_DONE);
	assert_int_equal(other.self.address.device, 1);
	assert_status(STATUS_OK, step_begin(&other, DB_WRITE, &s));
	assert_int_equal(other.self.address.device, 2);
	assert_memory_equal(&other.self.device_key, &self_of(f)->device_key,
	    sizeof(other.self.device_key));
	step_abort(&s);
	self_clear(&other.self);
}

static void
a_device_that_was_replaced_is_told_so(void **state)
{
	struct fixture *f = *state;
	struct signed_list current;
	struct self other;

	make_registered(f);
	f->relay->denies = true;
	current = list_elsewhere(f, 1, &other);
	f->relay->current = &current;
	f->relay->replace_error = ERROR_LIST_TAKEN;
	assert_int_equal(
	    script_connect(f->relay, &f->cores->alice, &f->courier, &f->error),
	    TACIT_DAMAGED);
	f->relay->current = NULL;
	assert_int_equal(
	    script_connect(f->relay, &f->cores->alice, &f->courier, &f->error),
	    TACIT_REFUSED);
	f->relay->replace_error = ERROR_DENIED;
	assert_int_equal(
	    script_connect(f->relay, &f->cores->alice, &f->courier, &f->error),
	    TACIT_REFUSED);
	/* A relay from a backup takes the list that it had lost. */
	f->relay->replace_error = ERROR_NONE;
	assert_int_equal(
	    script_connect(f->relay, &f->cores->alice, &f->courier, &f->error),
	    TACIT_DONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		courier_test(
		    the_account_stays_and_nothing_of_the_old_device_does),
		courier_test(
		    a_lost_answer_is_asked_for_again_with_the_same_bytes),
		courier_test(
		    a_list_that_another_copy_was_faster_with_is_followed),
		courier_test(
		    a_relay_that_contradicts_itself_gets_no_second_list),
		courier_test(
		    what_else_is_left_behind_goes_in_the_same_transaction),
		courier_test(
		    another_process_is_the_new_device_from_its_next_transaction_on),
		courier_test(a_device_that_was_replaced_is_told_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
