/* How much a database still holds, and what deleting gives back. */
#include "tests/support/test.h"

#include "store/db.h"

enum { MAP_BYTES = 16 * 1024 * 1024, ROWS = 200, ROW_BYTES = 16 * 1024 };

struct fixture {
	char *dir;
	struct db *db;
};

static const char *const TABLES[] = { "things" };

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct db_options options = {
		.map_bytes = MAP_BYTES,
		.tables = TABLES,
		.tables_count = 1,
	};

	if (f == NULL)
		return -1;
	f->dir = scratch_dir_new();
	options.dir = f->dir;
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

static struct db_room
room_of(struct fixture *f)
{
	struct db_room room;

	assert_status(STATUS_OK, db_room(f->db, &room));
	return room;
}

/* A transaction each: pages are given back one at a time too. */
static void
each_row(struct fixture *f, bool there)
{
	static const uint8_t row[ROW_BYTES];

	for (uint8_t i = 0; i < ROWS; i++) {
		struct bytes key = bytes_view(&i, 1);
		struct db_txn *txn = NULL;

		assert_status(STATUS_OK, db_txn_begin(f->db, DB_WRITE, &txn));
		if (there)
			assert_status(STATUS_OK,
			    db_put(txn, 0, key, BYTES_OF(row), DB_INSERT));
		else
			assert_status(STATUS_OK, db_del(txn, 0, key));
		assert_status(STATUS_OK, db_txn_commit(&txn));
	}
}

static void
what_is_deleted_is_room_again(void **state)
{
	struct fixture *f = *state;
	struct db_room empty = room_of(f), full, after;

	assert_int_equal(MAP_BYTES, empty.map_bytes);
	assert_true(empty.map_used_bytes < MAP_BYTES / 16);
	assert_true(empty.disk_free_bytes <= empty.disk_bytes);
	each_row(f, true);
	full = room_of(f);
	assert_true(full.map_used_bytes >= (uint64_t)ROWS * ROW_BYTES);
	each_row(f, false);
	after = room_of(f);
	assert_true(after.map_used_bytes < MAP_BYTES / 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    what_is_deleted_is_room_again, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
