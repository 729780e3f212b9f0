/* vault_cursor.c - walking through a table in the order of its keys. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/client/vault_private.h"

struct vault_cursor {
	struct vault_txn *txn;
	struct db_cursor *cursor;
	enum vault_table table;
	bool backwards;
	bool has_last; /* else `last` is the first key wanted, if any */
	struct vault_key prefix;
	struct vault_key last;
};

static const struct vault_key vault_no_key = { .len = 0 };

enum status
vault_cursor_open(struct vault_txn *t, enum vault_table table,
    const struct vault_key *prefix, const struct vault_key *from,
    bool backwards, struct vault_cursor **c)
{
	struct vault_cursor *fresh = calloc(1, sizeof(*fresh));
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->txn = t;
	fresh->table = table;
	fresh->backwards = backwards;
	fresh->prefix = prefix != NULL ? *prefix : vault_no_key;
	fresh->last = from != NULL ? *from : vault_no_key;
	st = db_cursor_open(t->txn, (unsigned)table, &fresh->cursor);
	if (st == STATUS_OK)
		*c = fresh;
	else
		free(fresh);
	return st;
}

void
vault_cursor_close(struct vault_cursor *c)
{
	if (c == NULL)
		return;
	db_cursor_close(c->cursor);
	free(c);
}

/* The first key above all keys that begin with `key`; false: none is. */
static bool
vault_key_after(const struct vault_key *key, struct vault_key *after)
{
	*after = *key;
	while (after->len > 0) {
		if (++after->raw[after->len - 1] != 0)
			return true;
		after->len--;
	}
	return false;
}

/* At or, when `above`, strictly above the key. */
static enum status
vault_cursor_forward(struct vault_cursor *c, const struct vault_key *key,
    bool above, struct bytes *k, struct bytes *v)
{
	struct bytes wanted = bytes_view(key->raw, key->len);
	enum status st = db_cursor_seek(c->cursor, wanted, k, v);

	if (st == STATUS_OK && above && bytes_equal(*k, wanted))
		st = db_cursor_next(c->cursor, k, v);
	return st;
}

/* At or, when `below`, strictly below the key. */
static enum status
vault_cursor_backward(struct vault_cursor *c, const struct vault_key *key,
    bool below, struct bytes *k, struct bytes *v)
{
	struct bytes wanted = bytes_view(key->raw, key->len);
	enum status st = db_cursor_seek(c->cursor, wanted, k, v);

	if (st == STATUS_NOT_FOUND)
		return db_cursor_last(c->cursor, k, v);
	if (st != STATUS_OK || (!below && bytes_equal(*k, wanted)))
		return st;
	return db_cursor_prev(c->cursor, k, v);
}

static enum status
vault_cursor_step(struct vault_cursor *c, struct bytes *k, struct bytes *v)
{
	struct vault_key after;

	/*
	 * Sought anew each time: the caller may have changed the table, and
	 * LMDB's own cursors would skip or repeat a neighbour.
	 */
	if (!c->backwards && c->last.len > 0)
		return vault_cursor_forward(c, &c->last, c->has_last, k, v);
	if (!c->backwards)
		return vault_cursor_forward(c, &c->prefix, false, k, v);
	if (c->last.len > 0)
		return vault_cursor_backward(c, &c->last, c->has_last, k, v);
	if (vault_key_after(&c->prefix, &after))
		return vault_cursor_backward(c, &after, true, k, v);
	return db_cursor_last(c->cursor, k, v);
}

static enum status
vault_cursor_open_value(struct vault_cursor *c, struct bytes key,
    struct bytes sealed, struct buf **value)
{
	struct buf *fresh = NULL;
	enum status st = buf_new(VAULT_VALUE_MAX_BYTES, &fresh);

	if (st == STATUS_OK)
		st = vault_unseal(c->txn->ring, c->table, key, sealed, fresh);
	if (st != STATUS_OK) {
		buf_free(fresh);
		return st;
	}
	*value = fresh;
	return STATUS_OK;
}

enum status
vault_cursor_next(struct vault_cursor *c, struct bytes *key, struct buf **value)
{
	struct bytes prefix = bytes_view(c->prefix.raw, c->prefix.len);
	struct bytes k;
	struct bytes v;
	enum status st = vault_cursor_step(c, &k, &v);

	if (st != STATUS_OK)
		return st;
	if (!bytes_equal(bytes_head(k, prefix.len), prefix))
		return STATUS_NOT_FOUND;
	if (k.len == 0 || k.len > VAULT_KEY_MAX_BYTES)
		return STATUS_CRYPTO; /* not a key of ours */
	if (value != NULL)
		st = vault_cursor_open_value(c, k, v, value);
	if (st != STATUS_OK)
		return st;
	memcpy(c->last.raw, k.data, k.len);
	c->last.len = k.len;
	c->has_last = true;
	*key = bytes_view(c->last.raw, c->last.len);
	return STATUS_OK;
}

enum status
vault_next_value(struct vault_txn *t, enum vault_table table, uint64_t after,
    struct buf **value)
{
	struct vault_cursor *c = NULL;
	struct vault_key from;
	struct bytes key;
	enum status st;

	if (after == UINT64_MAX)
		return STATUS_NOT_FOUND;
	from = vault_key_number(after + 1);
	st = vault_cursor_open(t, table, NULL, &from, false, &c);
	if (st == STATUS_OK)
		st = vault_cursor_next(c, &key, value);
	vault_cursor_close(c);
	return st;
}

enum status
vault_each(
    struct vault_txn *t, enum vault_table table, vault_show_fn *show, void *arg)
{
	struct vault_cursor *c = NULL;
	enum status st = vault_cursor_open(t, table, NULL, NULL, false, &c);

	while (st == STATUS_OK) {
		struct buf *value = NULL;
		struct bytes key;

		st = vault_cursor_next(c, &key, &value);
		if (st == STATUS_NOT_FOUND) {
			st = STATUS_OK;
			break;
		}
		if (st == STATUS_OK)
			st = show(buf_view(value), arg);
		buf_free(value);
	}
	vault_cursor_close(c);
	return st;
}
