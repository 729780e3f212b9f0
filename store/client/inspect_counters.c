/* inspect_counters.c - no number that is in use may be given out again. */
#include "store/client/inspect_private.h"
#include "store/client/self.h"

/* The highest key of a table of numbers; 0: it is empty. */
static enum status
highest(struct vault_txn *t, enum vault_table table, uint64_t *number)
{
	struct vault_cursor *c = NULL;
	struct bytes key;
	enum status st = vault_cursor_open(t, table, NULL, NULL, true, &c);

	*number = 0;
	if (st == STATUS_OK)
		st = vault_cursor_next(c, &key, NULL);
	if (st == STATUS_OK)
		*number = vault_key_last_number(key);
	vault_cursor_close(c);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

struct summing {
	struct arena *a;
	uint64_t bytes;
};

static enum status
add_payload(const struct vault_key *key, struct bytes plain, void *arg)
{
	struct summing *sum = arg;
	struct quarantine_entry q;
	enum status st;

	(void)key;
	arena_reset(sum->a);
	if (plain.data == NULL)
		return STATUS_OK;
	st = record_open_quarantine(plain, sum->a, &q);
	if (st == STATUS_OK)
		sum->bytes += q.payload.len;
	return st == STATUS_CRYPTO ? STATUS_OK : st;
}

/* Raised where it is not above what is in use. */
static enum status
raise(struct vault_txn *t, enum vault_table table, uint64_t *next)
{
	uint64_t last;
	enum status st = highest(t, table, &last);

	if (st == STATUS_OK && last != 0 && *next <= last)
		*next = last + 1;
	return st;
}

static enum status
raise_id(struct vault_txn *t, enum vault_table table, uint32_t *next)
{
	uint64_t wide = *next;
	enum status st = raise(t, table, &wide);

	if (st == STATUS_OK && wide <= UINT32_MAX)
		*next = (uint32_t)wide;
	return st;
}

static bool
differ(const struct counters *a, const struct counters *b)
{
	return a->next_history != b->next_history ||
	       a->next_outbox != b->next_outbox ||
	       a->next_quarantine != b->next_quarantine ||
	       a->next_prekey_id != b->next_prekey_id ||
	       a->next_signed_prekey_id != b->next_signed_prekey_id ||
	       a->quarantine_bytes != b->quarantine_bytes;
}

enum status
inspect_counters(struct vault_txn *t, struct arena *a, bool mend, bool *wrong)
{
	struct summing sum = { .a = a };
	struct counters c, before;
	enum status st = counters_get(t, &c);

	if (st != STATUS_OK)
		return st;
	before = c;
	st = raise(t, VAULT_HISTORY, &c.next_history);
	if (st == STATUS_OK)
		st = raise(t, VAULT_OUTBOX, &c.next_outbox);
	if (st == STATUS_OK)
		st = raise(t, VAULT_QUARANTINE, &c.next_quarantine);
	if (st == STATUS_OK)
		st = raise_id(t, VAULT_PREKEYS, &c.next_prekey_id);
	if (st == STATUS_OK)
		st =
		    raise_id(t, VAULT_SIGNED_PREKEYS, &c.next_signed_prekey_id);
	if (st == STATUS_OK)
		st = inspect_walk(t, VAULT_QUARANTINE, add_payload, &sum);
	if (st != STATUS_OK)
		return st;
	c.quarantine_bytes = sum.bytes;
	*wrong = differ(&c, &before);
	return mend && *wrong ? counters_put(t, &c) : STATUS_OK;
}
