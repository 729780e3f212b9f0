#include "store/client/settings.h"

#include "store/client/record.h"
#include "store/client/vault_private.h"

enum status
settings_get(struct vault_txn *t, struct settings *s)
{
	struct vault_key key = vault_key_number(VAULT_META_SETTINGS);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_META, &key, &plain);

	if (st == STATUS_NOT_FOUND) {
		*s = (struct settings){ 0 };
		return STATUS_OK;
	}
	if (st == STATUS_OK)
		st = record_open_settings(plain, vault_arena(t), s);
	return st;
}

enum status
settings_put(struct vault_txn *t, const struct settings *s)
{
	struct vault_key key = vault_key_number(VAULT_META_SETTINGS);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_settings(s, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_META, &key, buf_view(packed));
	return st;
}
