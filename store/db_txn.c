/* db_txn.c - transactions: one writer at a time, durable or undone. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hook.h"
#include "store/db_private.h"

enum { DB_SPACE_PROBE_BYTES = 65536 }; /* less free than this: disk full */

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
