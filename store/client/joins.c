#include "store/client/joins.h"

#include "store/client/record.h"
#include "store/client/vault_private.h"

static struct vault_key
key_of(struct vault_txn *t, const struct hash *group,
    const struct account_name *account)
{
	struct bytes parts[] = {
		hash_view(group),
		account_name_bytes(account),
	};

	return vault_key_hash(t, VAULT_JOIN_REQUESTS, parts, 2);
}

enum status
join_put(struct vault_txn *t, const struct join_row *row)
{
	struct vault_key key = key_of(t, &row->group, &row->account);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_join(row, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_JOIN_REQUESTS, &key, buf_view(packed));
	return st;
}

enum status
join_get(struct vault_txn *t, const struct hash *group,
    const struct account_name *account, struct join_row *row)
{
	struct vault_key key = key_of(t, group, account);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_JOIN_REQUESTS, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_join(plain, vault_arena(t), row);
	return st;
}

enum status
join_del(struct vault_txn *t, const struct join_row *row)
{
	struct vault_key key = key_of(t, &row->group, &row->account);

	return vault_del(t, VAULT_JOIN_REQUESTS, &key);
}

enum status
join_count(struct vault_txn *t, size_t *count)
{
	return vault_count(t, VAULT_JOIN_REQUESTS, count);
}

struct join_walk {
	struct vault_txn *t;
	enum status (*each)(const struct join_row *row, void *arg);
	void *arg;
};

static enum status
show(struct bytes plain, void *arg)
{
	const struct join_walk *walk = arg;
	struct join_row row;
	enum status st = record_open_join(plain, vault_arena(walk->t), &row);

	return st == STATUS_OK ? walk->each(&row, walk->arg) : st;
}

enum status
joins_each(struct vault_txn *t,
    enum status (*each)(const struct join_row *row, void *arg), void *arg)
{
	struct join_walk walk = { t, each, arg };

	return vault_each(t, VAULT_JOIN_REQUESTS, show, &walk);
}
