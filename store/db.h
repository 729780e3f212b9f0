/*
 * db.h - one LMDB environment and its transactions; the only way to the disk.
 *
 * Everything durable goes through here, so that the promises about crashes are
 * kept in one place: full sync always, all tables made in one transaction, one
 * transaction per step.  A view that a read returns lives until its transaction
 * ends or, in a write transaction, until the next write.
 *
 * A handle belongs to one process: never fork with it open (LMDB).  A write
 * transaction belongs to the thread that began it.
 */
#ifndef TACIT_STORE_DB_H
#define TACIT_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

struct db;
struct db_txn;
struct db_cursor;

struct db_options {
	const char *dir;           /* exists, 0700; holds data.mdb, lock.mdb */
	size_t map_bytes;          /* reserved once, never resized */
	const char *const *tables; /* names; a table is its index here */
	size_t tables_count;
	/*
	 * Writers of several processes take turns through flock() on
	 * `turnstile` in dir: LMDB's own mutex lets one process starve another
	 * (measured: 349 ms without, 20 ms with).
	 */
	bool turnstile;
};

/*
 * Open, creating what is missing: all tables in one transaction, or nothing.
 * Stale readers of dead processes are cleared.
 *
 * NO_SPACE: disk full.  CRYPTO: the file is damaged, or no database.  IO:
 * cannot be opened; the reason is in the log.
 */
enum status db_open(const struct db_options *options, struct db **db);
void db_close(struct db *db); /* NULL is fine; no transaction may be open */

/*
 * Whether the file in dir can be read from end to end, before it is opened: one
 * that is cut short or overwritten ends the process that reads it, so a child
 * of ours does.  Takes as long as reading the file.
 *
 * CRYPTO: it cannot.  NOMEM.  OK: it can, is not there, or nobody could tell.
 */
enum status db_probe(const char *dir);

enum db_mode { DB_READ, DB_WRITE };

/* Waits for other writers.  NO_SPACE, NOMEM, IO. */
enum status db_txn_begin(struct db *db, enum db_mode mode, struct db_txn **txn);

/*
 * A write transaction inside another one: aborting it undoes it alone.  The
 * parent must not be used before it has ended.
 */
enum status db_txn_begin_nested(struct db_txn *parent, struct db_txn **txn);

/*
 * Make it durable: on STATUS_OK of an outermost transaction the data is on
 * disk.  *txn is NULL afterwards, even on failure.
 *
 * NO_SPACE: disk full, nothing changed.  IO: nothing is known to have changed.
 * After an IO failure of a sync the environment refuses further writes
 * (db_is_broken), since the kernel may have dropped the pages it could not
 * write and a second attempt would claim success.
 */
enum status db_txn_commit(struct db_txn **txn);
void db_txn_abort(struct db_txn *txn); /* NULL is fine */
bool db_is_broken(const struct db *db);

/* Free pages in the middle count as room in the map, not on the disk. */
struct db_room {
	uint64_t map_bytes; /* the most it can grow to */
	uint64_t map_used_bytes;
	uint64_t disk_bytes; /* of the file system it lies in */
	uint64_t disk_free_bytes;
};

/* As of now; takes a read transaction.  IO, NOMEM. */
enum status db_room(struct db *db, struct db_room *room);

/*
 * A copy of what is committed now, piece by piece, while others write.  It is
 * a file that db_open() opens.  Until it is done no page that it shows is used
 * again, so a slow one makes the database grow.  What `take` answers ends it
 * unless it is OK.
 *
 * CONFLICT: it cannot be packed, since pages were lost in an earlier life;
 * nothing is wrong with a copy that is not packed.  NOMEM, IO.  SIGPIPE is
 * ignored in the process.
 */
enum db_copy {
	DB_COPY_PACKED, /* without free pages */
	DB_COPY_WHOLE,
};
typedef enum status db_copy_take(void *arg, struct bytes piece);
enum status db_copy(
    struct db *db, enum db_copy how, db_copy_take *take, void *arg);

/* Keys are 1..511 bytes.  NOT_FOUND, IO. */
enum status db_get(
    struct db_txn *txn, unsigned table, struct bytes key, struct bytes *value);

enum db_put {
	DB_PUT,    /* insert or replace */
	DB_INSERT, /* EXISTS when the key is there */
	DB_APPEND, /* key is above all others: packs pages full */
};

enum status db_put(struct db_txn *txn, unsigned table, struct bytes key,
    struct bytes value, enum db_put how);

/* As db_put() with len bytes the caller fills in before the next call. */
enum status db_reserve(struct db_txn *txn, unsigned table, struct bytes key,
    size_t len, enum db_put how, uint8_t **room);

enum status db_del(struct db_txn *txn, unsigned table, struct bytes key);

/* All of a table, which stays. */
enum status db_clear(struct db_txn *txn, unsigned table);

/* Entries in a table.  IO. */
enum status db_count(struct db_txn *txn, unsigned table, size_t *count);

/*
 * Walk a table in key order.  Each step gives NOT_FOUND past the end and views
 * as described above.  Close before the transaction ends.  An empty key seeks
 * the first.
 */
enum status db_cursor_open(
    struct db_txn *txn, unsigned table, struct db_cursor **c);
void db_cursor_close(struct db_cursor *c); /* NULL is fine */
enum status db_cursor_seek(                /* first key at or above `key` */
    struct db_cursor *c, struct bytes key, struct bytes *k, struct bytes *v);
enum status db_cursor_last(
    struct db_cursor *c, struct bytes *k, struct bytes *v);
enum status db_cursor_next(
    struct db_cursor *c, struct bytes *k, struct bytes *v);
enum status db_cursor_prev(
    struct db_cursor *c, struct bytes *k, struct bytes *v);

#endif
