/* Keys that come and go with a transaction. */
#include "ring_fixture.h"

static void
every_table_has_a_kind(void **state)
{
	(void)state;
	for (unsigned i = 0; i < VAULT_TABLES_COUNT; i++)
		assert_true(vault_kind(i) == VAULT_RING_BASE ||
			    vault_kind(i) == VAULT_RING_DAILY);
}

static void
a_key_is_made_once_and_found_again(void **state)
{
	struct fixture *f = *state;
	uint32_t first = put_in_bucket(f->t, 1, "one");
	uint32_t again = put_in_bucket(f->t, 2, "two");
	uint32_t hour = 0;

	assert_true(first > 2); /* after BASE and DAILY */
	assert_int_equal(first, again);
	assert_status(
	    STATUS_OK, vault_ring_use(f->t, VAULT_RING_HOUR, 0, &hour));
	assert_int_not_equal(hour, first);
	fixture_restart(f);
	assert_int_equal(put_in_bucket(f->t, 3, "three"), first);
	assert_status(STATUS_OK, reads(f->t, 1, "one"));
	assert_status(STATUS_OK, reads(f->t, 2, "two"));
	assert_status(
	    STATUS_OK, vault_serial(f->t, VAULT_HISTORY, key_at(1), &again));
	assert_int_equal(again, first);
}

static void
a_serial_that_there_is_not_seals_nothing(void **state)
{
	struct fixture *f = *state;

	assert_status(STATUS_NOT_FOUND,
	    vault_put_under(f->t, VAULT_HISTORY, key_at(1), BYTES("x"), 99));
	assert_status(STATUS_NOT_FOUND,
	    vault_put_under(f->t, VAULT_HISTORY, key_at(1), BYTES("x"), 0));
	assert_status(
	    STATUS_NOT_FOUND, vault_has(f->t, VAULT_HISTORY, key_at(1)));
}

static void
a_flood_of_messages_writes_the_file_rarely(void **state)
{
	struct fixture *f = *state;
	uint32_t serial = 0;
	ino_t inode;

	assert_status(
	    STATUS_OK, vault_ring_use(f->t, VAULT_RING_BUCKET, 40, &serial));
	fixture_turn(f);
	inode = keys_inode(f->dir);
	for (uint64_t n = 41; n < 48; n++) {
		assert_status(STATUS_OK,
		    vault_ring_use(f->t, VAULT_RING_BUCKET, n, &serial));
		fixture_turn(f);
	}
	assert_int_equal(keys_inode(f->dir), inode);
	assert_status(
	    STATUS_OK, vault_ring_use(f->t, VAULT_RING_BUCKET, 48, &serial));
	fixture_turn(f);
	assert_int_not_equal(keys_inode(f->dir), inode);
}

static void
what_is_destroyed_opens_until_the_commit_and_never_after(void **state)
{
	struct fixture *f = *state;
	uint32_t hour = 0;

	put_in_bucket(f->t, 1, "erased");
	assert_status(
	    STATUS_OK, vault_ring_use(f->t, VAULT_RING_HOUR, 7, &hour));
	assert_status(STATUS_OK, vault_put_under(f->t, VAULT_HISTORY, key_at(2),
				     BYTES("timer"), hour));
	fixture_turn(f);
	renew_bucket(f->t, "kept");
	assert_status(
	    STATUS_OK, vault_ring_destroy(f->t, VAULT_RING_HOUR, 7, true));
	assert_status(STATUS_OK, reads(f->t, 2, "timer"));
	fixture_turn(f);
	assert_status(STATUS_OK, reads(f->t, 1, "kept"));
	assert_status(STATUS_CRYPTO, reads(f->t, 2, "timer"));
	assert_int_equal(keys_in_file(f->dir, VAULT_RING_HOUR), 0);
	assert_int_equal(keys_in_file(f->dir, VAULT_RING_BUCKET), 8);
	fixture_restart(f);
	assert_status(STATUS_OK, reads(f->t, 1, "kept"));
	assert_status(STATUS_CRYPTO, reads(f->t, 2, "timer"));
}

/* An old copy of the database with today's keys: freed pages are no better. */
static void
an_old_copy_of_the_database_does_not_open_what_was_erased(void **state)
{
	struct fixture *f = *state;
	struct keyring *now;
	struct buf *old_sealed = NULL;
	struct buf *opened = NULL;
	struct bytes sealed;

	put_in_bucket(f->t, 1, "erased");
	assert_status(STATUS_OK,
	    db_get(f->t->txn, VAULT_HISTORY,
		bytes_view(key_at(1)->raw, key_at(1)->len), &sealed));
	assert_status(STATUS_OK, buf_copy(sealed, &old_sealed));
	fixture_turn(f);
	assert_status(STATUS_OK, buf_new(100, &opened));
	now = f->t->ring;
	assert_status(STATUS_OK, vault_unseal(now, VAULT_HISTORY,
				     bytes_view(key_at(1)->raw, key_at(1)->len),
				     buf_view(old_sealed), opened));
	renew_bucket(f->t, "kept");
	fixture_restart(f);
	now = f->t->ring;
	assert_status(
	    STATUS_CRYPTO, vault_unseal(now, VAULT_HISTORY,
			       bytes_view(key_at(1)->raw, key_at(1)->len),
			       buf_view(old_sealed), opened));
	buf_free(old_sealed);
	buf_free(opened);
}

static void
an_abort_takes_keys_and_destructions_back(void **state)
{
	struct fixture *f = *state;
	ino_t inode;
	uint32_t serial;

	serial = put_in_bucket(f->t, 1, "one");
	fixture_turn(f);
	inode = keys_inode(f->dir);
	renew_bucket(f->t, "another");
	vault_txn_abort(f->t);
	assert_status(STATUS_OK, vault_txn_begin(f->v, DB_WRITE, &f->t));
	assert_int_equal(keys_inode(f->dir), inode);
	assert_status(STATUS_OK, reads(f->t, 1, "one"));
	assert_int_equal(put_in_bucket(f->t, 1, "one"), serial);
}

static void
a_nested_abort_takes_back_its_own_alone(void **state)
{
	struct fixture *f = *state;
	struct vault_txn *inner = NULL;
	uint32_t outer_serial = 0;
	uint32_t serial = 0;

	put_in_bucket(f->t, 1, "one");
	fixture_turn(f);
	assert_status(
	    STATUS_OK, vault_ring_use(f->t, VAULT_RING_HOUR, 1, &outer_serial));
	assert_status(STATUS_OK, vault_txn_begin_nested(f->t, &inner));
	renew_bucket(inner, "undone");
	assert_status(
	    STATUS_OK, vault_ring_destroy(inner, VAULT_RING_HOUR, 1, true));
	vault_txn_abort(inner);
	assert_status(STATUS_OK, vault_txn_begin_nested(f->t, &inner));
	assert_status(
	    STATUS_OK, vault_ring_use(inner, VAULT_RING_HOUR, 2, &serial));
	assert_status(STATUS_OK, vault_put_under(inner, VAULT_HISTORY,
				     key_at(2), BYTES("two"), serial));
	assert_status(STATUS_OK, vault_txn_commit(&inner));
	fixture_restart(f);
	assert_status(STATUS_OK, reads(f->t, 1, "one"));
	assert_status(STATUS_OK, reads(f->t, 2, "two"));
	assert_status(
	    STATUS_OK, vault_ring_use(f->t, VAULT_RING_HOUR, 1, &serial));
	assert_int_equal(serial, outer_serial);
	assert_int_equal(keys_in_file(f->dir, VAULT_RING_HOUR), 2);
}

static void
a_file_that_vanishes_under_an_open_vault_is_told(void **state)
{
	struct fixture *f = *state;
	uint32_t serial = 0;
	char path[512];

	path_of(f->dir, "keys", path);
	assert_int_equal(unlink(path), 0);
	assert_status(
	    STATUS_CRYPTO, vault_ring_use(f->t, VAULT_RING_HOUR, 1, &serial));
	vault_txn_abort(f->t);
	/* What needs no other key goes on. */
	assert_status(STATUS_OK, vault_txn_begin(f->v, DB_WRITE, &f->t));
	assert_status(
	    STATUS_OK, vault_put(f->t, VAULT_HISTORY, key_at(1), BYTES("x")));
}

static enum status
change_ring(struct fixture *f)
{
	struct vault_txn *inner = NULL;
	uint32_t serial;
	enum status st = STATUS_OK;

	if (f->t == NULL)
		st = vault_txn_begin(f->v, DB_WRITE, &f->t);
	if (st == STATUS_OK)
		st = vault_ring_renew(f->t, VAULT_RING_BUCKET, 0, &serial);
	if (st == STATUS_OK)
		st = vault_put_under(
		    f->t, VAULT_HISTORY, key_at(1), BYTES("one"), serial);
	if (st == STATUS_OK)
		st = vault_txn_begin_nested(f->t, &inner);
	if (st == STATUS_OK)
		st = vault_ring_destroy(inner, VAULT_RING_BUCKET, 0, false);
	if (st == STATUS_OK)
		st = vault_txn_commit(&inner);
	vault_txn_abort(inner);
	if (st == STATUS_OK)
		return vault_txn_commit(&f->t);
	vault_txn_abort(f->t);
	f->t = NULL;
	return st;
}

static void
running_out_of_memory_loses_no_key(void **state)
{
	struct fixture *f = *state;
	enum status st = STATUS_NOMEM;

	put_in_bucket(f->t, 1, "one");
	fixture_turn(f);
	for (size_t n = 1; st != STATUS_OK; n++) {
		alloc_fail_nth(n);
		st = change_ring(f);
		alloc_fail_nth(0);
		assert_true(st == STATUS_OK || st == STATUS_NOMEM);
		close_vault(f);
		reopen(f);
		assert_status(STATUS_OK, reads(f->t, 1, "one"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_table_has_a_kind),
		fixture_test(a_key_is_made_once_and_found_again),
		fixture_test(a_serial_that_there_is_not_seals_nothing),
		fixture_test(a_flood_of_messages_writes_the_file_rarely),
		fixture_test(
		    what_is_destroyed_opens_until_the_commit_and_never_after),
		fixture_test(
		    an_old_copy_of_the_database_does_not_open_what_was_erased),
		fixture_test(an_abort_takes_keys_and_destructions_back),
		fixture_test(a_nested_abort_takes_back_its_own_alone),
		fixture_test(a_file_that_vanishes_under_an_open_vault_is_told),
		fixture_test(running_out_of_memory_loses_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
