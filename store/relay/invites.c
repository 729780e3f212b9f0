#include "store/relay/invites.h"

static enum status
invites_get(struct db_txn *txn, const struct hash *code, struct arena *a,
    struct invite_record *invite)
{
	struct bytes row;
	enum status st = db_get(txn, TABLE_INVITES, hash_view(code), &row);

	return st == STATUS_OK ? record_get_invite(row, a, invite) : st;
}

enum status
invites_add(struct db_txn *txn, const struct hash *code,
    const struct invite_record *invite, struct arena *scratch)
{
	struct invite_record old;
	enum status found = invites_get(txn, code, scratch, &old);
	enum status st;

	if (found != STATUS_OK && found != STATUS_NOT_FOUND)
		return found;
	st = record_put_invite(txn, hash_view(code), invite);
	if (st == STATUS_OK && found == STATUS_OK)
		return STATUS_EXISTS;
	return st;
}

enum status
invites_use(struct db_txn *txn, const struct hash *code, int64_t now_ms,
    struct arena *scratch)
{
	struct invite_record invite;
	enum status st = invites_get(txn, code, scratch, &invite);

	if (st == STATUS_NOT_FOUND)
		return STATUS_DENIED;
	if (st != STATUS_OK)
		return st;
	if (invite.expires_ms != 0 && now_ms >= invite.expires_ms)
		return STATUS_DENIED;
	if (invite.endless)
		return STATUS_OK;
	if (invite.uses == 0)
		return STATUS_DENIED;
	invite.uses--;
	return record_put_invite(txn, hash_view(code), &invite);
}
