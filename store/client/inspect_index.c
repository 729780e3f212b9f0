/* inspect_index.c - ways into tables, against the rows they lead to. */
#include "store/client/history_due.h"
#include "store/client/history_index.h"
#include "store/client/inspect_private.h"
#include "store/client/outbox_index.h"

struct indexing {
	struct vault_txn *t;
	struct arena *a;
	size_t rows;     /* that open */
	size_t messages; /* of them */
	size_t numbered; /* that their number leads to */
	size_t missing;
	bool mend;
};

/* A group's messages can be asked for by number, when they were proven. */
static bool
has_number(const struct history_entry *e)
{
	return e->kind == HISTORY_MESSAGE && e->seq != 0 &&
	       e->conversation_kind == CONVERSATION_GROUP &&
	       (e->own || e->signature == SIGNATURE_VALID);
}

/*
 * Whether its number leads to it: also to be asked where it need not.
 * OK or NOT_FOUND.
 */
static enum status
number_leads(struct indexing *x, const struct history_entry *e)
{
	struct address from = { e->from, e->device };
	uint64_t n = 0;
	enum status st;

	if (e->kind != HISTORY_MESSAGE || e->seq == 0)
		return STATUS_NOT_FOUND;
	st = history_find_number(x->t, &e->conversation, &from, e->seq, &n);
	if (st == STATUS_CRYPTO || (st == STATUS_OK && n != e->n))
		return STATUS_NOT_FOUND;
	return st;
}

static enum status
index_entry(struct indexing *x, const struct history_entry *e)
{
	enum status st = history_index_holds(x->t, e);
	enum status number = number_leads(x, e);

	if (st == STATUS_OK)
		st = history_due_holds(x->t, e);
	x->numbered += number == STATUS_OK;
	if (number != STATUS_OK && number != STATUS_NOT_FOUND)
		return number;
	if (st == STATUS_OK && number == STATUS_NOT_FOUND && has_number(e))
		st = STATUS_NOT_FOUND;
	x->missing += st == STATUS_NOT_FOUND;
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

static enum status
mend_entry(struct indexing *x, const struct history_entry *e)
{
	enum status st = history_index_put(x->t, e);

	if (st == STATUS_OK)
		st = history_due_put(x->t, e);
	if (st == STATUS_OK && has_number(e))
		st = history_note_number(x->t, e);
	return st;
}

static enum status
look_entry(const struct vault_key *key, struct bytes plain, void *arg)
{
	struct indexing *x = arg;
	struct history_entry e;
	enum status st;

	(void)key;
	arena_reset(x->a);
	if (plain.data == NULL)
		return STATUS_OK; /* told as a damaged record */
	st = record_open_history(plain, x->a, &e);
	if (st == STATUS_CRYPTO)
		return STATUS_OK;
	if (st != STATUS_OK)
		return st;
	x->rows++;
	x->messages += e.kind == HISTORY_MESSAGE;
	return x->mend ? mend_entry(x, &e) : index_entry(x, &e);
}

/* Entries of an index beyond those that rows account for. */
static enum status
count_loose(
    struct vault_txn *t, enum vault_table table, size_t expected, size_t *loose)
{
	size_t count = 0;
	enum status st = vault_count(t, table, &count);

	if (st == STATUS_OK && count > expected)
		*loose += count - expected;
	return st;
}

enum status
inspect_history(
    struct vault_txn *t, struct arena *a, struct inspect_index *found)
{
	struct indexing x = { .t = t, .a = a };
	size_t loose = 0;
	enum status st = inspect_walk(t, VAULT_HISTORY, look_entry, &x);

	/* Only where all rows are known is an entry known to lead nowhere. */
	if (st == STATUS_OK && x.missing == 0) {
		st = count_loose(
		    t, VAULT_HISTORY_BY_CONVERSATION, x.rows, &loose);
		if (st == STATUS_OK)
			st = count_loose(
			    t, VAULT_HISTORY_BY_ID, 2 * x.messages, &loose);
		if (st == STATUS_OK)
			st = count_loose(
			    t, VAULT_HISTORY_BY_NUMBER, x.numbered, &loose);
	}
	if (st == STATUS_OK)
		*found = (struct inspect_index){ x.missing, loose };
	return st;
}

enum status
inspect_mend_history(struct vault_txn *t, struct arena *a)
{
	struct indexing x = { .t = t, .a = a, .mend = true };
	enum status st = inspect_clear(t, VAULT_HISTORY_BY_CONVERSATION);

	if (st == STATUS_OK)
		st = inspect_clear(t, VAULT_HISTORY_BY_ID);
	if (st == STATUS_OK)
		st = inspect_clear(t, VAULT_HISTORY_BY_NUMBER);
	if (st == STATUS_OK)
		st = inspect_clear(t, VAULT_HISTORY_DUE);
	if (st == STATUS_OK)
		st = inspect_walk(t, VAULT_HISTORY, look_entry, &x);
	return st;
}

static enum status
look_row(const struct vault_key *key, struct bytes plain, void *arg)
{
	struct indexing *x = arg;
	struct outbox_row row;
	uint64_t order = 0;
	enum status st;

	(void)key;
	arena_reset(x->a);
	if (plain.data == NULL)
		return STATUS_OK;
	st = record_open_outbox(plain, x->a, &row);
	if (st != STATUS_OK || row.kind != OUTBOX_MESSAGE)
		return st == STATUS_CRYPTO ? STATUS_OK : st;
	x->messages++;
	if (x->mend)
		return outbox_index_put(x->t, &row);
	st = outbox_find(x->t, &row.id, &order);
	if (st == STATUS_OK && order == row.order)
		return STATUS_OK;
	x->missing++;
	return st == STATUS_NOT_FOUND || st == STATUS_CRYPTO ? STATUS_OK : st;
}

enum status
inspect_outbox(
    struct vault_txn *t, struct arena *a, struct inspect_index *found)
{
	struct indexing x = { .t = t, .a = a };
	size_t loose = 0;
	enum status st = inspect_walk(t, VAULT_OUTBOX, look_row, &x);

	if (st == STATUS_OK)
		st = count_loose(t, VAULT_OUTBOX_BY_ID, x.messages, &loose);
	if (st == STATUS_OK)
		*found = (struct inspect_index){ x.missing, loose };
	return st;
}

enum status
inspect_mend_outbox(struct vault_txn *t, struct arena *a)
{
	struct indexing x = { .t = t, .a = a, .mend = true };
	enum status st = inspect_clear(t, VAULT_OUTBOX_BY_ID);

	if (st == STATUS_OK)
		st = inspect_walk(t, VAULT_OUTBOX, look_row, &x);
	return st;
}

static enum status
look_group(const struct vault_key *key, struct bytes plain, void *arg)
{
	struct indexing *x = arg;
	struct group_record g;
	struct hash id;
	enum status st;

	(void)key;
	arena_reset(x->a);
	if (plain.data == NULL)
		return STATUS_OK;
	st = record_open_group(plain, x->a, &g);
	if (st != STATUS_OK)
		return st == STATUS_CRYPTO ? STATUS_OK : st;
	x->rows++;
	if (x->mend) {
		st = group_set_name(x->t, &g, g.name);
		/* Two of one name: the second one is told again. */
		return st == STATUS_EXISTS ? STATUS_OK : st;
	}
	st = group_find_name(x->t, g.name, &id);
	if (st == STATUS_OK && bytes_equal(hash_view(&id), hash_view(&g.id)))
		return STATUS_OK;
	x->missing++;
	return st == STATUS_NOT_FOUND || st == STATUS_CRYPTO ? STATUS_OK : st;
}

enum status
inspect_group_names(
    struct vault_txn *t, struct arena *a, struct inspect_index *found)
{
	struct indexing x = { .t = t, .a = a };
	size_t loose = 0;
	enum status st = inspect_walk(t, VAULT_GROUPS, look_group, &x);

	if (st == STATUS_OK)
		st = count_loose(t, VAULT_GROUP_NAMES, x.rows, &loose);
	if (st == STATUS_OK)
		*found = (struct inspect_index){ x.missing, loose };
	return st;
}

enum status
inspect_mend_group_names(struct vault_txn *t, struct arena *a)
{
	struct indexing x = { .t = t, .a = a, .mend = true };
	enum status st = inspect_clear(t, VAULT_GROUP_NAMES);

	if (st == STATUS_OK)
		st = inspect_walk(t, VAULT_GROUPS, look_group, &x);
	return st;
}
