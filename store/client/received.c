/*
 * What receiving leaves behind besides the history: where each sender stands,
 * what was seen before, what is held in quarantine.
 */
#include "store/client/history.h"
#include "store/client/record.h"
#include "store/client/self.h"
#include "store/client/vault_private.h"

enum status
sender_get(struct vault_txn *t, const struct hash *conversation,
    const struct address *sender, struct sender_state *s)
{
	struct vault_key key =
	    vault_key_device(t, VAULT_SENDERS, conversation, sender);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_SENDERS, &key, &plain);

	if (st == STATUS_NOT_FOUND) {
		*s = (struct sender_state){ 0 };
		return STATUS_OK;
	}
	if (st == STATUS_OK)
		st = record_open_sender(plain, vault_arena(t), s);
	return st;
}

enum status
sender_put(struct vault_txn *t, const struct hash *conversation,
    const struct address *sender, const struct sender_state *s)
{
	struct vault_key key =
	    vault_key_device(t, VAULT_SENDERS, conversation, sender);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_sender(s, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_SENDERS, &key, buf_view(packed));
	return st;
}

enum status
seen_has(struct vault_txn *t, const struct bytes *parts, size_t parts_count)
{
	struct vault_key key =
	    vault_key_hash(t, VAULT_SEEN, parts, parts_count);

	return vault_has(t, VAULT_SEEN, &key);
}

enum status
seen_put(struct vault_txn *t, const struct bytes *parts, size_t parts_count,
    int64_t now_ms)
{
	struct vault_key key =
	    vault_key_hash(t, VAULT_SEEN, parts, parts_count);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_mark(now_ms, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_SEEN, &key, buf_view(packed));
	return st;
}

static enum status
quarantine_take_order(struct vault_txn *t, size_t bytes, uint64_t *order)
{
	struct counters counters;
	enum status st = counters_get(t, &counters);

	if (st != STATUS_OK)
		return st;
	if (counters.next_quarantine == 0)
		counters.next_quarantine = 1;
	*order = counters.next_quarantine++;
	counters.quarantine_bytes += bytes;
	return counters_put(t, &counters);
}

enum status
quarantine_add(
    struct vault_txn *t, const struct quarantine_entry *q, uint64_t *order)
{
	struct quarantine_entry placed = *q;
	struct vault_key key;
	struct buf *packed;
	enum status st =
	    quarantine_take_order(t, q->payload.len, &placed.order);

	if (st != STATUS_OK)
		return st;
	key = vault_key_number(placed.order);
	packed = vault_packed(t);
	st = record_pack_quarantine(&placed, packed);
	if (st == STATUS_OK)
		st = vault_put(t, VAULT_QUARANTINE, &key, buf_view(packed));
	if (st == STATUS_OK)
		*order = placed.order;
	return st;
}

enum status
quarantine_del(struct vault_txn *t, uint64_t order)
{
	struct vault_key key = vault_key_number(order);
	struct quarantine_entry q;
	struct counters counters;
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_QUARANTINE, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_quarantine(plain, vault_arena(t), &q);
	if (st == STATUS_OK)
		st = vault_del(t, VAULT_QUARANTINE, &key);
	if (st != STATUS_OK)
		return st;
	st = counters_get(t, &counters);
	if (st != STATUS_OK)
		return st;
	counters.quarantine_bytes -= q.payload.len;
	return counters_put(t, &counters);
}

enum status
quarantine_next(struct vault_txn *t, uint64_t after, struct arena *a,
    struct quarantine_entry *q)
{
	struct buf *value = NULL;
	enum status st = vault_next_value(t, VAULT_QUARANTINE, after, &value);

	if (st == STATUS_OK)
		st = record_open_quarantine(buf_view(value), a, q);
	buf_free(value);
	return st;
}
