#include "store/relay/schema.h"

#include "base/log.h"
#include "base/random.h"
#include "store/relay/records.h"

enum { SCHEMA_ARENA_BYTES = 4096 };

static const char *const tables[TABLES_COUNT] = {
	[TABLE_META] = "meta",
	[TABLE_ACCOUNTS] = "accounts",
	[TABLE_CURSORS] = "cursors",
	[TABLE_STREAMS] = "streams",
	[TABLE_PREKEYS] = "prekeys",
	[TABLE_INVITES] = "invites",
	[TABLE_CHAINS] = "chains",
	[TABLE_ENTRIES] = "entries",
	[TABLE_SEGMENTS] = "segments",
	[TABLE_GONE] = "gone",
};

static struct bytes
schema_key(void)
{
	return BYTES("meta");
}

enum status
schema_get_meta(struct db_txn *txn, struct relay_meta *meta)
{
	struct arena *a = NULL;
	struct bytes row;
	enum status st = db_get(txn, TABLE_META, schema_key(), &row);

	if (st == STATUS_OK)
		st = arena_new(SCHEMA_ARENA_BYTES, &a);
	if (st == STATUS_OK)
		st = record_get_meta(row, a, meta);
	arena_free(a);
	return st;
}

enum status
schema_put_meta(struct db_txn *txn, const struct relay_meta *meta)
{
	return record_put_meta(txn, schema_key(), meta);
}

static enum status
schema_read(struct db *db, struct relay_meta *meta)
{
	struct db_txn *txn = NULL;
	enum status st = db_txn_begin(db, DB_READ, &txn);

	if (st == STATUS_OK)
		st = schema_get_meta(txn, meta);
	db_txn_abort(txn);
	return st;
}

/* Another process may have been faster: its row stands. */
static enum status
schema_make(struct db *db, struct relay_meta *meta)
{
	struct db_txn *txn = NULL;
	enum status st = db_txn_begin(db, DB_WRITE, &txn);

	if (st != STATUS_OK)
		return st;
	st = schema_get_meta(txn, meta);
	if (st != STATUS_NOT_FOUND)
		goto out;
	*meta = (struct relay_meta){ .version = SCHEMA_VERSION };
	random_bytes(meta->epoch, sizeof(meta->epoch));
	random_bytes(meta->join_salt, sizeof(meta->join_salt));
	st = schema_put_meta(txn, meta);
	if (st == STATUS_OK)
		st = db_txn_commit(&txn);
out:
	db_txn_abort(txn);
	return st;
}

enum status
schema_open(
    const char *dir, size_t map_bytes, struct db **db, struct relay_meta *meta)
{
	const struct db_options options = {
		.dir = dir,
		.map_bytes = map_bytes,
		.tables = tables,
		.tables_count = TABLES_COUNT,
		.turnstile = true,
	};
	struct db *fresh = NULL;
	enum status st = db_open(&options, &fresh);

	if (st != STATUS_OK)
		return st;
	st = schema_read(fresh, meta);
	if (st == STATUS_NOT_FOUND)
		st = schema_make(fresh, meta);
	if (st == STATUS_OK &&
	    (meta->version > SCHEMA_VERSION || meta->version < SCHEMA_OLDEST)) {
		log_event(LOG_LEVEL_ERROR, "schema-unknown",
		    "version=%u known=%d reason=\"this store was written by a "
		    "later release; install that one again, or restore a "
		    "backup from before the upgrade\"",
		    meta->version, SCHEMA_VERSION);
		st = STATUS_IO;
	}
	if (st == STATUS_OK)
		*db = fresh;
	else
		db_close(fresh);
	return st;
}
