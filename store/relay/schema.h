/*
 * schema.h - the relay's tables, their version, and what is made with them.
 */
#ifndef TACIT_STORE_RELAY_SCHEMA_H
#define TACIT_STORE_RELAY_SCHEMA_H

#include "proto/message.h"
#include "store/db.h"

enum {
	SCHEMA_VERSION = 2,
	SCHEMA_OLDEST = 1, /* that can be brought to it (migrate.h) */
	SCHEMA_SALT_BYTES = 16,
};

enum relay_table {
	TABLE_META,
	TABLE_ACCOUNTS, /* account name -> Account */
	TABLE_CURSORS,  /* slot -> Cursor */
	TABLE_STREAMS,  /* slot -> Stream */
	/* slot, type, id -> StoredPrekey; slot alone -> PrekeyHead */
	TABLE_PREKEYS,
	TABLE_INVITES,  /* hash of the code -> Invite */
	TABLE_CHAINS,   /* chain id -> Chain */
	TABLE_ENTRIES,  /* chain id, index -> ChainEntry */
	TABLE_SEGMENTS, /* of version 1; empty (migrate.h) */
	TABLE_GONE,     /* account name -> Gone */
	TABLES_COUNT,
};

struct relay_meta {
	uint32_t version;
	uint8_t epoch[EPOCH_BYTES];
	uint8_t join_salt[SCHEMA_SALT_BYTES];
	uint32_t last_slot;
	int64_t calendar_ms; /* what time it was when this was saved; 0: none */
};

/*
 * Open the database in dir; a new one gets an epoch and a salt.  One of an
 * earlier version is opened as it is.
 *
 * IO: cannot be opened, or was written by a later release (in the log).
 */
enum status schema_open(
    const char *dir, size_t map_bytes, struct db **db, struct relay_meta *meta);

enum status schema_get_meta(struct db_txn *txn, struct relay_meta *meta);
enum status schema_put_meta(struct db_txn *txn, const struct relay_meta *meta);

#endif
