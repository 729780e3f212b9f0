#include <fcntl.h>
#include <lmdb.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "tests/bench/limits.h"
#include "tests/bench/probe.h"

enum {
	VALUE_BYTES = 300,
	APPEND_BYTES = 350,
	PAGE_BYTES = 4096,
	PAGES = 4096, /* of the file that is written over */
	PATH_BYTES = 512,
};

static const size_t MAP_BYTES = (size_t)8 << 30;

static double
failed(const char *what, const char *why)
{
	fprintf(stderr, "tacit-bench: limits: %s: %s\n", what, why);
	return NAN;
}

/* One transaction of `batch` puts at rising keys. */
static int
put_batch(MDB_env *env, MDB_dbi dbi, uint64_t *key, uint32_t batch)
{
	static const uint8_t value[VALUE_BYTES] = { 1 };
	MDB_txn *txn = NULL;
	int code = mdb_txn_begin(env, NULL, 0, &txn);

	if (code != 0)
		return code;
	for (uint32_t i = 0; code == 0 && i < batch; i++) {
		uint8_t raw[8];
		MDB_val k = { sizeof(raw), raw };
		MDB_val v = { sizeof(value), (void *)(uintptr_t)value };

		store_u64(raw, (*key)++);
		code = mdb_put(txn, dbi, &k, &v, MDB_APPEND);
	}
	if (code != 0) {
		mdb_txn_abort(txn);
		return code;
	}
	return mdb_txn_commit(txn);
}

static double
put_for(MDB_env *env, uint32_t batch, double budget_s)
{
	double began_s, took_s = 0;
	MDB_txn *txn = NULL;
	uint64_t key = 0;
	MDB_dbi dbi = 0;
	int code = mdb_txn_begin(env, NULL, 0, &txn);

	if (code == 0)
		code = mdb_dbi_open(txn, NULL, 0, &dbi);
	if (code == 0)
		code = mdb_txn_commit(txn);
	began_s = probe_now_s();
	while (code == 0 && took_s < budget_s) {
		code = put_batch(env, dbi, &key, batch);
		took_s = probe_now_s() - began_s;
	}
	if (code != 0)
		return failed("lmdb", mdb_strerror(code));
	return (double)key / took_s;
}

double
limit_lmdb(const char *dir, uint32_t batch, double budget_s)
{
	char path[PATH_BYTES], lock[PATH_BYTES + 8];
	MDB_env *env = NULL;
	double found;
	int code = mdb_env_create(&env);

	snprintf(path, sizeof(path), "%.400s/lmdb", dir);
	snprintf(lock, sizeof(lock), "%s-lock", path);
	if (code == 0)
		code = mdb_env_set_mapsize(env, MAP_BYTES);
	if (code == 0)
		code = mdb_env_open(env, path, MDB_NOSUBDIR, 0600);
	found = code == 0 ? put_for(env, batch, budget_s)
			  : failed("lmdb", mdb_strerror(code));
	mdb_env_close(env);
	unlink(path);
	unlink(lock);
	return found;
}

/* step() writes once; a count in it says which time it is. */
static double
sync_for(int fd, bool (*step)(int fd, uint64_t n), double budget_s)
{
	double began_s = probe_now_s(), took_s = 0;
	uint64_t n = 0;

	while (took_s < budget_s) {
		if (!step(fd, n) || fdatasync(fd) != 0)
			return failed("a file", "cannot write");
		n++;
		took_s = probe_now_s() - began_s;
	}
	return (double)n / took_s;
}

static bool
append(int fd, uint64_t n)
{
	static const uint8_t bytes[APPEND_BYTES] = { 1 };

	(void)n;
	return write(fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes);
}

static bool
write_page(int fd, uint64_t n)
{
	static const uint8_t page[PAGE_BYTES] = { 1 };

	return pwrite(fd, page, sizeof(page),
		   (off_t)(n % PAGES * PAGE_BYTES)) == (ssize_t)sizeof(page);
}

/* A new file in dir that has no name any more; -1: none. */
static int
scratch(const char *dir)
{
	char path[PATH_BYTES];
	int fd;

	snprintf(path, sizeof(path), "%.400s/file", dir);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_APPEND, 0600);
	unlink(path);
	return fd;
}

double
limit_append(const char *dir, double budget_s)
{
	int fd = scratch(dir);
	double found = fd < 0 ? failed("a file", "cannot make one")
			      : sync_for(fd, append, budget_s);

	if (fd >= 0)
		close(fd);
	return found;
}

double
limit_overwrite(const char *dir, double budget_s)
{
	int fd = scratch(dir);
	bool ok = fd >= 0;
	double found;

	for (uint64_t i = 0; ok && i < PAGES; i++)
		ok = write_page(fd, i);
	/* Linux appends with pwrite() too while O_APPEND is on. */
	ok = ok && fdatasync(fd) == 0 && fcntl(fd, F_SETFL, 0) == 0;
	found = ok ? sync_for(fd, write_page, budget_s)
		   : failed("a file", "cannot write");
	if (fd >= 0)
		close(fd);
	return found;
}
