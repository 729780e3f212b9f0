/* A copy is one moment of a database that others write to meanwhile. */
#include "tests/support/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "store/db.h"
#include "store/dbkey.h"

enum { TABLE_A, TABLE_B, ROWS = 2000 };

static const char *const tables[] = { "a", "b" };

struct fixture {
	char *dir;
	char *copy_dir;
	struct db *db;
	int fd;      /* of the copy's file */
	size_t stop; /* give up after so many pieces; 0: never */
	size_t pieces;
	atomic_bool done;
};

static struct db *
open_in(const char *dir)
{
	const struct db_options options = {
		.dir = dir,
		.map_bytes = 64 * 1024 * 1024,
		.tables = tables,
		.tables_count = 2,
		.turnstile = true,
	};
	struct db *db = NULL;

	assert_status(STATUS_OK, db_open(&options, &db));
	return db;
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char path[512];

	signal(SIGPIPE, SIG_IGN);
	f->dir = scratch_dir_new();
	f->copy_dir = scratch_dir_new();
	f->db = open_in(f->dir);
	snprintf(path, sizeof(path), "%s/data.mdb", f->copy_dir);
	f->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	*state = f;
	return f->fd < 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	close(f->fd);
	db_close(f->db);
	scratch_dir_remove(f->dir);
	scratch_dir_remove(f->copy_dir);
	free(f);
	return 0;
}

/* The same rows in both tables: whoever sees one sees the other. */
static void
put_pairs(struct fixture *f, uint32_t first, uint32_t count)
{
	const uint8_t value[512] = { 1 };
	struct db_txn *txn = NULL;

	assert_status(STATUS_OK, db_txn_begin(f->db, DB_WRITE, &txn));
	for (uint32_t i = first; i < first + count; i++) {
		struct dbkey key = dbkey_u32(i);

		for (unsigned t = TABLE_A; t <= TABLE_B; t++)
			assert_status(
			    STATUS_OK, db_put(txn, t, dbkey_view(&key),
					   BYTES_OF(value), DB_PUT));
	}
	assert_status(STATUS_OK, db_txn_commit(&txn));
}

static enum status
take(void *arg, struct bytes piece)
{
	struct fixture *f = arg;

	if (++f->pieces == f->stop)
		return STATUS_NO_SPACE;
	assert_int_equal(
	    (ssize_t)piece.len, write(f->fd, piece.data, piece.len));
	return STATUS_OK;
}

static size_t
pairs_in(const char *dir)
{
	struct db *db = open_in(dir);
	struct db_txn *txn = NULL;
	size_t a, b;

	assert_status(STATUS_OK, db_txn_begin(db, DB_READ, &txn));
	assert_status(STATUS_OK, db_count(txn, TABLE_A, &a));
	assert_status(STATUS_OK, db_count(txn, TABLE_B, &b));
	db_txn_abort(txn);
	db_close(db);
	assert_int_equal(a, b);
	return a;
}

static void *
write_on(void *arg)
{
	struct fixture *f = arg;

	for (uint32_t i = ROWS; !atomic_load(&f->done); i++)
		put_pairs(f, i % (8 * ROWS), 1);
	return NULL;
}

static void
copy_beside_a_writer(struct fixture *f, enum db_copy how)
{
	pthread_t writer;

	put_pairs(f, 0, ROWS);
	assert_int_equal(0, pthread_create(&writer, NULL, write_on, f));
	assert_status(STATUS_OK, db_copy(f->db, how, take, f));
	atomic_store(&f->done, true);
	pthread_join(writer, NULL);
	assert_true(pairs_in(f->copy_dir) >= ROWS);
}

static void
a_packed_copy_is_one_moment(void **state)
{
	copy_beside_a_writer(*state, DB_COPY_PACKED);
}

static void
a_whole_copy_is_one_moment(void **state)
{
	copy_beside_a_writer(*state, DB_COPY_WHOLE);
}

static void
who_gives_up_is_not_waited_for(void **state)
{
	struct fixture *f = *state;

	put_pairs(f, 0, ROWS);
	for (f->stop = 1; f->stop < 6; f->stop++) {
		f->pieces = 0;
		assert_status(
		    STATUS_NO_SPACE, db_copy(f->db, DB_COPY_PACKED, take, f));
		f->pieces = 0;
		assert_status(
		    STATUS_NO_SPACE, db_copy(f->db, DB_COPY_WHOLE, take, f));
	}
	put_pairs(f, 0, 1); /* it goes on */
}

static void
free_pages_are_left_out(void **state)
{
	struct fixture *f = *state;
	struct db_txn *txn = NULL;
	off_t packed;

	put_pairs(f, 0, ROWS);
	assert_status(STATUS_OK, db_txn_begin(f->db, DB_WRITE, &txn));
	for (uint32_t i = 1; i < ROWS; i++) {
		struct dbkey key = dbkey_u32(i);

		for (unsigned t = TABLE_A; t <= TABLE_B; t++)
			assert_status(
			    STATUS_OK, db_del(txn, t, dbkey_view(&key)));
	}
	assert_status(STATUS_OK, db_txn_commit(&txn));
	assert_status(STATUS_OK, db_copy(f->db, DB_COPY_PACKED, take, f));
	packed = lseek(f->fd, 0, SEEK_CUR);
	assert_int_equal(1, pairs_in(f->copy_dir));
	assert_int_equal(0, lseek(f->fd, 0, SEEK_SET));
	assert_status(STATUS_OK, db_copy(f->db, DB_COPY_WHOLE, take, f));
	assert_true(packed < lseek(f->fd, 0, SEEK_CUR) / 4);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_packed_copy_is_one_moment),
		CASE(a_whole_copy_is_one_moment),
		CASE(who_gives_up_is_not_waited_for),
		CASE(free_pages_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
