/* vault_seal.c - values and lookup keys, so that nothing is readable. */
#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/random.h"
#include "store/client/backup_private.h"
#include "store/client/vault_private.h"

static_assert(VAULT_SUBKEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    "a table's key is a sealing key");
static_assert(VAULT_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    "nonces are XChaCha20's");
static_assert(VAULT_TAG_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES,
    "tags are Poly1305's");
static_assert((int)EPOCH_KEY_BYTES == (int)crypto_kdf_KEYBYTES,
    "an epoch key is a master key");

/* Contexts are 8 bytes by crypto_kdf's contract. */
static const char vault_seal_context[] = "tacit-vt";   /* id: the table */
static const char vault_lookup_context[] = "tacit-vl"; /* id: 0 */

enum status
vault_keys_new(const struct epoch_key *key, struct vault_keys **keys)
{
	struct vault_keys *fresh = sodium_malloc(sizeof(*fresh));
	const uint8_t *master = epoch_key_raw(key);

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->epoch = epoch_key_number(key);
	for (size_t i = 0; i < VAULT_TABLES_COUNT; i++)
		crypto_kdf_derive_from_key(fresh->seal[i], VAULT_SUBKEY_BYTES,
		    i, vault_seal_context, master);
	crypto_kdf_derive_from_key(
	    fresh->lookup, VAULT_SUBKEY_BYTES, 0, vault_lookup_context, master);
	backup_key_derive(master, &fresh->backup);
	*keys = fresh;
	return STATUS_OK;
}

void
vault_backup_key(const struct vault *v, struct backup_key *key)
{
	*key = v->keys->backup;
}

void
vault_keys_free(struct vault_keys *keys)
{
	sodium_free(keys);
}

/* Associated data: where the record belongs. */
struct vault_place {
	uint8_t raw[4 + VAULT_KEY_MAX_BYTES];
	size_t len;
};

static struct vault_place
vault_place(enum vault_table table, struct bytes key)
{
	struct vault_place place;

	assert(key.len <= VAULT_KEY_MAX_BYTES);
	store_u32(place.raw, (uint32_t)table);
	memcpy(place.raw + 4, key.data, key.len);
	place.len = 4 + key.len;
	return place;
}

/* XChaCha20-Poly1305, draft-irtf-cfrg-xchacha; storage.md 4. */
void
vault_seal(const struct vault_keys *keys, enum vault_table table,
    struct bytes key, struct bytes plain, uint8_t *sealed)
{
	struct vault_place place = vault_place(table, key);
	uint8_t *nonce = sealed + 5;

	sealed[0] = VAULT_RECORD_VERSION;
	store_u32(sealed + 1, keys->epoch);
	random_bytes(nonce, VAULT_NONCE_BYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + VAULT_HEAD_BYTES,
	    NULL, plain.data, plain.len, place.raw, place.len, NULL, nonce,
	    keys->seal[table]);
}

enum status
vault_unseal(const struct vault_keys *keys, enum vault_table table,
    struct bytes key, struct bytes sealed, struct buf *out)
{
	struct bytes box = bytes_tail(sealed, VAULT_HEAD_BYTES);
	struct vault_place place;
	uint8_t *room = NULL;
	size_t before = buf_len(out);
	enum status st;

	if (key.len > VAULT_KEY_MAX_BYTES || box.len < VAULT_TAG_BYTES ||
	    box.len - VAULT_TAG_BYTES > VAULT_VALUE_MAX_BYTES ||
	    sealed.data[0] != VAULT_RECORD_VERSION ||
	    load_u32(sealed.data + 1) != keys->epoch)
		return STATUS_CRYPTO;
	place = vault_place(table, key);
	st = buf_grow(out, box.len - VAULT_TAG_BYTES, &room);
	if (st != STATUS_OK)
		return st;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(room, NULL, NULL,
		box.data, box.len, place.raw, place.len, sealed.data + 5,
		keys->seal[table]) == 0)
		return STATUS_OK;
	buf_truncate(out, before);
	return STATUS_CRYPTO;
}

struct vault_key
vault_key_hash(struct vault_txn *t, enum vault_table table,
    const struct bytes *parts, size_t parts_count)
{
	struct vault_key key = { .len = VAULT_HASH_BYTES };
	crypto_generichash_state state;
	uint8_t number[4];

	crypto_generichash_init(&state, t->vault->keys->lookup,
	    VAULT_SUBKEY_BYTES, VAULT_HASH_BYTES);
	store_u32(number, (uint32_t)table);
	crypto_generichash_update(&state, number, sizeof(number));
	for (size_t i = 0; i < parts_count; i++) {
		store_u32(number, (uint32_t)parts[i].len);
		crypto_generichash_update(&state, number, sizeof(number));
		crypto_generichash_update(&state, parts[i].data, parts[i].len);
	}
	crypto_generichash_final(&state, key.raw, VAULT_HASH_BYTES);
	return key;
}

struct vault_key
vault_key_number(uint64_t number)
{
	struct vault_key key = { .len = 8 };

	store_u64(key.raw, number);
	return key;
}

struct vault_key
vault_key_append(struct vault_key key, uint64_t number)
{
	assert(key.len + 8 <= VAULT_KEY_MAX_BYTES);
	store_u64(key.raw + key.len, number);
	key.len += 8;
	return key;
}

uint64_t
vault_key_last_number(struct bytes raw_key)
{
	if (raw_key.len < 8)
		return 0;
	return load_u64(raw_key.data + raw_key.len - 8);
}

struct vault_key
vault_key_device(struct vault_txn *t, enum vault_table table,
    const struct hash *scope, const struct address *device)
{
	struct bytes parts[3];
	uint8_t number[4];
	size_t count = 0;

	store_u32(number, device->device);
	if (scope != NULL)
		parts[count++] = hash_view(scope);
	parts[count++] = account_name_bytes(&device->account);
	parts[count++] = BYTES_OF(number);
	return vault_key_hash(t, table, parts, count);
}
