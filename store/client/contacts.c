#include "store/client/contacts.h"

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
	return st;
}

static enum status
contact_show(struct vault_txn *t, struct bytes plain,
    enum status (*each)(const struct contact *c, void *arg), void *arg)
{
	struct contact c;
	enum status st = record_open_contact(plain, vault_arena(t), &c);

	return st == STATUS_OK ? each(&c, arg) : st;
}

enum status
contacts_each(struct vault_txn *t,
    enum status (*each)(const struct contact *c, void *arg), void *arg)
{
	struct vault_cursor *c = NULL;
	enum status st =
	    vault_cursor_open(t, VAULT_CONTACTS, NULL, NULL, false, &c);

	while (st == STATUS_OK) {
		struct buf *value = NULL;
		struct bytes key;

		st = vault_cursor_next(c, &key, &value);
		if (st == STATUS_NOT_FOUND) {
			st = STATUS_OK;
			break;
		}
		if (st == STATUS_OK)
			st = contact_show(t, buf_view(value), each, arg);
		buf_free(value);
	}
	vault_cursor_close(c);
	return st;
}
