#include "store/relay/invites.h"

#include <string.h>

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
	struct invite_record fresh = *invite;
	struct invite_record old;
	enum status found = invites_get(txn, code, scratch, &old);
	enum status st;

	if (found != STATUS_OK && found != STATUS_NOT_FOUND)
		return found;
	if (found == STATUS_OK) {
		fresh.created_ms = old.created_ms;
		fresh.used = old.used;
	}
	st = record_put_invite(txn, hash_view(code), &fresh);
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
	if (!invite.endless && invite.uses == 0)
		return STATUS_DENIED;
	if (!invite.endless)
		invite.uses--;
	invite.used++;
	return record_put_invite(txn, hash_view(code), &invite);
}

static enum status
invites_row(
    struct bytes key, struct bytes row, struct arena *a, struct invite_row *out)
{
	if (key.len != HASH_BYTES)
		return STATUS_IO;
	memcpy(out->code.raw, key.data, HASH_BYTES);
	return record_get_invite(row, a, &out->invite);
}

enum status
invites_list(struct db_txn *txn, const struct hash *after, size_t max,
    struct arena *a, struct invite_row *rows, size_t *count)
{
	struct db_cursor *c = NULL;
	struct bytes key, row;
	size_t found = 0;
	enum status st = db_cursor_open(txn, TABLE_INVITES, &c);

	if (st == STATUS_OK)
		st = db_cursor_seek(c,
		    after != NULL ? hash_view(after) : BYTES_NONE, &key, &row);
	if (st == STATUS_OK && after != NULL &&
	    bytes_equal(key, hash_view(after)))
		st = db_cursor_next(c, &key, &row);
	while (st == STATUS_OK && found < max) {
		st = invites_row(key, row, a, &rows[found]);
		if (st != STATUS_OK)
			break;
		found++;
		st = db_cursor_next(c, &key, &row);
	}
	db_cursor_close(c);
	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	*count = found;
	return STATUS_OK;
}

/* Of the first 32 bits of a hash, those before `bits`. */
static uint32_t
leading_bits(const uint8_t *hash, size_t bits)
{
	return bits == 0 ? 0 : load_u32(hash) >> (32 - bits);
}

enum status
invites_revoke(struct db_txn *txn, const uint8_t prefix[4], size_t bits,
    struct arena *a, struct invite_row *revoked)
{
	struct hash from = { { 0 } };
	struct invite_row rows[2];
	struct db_cursor *c = NULL;
	struct bytes key, row;
	size_t found = 0;
	enum status st = db_cursor_open(txn, TABLE_INVITES, &c);

	memcpy(from.raw, prefix, 4);
	if (st == STATUS_OK)
		st = db_cursor_seek(c, hash_view(&from), &key, &row);
	while (st == STATUS_OK && found < 2 && key.len == HASH_BYTES &&
	       leading_bits(key.data, bits) == leading_bits(prefix, bits)) {
		st = invites_row(key, row, a, &rows[found++]);
		if (st == STATUS_OK)
			st = db_cursor_next(c, &key, &row);
	}
	db_cursor_close(c);
	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	if (found != 1)
		return found == 0 ? STATUS_NOT_FOUND : STATUS_CONFLICT;
	*revoked = rows[0];
	return db_del(txn, TABLE_INVITES, hash_view(&rows[0].code));
}

uint32_t
invite_short(const struct hash *code)
{
	return load_u32(code->raw);
}
