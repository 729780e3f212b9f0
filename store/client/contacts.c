#include "store/client/contacts.h"

#include "store/client/audience.h"
#include "store/client/record.h"
#include "store/client/vault_private.h"

static struct vault_key
contact_key(struct vault_txn *t, const struct account_name *name)
{
	struct bytes part = account_name_bytes(name);

	return vault_key_hash(t, VAULT_CONTACTS, &part, 1);
}

enum status
contact_get(
    struct vault_txn *t, const struct account_name *name, struct contact *c)
{
	struct vault_key key = contact_key(t, name);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_CONTACTS, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_contact(plain, vault_arena(t), c);
	return st;
}

enum status
contact_put(struct vault_txn *t, const struct contact *c)
{
	struct vault_key key = contact_key(t, &c->name);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_contact(c, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_CONTACTS, &key, buf_view(packed));
	if (st == STATUS_OK)
		st = audience_forget_all(t);
	return st;
}

struct contact_walk {
	struct vault_txn *t;
	enum status (*each)(const struct contact *c, void *arg);
	void *arg;
};

static enum status
contact_show(struct bytes plain, void *arg)
{
	const struct contact_walk *walk = arg;
	struct contact c;
	enum status st = record_open_contact(plain, vault_arena(walk->t), &c);

	return st == STATUS_OK ? walk->each(&c, walk->arg) : st;
}

enum status
contacts_each(struct vault_txn *t,
    enum status (*each)(const struct contact *c, void *arg), void *arg)
{
	struct contact_walk walk = { t, each, arg };

	return vault_each(t, VAULT_CONTACTS, contact_show, &walk);
}
