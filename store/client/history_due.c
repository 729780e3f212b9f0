#include "store/client/history_due.h"

#include <string.h>

#include "store/client/history_erase.h"
#include "store/client/vault_private.h"

enum { HISTORY_MINUTE_MS = 60 * 1000 };

/* The minute in which it may be erased for certain. */
static struct vault_key
history_due_key(const struct history_entry *e)
{
	uint64_t minute = (uint64_t)e->expires_ms / HISTORY_MINUTE_MS + 1;

	return vault_key_append(vault_key_number(minute), e->n);
}

enum status
history_due_put(struct vault_txn *t, const struct history_entry *e)
{
	struct vault_key key;

	if (e->expires_ms <= 0 || e->erased)
		return STATUS_OK;
	key = history_due_key(e);
	return vault_put(t, VAULT_HISTORY_DUE, &key, BYTES_NONE);
}

enum status
history_due_holds(struct vault_txn *t, const struct history_entry *e)
{
	struct vault_key key;

	if (e->expires_ms <= 0 || e->erased)
		return STATUS_OK;
	key = history_due_key(e);
	return vault_has(t, VAULT_HISTORY_DUE, &key);
}

/* Of a key that is none of ours: one long over, of an entry there is not. */
static uint64_t
history_due_minute(struct bytes key)
{
	return key.len < sizeof(uint64_t) ? 0 : load_u64(key.data);
}

/* The first of all, if its minute has come.  NOT_FOUND: it has not. */
static enum status
history_due_first(struct vault_txn *t, int64_t now_ms, struct vault_key *key)
{
	uint64_t minute = (uint64_t)now_ms / HISTORY_MINUTE_MS;
	struct vault_cursor *c = NULL;
	struct bytes raw;
	enum status st =
	    vault_cursor_open(t, VAULT_HISTORY_DUE, NULL, NULL, false, &c);

	if (st == STATUS_OK)
		st = vault_cursor_next(c, &raw, NULL);
	if (st == STATUS_OK && history_due_minute(raw) > minute)
		st = STATUS_NOT_FOUND;
	if (st == STATUS_OK) {
		memcpy(key->raw, raw.data, raw.len);
		key->len = raw.len;
	}
	vault_cursor_close(c);
	return st;
}

enum status
history_has_due(struct vault_txn *t, int64_t now_ms)
{
	struct vault_key key;

	return history_due_first(t, now_ms, &key);
}

static enum status
history_erase_over(struct vault_txn *t, uint64_t n, int64_t now_ms)
{
	struct history_entry e;
	enum status st = history_get(t, n, vault_arena(t), &e);

	/* What does not open is gone as well, and must not stop the others. */
	if (st == STATUS_NOT_FOUND || st == STATUS_CRYPTO)
		return STATUS_OK;
	if (st != STATUS_OK || !history_is_gone(&e, now_ms) || e.erased)
		return st;
	return history_erase_text(t, &e);
}

enum status
history_erase_due(
    struct vault_txn *t, int64_t now_ms, size_t max, size_t *looked)
{
	struct vault_key key;
	enum status st = STATUS_OK;

	for (*looked = 0; *looked < max && st == STATUS_OK; ++*looked) {
		st = history_due_first(t, now_ms, &key);
		if (st == STATUS_NOT_FOUND)
			return STATUS_OK;
		if (st == STATUS_OK)
			st = history_erase_over(t,
			    vault_key_last_number(bytes_view(key.raw, key.len)),
			    now_ms);
		if (st == STATUS_OK)
			st = vault_del(t, VAULT_HISTORY_DUE, &key);
	}
	return st;
}
