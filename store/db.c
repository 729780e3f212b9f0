#include "store/db.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/hook.h"
#include "base/log.h"

enum {
	DB_READERS = 1024,            /* read transactions at once */
	DB_SPACE_PROBE_BYTES = 65536, /* less free than this: disk full */
	DB_KEY_BYTES = 511,           /* LMDB's own limit */
};

struct db {
	MDB_env *env;
	MDB_dbi *tables;
	size_t tables_count;
	int turnstile_fd; /* -1: none */
	int dir_fd;
	atomic_bool broken;
};

struct db_txn {
	struct db *db;
	struct db_txn *parent;
	MDB_txn *txn;
	enum db_mode mode;
};

struct db_cursor {
	struct db *db;
	MDB_cursor *cursor;
};

static enum status
db_status(struct db *db, int rc, const char *what)
{
	switch (rc) {
	case MDB_SUCCESS:
		return STATUS_OK;
	case MDB_NOTFOUND:
		return STATUS_NOT_FOUND;
	case MDB_KEYEXIST:
		return STATUS_EXISTS;
	case ENOSPC:
	case EDQUOT:
	case MDB_MAP_FULL:
		log_event(LOG_LEVEL_WARN, "db-no-space", "what=%s", what);
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

static MDB_val
db_val(struct bytes b)
{
	return (MDB_val){ .mv_size = b.len, .mv_data = (void *)b.data };
}

static struct bytes
db_view(MDB_val v)
{
	return bytes_view(v.mv_data, v.mv_size);
}

static MDB_dbi
db_table(const struct db *db, unsigned table)
{
	assert(table < db->tables_count);
	return db->tables[table];
}

static void
db_turnstile_enter(struct db *db)
{
	/* It is about fairness alone: LMDB's own lock keeps writers apart. */
	while (db->turnstile_fd >= 0 && flock(db->turnstile_fd, LOCK_EX) != 0)
		if (errno != EINTR)
			return;
}

static void
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

static int
db_open_env(struct db *db, const struct db_options *options)
{
	int dead;
	int rc = mdb_env_create(&db->env);

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
		rc = db_open_env(fresh, options);
	if (rc == 0)
		rc = db_prepare_tables(fresh, options);
	st = db_status(fresh, rc, "open");
	/* To the caller these have no meaning of their own here. */
	if (st == STATUS_NOT_FOUND || st == STATUS_EXISTS)
		st = STATUS_IO;
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

static int
db_begin(struct db *db, MDB_txn *parent, enum db_mode mode, MDB_txn **txn)
{
	unsigned flags = mode == DB_READ ? MDB_RDONLY : 0;
	int rc = mdb_txn_begin(db->env, parent, flags, txn);
	int dead;

	/* Processes that were killed leave their place in the table behind. */
	if (rc == MDB_READERS_FULL && mdb_reader_check(db->env, &dead) == 0)
		rc = mdb_txn_begin(db->env, parent, flags, txn);
	return rc;
}

enum status
db_txn_begin(struct db *db, enum db_mode mode, struct db_txn **txn)
{
	struct db_txn *fresh;
	int rc;

	if (mode == DB_WRITE && db_is_broken(db))
		return STATUS_IO;
	fresh = calloc(1, sizeof(*fresh));
	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->db = db;
	fresh->mode = mode;
	if (mode == DB_WRITE)
		db_turnstile_enter(db);
	rc = db_begin(db, NULL, mode, &fresh->txn);
	if (rc != 0) {
		if (mode == DB_WRITE)
			db_turnstile_leave(db);
		free(fresh);
		return db_status(db, rc, "begin");
	}
	*txn = fresh;
	return STATUS_OK;
}

enum status
db_txn_begin_nested(struct db_txn *parent, struct db_txn **txn)
{
	struct db_txn *fresh;
	int rc;

	assert(parent->mode == DB_WRITE);
	fresh = calloc(1, sizeof(*fresh));
	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->db = parent->db;
	fresh->parent = parent;
	fresh->mode = DB_WRITE;
	rc = db_begin(parent->db, parent->txn, DB_WRITE, &fresh->txn);
	if (rc != 0) {
		free(fresh);
		return db_status(parent->db, rc, "begin");
	}
	*txn = fresh;
	return STATUS_OK;
}

static bool
db_disk_is_full(struct db *db)
{
	bool full;
	int fd =
	    openat(db->dir_fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno == ENOSPC || errno == EDQUOT;
	switch (posix_fallocate(fd, 0, DB_SPACE_PROBE_BYTES)) {
	case ENOSPC:
	case EDQUOT:
		full = true;
		break;
	default:
		full = false;
	}
	close(fd);
	return full;
}

/*
 * LMDB reports a write cut short by a full disk as EIO.  Nothing is lost then:
 * the meta page was not written, and the next transaction writes all its pages
 * again.  A failed write of the meta page itself makes LMDB refuse (PANIC).
 */
static enum status
db_commit_status(struct db *db, int rc)
{
	enum status st;

	if (rc == EIO && db_disk_is_full(db))
		rc = ENOSPC;
	st = db_status(db, rc, "commit");
	if (st == STATUS_OK || st == STATUS_NO_SPACE || st == STATUS_NOMEM)
		return st;
	atomic_store(&db->broken, true);
	return STATUS_IO;
}

enum status
db_txn_commit(struct db_txn **txn)
{
	struct db_txn *t = *txn;
	struct db *db = t->db;
	bool outermost = t->mode == DB_WRITE && t->parent == NULL;
	enum status st;
	int rc;

	*txn = NULL;
	if (outermost)
		hook_reach("db-commit-before");
	rc = mdb_txn_commit(t->txn); /* frees it, even on failure */
	if (outermost) {
		st = db_commit_status(db, rc);
		db_turnstile_leave(db);
		hook_reach("db-commit-after");
	} else {
		st = db_status(db, rc, "commit");
	}
	free(t);
	return st;
}

void
db_txn_abort(struct db_txn *txn)
{
	if (txn == NULL)
		return;
	mdb_txn_abort(txn->txn);
	if (txn->mode == DB_WRITE && txn->parent == NULL)
		db_turnstile_leave(txn->db);
	free(txn);
}

bool
db_is_broken(const struct db *db)
{
	return atomic_load(&db->broken);
}

static MDB_val
db_key(struct bytes key)
{
	assert(key.len >= 1 && key.len <= DB_KEY_BYTES);
	return db_val(key);
}

enum status
db_get(
    struct db_txn *txn, unsigned table, struct bytes key, struct bytes *value)
{
	MDB_val k = db_key(key);
	MDB_val v;
	int rc = mdb_get(txn->txn, db_table(txn->db, table), &k, &v);

	if (rc == 0)
		*value = db_view(v);
	return db_status(txn->db, rc, "get");
}

static unsigned
db_put_flags(enum db_put how)
{
	switch (how) {
	case DB_INSERT:
		return MDB_NOOVERWRITE;
	case DB_APPEND:
		return MDB_APPEND;
	case DB_PUT:
		break;
	}
	return 0;
}

enum status
db_put(struct db_txn *txn, unsigned table, struct bytes key, struct bytes value,
    enum db_put how)
{
	MDB_val k = db_key(key);
	MDB_val v = db_val(value);

	return db_status(txn->db,
	    mdb_put(
		txn->txn, db_table(txn->db, table), &k, &v, db_put_flags(how)),
	    "put");
}

enum status
db_reserve(struct db_txn *txn, unsigned table, struct bytes key, size_t len,
    enum db_put how, uint8_t **room)
{
	MDB_val k = db_key(key);
	MDB_val v = { .mv_size = len };
	int rc = mdb_put(txn->txn, db_table(txn->db, table), &k, &v,
	    db_put_flags(how) | MDB_RESERVE);

	if (rc == 0)
		*room = v.mv_data;
	return db_status(txn->db, rc, "put");
}

enum status
db_del(struct db_txn *txn, unsigned table, struct bytes key)
{
	MDB_val k = db_key(key);

	return db_status(txn->db,
	    mdb_del(txn->txn, db_table(txn->db, table), &k, NULL), "delete");
}

enum status
db_count(struct db_txn *txn, unsigned table, size_t *count)
{
	MDB_stat stat;
	int rc = mdb_stat(txn->txn, db_table(txn->db, table), &stat);

	if (rc == 0)
		*count = stat.ms_entries;
	return db_status(txn->db, rc, "count");
}

enum status
db_usage(struct db *db, uint64_t *used, uint64_t *total)
{
	MDB_envinfo info;
	MDB_stat stat;
	int rc = mdb_env_info(db->env, &info);

	if (rc == 0)
		rc = mdb_env_stat(db->env, &stat);
	if (rc == 0) {
		*used = (info.me_last_pgno + 1) * (uint64_t)stat.ms_psize;
		*total = info.me_mapsize;
	}
	return db_status(db, rc, "usage");
}

enum status
db_cursor_open(struct db_txn *txn, unsigned table, struct db_cursor **c)
{
	struct db_cursor *fresh = calloc(1, sizeof(*fresh));
	int rc;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->db = txn->db;
	rc =
	    mdb_cursor_open(txn->txn, db_table(txn->db, table), &fresh->cursor);
	if (rc == 0)
		*c = fresh;
	else
		free(fresh);
	return db_status(txn->db, rc, "cursor");
}

void
db_cursor_close(struct db_cursor *c)
{
	if (c == NULL)
		return;
	mdb_cursor_close(c->cursor);
	free(c);
}

static enum status
db_cursor_step(struct db_cursor *c, MDB_cursor_op op, struct bytes from,
    struct bytes *k, struct bytes *v)
{
	MDB_val key = db_val(from);
	MDB_val value;
	int rc = mdb_cursor_get(c->cursor, &key, &value, op);

	if (rc == 0) {
		*k = db_view(key);
		*v = db_view(value);
	}
	return db_status(c->db, rc, "cursor");
}

enum status
db_cursor_seek(
    struct db_cursor *c, struct bytes key, struct bytes *k, struct bytes *v)
{
	assert(key.len <= DB_KEY_BYTES);
	return db_cursor_step(
	    c, key.len == 0 ? MDB_FIRST : MDB_SET_RANGE, key, k, v);
}

enum status
db_cursor_last(struct db_cursor *c, struct bytes *k, struct bytes *v)
{
	return db_cursor_step(c, MDB_LAST, BYTES_NONE, k, v);
}

enum status
db_cursor_next(struct db_cursor *c, struct bytes *k, struct bytes *v)
{
	return db_cursor_step(c, MDB_NEXT, BYTES_NONE, k, v);
}

enum status
db_cursor_prev(struct db_cursor *c, struct bytes *k, struct bytes *v)
{
	return db_cursor_step(c, MDB_PREV, BYTES_NONE, k, v);
}

enum status
db_cursor_del(struct db_cursor *c)
{
	return db_status(c->db, mdb_cursor_del(c->cursor, 0), "delete");
}
