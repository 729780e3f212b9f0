/*
 * records.h - the relay's rows as plain structs.
 *
 * Putting packs straight into the database's page.  Getting checks every
 * length; IO means a row that this relay did not write, and is in the log.
 * What a result points to lies in the arena.  NOMEM: the arena is full.
 */
#ifndef TACIT_STORE_RELAY_RECORDS_H
#define TACIT_STORE_RELAY_RECORDS_H

#include "proto/arena.h"
#include "proto/message.h"
#include "store/relay/replay.h"
#include "store/relay/schema.h"
#include "store/relay/suspension.h"

struct account_device {
	uint32_t id;
	uint32_t registration_id;
	struct sign_public device_key;
	uint8_t identity_key[IDENTITY_KEY_BYTES];
	uint32_t slot; /* from 1 */
};

struct account_record {
	struct signed_list list;
	struct sign_public account_key;
	struct account_device devices[LIMIT_DEVICES_PER_ACCOUNT];
	size_t devices_count;
	int64_t created_ms; /* 0: not known */
	uint32_t invite;    /* invite_short(); 0: none */
	enum suspension suspended;
	uint32_t seen_day; /* 0: not known */
};

struct gone_device {
	uint32_t slot;
	uint32_t id;
	bool owed; /* whoever sent it something has yet to be told */
};

enum { LIMIT_GONE_DEVICES = 64 }; /* the last ones that had the name */

struct gone_record {
	int64_t removed_ms;
	bool by_owner;
	bool freed;
	struct gone_device devices[LIMIT_GONE_DEVICES];
	size_t devices_count;
};

struct cursor_record {
	uint64_t acknowledged; /* or given up */
	uint64_t head;
	uint64_t unfetched; /* the last so many of these were given up */
};

struct stream_record {
	struct replay replay;
	uint64_t segment; /* marks in segments below it are in replay */
};

struct prekey_head {
	uint32_t one_time_high; /* highest id ever stored */
	bool has_one_time;      /* false: none was */
};

enum { LIMIT_LABEL_BYTES = 64 };

struct invite_record {
	uint64_t uses; /* left */
	bool endless;
	int64_t expires_ms; /* 0: never */
	struct bytes label; /* text without NUL */
	int64_t created_ms; /* 0: not known */
	uint64_t used;
};

struct chain_record {
	uint64_t length;
	struct hash token_hash;
};

enum status record_put_meta(
    struct db_txn *txn, struct bytes key, const struct relay_meta *r);
enum status record_get_meta(
    struct bytes row, struct arena *a, struct relay_meta *r);

enum status record_put_account(
    struct db_txn *txn, struct bytes key, const struct account_record *r);
enum status record_get_account(
    struct bytes row, struct arena *a, struct account_record *r);

enum status record_put_gone(
    struct db_txn *txn, struct bytes key, const struct gone_record *r);
enum status record_get_gone(
    struct bytes row, struct arena *a, struct gone_record *r);

enum status record_put_cursor(
    struct db_txn *txn, struct bytes key, const struct cursor_record *r);
enum status record_get_cursor(
    struct bytes row, struct arena *a, struct cursor_record *r);

enum status record_put_stream(
    struct db_txn *txn, struct bytes key, const struct stream_record *r);
enum status record_get_stream(
    struct bytes row, struct arena *a, struct stream_record *r);

/* Only the public key and the signature; type and id are in the key. */
enum status record_put_prekey(
    struct db_txn *txn, struct bytes key, const struct prekey *r);
enum status record_get_prekey(
    struct bytes row, struct arena *a, struct prekey *r);

enum status record_put_prekey_head(
    struct db_txn *txn, struct bytes key, const struct prekey_head *r);
enum status record_get_prekey_head(
    struct bytes row, struct arena *a, struct prekey_head *r);

enum status record_put_invite(
    struct db_txn *txn, struct bytes key, const struct invite_record *r);
enum status record_get_invite(
    struct bytes row, struct arena *a, struct invite_record *r);

enum status record_put_chain(
    struct db_txn *txn, struct bytes key, const struct chain_record *r);
enum status record_get_chain(
    struct bytes row, struct arena *a, struct chain_record *r);

enum status record_put_entry(
    struct db_txn *txn, struct bytes key, struct bytes entry);
enum status record_get_entry(
    struct bytes row, struct arena *a, struct bytes *entry);

#endif
