#include "store/client/vault.h"

#include <stdlib.h>

#include "base/log.h"
#include "store/client/record.h"
#include "store/client/vault_private.h"

enum {
	VAULT_FORMAT = 1,
	VAULT_ARENA_BYTES = 2 * VAULT_VALUE_MAX_BYTES, /* decoded: with room */
};

/* Reserved address space, not memory; less where the system is strict. */
static const size_t vault_map_bytes[] = { (size_t)64 << 30, (size_t)4 << 30 };

static const char *const vault_tables[VAULT_TABLES_COUNT] = {
	[VAULT_META] = "meta",
	[VAULT_CONTACTS] = "contacts",
	[VAULT_SESSIONS] = "sessions",
	[VAULT_PREKEYS] = "prekeys",
	[VAULT_SIGNED_PREKEYS] = "signed-prekeys",
	[VAULT_BASE_KEYS] = "base-keys",
	[VAULT_PAIRS] = "pairs",
	[VAULT_SENDER_KEYS] = "sender-keys",
	[VAULT_SENDER_KEY_IDS] = "sender-key-ids",
	[VAULT_SENDERS] = "senders",
	[VAULT_HISTORY] = "history",
	[VAULT_HISTORY_BY_CONVERSATION] = "history-by-conversation",
	[VAULT_HISTORY_BY_ID] = "history-by-id",
	[VAULT_OUTBOX] = "outbox",
	[VAULT_OUTBOX_BY_ID] = "outbox-by-id",
	[VAULT_SEEN] = "seen",
	[VAULT_QUARANTINE] = "quarantine",
	[VAULT_GROUPS] = "groups",
	[VAULT_GROUP_NAMES] = "group-names",
	[VAULT_GROUP_LOG] = "group-log",
	[VAULT_GROUP_KEYS] = "group-keys",
	[VAULT_SENDER_KEY_SENT] = "sender-key-sent",
	[VAULT_HISTORY_BY_NUMBER] = "history-by-number",
	[VAULT_GAPS] = "gaps",
	[VAULT_SENT] = "sent",
	[VAULT_TALLIES] = "tallies",
	[VAULT_LISTS] = "lists",
	[VAULT_RECEIPTS] = "receipts",
	[VAULT_RECEIPTS_DUE] = "receipts-due",
	[VAULT_RECEIPT_LOSSES] = "receipt-losses",
	[VAULT_HISTORY_DUE] = "history-due",
	[VAULT_GROUP_OFFERS] = "group-offers",
	[VAULT_GROUP_ANSWERS] = "group-answers",
	[VAULT_JOIN_REQUESTS] = "join-requests",
	[VAULT_AUDIENCES] = "audiences",
	[VAULT_HISTORY_DIRTY] = "history-dirty",
	[VAULT_WORDS] = "words",
};

static enum status
vault_open_db(const char *dir, struct db **db)
{
	struct db_options options = {
		.dir = dir,
		.map_bytes = vault_map_bytes[0],
		.tables = vault_tables,
		.tables_count = VAULT_TABLES_COUNT,
		.turnstile = true,
	};
	enum status st = db_open(&options, db);

	if (st != STATUS_NOMEM)
		return st;
	options.map_bytes = vault_map_bytes[1];
	log_event(
	    LOG_LEVEL_WARN, "vault-map-small", "bytes=%zu", options.map_bytes);
	return db_open(&options, db);
}

static enum status
vault_read_check(struct vault_txn *t)
{
	struct vault_key key = vault_key_number(VAULT_META_CHECK);
	struct bytes plain;
	uint32_t format;
	enum status st = vault_peek(t, VAULT_META, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_check(plain, vault_arena(t), &format);
	if (st != STATUS_OK)
		return st;
	if (format == VAULT_FORMAT)
		return STATUS_OK;
	log_event(LOG_LEVEL_ERROR, "vault-format", "found=%u known=%d",
	    (unsigned)format, VAULT_FORMAT);
	return STATUS_BAD_INPUT;
}

static enum status
vault_write_check(struct vault_txn *t)
{
	struct vault_key key = vault_key_number(VAULT_META_CHECK);
	struct buf *packed = vault_packed(t);
	enum status st;

	for (unsigned i = 0; i < VAULT_TABLES_COUNT; i++) {
		size_t count;

		/* Records without the check are damage, not a fresh vault. */
		st = vault_count(t, i, &count);
		if (st == STATUS_OK && count > 0)
			st = STATUS_CRYPTO;
		if (st != STATUS_OK)
			return st;
	}
	st = record_pack_check(VAULT_FORMAT, packed);
	if (st == STATUS_OK)
		st = vault_put(t, VAULT_META, &key, buf_view(packed));
	return st;
}

static enum status
vault_check(struct vault *v, enum db_mode mode)
{
	struct vault_txn *t = NULL;
	enum status st = vault_txn_begin(v, mode, &t);

	if (st != STATUS_OK)
		return st;
	st = vault_read_check(t);
	if (st == STATUS_NOT_FOUND && mode == DB_WRITE) {
		st = vault_write_check(t);
		if (st == STATUS_OK)
			return vault_txn_commit(&t);
	}
	vault_txn_abort(t);
	return st;
}

static enum status
vault_check_or_make(struct vault *v)
{
	enum status st = vault_check(v, DB_READ);

	/* Looked at again inside: another process may be making it too. */
	if (st == STATUS_NOT_FOUND)
		st = vault_check(v, DB_WRITE);
	if (st == STATUS_CRYPTO)
		log_event(LOG_LEVEL_ERROR, "vault-check", "result=crypto");
	return st;
}

enum status
vault_open(const char *dir, struct epoch_key *key, struct vault **v)
{
	struct vault *fresh = calloc(1, sizeof(*fresh));
	enum status st = STATUS_NOMEM;

	if (fresh == NULL)
		goto out;
	st = vault_keys_new(key, &fresh->keys);
	if (st == STATUS_OK)
		st = buf_new(VAULT_VALUE_MAX_BYTES, &fresh->plain);
	if (st == STATUS_OK)
		st = buf_new(VAULT_VALUE_MAX_BYTES, &fresh->packed);
	if (st == STATUS_OK)
		st = arena_new(VAULT_ARENA_BYTES, &fresh->arena);
	if (st == STATUS_OK)
		st = vault_open_db(dir, &fresh->db);
	if (st == STATUS_OK)
		st = vault_check_or_make(fresh);
	if (st != STATUS_OK)
		goto out;
	*v = fresh;
	fresh = NULL;
out:
	vault_close(fresh);
	epoch_key_free(key);
	return st;
}

void
vault_close(struct vault *v)
{
	if (v == NULL)
		return;
	db_close(v->db);
	arena_free(v->arena);
	buf_free(v->packed);
	buf_free(v->plain);
	vault_keys_free(v->keys);
	free(v);
}

static enum status
vault_txn_new(struct vault *v, bool is_nested, struct vault_txn **t)
{
	struct vault_txn *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->vault = v;
	fresh->is_nested = is_nested;
	*t = fresh;
	return STATUS_OK;
}

enum status
vault_txn_begin(struct vault *v, enum db_mode mode, struct vault_txn **t)
{
	struct vault_txn *fresh = NULL;
	enum status st = vault_txn_new(v, false, &fresh);

	if (st == STATUS_OK)
		st = db_txn_begin(v->db, mode, &fresh->txn);
	if (st == STATUS_OK)
		*t = fresh;
	else
		free(fresh);
	return st;
}

enum status
vault_txn_begin_nested(struct vault_txn *parent, struct vault_txn **t)
{
	struct vault_txn *fresh = NULL;
	enum status st = vault_txn_new(parent->vault, true, &fresh);

	if (st == STATUS_OK)
		st = db_txn_begin_nested(parent->txn, &fresh->txn);
	if (st == STATUS_OK)
		*t = fresh;
	else
		free(fresh);
	return st;
}

static void
vault_txn_free(struct vault_txn *t)
{
	if (!t->is_nested) {
		buf_clear(t->vault->plain);
		buf_clear(t->vault->packed);
		arena_reset(t->vault->arena);
	}
	free(t);
}

enum status
vault_txn_commit(struct vault_txn **t)
{
	struct vault_txn *ending = *t;
	enum status st = db_txn_commit(&ending->txn);

	*t = NULL;
	vault_txn_free(ending);
	return st;
}

void
vault_txn_abort(struct vault_txn *t)
{
	if (t == NULL)
		return;
	db_txn_abort(t->txn);
	vault_txn_free(t);
}

static struct bytes
vault_key_view(const struct vault_key *key)
{
	return bytes_view(key->raw, key->len);
}

/* Append the record's plain bytes to `out`. */
static enum status
vault_read(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, struct buf *out)
{
	struct bytes sealed;
	enum status st =
	    db_get(t->txn, (unsigned)table, vault_key_view(key), &sealed);

	if (st == STATUS_OK)
		st = vault_unseal(
		    t->vault->keys, table, vault_key_view(key), sealed, out);
	if (st == STATUS_CRYPTO)
		log_event(LOG_LEVEL_ERROR, "vault-record-damaged", "table=%s",
		    vault_tables[table]);
	return st;
}

enum status
vault_peek(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, struct bytes *value)
{
	struct buf *plain = t->vault->plain;
	enum status st;

	buf_clear(plain);
	st = vault_read(t, table, key, plain);
	if (st == STATUS_OK)
		*value = buf_view(plain);
	return st;
}

enum status
vault_get(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, struct buf **value)
{
	struct buf *fresh = NULL;
	enum status st = buf_new(VAULT_VALUE_MAX_BYTES, &fresh);

	if (st == STATUS_OK)
		st = vault_read(t, table, key, fresh);
	if (st != STATUS_OK) {
		buf_free(fresh);
		return st;
	}
	*value = fresh;
	return STATUS_OK;
}

enum status
vault_put(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, struct bytes value)
{
	uint8_t *room = NULL;
	enum status st;

	if (value.len > VAULT_VALUE_MAX_BYTES)
		return STATUS_FULL;
	st = db_reserve(t->txn, (unsigned)table, vault_key_view(key),
	    value.len + VAULT_OVERHEAD_BYTES, DB_PUT, &room);
	if (st == STATUS_OK)
		vault_seal(
		    t->vault->keys, table, vault_key_view(key), value, room);
	return st;
}

enum status
vault_del(
    struct vault_txn *t, enum vault_table table, const struct vault_key *key)
{
	return db_del(t->txn, (unsigned)table, vault_key_view(key));
}

enum status
vault_has(
    struct vault_txn *t, enum vault_table table, const struct vault_key *key)
{
	struct bytes sealed;

	return db_get(t->txn, (unsigned)table, vault_key_view(key), &sealed);
}

enum status
vault_count(struct vault_txn *t, enum vault_table table, size_t *count)
{
	return db_count(t->txn, (unsigned)table, count);
}

struct buf *
vault_packed(struct vault_txn *t)
{
	buf_clear(t->vault->packed);
	return t->vault->packed;
}

struct arena *
vault_arena(struct vault_txn *t)
{
	arena_reset(t->vault->arena);
	return t->vault->arena;
}
