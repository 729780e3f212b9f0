#include "store/client/receipts.h"

#include "store/client/record.h"
#include "store/client/vault_private.h"

enum status
receipt_state_get(struct vault_txn *t, const struct hash *conversation,
    const struct address *of, struct receipt_state *s)
{
	struct vault_key key =
	    vault_key_device(t, VAULT_RECEIPTS, conversation, of);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_RECEIPTS, &key, &plain);

	if (st == STATUS_NOT_FOUND) {
		*s = (struct receipt_state){ 0 };
		return STATUS_OK;
	}
	if (st == STATUS_OK)
		st = record_open_receipt_state(plain, vault_arena(t), s);
	return st;
}

enum status
receipt_state_put(struct vault_txn *t, const struct hash *conversation,
    const struct address *of, const struct receipt_state *s)
{
	struct vault_key key =
	    vault_key_device(t, VAULT_RECEIPTS, conversation, of);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_receipt_state(s, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_RECEIPTS, &key, buf_view(packed));
	return st;
}

enum status
receipt_due_get(
    struct vault_txn *t, const struct address *to, struct receipt_due *d)
{
	struct vault_key key =
	    vault_key_device(t, VAULT_RECEIPTS_DUE, NULL, to);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_RECEIPTS_DUE, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_receipt_due(plain, vault_arena(t), d);
	return st;
}

enum status
receipt_due_put(struct vault_txn *t, const struct receipt_due *d)
{
	struct vault_key key =
	    vault_key_device(t, VAULT_RECEIPTS_DUE, NULL, &d->to);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_receipt_due(d, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_RECEIPTS_DUE, &key, buf_view(packed));
	return st;
}

enum status
receipt_due_del(struct vault_txn *t, const struct address *to)
{
	struct vault_key key =
	    vault_key_device(t, VAULT_RECEIPTS_DUE, NULL, to);

	return vault_del(t, VAULT_RECEIPTS_DUE, &key);
}

enum status
receipt_due_count(struct vault_txn *t, size_t *count)
{
	return vault_count(t, VAULT_RECEIPTS_DUE, count);
}

struct due_visit {
	struct vault_txn *t;
	enum status (*each)(const struct receipt_due *d, void *arg);
	void *arg;
};

static enum status
show_due(struct bytes plain, void *arg)
{
	const struct due_visit *visit = arg;
	struct receipt_due d;
	enum status st =
	    record_open_receipt_due(plain, vault_arena(visit->t), &d);

	return st == STATUS_OK ? visit->each(&d, visit->arg) : st;
}

enum status
receipt_due_each(struct vault_txn *t,
    enum status (*each)(const struct receipt_due *d, void *arg), void *arg)
{
	struct due_visit visit = { t, each, arg };

	return vault_each(t, VAULT_RECEIPTS_DUE, show_due, &visit);
}

static struct vault_key
loss_key(struct vault_txn *t, const struct message_id *id,
    const struct account_name *who)
{
	struct bytes parts[] = { BYTES_OF(id->raw), account_name_bytes(who) };

	return vault_key_hash(t, VAULT_RECEIPT_LOSSES, parts, 2);
}

enum status
receipt_loss_put(struct vault_txn *t, const struct message_id *id,
    const struct account_name *who, enum receipt_loss why)
{
	struct vault_key key = loss_key(t, id, who);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_number(why, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_RECEIPT_LOSSES, &key, buf_view(packed));
	return st;
}

enum status
receipt_loss_get(struct vault_txn *t, const struct message_id *id,
    const struct account_name *who, enum receipt_loss *why)
{
	struct vault_key key = loss_key(t, id, who);
	struct bytes plain;
	uint64_t value = 0;
	enum status st = vault_peek(t, VAULT_RECEIPT_LOSSES, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_number(plain, vault_arena(t), &value);
	if (st == STATUS_OK &&
	    (value < RECEIPT_REFUSED || value > RECEIPT_ACCOUNT_REMOVED))
		st = STATUS_CRYPTO;
	if (st == STATUS_OK)
		*why = (enum receipt_loss)value;
	return st;
}
