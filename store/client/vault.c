#include "store/client/vault.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store/client/record.h"
#include "store/client/vault_private.h"

enum {
	VAULT_FORMAT = 2,
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
	[VAULT_TOLD] = "told",
	[VAULT_TOLD_NEWS] = "told-news",
	[VAULT_REQUESTS] = "requests",
	[VAULT_HISTORY_BLOCKS] = "history-blocks",
	[VAULT_DEPARTURES] = "departures",
};

/*
 * DAILY is what holds secrets that are used up, text in passing, and names that
 * are taken back: what was there is to be unreadable soon after it has gone.
 * BASE is what stays, what is a number or a hash, and what grows with the
 * history, so that sealing it again each day would be work for nothing.
 */
static const enum vault_ring_kind vault_kinds[VAULT_TABLES_COUNT] = {
	[VAULT_META] = VAULT_RING_DAILY,
	[VAULT_CONTACTS] = VAULT_RING_DAILY,
	[VAULT_SESSIONS] = VAULT_RING_DAILY,
	[VAULT_PREKEYS] = VAULT_RING_DAILY,
	[VAULT_SIGNED_PREKEYS] = VAULT_RING_DAILY,
	[VAULT_BASE_KEYS] = VAULT_RING_BASE,
	[VAULT_PAIRS] = VAULT_RING_DAILY,
	[VAULT_SENDER_KEYS] = VAULT_RING_DAILY,
	[VAULT_SENDER_KEY_IDS] = VAULT_RING_BASE,
	[VAULT_SENDERS] = VAULT_RING_BASE,
	[VAULT_HISTORY] = VAULT_RING_BASE,
	[VAULT_HISTORY_BY_CONVERSATION] = VAULT_RING_BASE,
	[VAULT_HISTORY_BY_ID] = VAULT_RING_BASE,
	[VAULT_OUTBOX] = VAULT_RING_DAILY,
	[VAULT_OUTBOX_BY_ID] = VAULT_RING_BASE,
	[VAULT_SEEN] = VAULT_RING_BASE,
	[VAULT_QUARANTINE] = VAULT_RING_DAILY,
	[VAULT_GROUPS] = VAULT_RING_DAILY,
	[VAULT_GROUP_NAMES] = VAULT_RING_BASE,
	[VAULT_GROUP_LOG] = VAULT_RING_BASE,
	[VAULT_GROUP_KEYS] = VAULT_RING_DAILY,
	[VAULT_SENDER_KEY_SENT] = VAULT_RING_BASE,
	[VAULT_HISTORY_BY_NUMBER] = VAULT_RING_BASE,
	[VAULT_GAPS] = VAULT_RING_DAILY,
	[VAULT_SENT] = VAULT_RING_BASE,
	[VAULT_TALLIES] = VAULT_RING_BASE,
	[VAULT_LISTS] = VAULT_RING_BASE,
	[VAULT_RECEIPTS] = VAULT_RING_BASE,
	[VAULT_RECEIPTS_DUE] = VAULT_RING_DAILY,
	[VAULT_RECEIPT_LOSSES] = VAULT_RING_BASE,
	[VAULT_HISTORY_DUE] = VAULT_RING_BASE,
	[VAULT_GROUP_OFFERS] = VAULT_RING_DAILY,
	[VAULT_GROUP_ANSWERS] = VAULT_RING_BASE,
	[VAULT_JOIN_REQUESTS] = VAULT_RING_DAILY,
	[VAULT_AUDIENCES] = VAULT_RING_DAILY,
	[VAULT_HISTORY_DIRTY] = VAULT_RING_BASE,
	[VAULT_WORDS] = VAULT_RING_BASE,
	[VAULT_TOLD] = VAULT_RING_BASE,
	[VAULT_TOLD_NEWS] = VAULT_RING_BASE,
	[VAULT_REQUESTS] = VAULT_RING_DAILY,
	[VAULT_HISTORY_BLOCKS] = VAULT_RING_BASE,
	[VAULT_DEPARTURES] = VAULT_RING_DAILY,
};

enum vault_ring_kind
vault_kind(enum vault_table table)
{
	/* A table without one is a mistake: choose when you add it. */
	assert(vault_kinds[table] != 0);
	return vault_kinds[table];
}

const char *
vault_table_name(enum vault_table table)
{
	return vault_tables[table];
}

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
	enum status st = vault_txn_start(v, mode, &t);

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
vault_open(const char *dir, struct master_key *key, struct vault **v)
{
	struct vault *fresh = calloc(1, sizeof(*fresh));
	enum status st;

	if (fresh == NULL) {
		master_key_free(key);
		return STATUS_NOMEM;
	}
	fresh->master = key;
	fresh->dir = strdup(dir);
	st = fresh->dir == NULL ? STATUS_NOMEM : STATUS_OK;
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
	if (st == STATUS_OK)
		*v = fresh;
	else
		vault_close(fresh);
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
	keyring_let_go(v->ring);
	master_key_free(v->master);
	free(v->dir);
	free(v);
}
