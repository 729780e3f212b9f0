#include "store/client/keyslots.h"

#include <sodium.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "base/wipe.h"
#include "store/client/keyslots_file.h"
#include "store/client/record.h"

enum {
	KEYSLOTS_ARENA_BYTES = 256 * 1024,
	EPOCH_BYTES_WRAPPED = 4 + EPOCH_KEY_BYTES, /* {u32 epoch, key} */
	EPOCHS_MAX = 64,

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

struct epoch_key {
	uint32_t number;
	uint8_t raw[EPOCH_KEY_BYTES];
};

static enum status
epoch_key_new(uint32_t number, struct epoch_key **key)
{
	/* Locked, kept out of core dumps, between guard pages. */
	struct epoch_key *fresh = sodium_malloc(sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->number = number;
	*key = fresh;
	return STATUS_OK;
}

void
epoch_key_free(struct epoch_key *key)
{
	sodium_free(key); /* wipes; NULL is fine */
}

uint32_t
epoch_key_number(const struct epoch_key *key)
{
	return key->number;
}

const uint8_t *
epoch_key_raw(const struct epoch_key *key)
{
	return key->raw;
}

/* The newest of the wrapped keys, which stand in rising order. */
static enum status
keyslots_take_newest(struct bytes wrapped, struct epoch_key **key)
{
	struct reader r = { wrapped };
	struct bytes raw = BYTES_NONE;
	uint32_t last = 0;
	enum status st;

	if (wrapped.len % EPOCH_BYTES_WRAPPED != 0 ||
	    wrapped.len / EPOCH_BYTES_WRAPPED > EPOCHS_MAX)
		return STATUS_CRYPTO;
	while (r.left.len > 0) {
		uint32_t number;

		if (reader_u32(&r, &number) != STATUS_OK || number <= last ||
		    reader_bytes(&r, EPOCH_KEY_BYTES, &raw) != STATUS_OK)
			return STATUS_CRYPTO;
		last = number;
	}
	if (last == 0)
		return STATUS_CRYPTO;
	st = epoch_key_new(last, key);
	if (st == STATUS_OK)
		memcpy((*key)->raw, raw.data, EPOCH_KEY_BYTES);
	return st;
}

/* Bound to what it is, so that a slot is not taken for one of another kind. */
static void
keyslots_label(const struct keyslot *slot, uint8_t label[8])
{
	store_u32(label, KEYSLOTS_VERSION);
	store_u32(label + 4, slot->kind);
}

/* Argon2id version 1.3, RFC 9106. */
static enum status
keyslots_stretch(const struct keyslot *slot, struct bytes passphrase,
    uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES])
{
	if (slot->salt.len != crypto_pwhash_SALTBYTES || slot->ops < 1 ||
	    slot->ops > SLOT_OPS_MAX || slot->mem_bytes < SLOT_MEM_BYTES_MIN ||
	    slot->mem_bytes > SLOT_MEM_BYTES_MAX)
		return STATUS_CRYPTO;
	if (crypto_pwhash(key, crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
		(const char *)passphrase.data, passphrase.len, slot->salt.data,
		slot->ops, (size_t)slot->mem_bytes,
		crypto_pwhash_ALG_ARGON2ID13) != 0)
		return STATUS_NOMEM;
	return STATUS_OK;
}

static enum status
keyslots_unwrap(const struct keyslot *slot, struct bytes passphrase,
    struct arena *a, struct epoch_key **key)
{
	uint8_t wrapping[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
	const size_t tag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
	uint8_t label[8];
	uint8_t *plain;
	enum status st;

	if (slot->nonce.len != crypto_aead_xchacha20poly1305_ietf_NPUBBYTES ||
	    slot->wrapped.len < tag)
		return STATUS_CRYPTO;
	plain = arena_take(a, slot->wrapped.len);
	if (plain == NULL)
		return STATUS_NOMEM;
	st = keyslots_stretch(slot, passphrase, wrapping);
	if (st != STATUS_OK)
		return st;
	keyslots_label(slot, label);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL,
		slot->wrapped.data, slot->wrapped.len, label, sizeof(label),
		slot->nonce.data, wrapping) != 0)
		st = STATUS_LOCKED;
	else
		st = keyslots_take_newest(
		    bytes_view(plain, slot->wrapped.len - tag), key);
	wipe(wrapping, sizeof(wrapping));
	return st;
}

static bool
keyslots_have(const struct keyslots *k, enum slot_kind kind, size_t *at)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->slots[i].kind == (uint32_t)kind) {
			*at = i;
			return true;
		}
	return false;
}

static enum status
keyslots_try(const struct keyslots *k, struct bytes passphrase, struct arena *a,
    struct epoch_key **key)
{
	enum status st = STATUS_LOCKED;
	size_t plain;

	if (keyslots_have(k, SLOT_PLAIN, &plain))
		return keyslots_take_newest(k->slots[plain].wrapped, key);
	if (passphrase.len == 0)
		return STATUS_LOCKED;
	for (size_t i = 0; i < k->count && st == STATUS_LOCKED; i++)
		if (k->slots[i].kind == SLOT_PASSPHRASE)
			st = keyslots_unwrap(&k->slots[i], passphrase, a, key);
	return st;
}

/* Read and decode; *k borrows from the arena. */
static enum status
keyslots_load(const char *dir, struct arena *a, struct keyslots *k)
{
	struct buf *file = NULL;
	enum status st = keyslots_file_read(dir, &file);

	if (st == STATUS_OK)
		st = record_open_keyslots(buf_view(file), a, k);
	buf_free(file);
	return st;
}

enum status
keyslots_open(const char *dir, struct bytes passphrase, struct epoch_key **key)
{
	struct keyslots k = { 0 };
	struct arena *a = NULL;
	enum status st;

	if (sodium_init() < 0)
		return STATUS_IO;
	st = arena_new(KEYSLOTS_ARENA_BYTES, &a);
	if (st == STATUS_OK)
		st = keyslots_load(dir, a, &k);
	if (st == STATUS_OK)
		st = keyslots_try(&k, passphrase, a, key);
	if (st == STATUS_CRYPTO)
		log_event(LOG_LEVEL_ERROR, "keyslots-damaged", "file=keys");
	arena_free(a); /* wipes */
	return st;
}

enum status
keyslots_bytes_need_passphrase(struct bytes file, bool *needed)
{
	struct keyslots k = { 0 };
	struct arena *a = NULL;
	size_t plain;
	enum status st = arena_new(KEYSLOTS_ARENA_BYTES, &a);

	if (st == STATUS_OK)
		st = record_open_keyslots(file, a, &k);
	if (st == STATUS_OK)
		*needed = !keyslots_have(&k, SLOT_PLAIN, &plain);
	arena_free(a);
	return st;
}

enum status
keyslots_need_passphrase(const char *dir, bool *needed)
{
	struct buf *file = NULL;
	enum status st = keyslots_file_read(dir, &file);

	if (st == STATUS_OK)
		st = keyslots_bytes_need_passphrase(buf_view(file), needed);
	buf_free(file);
	return st;
}

/* Everything of one slot that is made here; wiped as a whole. */
struct slot_parts {
	uint8_t wrapping[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
	uint8_t salt[crypto_pwhash_SALTBYTES];
	uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
	uint8_t plain[EPOCH_BYTES_WRAPPED];
	uint8_t sealed[EPOCH_BYTES_WRAPPED +
		       crypto_aead_xchacha20poly1305_ietf_ABYTES];
};

static enum status
keyslots_seal(
    struct slot_parts *p, struct bytes passphrase, struct keyslot *slot)
{
	uint8_t label[8];
	enum status st;

	random_bytes(p->salt, sizeof(p->salt));
	random_bytes(p->nonce, sizeof(p->nonce));
	*slot = (struct keyslot){
		.kind = SLOT_PASSPHRASE,
		.ops = SLOT_OPS,
		.mem_bytes = SLOT_MEM_BYTES,
		.salt = BYTES_OF(p->salt),
		.nonce = BYTES_OF(p->nonce),
		.wrapped = BYTES_OF(p->sealed),
	};
	st = keyslots_stretch(slot, passphrase, p->wrapping);
	if (st != STATUS_OK)
		return st;
	keyslots_label(slot, label);
	crypto_aead_xchacha20poly1305_ietf_encrypt(p->sealed, NULL, p->plain,
	    sizeof(p->plain), label, sizeof(label), NULL, p->nonce,
	    p->wrapping);
	return STATUS_OK;
}

static enum status
keyslots_wrap(
    const struct epoch_key *key, struct bytes passphrase, struct buf *file)
{
	struct keyslots k = { .count = 1 };
	enum status st = STATUS_OK;
	struct slot_parts p;

	store_u32(p.plain, key->number);
	memcpy(p.plain + 4, key->raw, EPOCH_KEY_BYTES);
	if (passphrase.len > 0)
		st = keyslots_seal(&p, passphrase, &k.slots[0]);
	else
		k.slots[0] = (struct keyslot){
			.kind = SLOT_PLAIN,
			.wrapped = BYTES_OF(p.plain),
		};
	if (st == STATUS_OK)
		st = record_pack_keyslots(&k, file);
	wipe(&p, sizeof(p));
	return st;
}

enum status
keyslots_create(
    const char *dir, struct bytes passphrase, struct epoch_key **key)
{
	struct epoch_key *fresh = NULL;
	struct buf *file = NULL;
	enum status st;

	if (sodium_init() < 0)
		return STATUS_IO;
	/* Asked again at the rename; here it saves the slow part. */
	st = keyslots_file_has(dir);
	if (st != STATUS_NOT_FOUND)
		return st == STATUS_OK ? STATUS_EXISTS : st;
	st = epoch_key_new(1, &fresh);
	if (st != STATUS_OK)
		return st;
	random_bytes(fresh->raw, sizeof(fresh->raw));
	st = buf_new(KEYSLOTS_FILE_BYTES, &file);
	if (st == STATUS_OK)
		st = keyslots_wrap(fresh, passphrase, file);
	if (st == STATUS_OK)
		st = keyslots_file_create(dir, buf_view(file));
	if (st != STATUS_OK)
		goto out;
	*key = fresh;
	fresh = NULL;
out:
	epoch_key_free(fresh);
	buf_free(file);
	return st;
}
