/* db.c - the environment: its files, its tables and what its answers mean. */
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/db_private.h"

enum {
	DB_WARN_MS = 10 * 1000, /* a log must not fill the disk further */
};

static bool
db_may_warn(struct db *db)
{
	int64_t now_ms = clock_mono_ms();
	int64_t last_ms = atomic_load(&db->warned_ms);

	if (last_ms != 0 && now_ms - last_ms < DB_WARN_MS)
		return false;
	atomic_store(&db->warned_ms, now_ms);
	return true;
}

enum status
db_status(struct db *db, int rc, const char *what)
{
	int dead;

	switch (rc) {
	case MDB_SUCCESS:
		return STATUS_OK;
	case MDB_NOTFOUND:
		return STATUS_NOT_FOUND;
	case MDB_KEYEXIST:
		return STATUS_EXISTS;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
	case MDB_MAP_FULL:
		/* Readers that were killed keep pages from being reused. */
		(void)mdb_reader_check(db->env, &dead);
		if (db_may_warn(db))
			log_event(
			    LOG_LEVEL_WARN, "db-no-space", "what=%s", what);
		return STATUS_NO_SPACE;
	case ENOMEM:
		return STATUS_NOMEM;
	case MDB_PANIC:
		atomic_store(&db->broken, true);
		break;
	}
	log_event(LOG_LEVEL_ERROR, "db-failed", "what=%s reason=\"%s\"", what,
	    mdb_strerror(rc));
	return STATUS_IO;
}

void
db_turnstile_enter(struct db *db)
{
	/* It is about fairness alone: LMDB's own lock keeps writers apart. */
	while (db->turnstile_fd >= 0 && flock(db->turnstile_fd, LOCK_EX) != 0)
		if (errno != EINTR)
			return;
}

void
db_turnstile_leave(struct db *db)
{
	if (db->turnstile_fd >= 0)
		(void)flock(db->turnstile_fd, LOCK_UN);
}

static int
db_open_tables(struct db *db, const struct db_options *options, bool create)
{
	MDB_txn *txn = NULL;
	int rc = mdb_txn_begin(db->env, NULL, create ? 0 : MDB_RDONLY, &txn);

	for (size_t i = 0; rc == 0 && i < options->tables_count; i++)
		rc = mdb_dbi_open(txn, options->tables[i],
		    create ? MDB_CREATE : 0, &db->tables[i]);
	if (rc == 0)
		return mdb_txn_commit(txn);
	if (txn != NULL)
		mdb_txn_abort(txn);
	return rc;
}

/*
 * An ordinary start finds every table and so needs neither the write lock nor
 * free space.  Otherwise the names of the files are made durable too, or a
 * power cut could take away a store that has answered OK.
 */
static int
db_prepare_tables(struct db *db, const struct db_options *options)
{
	int rc = db_open_tables(db, options, false);

	if (rc != MDB_NOTFOUND)
		return rc;
	db_turnstile_enter(db);
	rc = db_open_tables(db, options, true);
	db_turnstile_leave(db);
	if (rc == 0 && fsync(db->dir_fd) != 0)
		rc = errno;
	return rc;
}

/* LMDB's own assertions are about its pages: the end that a torn one brings. */
static void
db_contradicted(MDB_env *env, const char *what)
{
	(void)env;
	(void)what;
	abort();
}

static int
db_open_env(struct db *db, const struct db_options *options)
{
	int dead;
	int rc = mdb_env_create(&db->env);

	if (rc == 0)
		rc = mdb_env_set_assert(db->env, db_contradicted);
	if (rc == 0)
		rc = mdb_env_set_mapsize(db->env, options->map_bytes);
	if (rc == 0)
		rc =
		    mdb_env_set_maxdbs(db->env, (MDB_dbi)options->tables_count);
	if (rc == 0)
		rc = mdb_env_set_maxreaders(db->env, DB_READERS);
	/* Full sync always: a NOSYNC tree can be corrupt after a power cut. */
	if (rc == 0)
		rc = mdb_env_open(
		    db->env, options->dir, MDB_NOTLS | MDB_NORDAHEAD, 0600);
	if (rc == 0)
		rc = mdb_reader_check(db->env, &dead);
	return rc;
}

static int
db_open_files(struct db *db, const struct db_options *options)
{
	db->dir_fd = open(options->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (db->dir_fd < 0)
		return errno;
	if (!options->turnstile)
		return 0;
	db->turnstile_fd =
	    openat(db->dir_fd, "turnstile", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return db->turnstile_fd < 0 ? errno : 0;
}

enum status
db_open(const struct db_options *options, struct db **db)
{
	struct db *fresh = calloc(1, sizeof(*fresh));
	enum status st = STATUS_NOMEM;
	int rc;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->turnstile_fd = -1;
	fresh->dir_fd = -1;
	fresh->tables = calloc(options->tables_count, sizeof(*fresh->tables));
	if (fresh->tables == NULL)
		goto out;
	fresh->tables_count = options->tables_count;

	rc = db_open_files(fresh, options);
	if (rc == 0)
		rc = db_lock_room(fresh->dir_fd);
	if (rc == 0)
		rc = db_open_env(fresh, options);
	if (rc == 0)
		rc = db_prepare_tables(fresh, options);
	st = db_status(fresh, rc, "open");
	/* To the caller these have no meaning of their own here. */
	if (st == STATUS_NOT_FOUND || st == STATUS_EXISTS)
		st = STATUS_IO;
	if (rc == MDB_INVALID || rc == MDB_CORRUPTED ||
	    rc == MDB_PAGE_NOTFOUND || rc == MDB_VERSION_MISMATCH)
		st = STATUS_CRYPTO;
	if (st != STATUS_OK)
		goto out;
	*db = fresh;
	fresh = NULL;
out:
	db_close(fresh);
	return st;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	if (db->env != NULL)
		mdb_env_close(db->env);
	if (db->turnstile_fd >= 0)
		close(db->turnstile_fd);
	if (db->dir_fd >= 0)
		close(db->dir_fd);
	free(db->tables);
	free(db);
}

bool
db_is_broken(const struct db *db)
{
	return atomic_load(&db->broken);
}
