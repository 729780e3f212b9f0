#include "tests/unit/core/ratchet_fixture.h"

/* Truncated at every byte, and every bit of it flipped: never OK. */
static void
damaged_messages_are_refused(void **state)
{
	struct fixture *f = *state;
	struct letter letters[2];

	meet(&f->alice, &f->bob);
	letters[0] = say(&f->alice, &f->bob, "first");
	assert_status(
	    STATUS_OK, hear(&f->bob, &f->alice, &letters[0], "first"));
	letters[1] = say(&f->bob, &f->alice, "reply");
	for (size_t n = 0; n < 2; n++) {
		struct party *to = n == 0 ? &f->carol : &f->alice;
		struct party *from = n == 0 ? &f->alice : &f->bob;
		struct bytes whole = buf_view(letters[n].bytes);
		uint8_t copy[512];

		assert_true(whole.len <= sizeof(copy));
		for (size_t len = 0; len < whole.len; len += 7)
			assert_int_not_equal(STATUS_OK,
			    hear_bytes(to, from, NULL, letters[n].type,
				bytes_head(whole, len), ""));
		for (size_t i = 0; i < whole.len; i++) {
			memcpy(copy, whole.data, whole.len);
			copy[i] ^= (uint8_t)(1u << (i % 8));
			assert_int_not_equal(STATUS_OK,
			    hear_bytes(to, from, NULL, letters[n].type,
				bytes_view(copy, whole.len), ""));
		}
		buf_free(letters[n].bytes);
	}
}

static void
what_is_no_message_is_bad_input(void **state)
{
	struct fixture *f = *state;
	const uint32_t types[] = { ITEM_RATCHET, ITEM_PREKEY };
	static uint8_t huge[LIMIT_ITEM_BYTES + 1];

	befriend(&f->alice, &f->bob);
	for (size_t i = 0; i < 2; i++) {
		assert_status(
		    STATUS_BAD_INPUT, hear_bytes(&f->bob, &f->alice, NULL,
					  types[i], BYTES_NONE, ""));
		assert_status(
		    STATUS_BAD_INPUT, hear_bytes(&f->bob, &f->alice, NULL,
					  types[i], BYTES("\x33garbage"), ""));
		assert_status(
		    STATUS_BAD_INPUT, hear_bytes(&f->bob, &f->alice, NULL,
					  types[i], BYTES_OF(huge), ""));
	}
	assert_status(STATUS_BAD_INPUT, hear_bytes(&f->bob, &f->alice, NULL,
					    ITEM_SENDER_KEY, BYTES("x"), ""));
}

static void
without_a_session_nothing_is_encrypted_or_decrypted(void **state)
{
	struct fixture *f = *state;
	struct letter letter = { 0 };

	assert_status(
	    STATUS_NOT_FOUND, ratchet_has_session(f->alice.ratchet,
				  f->alice.outer, &f->bob.self.address));
	assert_status(
	    STATUS_NOT_FOUND, try_say(&f->alice, &f->bob, "x", &letter));
	assert_null(letter.bytes);

	befriend(&f->alice, &f->bob);
	assert_status(STATUS_OK, ratchet_has_session(f->alice.ratchet,
				     f->alice.outer, &f->bob.self.address));
	letter = say(&f->alice, &f->bob, "x");
	assert_int_equal(ITEM_RATCHET, letter.type);
	assert_status(
	    STATUS_NOT_FOUND, hear(&f->carol, &f->alice, &letter, "x"));
	buf_free(letter.bytes);
}

static void
a_plaintext_that_would_not_fit_an_item_is_refused(void **state)
{
	struct fixture *f = *state;
	static char text[RATCHET_PLAINTEXT_MAX_BYTES + 2];
	struct letter letter = { 0 };

	meet(&f->alice, &f->bob);
	memset(text, 'x', sizeof(text) - 1);
	assert_status(
	    STATUS_BAD_INPUT, try_say(&f->alice, &f->bob, text, &letter));
	text[RATCHET_PLAINTEXT_MAX_BYTES] = '\0';
	letter = say(&f->alice, &f->bob, text);
	assert_int_equal(ITEM_PREKEY, letter.type);
	assert_true(buf_len(letter.bytes) <= LIMIT_ITEM_BYTES);
	assert_status(STATUS_OK, hear(&f->bob, &f->alice, &letter, text));
	buf_free(letter.bytes);
}

static void
the_same_message_twice_exists(void **state)
{
	struct fixture *f = *state;
	struct letter first;
	struct letter second;

	meet(&f->alice, &f->bob);
	first = say(&f->alice, &f->bob, "first");
	assert_status(STATUS_OK, hear(&f->bob, &f->alice, &first, "first"));
	assert_status(STATUS_EXISTS, hear(&f->bob, &f->alice, &first, ""));
	pass(&f->bob, &f->alice, "answer");
	second = say(&f->alice, &f->bob, "second");
	assert_status(STATUS_OK, hear(&f->bob, &f->alice, &second, "second"));
	assert_status(STATUS_EXISTS, hear(&f->bob, &f->alice, &second, ""));
	buf_free(first.bytes);
	buf_free(second.bytes);
}

static void
an_aborted_step_can_be_done_again(void **state)
{
	struct fixture *f = *state;
	uint8_t identity[IDENTITY_KEY_BYTES];
	struct buf *plaintext = NULL;
	struct letter letter;
	struct vault_txn *t;

	meet(&f->alice, &f->bob);
	letter = say(&f->alice, &f->bob, "again");
	t = inside(&f->bob);
	assert_status(
	    STATUS_OK, ratchet_decrypt(f->bob.ratchet, t, &f->bob.self,
			   &f->alice.self.address, NULL, letter.type,
			   buf_view(letter.bytes), identity, &plaintext));
	vault_txn_abort(t);
	buf_free(plaintext);
	assert_int_equal(4, count_of(&f->bob, VAULT_PREKEYS));
	assert_int_equal(0, count_of(&f->bob, VAULT_BASE_KEYS));

	assert_status(STATUS_OK, hear(&f->bob, &f->alice, &letter, "again"));
	assert_int_equal(3, count_of(&f->bob, VAULT_PREKEYS));
	assert_int_equal(1, count_of(&f->bob, VAULT_BASE_KEYS));
	buf_free(letter.bytes);
}

static void
the_prekey_goes_with_the_message_that_used_it(void **state)
{
	struct fixture *f = *state;
	struct prekeys bundle = bundle_of(&f->bob, true);
	struct letter stale;

	assert_status(STATUS_OK, start(&f->carol, &f->bob, bundle));
	stale = say(&f->carol, &f->bob, "late");
	assert_status(STATUS_OK, start(&f->alice, &f->bob, bundle));
	pass(&f->alice, &f->bob, "early");
	assert_int_equal(3, count_of(&f->bob, VAULT_PREKEYS));

	/* One one-time prekey for two: only a relay that cheats does that. */
	assert_status(
	    STATUS_NOT_FOUND, hear(&f->bob, &f->carol, &stale, "late"));
	buf_free(stale.bytes);
}

static void
until_answered_every_message_starts_the_session(void **state)
{
	struct fixture *f = *state;
	struct letter letters[3];

	meet(&f->alice, &f->bob);
	for (size_t i = 0; i < 3; i++) {
		letters[i] = say(&f->alice, &f->bob, "x");
		assert_int_equal(ITEM_PREKEY, letters[i].type);
	}
	for (size_t i = 3; i-- > 0;) {
		assert_status(
		    STATUS_OK, hear(&f->bob, &f->alice, &letters[i], "x"));
		buf_free(letters[i].bytes);
	}
	pass(&f->bob, &f->alice, "answer");
	letters[0] = say(&f->alice, &f->bob, "y");
	assert_int_equal(ITEM_RATCHET, letters[0].type);
	buf_free(letters[0].bytes);
}

static void
out_of_order_messages_are_all_read(void **state)
{
	struct fixture *f = *state;
	struct letter letters[20];

	befriend(&f->alice, &f->bob);
	for (size_t i = 0; i < 20; i++)
		letters[i] = say(&f->alice, &f->bob, "any");
	for (size_t i = 0; i < 20; i++) {
		struct letter *l = &letters[(i * 7 + 3) % 20];

		assert_status(STATUS_OK, hear(&f->bob, &f->alice, l, "any"));
		assert_status(STATUS_EXISTS, hear(&f->bob, &f->alice, l, ""));
	}
	for (size_t i = 0; i < 20; i++)
		buf_free(letters[i].bytes);
}

static void
two_who_begin_at_once_understand_each_other(void **state)
{
	struct fixture *f = *state;
	struct letter from_alice;
	struct letter from_bob;

	meet(&f->alice, &f->bob);
	meet(&f->bob, &f->alice);
	from_alice = say(&f->alice, &f->bob, "a");
	from_bob = say(&f->bob, &f->alice, "b");
	assert_status(STATUS_OK, hear(&f->bob, &f->alice, &from_alice, "a"));
	assert_status(STATUS_OK, hear(&f->alice, &f->bob, &from_bob, "b"));
	for (int i = 0; i < 4; i++) {
		pass(&f->alice, &f->bob, "ping");
		pass(&f->bob, &f->alice, "pong");
	}
	buf_free(from_alice.bytes);
	buf_free(from_bob.bytes);
}

static void
a_lost_session_is_replaced_by_a_fresh_one(void **state)
{
	struct fixture *f = *state;
	struct letter lost;

	befriend(&f->alice, &f->bob);
	reset(&f->bob, &f->alice);
	lost = say(&f->alice, &f->bob, "lost");
	assert_status(
	    STATUS_NOT_FOUND, hear(&f->bob, &f->alice, &lost, "lost"));

	meet(&f->bob, &f->alice);
	pass(&f->bob, &f->alice, "please again");
	pass(&f->alice, &f->bob, "lost");
	buf_free(lost.bytes);
}

static void
a_message_by_another_key_than_expected_is_untrusted(void **state)
{
	struct fixture *f = *state;
	struct letter letter;

	meet(&f->alice, &f->bob);
	letter = say(&f->alice, &f->bob, "hello");
	assert_status(STATUS_UNTRUSTED,
	    hear_bytes(&f->bob, &f->alice, f->carol.device.identity_key,
		letter.type, buf_view(letter.bytes), ""));
	assert_int_equal(0, count_of(&f->bob, VAULT_SESSIONS));
	assert_status(STATUS_OK, hear(&f->bob, &f->alice, &letter, "hello"));
	buf_free(letter.bytes);

	pass(&f->bob, &f->alice, "answer");
	letter = say(&f->alice, &f->bob, "later");
	assert_status(STATUS_UNTRUSTED,
	    hear_bytes(&f->bob, &f->alice, f->carol.device.identity_key,
		letter.type, buf_view(letter.bytes), ""));
	buf_free(letter.bytes);
}

/* A store that fails: its own status comes through the library. */
static void
what_the_store_says_comes_through(void **state)
{
	struct fixture *f = *state;
	struct vault_txn *read_only = NULL;
	struct letter letter = { 0 };

	befriend(&f->alice, &f->bob);
	assert_status(STATUS_OK, vault_txn_commit(&f->alice.outer));
	assert_status(
	    STATUS_OK, vault_txn_begin(f->alice.vault, DB_READ, &read_only));
	assert_status(
	    STATUS_IO, ratchet_encrypt(f->alice.ratchet, read_only,
			   &f->alice.self, &f->bob.self.address, &f->bob.device,
			   BYTES("x"), &letter.type, &letter.bytes));
	assert_null(letter.bytes);
	vault_txn_abort(read_only);

	assert_status(STATUS_OK,
	    vault_txn_begin(f->alice.vault, DB_WRITE, &f->alice.outer));
	pass(&f->alice, &f->bob, "still in step");
}

/* Stop at the nth allocation: no memory, no trace; in the end it works. */
static void
running_out_of_memory_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct prekeys bundle = bundle_of(&f->bob, true);
	struct letter letter = { 0 };
	enum status st = STATUS_NOMEM;
	size_t n;

	for (n = 1; st != STATUS_OK; n++) {
		struct vault_txn *t = inside(&f->alice);

		alloc_fail_nth(n);
		st = ratchet_start(f->alice.ratchet, t, &f->alice.self,
		    &f->bob.self.address, &f->bob.device, bundle);
		alloc_fail_nth(0);
		assert_true(st == STATUS_OK || st == STATUS_NOMEM);
		assert_status(st, close_step(t, st));
	}
	assert_true(n > 2);

	st = STATUS_NOMEM;
	for (n = 1; st != STATUS_OK; n++) {
		struct vault_txn *t = inside(&f->alice);

		alloc_fail_nth(n);
		st = ratchet_encrypt(f->alice.ratchet, t, &f->alice.self,
		    &f->bob.self.address, &f->bob.device, BYTES("hi"),
		    &letter.type, &letter.bytes);
		alloc_fail_nth(0);
		assert_true(st == STATUS_OK || st == STATUS_NOMEM);
		assert_status(st, close_step(t, st));
	}
	assert_true(n > 2);

	st = STATUS_NOMEM;
	for (n = 1; st != STATUS_OK; n++) {
		uint8_t identity[IDENTITY_KEY_BYTES];
		struct buf *plaintext = NULL;
		struct vault_txn *t = inside(&f->bob);

		alloc_fail_nth(n);
		st = ratchet_decrypt(f->bob.ratchet, t, &f->bob.self,
		    &f->alice.self.address, NULL, letter.type,
		    buf_view(letter.bytes), identity, &plaintext);
		alloc_fail_nth(0);
		assert_true(st == STATUS_OK || st == STATUS_NOMEM);
		assert_status(st, close_step(t, st));
		buf_free(plaintext);
	}
	assert_true(n > 2);
	buf_free(letter.bytes);
	pass(&f->bob, &f->alice, "answer");
}

int
main(void)
{
#define WITH_FIXTURE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		WITH_FIXTURE(damaged_messages_are_refused),
		WITH_FIXTURE(what_is_no_message_is_bad_input),
		WITH_FIXTURE(
		    without_a_session_nothing_is_encrypted_or_decrypted),
		WITH_FIXTURE(a_plaintext_that_would_not_fit_an_item_is_refused),
		WITH_FIXTURE(the_same_message_twice_exists),
		WITH_FIXTURE(an_aborted_step_can_be_done_again),
		WITH_FIXTURE(the_prekey_goes_with_the_message_that_used_it),
		WITH_FIXTURE(until_answered_every_message_starts_the_session),
		WITH_FIXTURE(out_of_order_messages_are_all_read),
		WITH_FIXTURE(two_who_begin_at_once_understand_each_other),
		WITH_FIXTURE(a_lost_session_is_replaced_by_a_fresh_one),
		WITH_FIXTURE(
		    a_message_by_another_key_than_expected_is_untrusted),
		WITH_FIXTURE(what_the_store_says_comes_through),
		WITH_FIXTURE(running_out_of_memory_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
