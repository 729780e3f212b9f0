#include "store/client/outbox.h"

#include "store/client/id_prefix.h"
#include "store/client/outbox_index.h"
#include "store/client/record.h"
#include "store/client/self.h"
#include "store/client/vault_private.h"

static struct vault_key
outbox_id_key(struct vault_txn *t, const struct message_id *id)
{
	struct bytes part = BYTES_OF(id->raw);

	return vault_key_hash(t, VAULT_OUTBOX_BY_ID, &part, 1);
}

static enum status
outbox_take_order(struct vault_txn *t, uint64_t *order)
{
	struct counters counters;
	enum status st = counters_get(t, &counters);

	if (st != STATUS_OK)
		return st;
	if (counters.next_outbox == 0)
		counters.next_outbox = 1;
	*order = counters.next_outbox++;
	return counters_put(t, &counters);
}

static enum status
outbox_write(struct vault_txn *t, const struct outbox_row *row)
{
	struct vault_key key = vault_key_number(row->order);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_outbox(row, vault_arena(t), packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_OUTBOX, &key, buf_view(packed));
	return st;
}

enum status
outbox_index_put(struct vault_txn *t, const struct outbox_row *row)
{
	struct vault_key key = outbox_id_key(t, &row->id);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_number(row->order, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_OUTBOX_BY_ID, &key, buf_view(packed));
	return st;
}

/*
 * Its id never changes, so the index is written with the first version; the
 * ids of control messages are nobody's concern.
 */
static enum status
outbox_insert(struct vault_txn *t, struct outbox_row *row)
{
	enum status st = outbox_take_order(t, &row->order);

	if (st == STATUS_OK)
		st = outbox_write(t, row);
	if (st == STATUS_OK && row->kind == OUTBOX_MESSAGE)
		st = outbox_index_put(t, row);
	return st;
}

enum status
outbox_put(struct vault_txn *t, const struct outbox_row *row, uint64_t *order)
{
	struct outbox_row placed = *row;
	enum status st = row->order == 0 ? outbox_insert(t, &placed)
					 : outbox_write(t, &placed);

	if (st == STATUS_OK)
		*order = placed.order;
	return st;
}

enum status
outbox_get(struct vault_txn *t, uint64_t order, struct arena *a,
    struct outbox_row *row)
{
	struct vault_key key = vault_key_number(order);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_OUTBOX, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_outbox(plain, a, row);
	return st;
}

enum status
outbox_has(struct vault_txn *t, uint64_t order)
{
	struct vault_key key = vault_key_number(order);

	return vault_has(t, VAULT_OUTBOX, &key);
}

enum status
outbox_find(struct vault_txn *t, const struct message_id *id, uint64_t *order)
{
	struct vault_key key = outbox_id_key(t, id);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_OUTBOX_BY_ID, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_number(plain, vault_arena(t), order);
	return st;
}

/* Control rows have ids too, but nobody types those. */
static bool
outbox_fits(const struct outbox_row *row, const struct id_prefix *p)
{
	return row->kind == OUTBOX_MESSAGE && id_prefix_fits(p, &row->id);
}

enum status
outbox_find_prefix(struct vault_txn *t, const char *hex, uint64_t *order)
{
	struct outbox_row row = { .order = 0 };
	struct id_prefix p;
	uint64_t found = 0;
	enum status st = id_prefix_parse(hex, &p);

	while (st == STATUS_OK) {
		/* Small: what waits for the relay. */
		st = outbox_next(t, row.order, vault_arena(t), &row);
		if (st != STATUS_OK || !outbox_fits(&row, &p))
			continue;
		if (found != 0)
			return STATUS_CONFLICT;
		found = row.order;
	}
	if (st != STATUS_NOT_FOUND || found == 0)
		return st;
	*order = found;
	return STATUS_OK;
}

enum status
outbox_del(struct vault_txn *t, const struct outbox_row *row)
{
	struct vault_key key = vault_key_number(row->order);
	struct vault_key id_key;
	enum status st = vault_del(t, VAULT_OUTBOX, &key);

	if (st != STATUS_OK || row->kind != OUTBOX_MESSAGE)
		return st;
	id_key = outbox_id_key(t, &row->id);
	st = vault_del(t, VAULT_OUTBOX_BY_ID, &id_key);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

enum status
outbox_next(struct vault_txn *t, uint64_t after, struct arena *a,
    struct outbox_row *row)
{
	struct buf *value = NULL;
	enum status st = vault_next_value(t, VAULT_OUTBOX, after, &value);

	if (st == STATUS_OK)
		st = record_open_outbox(buf_view(value), a, row);
	buf_free(value);
	return st;
}

enum status
outbox_prev(struct vault_txn *t, uint64_t before, struct arena *a,
    struct outbox_row *row)
{
	struct vault_cursor *c = NULL;
	struct buf *value = NULL;
	struct vault_key from;
	struct bytes key;
	enum status st;

	if (before == 0)
		return STATUS_NOT_FOUND;
	from = vault_key_number(before - 1);
	st = vault_cursor_open(t, VAULT_OUTBOX, NULL, &from, true, &c);
	if (st == STATUS_OK)
		st = vault_cursor_next(c, &key, &value);
	if (st == STATUS_OK)
		st = record_open_outbox(buf_view(value), a, row);
	buf_free(value);
	vault_cursor_close(c);
	return st;
}

enum status
outbox_count(struct vault_txn *t, size_t *count)
{
	return vault_count(t, VAULT_OUTBOX, count);
}
