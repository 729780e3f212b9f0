#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/db.h"

enum { TABLE_A, TABLE_B };

static const char *const tables[] = { "a", "b" };

struct fixture {
	char *dir;
	struct db *db;
};

static struct db_options
options_of(const struct fixture *f)
{
	return (struct db_options){
		.dir = f->dir,
		.map_bytes = 16 * 1024 * 1024,
		.tables = tables,
		.tables_count = 2,
		.turnstile = true,
	};
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct db_options options;

	f->dir = scratch_dir_new();
	options = options_of(f);
	assert_status(STATUS_OK, db_open(&options, &f->db));
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	db_close(f->db);
	scratch_dir_remove(f->dir);
	free(f);
	return 0;
}

static struct db_txn *
begin(struct fixture *f, enum db_mode mode)
{
	struct db_txn *txn = NULL;

	assert_status(STATUS_OK, db_txn_begin(f->db, mode, &txn));
	return txn;
}

static void
reopen(struct fixture *f)
{
	struct db_options options = options_of(f);

	db_close(f->db);
	f->db = NULL;
	assert_status(STATUS_OK, db_open(&options, &f->db));
}

static void
a_missing_directory_is_an_io_failure(void **state)
{
	struct db_options options = {
		.dir = "/nonexistent/tacit",
		.map_bytes = 1024 * 1024,
		.tables = tables,
		.tables_count = 2,
	};
	struct db *db = NULL;

	(void)state;
	assert_status(STATUS_IO, db_open(&options, &db));
	assert_null(db);
}

static void
what_was_committed_is_there_after_reopening(void **state)
{
	struct fixture *f = *state;
	struct db_txn *txn = begin(f, DB_WRITE);
	struct bytes v;

	assert_status(STATUS_OK,
	    db_put(txn, TABLE_A, BYTES("k"), BYTES("one"), DB_INSERT));
	assert_status(STATUS_EXISTS,
	    db_put(txn, TABLE_A, BYTES("k"), BYTES("two"), DB_INSERT));
	assert_status(STATUS_OK, db_txn_commit(&txn));
	assert_null(txn);
	reopen(f);
	txn = begin(f, DB_READ);
	assert_status(STATUS_OK, db_get(txn, TABLE_A, BYTES("k"), &v));
	assert_bytes(BYTES("one"), v);
	assert_status(STATUS_NOT_FOUND, db_get(txn, TABLE_B, BYTES("k"), &v));
	db_txn_abort(txn);
}

static void
an_aborted_transaction_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct db_txn *txn = begin(f, DB_WRITE);
	struct bytes v;

	assert_status(
	    STATUS_OK, db_put(txn, TABLE_A, BYTES("k"), BYTES("one"), DB_PUT));
	db_txn_abort(txn);
	txn = begin(f, DB_READ);
	assert_status(STATUS_NOT_FOUND, db_get(txn, TABLE_A, BYTES("k"), &v));
	db_txn_abort(txn);
}

static void
an_aborted_nested_transaction_undoes_itself_alone(void **state)
{
	struct fixture *f = *state;
	struct db_txn *outer = begin(f, DB_WRITE);
	struct db_txn *inner = NULL;
	struct bytes v;

	assert_status(STATUS_OK,
	    db_put(outer, TABLE_A, BYTES("k"), BYTES("outer"), DB_PUT));
	assert_status(STATUS_OK, db_txn_begin_nested(outer, &inner));
	assert_status(STATUS_OK,
	    db_put(inner, TABLE_A, BYTES("k"), BYTES("inner"), DB_PUT));
	db_txn_abort(inner);
	inner = NULL;
	assert_status(STATUS_OK, db_txn_begin_nested(outer, &inner));
	assert_status(STATUS_OK,
	    db_put(inner, TABLE_A, BYTES("l"), BYTES("inner"), DB_PUT));
	assert_status(STATUS_OK, db_txn_commit(&inner));
	assert_status(STATUS_OK, db_txn_commit(&outer));

	outer = begin(f, DB_READ);
	assert_status(STATUS_OK, db_get(outer, TABLE_A, BYTES("k"), &v));
	assert_bytes(BYTES("outer"), v);
	assert_status(STATUS_OK, db_get(outer, TABLE_A, BYTES("l"), &v));
	assert_bytes(BYTES("inner"), v);
	db_txn_abort(outer);
}

static void
put_ten(struct fixture *f)
{
	struct db_txn *txn = begin(f, DB_WRITE);
	uint8_t *room;

	for (uint8_t i = 0; i < 10; i++) {
		assert_status(STATUS_OK,
		    db_reserve(txn, TABLE_A, BYTES_OF(i), 1, DB_APPEND, &room));
		*room = (uint8_t)(i * i);
	}
	assert_status(STATUS_OK, db_txn_commit(&txn));
}

static void
a_cursor_walks_in_key_order(void **state)
{
	struct fixture *f = *state;
	struct db_cursor *c = NULL;
	struct db_txn *txn;
	struct bytes k;
	struct bytes v;
	size_t count = 0;
	const uint8_t five = 5;

	put_ten(f);
	txn = begin(f, DB_WRITE);
	assert_status(STATUS_OK, db_del(txn, TABLE_A, BYTES_OF(five)));
	assert_status(STATUS_OK, db_cursor_open(txn, TABLE_A, &c));
	assert_status(STATUS_OK, db_cursor_seek(c, BYTES_NONE, &k, &v));
	assert_int_equal(k.data[0], 0);
	assert_status(STATUS_OK, db_cursor_last(c, &k, &v));
	assert_int_equal(v.data[0], 81);
	assert_status(STATUS_NOT_FOUND, db_cursor_next(c, &k, &v));
	assert_status(STATUS_OK, db_cursor_seek(c, BYTES_OF(five), &k, &v));
	assert_int_equal(k.data[0], 6);
	assert_status(STATUS_OK, db_cursor_prev(c, &k, &v));
	assert_int_equal(k.data[0], 4);
	db_cursor_close(c);
	assert_status(STATUS_OK, db_count(txn, TABLE_A, &count));
	assert_int_equal(count, 9);
	assert_status(STATUS_NOT_FOUND, db_del(txn, TABLE_A, BYTES_OF(five)));
	db_txn_abort(txn);
}

static void
a_file_that_is_no_database_is_a_crypto_failure(void **state)
{
	struct fixture *f = *state;
	struct db_options options = options_of(f);
	char path[512];
	char garbage[8192];
	FILE *file;

	db_close(f->db);
	f->db = NULL;
	memset(garbage, 0x5a, sizeof(garbage));
	snprintf(path, sizeof(path), "%s/data.mdb", f->dir);
	file = fopen(path, "r+");
	assert_non_null(file);
	assert_int_equal(
	    fwrite(garbage, 1, sizeof(garbage), file), sizeof(garbage));
	assert_int_equal(fclose(file), 0);
	assert_status(STATUS_CRYPTO, db_open(&options, &f->db));
	assert_null(f->db);
}

static void
append_below_the_last_key_is_refused(void **state)
{
	struct fixture *f = *state;
	struct db_txn *txn;
	const uint8_t key = 3;

	put_ten(f);
	txn = begin(f, DB_WRITE);
	assert_status(STATUS_EXISTS,
	    db_put(txn, TABLE_A, BYTES_OF(key), BYTES("x"), DB_APPEND));
	db_txn_abort(txn);
}

static void
a_full_map_is_no_space_and_work_goes_on_after_it(void **state)
{
	struct fixture *f = *state;
	struct db_txn *txn = begin(f, DB_WRITE);
	enum status st = STATUS_OK;
	uint8_t *room;

	for (uint32_t i = 0; st == STATUS_OK && i < 100; i++)
		st = db_reserve(
		    txn, TABLE_A, BYTES_OF(i), 1024 * 1024, DB_PUT, &room);
	assert_int_equal(st, STATUS_NO_SPACE);
	db_txn_abort(txn);
	assert_false(db_is_broken(f->db));
	put_ten(f);
}

/* Other processes, since one process may open an environment only once. */
static void
writers_of_several_processes_do_not_lose_a_step(void **state)
{
	enum { PROCESSES = 3, STEPS = 40 };
	struct fixture *f = *state;
	struct db_options options = options_of(f);
	struct db_txn *txn;
	struct bytes v;
	int result;

	db_close(f->db);
	f->db = NULL;
	for (int p = 0; p < PROCESSES; p++) {
		if (fork() != 0)
			continue;
		if (db_open(&options, &f->db) != STATUS_OK)
			_exit(1);
		for (int i = 0; i < STEPS; i++) {
			uint32_t n = 0;

			txn = NULL;
			if (db_txn_begin(f->db, DB_WRITE, &txn) != STATUS_OK)
				_exit(2);
			if (db_get(txn, TABLE_A, BYTES("n"), &v) == STATUS_OK)
				n = load_u32(v.data);
			uint8_t raw[4];

			store_u32(raw, n + 1);
			if (db_put(txn, TABLE_A, BYTES("n"), BYTES_OF(raw),
				DB_PUT) != STATUS_OK ||
			    db_txn_commit(&txn) != STATUS_OK)
				_exit(3);
		}
		_exit(0);
	}
	for (int p = 0; p < PROCESSES; p++) {
		wait(&result);
		assert_int_equal(result, 0);
	}
	assert_status(STATUS_OK, db_open(&options, &f->db));
	txn = begin(f, DB_READ);
	assert_status(STATUS_OK, db_get(txn, TABLE_A, BYTES("n"), &v));
	assert_int_equal(load_u32(v.data), PROCESSES * STEPS);
	db_txn_abort(txn);
}

static enum status
one_step(const struct db_options *options, struct db **db)
{
	struct db_txn *txn = NULL;
	struct db_cursor *c = NULL;
	struct bytes k;
	struct bytes v;
	enum status st = db_open(options, db);

	if (st == STATUS_OK)
		st = db_txn_begin(*db, DB_WRITE, &txn);
	if (st == STATUS_OK)
		st = db_put(txn, TABLE_A, BYTES("k"), BYTES("v"), DB_PUT);
	if (st == STATUS_OK)
		st = db_cursor_open(txn, TABLE_A, &c);
	if (st == STATUS_OK)
		st = db_cursor_seek(c, BYTES_NONE, &k, &v);
	db_cursor_close(c);
	if (st == STATUS_OK)
		return db_txn_commit(&txn);
	db_txn_abort(txn);
	return st;
}

static void
every_failed_allocation_is_reported_and_leaks_nothing(void **state)
{
	struct fixture *f = *state;
	struct db_options options = options_of(f);

	for (size_t n = 1;; n++) {
		enum status st;

		db_close(f->db);
		f->db = NULL;
		alloc_fail_nth(n);
		st = one_step(&options, &f->db);
		alloc_fail_nth(0);
		if (st == STATUS_OK)
			break;
		assert_int_equal(st, STATUS_NOMEM);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_directory_is_an_io_failure),
		cmocka_unit_test_setup_teardown(
		    a_file_that_is_no_database_is_a_crypto_failure, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    append_below_the_last_key_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_full_map_is_no_space_and_work_goes_on_after_it, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    what_was_committed_is_there_after_reopening, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    an_aborted_transaction_leaves_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    an_aborted_nested_transaction_undoes_itself_alone, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    a_cursor_walks_in_key_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    writers_of_several_processes_do_not_lose_a_step, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    every_failed_allocation_is_reported_and_leaks_nothing,
		    setup, teardown),
	};

	return cmocka_run_group_tests_name("db", tests, NULL, NULL);
}
