/* A file that would end whoever reads it is told from one that is sound. */
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/db.h"
#include "store/dbkey.h"

enum { ROWS = 500, PAGE_BYTES = 4096 };

static const char *const tables[] = { "a", "b" };

/* With rows in it, and pages that are free again. */
static void
fill(const char *dir)
{
	const struct db_options options = {
		.dir = dir,
		.map_bytes = 64 * 1024 * 1024,
		.tables = tables,
		.tables_count = 2,
	};
	static const uint8_t value[700];
	struct db *db = NULL;

	assert_status(STATUS_OK, db_open(&options, &db));
	for (unsigned round = 0; round < 3; round++) {
		struct db_txn *txn = NULL;

		assert_status(STATUS_OK, db_txn_begin(db, DB_WRITE, &txn));
		for (uint8_t i = 0; i < ROWS / 2; i++)
			assert_status(
			    STATUS_OK, db_put(txn, i % 2, bytes_view(&i, 1),
					   BYTES_OF(value), DB_PUT));
		assert_status(STATUS_OK, db_txn_commit(&txn));
	}
	db_close(db);
}

static int
open_file(const char *dir, off_t *size)
{
	char path[512];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/data.mdb", dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(0, fstat(fd, &st));
	*size = st.st_size;
	return fd;
}

static void
a_sound_file_and_no_file_are_not_damaged(void **state)
{
	char *dir = scratch_dir_new();

	(void)state;
	assert_status(STATUS_OK, db_probe(dir));
	fill(dir);
	assert_status(STATUS_OK, db_probe(dir));
	scratch_dir_remove(dir);
}

static void
a_file_that_is_cut_short_is_damaged(void **state)
{
	static const int parts[] = { 4, 2 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char *dir = scratch_dir_new();
		off_t size;
		int fd;

		fill(dir);
		fd = open_file(dir, &size);
		assert_int_equal(0, ftruncate(fd, size / parts[i]));
		close(fd);
		assert_status(STATUS_CRYPTO, db_probe(dir));
		scratch_dir_remove(dir);
	}
}

/* Page by page: what it says it is not is then read by LMDB as it is. */
static void
pages_of_noise_end_nobody_but_the_child(void **state)
{
	static uint8_t noise[PAGE_BYTES], before[PAGE_BYTES];
	char *dir = scratch_dir_new();
	size_t found = 0;
	off_t size;
	int fd;

	(void)state;
	memset(noise, 0xa5, sizeof(noise));
	fill(dir);
	fd = open_file(dir, &size);
	for (off_t at = 2 * PAGE_BYTES; at < size; at += PAGE_BYTES) {
		assert_int_equal(PAGE_BYTES, pread(fd, before, PAGE_BYTES, at));
		assert_int_equal(PAGE_BYTES, pwrite(fd, noise, PAGE_BYTES, at));
		found += db_probe(dir) == STATUS_CRYPTO;
		assert_int_equal(
		    PAGE_BYTES, pwrite(fd, before, PAGE_BYTES, at));
	}
	/* Those that are free are nobody's loss. */
	assert_true(found > 0 && found < (size_t)(size / PAGE_BYTES));
	assert_status(STATUS_OK, db_probe(dir));
	close(fd);
	scratch_dir_remove(dir);
}

/* LMDB's layout: flags of a page at 10, places of its nodes from 16. */
static uint16_t
get_u16(const uint8_t *from)
{
	uint16_t number;

	memcpy(&number, from, sizeof(number));
	return number;
}

/* What LMDB reads without a word, and nobody can read on from. */
static void
keys_without_bytes_are_damage(void **state)
{
	enum { FLAGS = 10, NODES = 16, KEY_SIZE = 6, LEAF = 2 };
	static const uint8_t none[2];
	char *dir = scratch_dir_new();
	uint8_t page[PAGE_BYTES], size_before[2];
	size_t found = 0;
	off_t size;
	int fd;

	(void)state;
	fill(dir);
	fd = open_file(dir, &size);
	for (off_t at = 2 * PAGE_BYTES; at < size; at += PAGE_BYTES) {
		off_t key_size;

		assert_int_equal(PAGE_BYTES, pread(fd, page, PAGE_BYTES, at));
		if (get_u16(page + FLAGS) != LEAF)
			continue;
		key_size = at + get_u16(page + NODES) + KEY_SIZE;
		assert_int_equal(2, pread(fd, size_before, 2, key_size));
		assert_int_equal(2, pwrite(fd, none, 2, key_size));
		found += db_probe(dir) == STATUS_CRYPTO;
		assert_int_equal(2, pwrite(fd, size_before, 2, key_size));
	}
	assert_true(found > 10);
	assert_status(STATUS_OK, db_probe(dir));
	close(fd);
	scratch_dir_remove(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_file_and_no_file_are_not_damaged),
		cmocka_unit_test(a_file_that_is_cut_short_is_damaged),
		cmocka_unit_test(keys_without_bytes_are_damage),
		cmocka_unit_test(pages_of_noise_end_nobody_but_the_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
