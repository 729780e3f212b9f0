/* Another recovery key: one list of a version, and one of two keys works. */
#include "base/random.h"
#include "client/core/account_device.h"
#include "client/core/account_recovery.h"
#include "store/client/vault_slots.h"
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

	self_of(f)->state = SELF_REGISTERED;
	assert_status(STATUS_OK, self_put(s.txn, self_of(f)));
	commit(&s);
}

static struct recovery_key
prepare_key(struct fixture *f)
{
	struct recovery_key key;

	random_bytes(key.raw, sizeof(key.raw));
	assert_status(
	    STATUS_OK, account_recovery_prepare(&f->cores->alice.core, &key));
	return key;
}

static enum tacit_code
finish(struct fixture *f)
{
	struct uplink *u = script_greet(f->relay);
	enum tacit_code code =
	    account_recovery_finish(&f->cores->alice.core, u, 0, &f->error);

	uplink_close(u);
	return code;
}

static bool
is_due(struct fixture *f)
{
	bool due = false;

	assert_status(STATUS_OK,
	    account_recovery_is_due(&f->cores->alice.core, &due, NULL));
	return due;
}

/* Does it open the account, by the list as it is kept? */
static enum status
opens(struct fixture *f, const struct recovery_key *key)
{
	struct sign_secret secret;
	struct device_list list;
	enum status st;

	assert_status(
	    STATUS_OK, device_list_open(self_signed_list(self_of(f)), &list));
	st = recovery_open(key, &list, &secret);
	if (st == STATUS_OK)
		assert_memory_equal(
		    &secret, &self_of(f)->account_secret, sizeof(secret));
	return st;
}

/* And the profile on disk, as the key in force or the next? */
static bool
unlocks(struct fixture *f, const struct recovery_key *key)
{
	const enum slot_kind kinds[] = { SLOT_RECOVERY, SLOT_RECOVERY_NEXT };
	uint8_t secret[SLOT_SECRET_BYTES];
	struct master_key *master = NULL;

	recovery_slot_key(key, secret);
	for (size_t i = 0; i < 2; i++)
		if (keyslots_open_by(f->cores->alice.dir, kinds[i], secret,
			&master) == STATUS_OK) {
			master_key_free(master);
			return true;
		}
	return false;
}

static void
the_same_devices_have_another_key_and_the_old_one_opens_nothing(void **state)
{
	struct fixture *f = *state;
	struct recovery_key first, second;
	struct self before = *self_of(f);

	make_registered(f);
	first = prepare_key(f);
	assert_status(STATUS_NOT_FOUND, opens(f, &first));
	assert_int_equal(finish(f), TACIT_DONE);
	assert_status(STATUS_OK, opens(f, &first));
	assert_true(unlocks(f, &first));
	second = prepare_key(f);
	assert_status(STATUS_OK, opens(f, &first));
	assert_true(unlocks(f, &first));
	assert_true(unlocks(f, &second));
	assert_int_equal(finish(f), TACIT_DONE);
	assert_status(STATUS_NOT_FOUND, opens(f, &first));
	assert_false(unlocks(f, &first));
	assert_status(STATUS_OK, opens(f, &second));
	assert_true(unlocks(f, &second));
	assert_int_equal(self_of(f)->list.version, before.list.version + 2);
	assert_int_equal(self_of(f)->address.device, before.address.device);
	assert_memory_equal(self_of(f)->list.devices, before.list.devices,
	    sizeof(before.list.devices));
	assert_status(
	    STATUS_OK, account_recovery_prepare(&f->cores->alice.core, NULL));
	assert_int_equal(finish(f), TACIT_DONE);
	assert_status(STATUS_NOT_FOUND, opens(f, &second));
	assert_false(unlocks(f, &second));
	assert_int_equal(f->relay->published, 0); /* no prekey changes */
	self_clear(&before);
}

static void
a_lost_answer_is_asked_for_again_with_the_same_bytes(void **state)
{
	struct fixture *f = *state;
	struct recovery_key key, other;

	make_registered(f);
	key = prepare_key(f);
	f->relay->replace_error = ERROR_UNAVAILABLE;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(finish(f), TACIT_UNREACHABLE);
		assert_int_equal(self_of(f)->list.version, 1);
		assert_true(is_due(f));
	}
	random_bytes(other.raw, sizeof(other.raw));
	assert_status(STATUS_EXISTS,
	    account_recovery_prepare(&f->cores->alice.core, &other));
	f->relay->replace_error = ERROR_NONE;
	assert_int_equal(finish(f), TACIT_DONE);
	assert_false(is_due(f));
	assert_status(STATUS_OK, opens(f, &key));
	assert_int_equal(f->relay->lists_count, 4);
	for (size_t i = 1; i < 4; i++)
		assert_memory_equal(&f->relay->lists[0], &f->relay->lists[i],
		    sizeof(struct hash));
	assert_int_equal(finish(f), TACIT_DONE); /* there is nothing to do */
	assert_int_equal(f->relay->lists_count, 4);
}

/* Another copy of the profile had changed its key: ours comes after that. */
static void
a_list_with_this_device_that_was_faster_is_followed(void **state)
{
	struct fixture *f = *state;
	struct recovery_key key, theirs = { { 7 } };
	struct self other;
	struct signed_list current;

	make_registered(f);
	other = *self_of(f);
	other.list.version = 5;
	recovery_seal(&theirs, &other.account_secret, &other.list);
	assert_status(STATUS_OK, account_sign_list(&other));
	current = self_signed_list(&other);
	key = prepare_key(f);
	f->relay->current = &current;
	f->relay->replace_error = ERROR_LIST_TAKEN;
	f->relay->replaces_refused = 1;
	assert_int_equal(finish(f), TACIT_DONE);
	assert_int_equal(self_of(f)->list.version, 6);
	assert_status(STATUS_OK, opens(f, &key));
	assert_status(STATUS_NOT_FOUND, opens(f, &theirs));
	self_clear(&other);
}

static void
a_device_that_was_replaced_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct signed_list current;
	struct self other;
	struct step s;

	make_registered(f);
	other = *self_of(f);
	s = begin(&f->cores->alice);
	assert_status(
	    STATUS_OK, account_make_next(&s, self_signed_list(&other), &other));
	step_abort(&s);
	current = self_signed_list(&other);
	prepare_key(f);
	f->relay->current = &current;
	f->relay->replace_error = ERROR_LIST_TAKEN;
	assert_int_equal(finish(f), TACIT_DAMAGED);
	assert_int_equal(self_of(f)->list.version, 1);
	assert_int_equal(f->relay->lists_count, 1);
	self_clear(&other);
}

static void
a_relay_that_contradicts_itself_gets_no_second_list(void **state)
{
	struct fixture *f = *state;
	struct signed_list old;
	struct self first;

	make_registered(f);
	first = *self_of(f);
	old = self_signed_list(&first);
	prepare_key(f);
	f->relay->replace_error = ERROR_LIST_TAKEN;
	assert_int_equal(finish(f), TACIT_REFUSED); /* names none */
	f->relay->current = &old;
	assert_int_equal(finish(f), TACIT_REFUSED); /* older than ours */
	assert_memory_equal(
	    &f->relay->lists[0], &f->relay->lists[1], sizeof(struct hash));
	assert_true(is_due(f));
	self_clear(&first);
}

/* What waited is followed by the device, and never signed again. */
static void
a_device_that_is_replaced_later_follows_what_waited(void **state)
{
	struct fixture *f = *state;
	struct recovery_key key;
	struct uplink *u;
	enum tacit_code code;

	make_registered(f);
	key = prepare_key(f);
	u = script_greet(f->relay);
	code = account_replace_device(
	    &f->cores->alice.core, u, NULL, NULL, 0, &f->error);
	uplink_close(u);
	assert_int_equal(code, TACIT_UNREACHABLE); /* again */
	assert_int_equal(self_of(f)->address.device, 1);
	assert_int_equal(finish(f), TACIT_DONE);
	assert_memory_equal(
	    &f->relay->lists[0], &f->relay->lists[1], sizeof(struct hash));
	u = script_greet(f->relay);
	code = account_replace_device(
	    &f->cores->alice.core, u, NULL, NULL, 0, &f->error);
	uplink_close(u);
	assert_int_equal(code, TACIT_DONE);
	assert_int_equal(self_of(f)->address.device, 2);
	assert_int_equal(self_of(f)->list.version, 3);
	assert_status(STATUS_OK, opens(f, &key));
	assert_true(unlocks(f, &key));
}

static void
another_process_signs_under_the_new_list(void **state)
{
	struct fixture *f = *state;
	struct core other;
	struct step s = { 0 };

	make_registered(f);
	other = f->cores->alice.core;
	prepare_key(f);
	assert_int_equal(finish(f), TACIT_DONE);
	assert_int_equal(other.self.list.version, 1);
	assert_status(STATUS_OK, step_begin(&other, DB_WRITE, &s));
	assert_int_equal(other.self.list.version, 2);
	step_abort(&s);
	self_clear(&other.self);
}

static uint64_t
version_at_bob(struct fixture *f)
{
	const struct account_name alice = self_of(f)->address.account;
	struct step s = begin(&f->cores->bob);
	struct contact c;

	assert_status(STATUS_OK, peers_get(&s, &alice, &c));
	step_abort(&s);
	return c.list.version;
}

/* In the session that there is; nothing is told. */
static void
people_take_the_new_list_quietly(void **state)
{
	struct fixture *f = *state;
	struct party *alice = &f->cores->alice, *bob = &f->cores->bob;
	struct step s;
	struct history_entry e;

	make_registered(f);
	say(alice, bob, "before");
	say(bob, alice, "heard");
	say(alice, bob, "in the session");
	prepare_key(f);
	assert_int_equal(finish(f), TACIT_DONE);
	assert_int_equal(version_at_bob(f), 1);
	say(alice, bob, "after");
	assert_int_equal(version_at_bob(f), 2);
	say(bob, alice, "heard, too");
	e = last_entry(alice, &s);
	assert_bytes(BYTES("heard, too"), e.text);
	step_abort(&s);
	e = last_entry(bob, &s);
	assert_bytes(BYTES("heard, too"), e.text);
	assert_int_equal(e.n, 5); /* and no line between */
	step_abort(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		courier_test(
		    the_same_devices_have_another_key_and_the_old_one_opens_nothing),
		courier_test(
		    a_lost_answer_is_asked_for_again_with_the_same_bytes),
		courier_test(
		    a_list_with_this_device_that_was_faster_is_followed),
		courier_test(a_device_that_was_replaced_changes_nothing),
		courier_test(
		    a_relay_that_contradicts_itself_gets_no_second_list),
		courier_test(
		    a_device_that_is_replaced_later_follows_what_waited),
		courier_test(another_process_signs_under_the_new_list),
		courier_test(people_take_the_new_list_quietly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
