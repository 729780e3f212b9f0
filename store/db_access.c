/* db_access.c - entries of a table: by key, and in key order. */
#include <assert.h>
#include <lmdb.h>
#include <stdlib.h>

#include "store/db_private.h"

struct db_cursor {
	struct db *db;
	MDB_cursor *cursor;
};

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
db_clear(struct db_txn *txn, unsigned table)
{
	return db_status(
	    txn->db, mdb_drop(txn->txn, db_table(txn->db, table), 0), "clear");
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
