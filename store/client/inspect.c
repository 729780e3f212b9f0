#include <string.h>

#include "store/client/inspect_private.h"

/* *ok: it is what belongs there.  NOMEM. */
typedef enum status inspect_open_fn(struct bytes plain, struct arena *a);

#define OPENS_AS(name, type)                                                   \
	static enum status opens_##name(struct bytes plain, struct arena *a)   \
	{                                                                      \
		type record;                                                   \
                                                                               \
		return record_open_##name(plain, a, &record);                  \
	}
OPENS_AS(contact, struct contact)
OPENS_AS(pair, struct pair_state)
OPENS_AS(group_ref, struct hash)
OPENS_AS(sender, struct sender_state)
OPENS_AS(history, struct history_entry)
OPENS_AS(outbox, struct outbox_row)
OPENS_AS(number, uint64_t)
OPENS_AS(mark, int64_t)
OPENS_AS(quarantine, struct quarantine_entry)
OPENS_AS(group, struct group_record)
OPENS_AS(group_secret, struct group_secret)
OPENS_AS(gap, struct gap)
OPENS_AS(stamped, struct stamped)
OPENS_AS(signed_list, struct signed_list)
OPENS_AS(receipt_state, struct receipt_state)
OPENS_AS(receipt_due, struct receipt_due)
OPENS_AS(join, struct join_row)
OPENS_AS(departure, struct departure_row)
OPENS_AS(request, struct request_row)
OPENS_AS(words, struct words)
OPENS_AS(told, struct told)
OPENS_AS(told_news, struct told_news)

static enum status
opens_prekey(struct bytes plain, struct arena *a)
{
	struct stored_prekey info;
	struct bytes record;

	return record_open_prekey(plain, a, &info, &record);
}

struct inspect_rule {
	const char *name;
	inspect_open_fn *open; /* NULL: bytes of another library, or nothing */
	bool may_drop;
};

/*
 * Sessions begin anew, keys are asked for again, what was seen or counted is
 * noted again; nobody gives back a pinned key or what was said.
 */
static const struct inspect_rule rules[VAULT_TABLES_COUNT] = {
	[VAULT_META] = { "own records", NULL, false },
	[VAULT_CONTACTS] = { "contacts", opens_contact, false },
	[VAULT_SESSIONS] = { "sessions", NULL, true },
	[VAULT_PREKEYS] = { "prekeys", opens_prekey, true },
	[VAULT_SIGNED_PREKEYS] = { "signed prekeys", opens_prekey, true },
	[VAULT_BASE_KEYS] = { "base keys", opens_mark, false },
	[VAULT_PAIRS] = { "pair counters", opens_pair, true },
	[VAULT_SENDER_KEYS] = { "sender keys", NULL, true },
	[VAULT_SENDER_KEY_IDS] = { "sender key ids", opens_group_ref, false },
	[VAULT_SENDERS] = { "senders' chains", opens_sender, false },
	[VAULT_HISTORY] = { "history", opens_history, true },
	[VAULT_HISTORY_BY_CONVERSATION] = { "history by conversation", NULL,
	    true },
	[VAULT_HISTORY_BY_ID] = { "history by id", NULL, true },
	[VAULT_OUTBOX] = { "outbox", opens_outbox, true },
	[VAULT_OUTBOX_BY_ID] = { "outbox by id", opens_number, true },
	[VAULT_SEEN] = { "ciphertexts seen", opens_mark, false },
	[VAULT_QUARANTINE] = { "quarantine", opens_quarantine, true },
	[VAULT_GROUPS] = { "groups", opens_group, false },
	[VAULT_GROUP_NAMES] = { "names of groups", opens_group_ref, true },
	[VAULT_GROUP_LOG] = { "logs of groups", NULL, false },
	[VAULT_GROUP_KEYS] = { "log keys", opens_group_secret, true },
	[VAULT_SENDER_KEY_SENT] = { "who has our keys", opens_number, true },
	[VAULT_HISTORY_BY_NUMBER] = { "history by number", opens_number, true },
	[VAULT_GAPS] = { "gaps", opens_gap, true },
	[VAULT_SENT] = { "ciphertexts sent", opens_stamped, true },
	[VAULT_TALLIES] = { "tallies", opens_stamped, true },
	[VAULT_LISTS] = { "device lists", opens_signed_list, true },
	[VAULT_RECEIPTS] = { "receipts", opens_receipt_state, true },
	[VAULT_RECEIPTS_DUE] = { "receipts owed", opens_receipt_due, true },
	[VAULT_RECEIPT_LOSSES] = { "losses", NULL, true },
	[VAULT_HISTORY_DUE] = { "timers", NULL, true },
	[VAULT_GROUP_OFFERS] = { "offers", opens_group, true },
	[VAULT_GROUP_ANSWERS] = { "answers", opens_number, true },
	[VAULT_JOIN_REQUESTS] = { "requests to join", opens_join, true },
	[VAULT_AUDIENCES] = { "audiences", NULL, true },
	[VAULT_HISTORY_DIRTY] = { "erased rows", opens_mark, false },
	[VAULT_WORDS] = { "reactions and edits", opens_words, false },
	[VAULT_TOLD] = { "states told", opens_told, true },
	[VAULT_TOLD_NEWS] = { "states to tell", opens_told_news, true },
	[VAULT_REQUESTS] = { "requests", opens_request, true },
	[VAULT_HISTORY_BLOCKS] = { "blocks to search in", NULL, true },
	[VAULT_DEPARTURES] = { "devices that left", opens_departure, true },
};

enum status
inspect_file(const char *dir)
{
	return db_probe(dir);
}

const char *
inspect_name(enum vault_table table)
{
	return rules[table].name != NULL ? rules[table].name : "a table";
}

bool
inspect_may_drop(enum vault_table table)
{
	return rules[table].may_drop;
}

/* The generation of the key ring is no record: it stands in clear. */
static bool
is_generation(enum vault_table table, const struct vault_key *key)
{
	struct vault_key generation = vault_key_number(VAULT_META_RING);

	return table == VAULT_META && key->len == generation.len &&
	       memcmp(key->raw, generation.raw, key->len) == 0;
}

enum status
inspect_walk(
    struct vault_txn *t, enum vault_table table, inspect_row_fn *row, void *arg)
{
	struct vault_cursor *c = NULL;
	enum status st = vault_cursor_open(t, table, NULL, NULL, false, &c);

	while (st == STATUS_OK) {
		struct vault_key key = { .len = 0 };
		struct buf *plain = NULL;
		struct bytes raw;

		st = vault_cursor_next(c, &raw, NULL);
		if (st != STATUS_OK)
			break;
		memcpy(key.raw, raw.data, raw.len);
		key.len = raw.len;
		if (is_generation(table, &key))
			continue;
		st = vault_get(t, table, &key, &plain);
		if (st == STATUS_CRYPTO)
			st = row(&key, BYTES_NONE, arg);
		else if (st == STATUS_OK)
			/* An empty one is there all the same. */
			st = row(&key,
			    buf_len(plain) > 0 ? buf_view(plain) : BYTES(""),
			    arg);
		buf_free(plain);
	}
	vault_cursor_close(c);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

enum status
inspect_clear(struct vault_txn *t, enum vault_table table)
{
	return db_clear(t->txn, (unsigned)table);
}

struct inspect_walking {
	struct vault_txn *t;
	enum vault_table table;
	struct arena *a;
	size_t records;
	size_t damaged;
	bool drop;
};

static enum status
look(const struct vault_key *key, struct bytes plain, void *arg)
{
	struct inspect_walking *w = arg;
	const struct inspect_rule *rule = &rules[w->table];
	enum status st = STATUS_OK;

	w->records++;
	arena_reset(w->a);
	if (plain.data == NULL)
		st = STATUS_CRYPTO;
	else if (rule->open != NULL)
		st = rule->open(plain, w->a);
	if (st != STATUS_CRYPTO)
		return st;
	w->damaged++;
	return w->drop ? vault_del(w->t, w->table, key) : STATUS_OK;
}

enum status
inspect_table(struct vault_txn *t, enum vault_table table, struct arena *a,
    size_t *records, size_t *damaged)
{
	struct inspect_walking w = { .t = t, .table = table, .a = a };
	enum status st = inspect_walk(t, table, look, &w);

	if (st == STATUS_OK) {
		*records = w.records;
		*damaged = w.damaged;
	}
	return st;
}

enum status
inspect_drop(struct vault_txn *t, enum vault_table table, struct arena *a,
    size_t *dropped)
{
	struct inspect_walking w = {
		.t = t, .table = table, .a = a, .drop = true
	};
	enum status st = inspect_walk(t, table, look, &w);

	if (st == STATUS_OK)
		*dropped = w.damaged;
	return st;
}
