/* Sender keys of groups: libsignal's records, whose they are, who has ours. */
#include "store/client/audience.h"
#include "store/client/groups.h"
#include "store/client/ratchets.h"
#include "store/client/record.h"
#include "store/client/vault_private.h"

enum status
sender_key_get(struct vault_txn *t, const struct hash *group,
    const struct address *of, struct buf **record)
{
	struct vault_key key =
	    vault_key_device(t, VAULT_SENDER_KEYS, group, of);

	return vault_get(t, VAULT_SENDER_KEYS, &key, record);
}

enum status
sender_key_put(struct vault_txn *t, const struct hash *group,
    const struct address *of, struct bytes record)
{
	struct vault_key key =
	    vault_key_device(t, VAULT_SENDER_KEYS, group, of);

	return vault_put(t, VAULT_SENDER_KEYS, &key, record);
}

enum status
sender_key_del(
    struct vault_txn *t, const struct hash *group, const struct address *of)
{
	struct vault_key key =
	    vault_key_device(t, VAULT_SENDER_KEYS, group, of);

	return vault_del(t, VAULT_SENDER_KEYS, &key);
}

static struct vault_key
sender_key_id_place(
    struct vault_txn *t, const struct address *of, uint32_t key_id)
{
	uint8_t device[4];
	uint8_t id[4];
	struct bytes parts[] = {
		account_name_bytes(&of->account),
		BYTES_OF(device),
		BYTES_OF(id),
	};

	store_u32(device, of->device);
	store_u32(id, key_id);
	return vault_key_hash(t, VAULT_SENDER_KEY_IDS, parts, 3);
}

enum status
sender_key_id_get(struct vault_txn *t, const struct address *of,
    uint32_t key_id, struct hash *group)
{
	struct vault_key key = sender_key_id_place(t, of, key_id);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_SENDER_KEY_IDS, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_group_ref(plain, vault_arena(t), group);
	return st;
}

enum status
sender_key_id_put(struct vault_txn *t, const struct address *of,
    uint32_t key_id, const struct hash *group)
{
	struct vault_key key = sender_key_id_place(t, of, key_id);
	struct buf *packed;
	enum status st = vault_has(t, VAULT_SENDER_KEY_IDS, &key);

	if (st != STATUS_NOT_FOUND)
		return st == STATUS_OK ? STATUS_EXISTS : st;
	packed = vault_packed(t);
	st = record_pack_group_ref(group, packed);
	if (st == STATUS_OK)
		st = vault_put(t, VAULT_SENDER_KEY_IDS, &key, buf_view(packed));
	return st;
}

enum status
sender_key_sent_has(struct vault_txn *t, const struct hash *group,
    const struct address *to, uint32_t key_id)
{
	struct vault_key key =
	    vault_key_device(t, VAULT_SENDER_KEY_SENT, group, to);
	struct bytes plain;
	uint64_t held;
	enum status st = vault_peek(t, VAULT_SENDER_KEY_SENT, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_number(plain, vault_arena(t), &held);
	if (st == STATUS_OK && held != key_id)
		st = STATUS_NOT_FOUND;
	return st;
}

enum status
sender_key_sent_put(struct vault_txn *t, const struct hash *group,
    const struct address *to, uint32_t key_id)
{
	struct vault_key key =
	    vault_key_device(t, VAULT_SENDER_KEY_SENT, group, to);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_number(key_id, packed);

	if (st == STATUS_OK)
		st =
		    vault_put(t, VAULT_SENDER_KEY_SENT, &key, buf_view(packed));
	if (st == STATUS_OK)
		st = audience_forget_all(t);
	return st;
}
