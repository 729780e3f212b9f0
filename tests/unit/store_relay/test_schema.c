#include "tests/support/test.h"

#include "store/relay/index.h"

struct fixture {
	char *dir;
	struct db *db;
	struct relay_meta meta;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->dir = scratch_dir_new();
	assert_status(
	    STATUS_OK, schema_open(f->dir, 1 << 28, &f->db, &f->meta));
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

static void
put(struct fixture *f, enum relay_table table, struct bytes key,
    struct bytes row)
{
	struct db_txn *txn = NULL;

	assert_status(STATUS_OK, db_txn_begin(f->db, DB_WRITE, &txn));
	assert_status(STATUS_OK, db_put(txn, table, key, row, DB_PUT));
	assert_status(STATUS_OK, db_txn_commit(&txn));
}

static void
a_later_version_is_refused(void **state)
{
	struct fixture *f = *state;
	struct relay_meta meta = f->meta;
	struct db_txn *txn = NULL;
	struct db *db = NULL;

	meta.version = SCHEMA_VERSION + 1;
	assert_status(STATUS_OK, db_txn_begin(f->db, DB_WRITE, &txn));
	assert_status(STATUS_OK, schema_put_meta(txn, &meta));
	assert_status(STATUS_OK, db_txn_commit(&txn));
	db_close(f->db);
	f->db = NULL;
	assert_status(STATUS_IO, schema_open(f->dir, 1 << 28, &db, &meta));
}

static void
a_damaged_meta_row_is_refused(void **state)
{
	struct fixture *f = *state;
	struct relay_meta meta;
	struct db *db = NULL;

	put(f, TABLE_META, BYTES("meta"), BYTES("\xff\xff\xff"));
	db_close(f->db);
	f->db = NULL;
	assert_status(STATUS_IO, schema_open(f->dir, 1 << 28, &db, &meta));
}

static void
damaged_rows_stop_the_start(void **state)
{
	static const struct {
		enum relay_table table;
		struct bytes key;
		struct bytes row;
	} rows[] = {
		{ TABLE_ACCOUNTS, { (const uint8_t *)"Bad Name", 8 }, { 0 } },
		{ TABLE_ACCOUNTS, { (const uint8_t *)"alice", 5 },
		    { (const uint8_t *)"\xff", 1 } },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct index *x = NULL;
		struct journal *j = NULL;
		struct db_txn *txn = NULL;

		put(f, rows[i].table, rows[i].key, rows[i].row);
		assert_status(STATUS_OK, journal_open(f->dir, 0, &j));
		assert_status(STATUS_IO, index_load(f->db, j, &x));
		assert_null(x);
		journal_close(j);
		assert_status(STATUS_OK, db_txn_begin(f->db, DB_WRITE, &txn));
		assert_status(
		    STATUS_OK, db_del(txn, rows[i].table, rows[i].key));
		assert_status(STATUS_OK, db_txn_commit(&txn));
	}
}

static void
the_epoch_is_random_and_stays(void **state)
{
	struct fixture *f = *state;
	const uint8_t zeros[EPOCH_BYTES] = { 0 };
	struct relay_meta again;

	assert_memory_not_equal(f->meta.epoch, zeros, EPOCH_BYTES);
	db_close(f->db);
	assert_status(STATUS_OK, schema_open(f->dir, 1 << 28, &f->db, &again));
	assert_memory_equal(f->meta.epoch, again.epoch, EPOCH_BYTES);
	assert_memory_equal(
	    f->meta.join_salt, again.join_salt, SCHEMA_SALT_BYTES);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_later_version_is_refused),
		CASE(a_damaged_meta_row_is_refused),
		CASE(damaged_rows_stop_the_start),
		CASE(the_epoch_is_random_and_stays),
	};

	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
