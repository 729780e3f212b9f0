/*
 * vault_held.c - a record that a transaction reads and writes again and again:
 * open in between, and sealed once.
 */
#include <assert.h>

#include "store/client/vault_private.h"

enum status
vault_held_peek(struct vault_txn *t, enum vault_meta which, struct bytes *value)
{
	struct vault_held *held = &t->held;
	struct vault_key key = vault_key_number(which);
	enum status st = STATUS_OK;

	assert(held->plain == NULL || held->which == which);
	if (held->plain == NULL) {
		st = vault_get(t, VAULT_META, &key, &held->plain);
		held->which = which;
	}
	if (st == STATUS_OK)
		*value = buf_view(held->plain);
	return st;
}

enum status
vault_held_put(struct vault_txn *t, enum vault_meta which, struct bytes value)
{
	struct vault_held *held = &t->held;
	enum status st = STATUS_OK;

	assert(held->plain == NULL || held->which == which);
	if (held->plain == NULL)
		st = buf_new(VAULT_VALUE_MAX_BYTES, &held->plain);
	if (st != STATUS_OK)
		return st;
	held->which = which;
	buf_clear(held->plain);
	st = buf_put(held->plain, value);
	held->changed = st == STATUS_OK;
	if (st != STATUS_OK)
		vault_held_drop(t);
	return st;
}

enum status
vault_held_settle(struct vault_txn *t)
{
	struct vault_key key = vault_key_number(t->held.which);
	enum status st;

	if (!t->held.changed)
		return STATUS_OK;
	st = vault_put(t, VAULT_META, &key, buf_view(t->held.plain));
	t->held.changed = st != STATUS_OK;
	return st;
}

void
vault_held_drop(struct vault_txn *t)
{
	buf_free(t->held.plain);
	t->held = (struct vault_held){ .plain = NULL };
}
