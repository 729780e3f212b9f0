#include "store/client/history_due.h"

#include <string.h>

#include "store/client/history_erase.h"
#include "store/client/history_place.h"
#include "store/client/vault_private.h"

enum {
	HISTORY_MINUTE_MS = 60 * 1000,
	HISTORY_HOUR_MINUTES = HISTORY_HOUR_MS / HISTORY_MINUTE_MS,
};

/* The minute in which it may be erased for certain. */
static struct vault_key
history_due_key(const struct history_entry *e)
{
	uint64_t minute = (uint64_t)e->expires_ms / HISTORY_MINUTE_MS + 1;

	return vault_key_append(vault_key_number(minute), e->n);
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
history_due_each(struct vault_txn *t, uint64_t hour,
    enum status (*each)(uint64_t n, void *arg), void *arg)
{
	struct vault_key from =
	    vault_key_number((hour - 1) * HISTORY_HOUR_MINUTES + 1);
	struct vault_cursor *c = NULL;
	struct bytes key;
	enum status st =
	    vault_cursor_open(t, VAULT_HISTORY_DUE, NULL, &from, false, &c);

	while (st == STATUS_OK) {
		st = vault_cursor_next(c, &key, NULL);
		if (st == STATUS_OK &&
		    history_due_minute(key) > hour * HISTORY_HOUR_MINUTES + 1)
			break;
		if (st == STATUS_OK)
			st = each(vault_key_last_number(key), arg);
	}
	vault_cursor_close(c);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
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

/*
 * The key of an hour of which all rows have been erased: the last are due a
 * minute after it.  NULL: none.
 */
static const struct keyring_row *
history_due_hour(struct vault_txn *t, int64_t now_ms)
{
	if (now_ms < HISTORY_MINUTE_MS)
		return NULL;
	for (size_t i = 0; i < t->ring->count; i++) {
		const struct keyring_row *row = &t->ring->rows[i];

		if (row->kind == VAULT_RING_HOUR && !row->doomed &&
		    row->number <= (uint64_t)(now_ms - HISTORY_MINUTE_MS) /
				       HISTORY_HOUR_MS)
			return row;
	}
	return NULL;
}

enum status
history_has_due(struct vault_txn *t, int64_t now_ms)
{
	struct vault_key key;

	if (history_due_hour(t, now_ms) != NULL)
		return STATUS_OK;
	return history_due_first(t, now_ms, &key);
}

static enum status
history_end_hours(struct vault_txn *t, int64_t now_ms)
{
	const struct keyring_row *row;
	enum status st = STATUS_OK;

	while (st == STATUS_OK && (row = history_due_hour(t, now_ms)) != NULL)
		st = vault_ring_destroy(t, VAULT_RING_HOUR, row->number, true);
	return st;
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
			return history_end_hours(t, now_ms);
		if (st == STATUS_OK)
			st = history_erase_over(t,
			    vault_key_last_number(bytes_view(key.raw, key.len)),
			    now_ms);
		if (st == STATUS_OK)
			st = vault_del(t, VAULT_HISTORY_DUE, &key);
	}
	return st;
}
