/* keyring_box.c - a ring as it lies in the keyslot file. */
#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/random.h"
#include "store/client/keyring.h"
#include "store/client/record.h"

enum {
	BOX_NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	BOX_TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
};

static_assert((int)KEYRING_BOX_OVERHEAD == BOX_NONCE_BYTES + BOX_TAG_BYTES,
    "a box is XChaCha20-Poly1305's");
static_assert(
    (int)KEYRING_KEY_BYTES == (int)crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    "a key of the ring is a sealing key");

static size_t
box_plain_bytes(const struct keyring *k)
{
	return KEYRING_HEAD_BYTES + k->count * KEYRING_ROW_BYTES;
}

static void
box_write(const struct keyring *k, uint8_t *to)
{
	store_u64(to, k->before);
	store_u64(to + 8, k->after);
	store_u32(to + 16, k->first_new);
	store_u32(to + 20, k->next_serial);
	to += KEYRING_HEAD_BYTES;
	for (size_t i = 0; i < k->count; i++) {
		const struct keyring_row *row = &k->rows[i];

		store_u32(to, row->serial);
		to[4] = (uint8_t)row->kind;
		to[5] = row->doomed;
		store_u64(to + 6, row->number);
		store_u64(to + 14, (uint64_t)row->created_ms);
		memcpy(to + 22, row->key, KEYRING_KEY_BYTES);
		to += KEYRING_ROW_BYTES;
	}
}

static bool
box_read_row(const uint8_t *from, struct keyring_row *row)
{
	if (from[4] < VAULT_RING_BASE || from[4] > VAULT_RING_HOUR ||
	    from[5] > 1)
		return false;
	row->serial = load_u32(from);
	row->kind = (enum vault_ring_kind)from[4];
	row->doomed = from[5] == 1;
	row->number = load_u64(from + 6);
	row->created_ms = (int64_t)load_u64(from + 14);
	memcpy(row->key, from + 22, KEYRING_KEY_BYTES);
	return true;
}

enum status
keyring_parse(struct bytes plain, struct keyring **k)
{
	struct bytes rows = bytes_tail(plain, KEYRING_HEAD_BYTES);
	struct keyring *fresh = NULL;
	uint32_t last = 0;

	if (plain.len < KEYRING_HEAD_BYTES ||
	    rows.len % KEYRING_ROW_BYTES != 0 ||
	    rows.len / KEYRING_ROW_BYTES > KEYRING_ROWS_MAX)
		return STATUS_CRYPTO;
	if (keyring_new(rows.len / KEYRING_ROW_BYTES, &fresh) != STATUS_OK)
		return STATUS_NOMEM;
	fresh->before = load_u64(plain.data);
	fresh->after = load_u64(plain.data + 8);
	fresh->first_new = load_u32(plain.data + 16);
	fresh->next_serial = load_u32(plain.data + 20);
	if (fresh->before > fresh->after ||
	    fresh->first_new > fresh->next_serial)
		goto damaged;
	while (rows.len > 0) {
		struct keyring_row *row = &fresh->rows[fresh->count];

		if (!box_read_row(rows.data, row) || row->serial <= last ||
		    row->serial >= fresh->next_serial)
			goto damaged;
		last = row->serial;
		fresh->count++;
		rows = bytes_tail(rows, KEYRING_ROW_BYTES);
	}
	*k = fresh;
	return STATUS_OK;
damaged:
	keyring_let_go(fresh);
	return STATUS_CRYPTO;
}

/* Bound to what it is and to how it is written. */
static void
box_label(uint8_t label[8])
{
	memcpy(label, "ring", 4);
	store_u32(label + 4, KEYSLOTS_VERSION);
}

/* XChaCha20-Poly1305, draft-irtf-cfrg-xchacha; storage.md 3. */
enum status
keyring_seal(
    const struct keyring *k, const struct master_key *master, struct buf *out)
{
	const size_t len = box_plain_bytes(k);
	uint8_t *secret; /* the subkey, then what is sealed */
	uint8_t *room = NULL;
	uint8_t label[8];
	enum status st = buf_grow(out, len + KEYRING_BOX_OVERHEAD, &room);

	if (st != STATUS_OK)
		return st;
	secret = sodium_malloc(KEYRING_KEY_BYTES + len);
	if (secret == NULL)
		return STATUS_NOMEM;
	box_write(k, secret + KEYRING_KEY_BYTES);
	box_label(label);
	master_key_subkey(master, MASTER_SUBKEY_RING, secret);
	random_bytes(room, BOX_NONCE_BYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(room + BOX_NONCE_BYTES, NULL,
	    secret + KEYRING_KEY_BYTES, len, label, sizeof(label), NULL, room,
	    secret);
	sodium_free(secret);
	return STATUS_OK;
}

enum status
keyring_open(
    struct bytes box, const struct master_key *master, struct keyring **k)
{
	struct bytes sealed = bytes_tail(box, BOX_NONCE_BYTES);
	enum status st = STATUS_CRYPTO;
	uint8_t *secret; /* the subkey, then what is opened */
	uint8_t *plain;
	uint8_t label[8];

	if (box.len < KEYRING_BOX_OVERHEAD || box.len > KEYRING_BOX_BYTES)
		return STATUS_CRYPTO;
	secret = sodium_malloc(KEYRING_KEY_BYTES + sealed.len);
	if (secret == NULL)
		return STATUS_NOMEM;
	plain = secret + KEYRING_KEY_BYTES;
	box_label(label);
	master_key_subkey(master, MASTER_SUBKEY_RING, secret);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL,
		sealed.data, sealed.len, label, sizeof(label), box.data,
		secret) == 0)
		st = keyring_parse(
		    bytes_view(plain, sealed.len - BOX_TAG_BYTES), k);
	sodium_free(secret);
	return st;
}
