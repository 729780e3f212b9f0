#include "store/client/vault_slots.h"

#include <string.h>

#include "base/wipe.h"
#include "store/client/keyslots_private.h"
#include "store/client/vault_private.h"

enum status
vault_put_slot(struct vault *v, enum slot_kind kind, struct bytes secret)
{
	struct vault_txn *t = NULL;
	struct keyslot slot;
	struct slot_room room;
	enum status st = keyslot_wrap(v->master, kind, secret, &room, &slot);

	/* For the lock of writers alone: the database is not touched. */
	if (st == STATUS_OK)
		st = vault_txn_begin(v, DB_WRITE, &t);
	if (st == STATUS_OK)
		st = keyslots_put_slot(v->dir, &slot);
	vault_txn_abort(t);
	wipe(&room, sizeof(room));
	return st;
}

enum status
vault_drop_slot(struct vault *v, enum slot_kind kind)
{
	struct vault_txn *t = NULL;
	enum status st = vault_txn_begin(v, DB_WRITE, &t);

	if (st == STATUS_OK)
		st = keyslots_drop_slot(v->dir, kind);
	vault_txn_abort(t);
	return st;
}

enum status
vault_turn_recovery(struct vault *v)
{
	struct vault_txn *t = NULL;
	enum status st = vault_txn_begin(v, DB_WRITE, &t);

	if (st == STATUS_OK)
		st = keyslots_turn_recovery(v->dir);
	vault_txn_abort(t);
	return st;
}
