/* keyslots_slot.c - one slot: the master key, wrapped in one way. */
#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/random.h"
#include "base/wipe.h"
#include "store/client/keyslots_private.h"

enum {
	SLOT_KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
	SLOT_OPS = 3,
	SLOT_MEM_BYTES = 64 * 1024 * 1024,
	/*
	 * A hostile file must not make us work for hours or take all memory;
	 * what a later release may want still fits.
	 */
	SLOT_OPS_MAX = 16,
	SLOT_MEM_BYTES_MIN = 8 * 1024,
	SLOT_MEM_BYTES_MAX = 256 * 1024 * 1024,
};

static_assert(sizeof(((struct slot_room *)0)->salt) == crypto_pwhash_SALTBYTES,
    "salts are Argon2id's");
static_assert(sizeof(((struct slot_room *)0)->nonce) ==
		  crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    "nonces are XChaCha20's");
static_assert(sizeof(((struct slot_room *)0)->wrapped) ==
		  MASTER_KEY_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES,
    "tags are Poly1305's");
static_assert((int)SLOT_SECRET_BYTES == (int)SLOT_KEY_BYTES,
    "a slot's secret is a sealing key");
static_assert((int)MASTER_KEY_BYTES == (int)crypto_kdf_KEYBYTES,
    "a master key is one to derive from");

/* 8 bytes by crypto_kdf's contract. */
static const char master_context[] = "tacit-mk";

enum status
master_key_new(struct master_key **key)
{
	/* Locked, kept out of core dumps, between guard pages. */
	struct master_key *fresh = sodium_malloc(sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	*key = fresh;
	return STATUS_OK;
}

void
master_key_free(struct master_key *key)
{
	sodium_free(key); /* wipes; NULL is fine */
}

void
master_key_subkey(const struct master_key *key, enum master_subkey which,
    uint8_t subkey[MASTER_KEY_BYTES])
{
	crypto_kdf_derive_from_key(
	    subkey, MASTER_KEY_BYTES, which, master_context, key->raw);
}

/*
 * Bound to what it is, so that a slot is not taken for one of another kind.
 * The next recovery key becomes the recovery key as it stands.
 */
static void
slot_label(uint32_t kind, uint8_t label[8])
{
	if (kind == SLOT_RECOVERY_NEXT)
		kind = SLOT_RECOVERY;
	store_u32(label, KEYSLOTS_VERSION);
	store_u32(label + 4, kind);
}

/* Argon2id version 1.3, RFC 9106. */
static enum status
slot_stretch(const struct keyslot *slot, struct bytes passphrase,
    uint8_t key[SLOT_KEY_BYTES])
{
	if (slot->salt.len != crypto_pwhash_SALTBYTES || slot->ops < 1 ||
	    slot->ops > SLOT_OPS_MAX || slot->mem_bytes < SLOT_MEM_BYTES_MIN ||
	    slot->mem_bytes > SLOT_MEM_BYTES_MAX)
		return STATUS_CRYPTO;
	if (crypto_pwhash(key, SLOT_KEY_BYTES, (const char *)passphrase.data,
		passphrase.len, slot->salt.data, slot->ops,
		(size_t)slot->mem_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return STATUS_NOMEM;
	return STATUS_OK;
}

/* BLAKE2b: what it names is random, so the name tells nothing of it. */
void
slot_desktop_id(
    const uint8_t secret[SLOT_SECRET_BYTES], uint8_t id[SLOT_ID_BYTES])
{
	static const char what[] = "tacit desktop keyring";

	crypto_generichash(id, SLOT_ID_BYTES, secret, SLOT_SECRET_BYTES,
	    (const uint8_t *)what, sizeof(what) - 1);
}

/* What seals the slot: stretched, or as it is. */
static enum status
slot_wrapping(const struct keyslot *slot, struct bytes secret,
    uint8_t key[SLOT_KEY_BYTES])
{
	if (slot->kind == SLOT_PASSPHRASE)
		return slot_stretch(slot, secret, key);
	if (secret.len != SLOT_KEY_BYTES)
		return STATUS_LOCKED;
	memcpy(key, secret.data, SLOT_KEY_BYTES);
	return STATUS_OK;
}

enum status
keyslot_wrap(const struct master_key *key, enum slot_kind kind,
    struct bytes secret, struct slot_room *room, struct keyslot *slot)
{
	uint8_t wrapping[SLOT_KEY_BYTES];
	uint8_t label[8];
	enum status st;

	*slot = (struct keyslot){ .kind = kind };
	if (kind == SLOT_PLAIN) {
		memcpy(room->wrapped, key->raw, MASTER_KEY_BYTES);
		slot->wrapped = bytes_view(room->wrapped, MASTER_KEY_BYTES);
		return STATUS_OK;
	}
	if (kind == SLOT_PASSPHRASE) {
		random_bytes(room->salt, sizeof(room->salt));
		slot->salt = BYTES_OF(room->salt);
		slot->ops = SLOT_OPS;
		slot->mem_bytes = SLOT_MEM_BYTES;
	}
	st = slot_wrapping(slot, secret, wrapping);
	if (st != STATUS_OK)
		return st;
	if (kind == SLOT_DESKTOP) {
		slot_desktop_id(secret.data, room->salt);
		slot->salt = BYTES_OF(room->salt);
	}
	random_bytes(room->nonce, sizeof(room->nonce));
	slot_label(slot->kind, label);
	crypto_aead_xchacha20poly1305_ietf_encrypt(room->wrapped, NULL,
	    key->raw, MASTER_KEY_BYTES, label, sizeof(label), NULL, room->nonce,
	    wrapping);
	slot->nonce = BYTES_OF(room->nonce);
	slot->wrapped = BYTES_OF(room->wrapped);
	wipe(wrapping, sizeof(wrapping));
	return STATUS_OK;
}

static enum status
slot_open(const struct keyslot *slot, struct bytes secret, uint8_t *raw)
{
	uint8_t wrapping[SLOT_KEY_BYTES];
	uint8_t label[8];
	enum status st;

	if (slot->nonce.len != crypto_aead_xchacha20poly1305_ietf_NPUBBYTES ||
	    slot->wrapped.len !=
		MASTER_KEY_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES)
		return STATUS_CRYPTO;
	st = slot_wrapping(slot, secret, wrapping);
	if (st != STATUS_OK)
		return st;
	slot_label(slot->kind, label);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(raw, NULL, NULL,
		slot->wrapped.data, slot->wrapped.len, label, sizeof(label),
		slot->nonce.data, wrapping) != 0)
		st = STATUS_LOCKED;
	wipe(wrapping, sizeof(wrapping));
	return st;
}

enum status
keyslot_unwrap(
    const struct keyslot *slot, struct bytes secret, struct master_key **key)
{
	struct master_key *fresh = NULL;
	enum status st;

	if (slot->kind == SLOT_PLAIN && slot->wrapped.len != MASTER_KEY_BYTES)
		return STATUS_CRYPTO;
	st = master_key_new(&fresh);
	if (st != STATUS_OK)
		return st;
	if (slot->kind == SLOT_PLAIN)
		memcpy(fresh->raw, slot->wrapped.data, MASTER_KEY_BYTES);
	else
		st = slot_open(slot, secret, fresh->raw);
	if (st == STATUS_OK)
		*key = fresh;
	else
		master_key_free(fresh);
	return st;
}
