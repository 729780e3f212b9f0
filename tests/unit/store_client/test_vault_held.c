/* A record that a transaction holds open. */
#include "fixture.h"
#include "store/client/self.h"
#include "store/client/vault_private.h"

static void
set(struct vault_txn *t, uint64_t place)
{
	struct counters c;

	assert_status(STATUS_OK, counters_get(t, &c));
	c.next_history = place;
	assert_status(STATUS_OK, counters_put(t, &c));
}

static void
assert_is(struct vault_txn *t, uint64_t place)
{
	struct counters c;

	assert_status(STATUS_OK, counters_get(t, &c));
	assert_int_equal(c.next_history, place);
}

static struct vault_txn *
nest(struct vault_txn *outer)
{
	struct vault_txn *t = NULL;

	assert_status(STATUS_OK, vault_txn_begin_nested(outer, &t));
	return t;
}

static void
it_is_there_after_the_commit_and_not_after_an_abort(void **state)
{
	struct fixture *f = *state;

	assert_is(f->t, 0);
	set(f->t, 5);
	assert_is(f->t, 5);
	fixture_turn(f);
	assert_is(f->t, 5);
	set(f->t, 6);
	vault_txn_abort(f->t);
	assert_status(STATUS_OK, vault_txn_begin(f->v, DB_WRITE, &f->t));
	assert_is(f->t, 5);
}

static void
a_nested_transaction_sees_it_and_hands_it_on(void **state)
{
	struct fixture *f = *state;
	struct vault_txn *inner, *inmost;

	set(f->t, 1);
	inner = nest(f->t);
	assert_is(inner, 1);
	set(inner, 2);
	inmost = nest(inner);
	assert_is(inmost, 2);
	set(inmost, 3);
	assert_status(STATUS_OK, vault_txn_commit(&inmost));
	assert_is(inner, 3);
	assert_status(STATUS_OK, vault_txn_commit(&inner));
	assert_is(f->t, 3);
	fixture_turn(f);
	assert_is(f->t, 3);
}

static void
what_a_nested_transaction_did_is_undone_with_it(void **state)
{
	struct fixture *f = *state;
	struct vault_txn *inner, *inmost;

	set(f->t, 1);
	inner = nest(f->t);
	set(inner, 2);
	inmost = nest(inner);
	set(inmost, 3);
	vault_txn_abort(inmost);
	assert_is(inner, 2);
	vault_txn_abort(inner);
	assert_is(f->t, 1);
	set(f->t, 4);
	inner = nest(f->t);
	set(inner, 5);
	vault_txn_abort(inner);
	fixture_turn(f);
	assert_is(f->t, 4);
}

/* How often it is sealed, by its nonce in the database. */
static void
it_is_sealed_once_for_many_changes(void **state)
{
	struct fixture *f = *state;
	struct vault_key key = vault_key_number(VAULT_META_COUNTERS);
	struct bytes at = bytes_view(key.raw, key.len);
	struct bytes sealed;
	uint8_t before[VAULT_NONCE_BYTES];

	set(f->t, 1);
	fixture_turn(f);
	assert_status(STATUS_OK, db_get(f->t->txn, VAULT_META, at, &sealed));
	memcpy(before, sealed.data + 5, sizeof(before));
	for (uint64_t i = 0; i < 100; i++)
		set(f->t, i);
	assert_status(STATUS_OK, db_get(f->t->txn, VAULT_META, at, &sealed));
	assert_memory_equal(before, sealed.data + 5, sizeof(before));
	assert_int_equal(f->t->has_nonce, false);
	fixture_turn(f);
	assert_is(f->t, 99);
}

static void
a_damaged_one_is_told_and_not_replaced(void **state)
{
	struct fixture *f = *state;
	struct vault_key key = vault_key_number(VAULT_META_COUNTERS);
	struct bytes at = bytes_view(key.raw, key.len);
	struct counters c;

	assert_status(STATUS_OK,
	    db_put(f->t->txn, VAULT_META, at, BYTES("no such thing"), DB_PUT));
	assert_status(STATUS_CRYPTO, counters_get(f->t, &c));
	assert_status(STATUS_CRYPTO, counters_get(f->t, &c));
	fixture_turn(f);
	assert_status(STATUS_CRYPTO, counters_get(f->t, &c));
}

static void
without_memory_nothing_half_is_written(void **state)
{
	struct fixture *f = *state;
	struct counters c;
	enum status st = STATUS_NOMEM;

	set(f->t, 7);
	fixture_turn(f);
	for (size_t nth = 1; st == STATUS_NOMEM; nth++) {
		alloc_fail_nth(nth);
		st = counters_get(f->t, &c);
		if (st == STATUS_OK) {
			c.next_history = 8;
			st = counters_put(f->t, &c);
		}
		if (st == STATUS_OK)
			st = vault_held_settle(f->t);
		alloc_fail_nth(0);
		assert_true(nth < 100);
		vault_txn_abort(f->t);
		assert_status(
		    STATUS_OK, vault_txn_begin(f->v, DB_WRITE, &f->t));
		assert_is(f->t, 7);
	}
	assert_status(STATUS_OK, st);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(
		    it_is_there_after_the_commit_and_not_after_an_abort),
		fixture_test(a_nested_transaction_sees_it_and_hands_it_on),
		fixture_test(what_a_nested_transaction_did_is_undone_with_it),
		fixture_test(it_is_sealed_once_for_many_changes),
		fixture_test(a_damaged_one_is_told_and_not_replaced),
		fixture_test(without_memory_nothing_half_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
