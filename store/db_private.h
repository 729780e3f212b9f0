/*
 * db_private.h - what the parts of db share: db.c (the environment), db_lock.c
 * (its file of locks), db_txn.c (transactions) and db_access.c (entries).
 */
#ifndef TACIT_STORE_DB_PRIVATE_H
#define TACIT_STORE_DB_PRIVATE_H

#include <stdatomic.h>

#include "store/db.h"

struct MDB_env; /* lmdb.h enters through the .c files alone */
struct MDB_txn;

enum {
	DB_KEY_BYTES = 511, /* LMDB's own limit */
	DB_READERS = 1024,  /* read transactions at once */
};

struct db {
	struct MDB_env *env;
	unsigned *tables; /* LMDB's handles */
	size_t tables_count;
	int turnstile_fd; /* -1: none */
	int dir_fd;
	atomic_bool broken;
	_Atomic int64_t warned_ms; /* of a full disk; 0: not yet */
};

struct db_txn {
	struct db *db;
	struct db_txn *parent;
	struct MDB_txn *txn;
	enum db_mode mode;
};

/* What LMDB's `rc` means to the caller of `what`; failures are logged here. */
enum status db_status(struct db *db, int rc, const char *what);

/*
 * Before the environment in that directory is opened: 0, or an errno that says
 * that the disk is full.  Any other failure is LMDB's to find.
 */
int db_lock_room(int dir_fd);

/* Around every outermost write transaction; nothing without a turnstile. */
void db_turnstile_enter(struct db *db);
void db_turnstile_leave(struct db *db);

#endif
