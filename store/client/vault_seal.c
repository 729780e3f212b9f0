/* vault_seal.c - values and lookup keys, so that nothing is readable. */
#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/random.h"
#include "store/client/vault_private.h"

static_assert(VAULT_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    "nonces are XChaCha20's");
static_assert(VAULT_TAG_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES,
    "tags are Poly1305's");

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

/*
 * Random for the first record of a transaction, and counted on from there: a
 * call to the system for each was a twentieth of what a message costs.  192
 * bits leave no two transactions near each other.
 */
static void
vault_next_nonce(struct vault_txn *t, uint8_t nonce[VAULT_NONCE_BYTES])
{
	while (t->parent != NULL)
		t = t->parent;
	if (t->has_nonce)
		sodium_increment(t->nonce, VAULT_NONCE_BYTES);
	else
		random_bytes(t->nonce, VAULT_NONCE_BYTES);
	t->has_nonce = true;
	memcpy(nonce, t->nonce, VAULT_NONCE_BYTES);
}

/* XChaCha20-Poly1305, draft-irtf-cfrg-xchacha; storage.md 4. */
void
vault_seal(struct vault_txn *t, const uint8_t seal[KEYRING_KEY_BYTES],
    uint32_t serial, enum vault_table table, struct bytes key,
    struct bytes plain, uint8_t *sealed)
{
	struct vault_place place = vault_place(table, key);
	uint8_t *nonce = sealed + 5;

	sealed[0] = VAULT_RECORD_VERSION;
	store_u32(sealed + 1, serial);
	vault_next_nonce(t, nonce);
	crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + VAULT_HEAD_BYTES,
	    NULL, plain.data, plain.len, place.raw, place.len, NULL, nonce,
	    seal);
}

enum status
vault_sealed_serial(struct bytes sealed, uint32_t *serial)
{
	if (sealed.len < VAULT_OVERHEAD_BYTES ||
	    sealed.len - VAULT_OVERHEAD_BYTES > VAULT_VALUE_MAX_BYTES ||
	    sealed.data[0] != VAULT_RECORD_VERSION)
		return STATUS_CRYPTO;
	*serial = load_u32(sealed.data + 1);
	return STATUS_OK;
}

enum status
vault_unseal(const struct keyring *ring, enum vault_table table,
    struct bytes key, struct bytes sealed, struct buf *out)
{
	struct bytes box = bytes_tail(sealed, VAULT_HEAD_BYTES);
	const uint8_t *seal = NULL;
	struct vault_place place;
	uint8_t *room = NULL;
	uint32_t serial;
	size_t before = buf_len(out);
	enum status st = vault_sealed_serial(sealed, &serial);

	if (st == STATUS_OK)
		seal = keyring_key(ring, serial, table);
	if (seal == NULL || key.len > VAULT_KEY_MAX_BYTES)
		return STATUS_CRYPTO;
	place = vault_place(table, key);
	st = buf_grow(out, box.len - VAULT_TAG_BYTES, &room);
	if (st != STATUS_OK)
		return st;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(room, NULL, NULL,
		box.data, box.len, place.raw, place.len, sealed.data + 5,
		seal) == 0)
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

	memcpy(&state, t->ring->lookup, sizeof(state));
	store_u32(number, (uint32_t)table);
	/* Its first byte, a zero, is in there. */
	crypto_generichash_update(&state, number + 1, sizeof(number) - 1);
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
