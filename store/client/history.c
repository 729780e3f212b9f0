#include "store/client/history.h"

#include "store/client/history_due.h"
#include "store/client/history_erase.h"
#include "store/client/history_index.h"
#include "store/client/history_place.h"
#include "store/client/record.h"
#include "store/client/self.h"
#include "store/client/vault_private.h"

/* Under the key of its place; what lies there now is not asked about. */
static enum status
history_write(struct vault_txn *t, const struct history_entry *e)
{
	struct history_place place = history_place_of(e);
	struct vault_key key = vault_key_number(e->n);
	struct buf *packed = vault_packed(t);
	uint32_t serial = 0;
	enum status st = record_pack_history(e, packed);

	if (st == STATUS_OK)
		st = vault_ring_use(t, place.kind, place.number, &serial);
	if (st == STATUS_OK)
		st = vault_put_under(
		    t, VAULT_HISTORY, &key, buf_view(packed), serial);
	if (st == STATUS_OK)
		st = history_due_put(t, e);
	return st;
}

/* Counters start at zero and places at one. */
static enum status
history_take_place(struct vault_txn *t, uint64_t *n)
{
	struct counters counters;
	enum status st = counters_get(t, &counters);

	if (st != STATUS_OK)
		return st;
	if (counters.next_history == 0)
		counters.next_history = 1;
	*n = counters.next_history++;
	return counters_put(t, &counters);
}

enum status
history_append(struct vault_txn *t, const struct history_entry *e, uint64_t *n)
{
	struct history_entry placed = *e;
	enum status st = history_index_has(t, e);

	if (st != STATUS_NOT_FOUND)
		return st == STATUS_OK ? STATUS_EXISTS : st;
	st = history_take_place(t, &placed.n);
	if (st == STATUS_OK)
		st = history_write(t, &placed);
	if (st == STATUS_OK)
		st = history_index_put(t, &placed);
	if (st == STATUS_OK)
		*n = placed.n;
	return st;
}

enum status
history_get(
    struct vault_txn *t, uint64_t n, struct arena *a, struct history_entry *e)
{
	struct vault_key key = vault_key_number(n);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_HISTORY, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_history(plain, a, e);
	return st;
}

enum status
history_replace(struct vault_txn *t, const struct history_entry *e)
{
	struct history_place after = history_place_of(e);
	int64_t due_ms = e->erased ? 0 : e->expires_ms;
	struct history_place before;
	enum status st = history_place_now(t, e->n, &before);

	if (st == STATUS_OK)
		st = history_write(t, e);
	/* Its older form opens with a key that it has left. */
	if (st == STATUS_OK && !history_place_is(&before, &after))
		st = history_place_soil(t, &before, due_ms);
	return st;
}

enum status
history_replace_bare(struct vault_txn *t, const struct history_entry *e)
{
	struct history_entry bare = *e;

	bare.text = BYTES_NONE;
	bare.salt = BYTES_NONE;
	bare.erased = true;
	return history_write(t, &bare);
}

enum status
history_set_state(struct vault_txn *t, uint64_t n, enum message_state state,
    struct bytes reason)
{
	struct history_entry e;
	enum status st = history_get(t, n, vault_arena(t), &e);

	if (st != STATUS_OK)
		return st;
	e.state = state;
	e.reason = reason;
	return history_write(t, &e);
}
