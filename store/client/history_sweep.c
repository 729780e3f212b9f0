/*
 * history_sweep.c - keys of the history that opened what was erased go.
 *
 * A fresh key takes the place of the dirty one: what lies under it is sealed
 * anew, and then the old one is destroyed, wherever in the file old pages are.
 */
#include <string.h>

#include "store/client/history.h"
#include "store/client/history_due.h"
#include "store/client/history_place.h"
#include "store/client/record.h"
#include "store/client/vault_private.h"

struct sweep {
	struct vault_txn *t;
	struct history_place place;
	uint32_t fresh;
};

/* A row that is elsewhere, or that does not open, is left alone. */
static enum status
sweep_row(uint64_t n, void *arg)
{
	struct sweep *w = arg;
	struct vault_key key = vault_key_number(n);
	struct history_place now;
	struct bytes plain;
	enum status st = history_place_now(w->t, n, &now);

	if (st == STATUS_OK && !history_place_is(&now, &w->place))
		return STATUS_OK;
	if (st == STATUS_OK)
		st = vault_peek(w->t, VAULT_HISTORY, &key, &plain);
	if (st == STATUS_NOT_FOUND || st == STATUS_CRYPTO)
		return STATUS_OK;
	if (st == STATUS_OK)
		st =
		    vault_put_under(w->t, VAULT_HISTORY, &key, plain, w->fresh);
	return st;
}

static enum status
sweep_rows(struct sweep *w)
{
	uint64_t first = w->place.number * HISTORY_BUCKET_ROWS;
	enum status st = STATUS_OK;

	if (w->place.kind == VAULT_RING_HOUR)
		return history_due_each(w->t, w->place.number, sweep_row, w);
	for (uint64_t i = 0; i < HISTORY_BUCKET_ROWS && st == STATUS_OK; i++)
		st = sweep_row(first + i, w);
	return st;
}

/* It holds what was erased, and is made anew. */
static enum status
sweep_block(struct vault_txn *t, uint64_t bucket)
{
	struct vault_key key = vault_key_number(bucket);
	enum status st = vault_del(t, VAULT_HISTORY_BLOCKS, &key);

	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

static enum status
sweep_place(struct vault_txn *t, const struct history_place *place)
{
	struct sweep w = { .t = t, .place = *place };
	enum status st;

	/* The hour is over, and its key went with it. */
	if (keyring_newest(t->ring, place->kind, place->number) == NULL)
		return STATUS_OK;
	st = vault_ring_renew(t, place->kind, place->number, &w.fresh);
	if (st == STATUS_OK)
		st = sweep_rows(&w);
	if (st == STATUS_OK && place->kind == VAULT_RING_BUCKET)
		st = sweep_block(t, place->number);
	if (st == STATUS_OK)
		st = vault_ring_destroy(t, place->kind, place->number, false);
	return st;
}

/* A key of another shape than ours names no place and is always due. */
static struct history_place
sweep_place_at(struct bytes key)
{
	struct history_place place = { VAULT_RING_BUCKET, 0 };

	if (key.len != 2 * sizeof(uint64_t))
		return place;
	if (load_u64(key.data) == VAULT_RING_HOUR)
		place.kind = VAULT_RING_HOUR;
	place.number = load_u64(key.data + sizeof(uint64_t));
	return place;
}

/* The first that is due.  NOT_FOUND: none is. */
static enum status
sweep_find(struct vault_txn *t, int64_t now_ms, struct vault_key *key)
{
	struct vault_cursor *c = NULL;
	struct buf *value = NULL;
	int64_t due_ms = INT64_MAX;
	struct bytes raw;
	enum status st =
	    vault_cursor_open(t, VAULT_HISTORY_DIRTY, NULL, NULL, false, &c);

	while (st == STATUS_OK && due_ms > now_ms) {
		st = vault_cursor_next(c, &raw, &value);
		if (st == STATUS_OK)
			st = record_open_mark(
			    buf_view(value), vault_arena(t), &due_ms);
		buf_free(value);
		value = NULL;
	}
	if (st == STATUS_OK) {
		memcpy(key->raw, raw.data, raw.len);
		key->len = raw.len;
	}
	vault_cursor_close(c);
	return st;
}

enum status
history_has_dirty(struct vault_txn *t, int64_t now_ms)
{
	struct vault_key key;

	return sweep_find(t, now_ms, &key);
}

enum status
history_sweep(struct vault_txn *t, int64_t now_ms)
{
	struct history_place place;
	struct vault_key key;
	enum status st = sweep_find(t, now_ms, &key);

	if (st != STATUS_OK)
		return st;
	place = sweep_place_at(bytes_view(key.raw, key.len));
	st = sweep_place(t, &place);
	return st == STATUS_OK ? vault_del(t, VAULT_HISTORY_DIRTY, &key) : st;
}
