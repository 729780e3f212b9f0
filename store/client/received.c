/*
 * What receiving leaves behind besides the history: where each sender stands,
 * what was seen before, what is held in quarantine.
 */
#include <string.h>

#include "store/client/history.h"
#include "store/client/ratchets.h"
#include "store/client/record.h"
#include "store/client/repairs.h"
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

/* What goes: what is older than that, or has a lower value. */
struct pruning {
	enum vault_table table;
	const char *place; /* the cursor that says how far it went */
	int64_t before_ms;
	uint64_t below;
};

/* *at: the start of the key looked at last. */
static enum status
prune_next(struct vault_txn *t, const struct pruning *p, struct vault_cursor *c,
    uint64_t *at)
{
	struct vault_key key = { .len = VAULT_HASH_BYTES };
	struct buf *value = NULL;
	struct stamped s;
	struct bytes raw;
	enum status st = vault_cursor_next(c, &raw, &value);

	if (st == STATUS_OK && raw.len != key.len)
		st = STATUS_IO;
	if (st == STATUS_OK)
		st = record_open_stamped(buf_view(value), vault_arena(t), &s);
	buf_free(value);
	if (st != STATUS_OK)
		return st;
	*at = load_u64(raw.data);
	if (s.at_ms >= p->before_ms && s.value >= p->below)
		return STATUS_OK;
	memcpy(key.raw, raw.data, key.len);
	return vault_del(t, p->table, &key);
}

/* Records of the table begin as a Mark does. */
static enum status
prune(struct vault_txn *t, const struct pruning *p, size_t looks)
{
	struct vault_cursor *c = NULL;
	struct vault_key from;
	uint64_t at = 0;
	enum status st = cursor_get(t, p->place, &at);

	from = vault_key_number(at);
	if (st == STATUS_OK)
		st = vault_cursor_open(t, p->table, NULL, &from, false, &c);
	for (size_t i = 0; i < looks && st == STATUS_OK; i++)
		st = prune_next(t, p, c, &at);
	vault_cursor_close(c);
	if (st == STATUS_NOT_FOUND) {
		at = 0; /* from the front, the next time */
		st = STATUS_OK;
	}
	return st == STATUS_OK ? cursor_put(t, p->place, at) : st;
}

enum status
seen_prune(struct vault_txn *t, int64_t before_ms, size_t looks)
{
	struct pruning p = { VAULT_SEEN, "seen-pruned", before_ms, 0 };

	return prune(t, &p, looks);
}

enum status
sent_prune(struct vault_txn *t, int64_t before_ms, size_t looks)
{
	struct pruning p = { VAULT_SENT, "sent-pruned", before_ms, 0 };

	return prune(t, &p, looks);
}

enum status
tally_prune(struct vault_txn *t, int64_t before_ms, size_t looks)
{
	struct pruning p = { VAULT_TALLIES, "tallies-pruned", before_ms, 0 };

	return prune(t, &p, looks);
}

/* Their ids rise, and the oldest go first. */
static enum status
first_id(const struct stored_prekey *info, struct bytes record, void *arg)
{
	uint64_t *first = arg;

	(void)record;
	if (info->id < *first)
		*first = info->id;
	return STATUS_OK;
}

enum status
base_key_prune(struct vault_txn *t, size_t looks)
{
	struct pruning p = { VAULT_BASE_KEYS, "base-keys-pruned", INT64_MIN,
		UINT64_MAX };
	enum status st = signed_prekeys_each(t, first_id, &p.below);

	return st == STATUS_OK ? prune(t, &p, looks) : st;
}

static enum status
quarantine_take_order(
    struct vault_txn *t, const struct quarantine_entry *q, uint64_t *order)
{
	struct counters counters;
	enum status st = counters_get(t, &counters);

	if (st != STATUS_OK)
		return st;
	if (counters.next_quarantine == 0)
		counters.next_quarantine = 1;
	*order = counters.next_quarantine++;
	counters.quarantine_bytes += q->payload.len;
	if (q->due_ms != 0 && (counters.quarantine_due_ms == 0 ||
				  q->due_ms < counters.quarantine_due_ms))
		counters.quarantine_due_ms = q->due_ms;
	return counters_put(t, &counters);
}

enum status
quarantine_add(
    struct vault_txn *t, const struct quarantine_entry *q, uint64_t *order)
{
	struct quarantine_entry placed = *q;
	struct vault_key key;
	struct buf *packed;
	enum status st = quarantine_take_order(t, q, &placed.order);

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
quarantine_has_due(struct vault_txn *t, int64_t until_ms)
{
	struct counters counters;
	enum status st = counters_get(t, &counters);

	if (st != STATUS_OK)
		return st;
	return counters.quarantine_due_ms != 0 &&
		       counters.quarantine_due_ms <= until_ms
		   ? STATUS_OK
		   : STATUS_NOT_FOUND;
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
