/*
 * group_entry.c - entries of a membership log as bytes: made and signed, sealed
 * for one place in the relay's chain, opened, kept (protocol.md 8.1, 8.3).
 */
#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/random.h"
#include "base/wipe.h"
#include "client/core/group/group_internal.h"

enum {
	NONCE24_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	PLACE_BYTES = CHAIN_ID_BYTES + 8,
};

static_assert(LOG_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

enum status
group_secret_id(struct group_secret *secret)
{
	struct buf *joined = NULL;
	struct hash hash;
	enum status st;

	/* Spec 8.3: "the first 8 bytes of SHA-256 over three fields". */
	st = buf_new(128, &joined);
	if (st == STATUS_OK)
		st = buf_put_field(joined, BYTES("tacit/1/log-key"));
	if (st == STATUS_OK)
		st = buf_put_field(joined, BYTES_OF(secret->key.raw));
	if (st == STATUS_OK)
		st = buf_put_field(joined, BYTES_OF(secret->token.raw));
	if (st == STATUS_OK) {
		hash_bytes(buf_view(joined), &hash);
		memcpy(secret->id.raw, hash.raw, sizeof(secret->id.raw));
	}
	buf_free(joined);
	return st;
}

enum status
group_secret_make(struct group_secret *secret)
{
	random_bytes(secret->key.raw, sizeof(secret->key.raw));
	random_bytes(secret->token.raw, sizeof(secret->token.raw));
	return group_secret_id(secret);
}

void
group_secret_clear(struct group_secret *secret)
{
	wipe(secret, sizeof(*secret));
}

/* An entry opens only at the place it was made for. */
static void
place_of(
    const struct chain_id *chain, uint64_t index, uint8_t place[PLACE_BYTES])
{
	memcpy(place, chain->raw, CHAIN_ID_BYTES);
	store_u64(place + CHAIN_ID_BYTES, index);
}

enum status
group_entry_seal(const struct group_secret *secret,
    const struct chain_id *chain, uint64_t index, struct bytes entry,
    struct buf **sealed)
{
	struct sealed_entry e = { .key_id = secret->id };
	uint8_t nonce[NONCE24_BYTES];
	uint8_t place[PLACE_BYTES];
	struct buf *box = NULL;
	struct buf *out = NULL;
	uint8_t *room;
	enum status st;

	random_bytes(nonce, sizeof(nonce));
	place_of(chain, index, place);
	st = buf_new(entry.len + TAG_BYTES, &box);
	if (st == STATUS_OK)
		st = buf_grow(box, entry.len + TAG_BYTES, &room);
	if (st != STATUS_OK)
		goto out;
	crypto_aead_xchacha20poly1305_ietf_encrypt(room, NULL, entry.data,
	    entry.len, place, sizeof(place), NULL, nonce, secret->key.raw);
	e.nonce = BYTES_OF(nonce);
	e.box = buf_view(box);
	st = buf_new(LIMIT_CHAIN_ENTRY_BYTES, &out);
	if (st == STATUS_OK)
		st = group_put_sealed(&e, out);
	if (st != STATUS_OK)
		goto out;
	*sealed = out;
	out = NULL;
out:
	buf_free(box);
	buf_free(out);
	return st;
}

enum status
group_entry_open(const struct group_secret *secret,
    const struct chain_id *chain, uint64_t index, const struct sealed_entry *e,
    struct buf **entry)
{
	uint8_t place[PLACE_BYTES];
	struct buf *out = NULL;
	uint8_t *room;
	enum status st;

	if (e->box.len < TAG_BYTES)
		return STATUS_CRYPTO;
	place_of(chain, index, place);
	st = buf_new(e->box.len - TAG_BYTES + 1, &out);
	if (st == STATUS_OK)
		st = buf_grow(out, e->box.len - TAG_BYTES + 1, &room);
	if (st == STATUS_OK &&
	    crypto_aead_xchacha20poly1305_ietf_decrypt(room, NULL, NULL,
		e->box.data, e->box.len, place, sizeof(place), e->nonce.data,
		secret->key.raw) != 0)
		st = STATUS_CRYPTO;
	if (st != STATUS_OK) {
		buf_free(out);
		return st;
	}
	buf_truncate(out, e->box.len - TAG_BYTES);
	*entry = out;
	return STATUS_OK;
}

enum status
group_entry_make(struct step *s, const struct group_entry_body *body,
    struct buf **entry, struct hash *hash)
{
	const struct self *self = &s->core->self;
	struct group_entry e = { .list = self_signed_list(self) };
	struct signature signature;
	struct buf *raw = NULL;
	struct buf *out = NULL;
	enum status st;

	st = buf_new(LIMIT_CHAIN_ENTRY_BYTES, &raw);
	if (st == STATUS_OK)
		st = group_put_body(body, raw);
	if (st == STATUS_OK)
		st = sign_body(&self->device_secret, SIGN_GROUP_ENTRY, NULL, 0,
		    buf_view(raw), &signature);
	if (st == STATUS_OK)
		st = buf_new(LIMIT_CHAIN_ENTRY_BYTES, &out);
	if (st != STATUS_OK)
		goto out;
	e.body = buf_view(raw);
	e.signature = BYTES_OF(signature.raw);
	st = group_put_entry(&e, out);
	if (st != STATUS_OK)
		goto out;
	hash_bytes(buf_view(raw), hash);
	*entry = out;
	out = NULL;
out:
	buf_free(raw);
	buf_free(out);
	return st;
}

/* Before the entry: how it came here, and the keys around it. */
struct row_head {
	uint8_t is_proven;
	uint8_t is_sealed;
	struct group_key_id sealed_by; /* zeros when not sealed */
	struct group_key_id next_key;
};

static_assert(sizeof(struct row_head) == 2 + 2 * GROUP_KEY_ID_BYTES);

enum status
group_entry_store(struct step *s, const struct group_record *g, uint64_t index,
    const struct kept_entry *kept)
{
	struct row_head head = {
		.is_proven = kept->proof == PROOF_GOOD,
		.is_sealed = kept->is_sealed,
		.sealed_by = kept->sealed_by,
		.next_key = kept->next_key,
	};
	struct buf *row = NULL;
	enum status st = buf_new(kept->entry.len + sizeof(head), &row);

	if (st == STATUS_OK)
		st = buf_put(row, BYTES_OF(head));
	if (st == STATUS_OK)
		st = buf_put(row, kept->entry);
	if (st == STATUS_OK)
		st = group_log_put(s->txn, g, index, buf_view(row));
	buf_free(row);
	return st;
}

enum status
group_entry_load(struct step *s, const struct group_record *g, uint64_t index,
    struct kept_entry *kept)
{
	struct row_head head;
	struct buf *row = NULL;
	enum status st = group_log_get(s->txn, g, index, &row);

	if (st != STATUS_OK)
		return st;
	if (buf_len(row) < sizeof(head)) {
		buf_free(row);
		return STATUS_CRYPTO;
	}
	memcpy(&head, buf_view(row).data, sizeof(head));
	*kept = (struct kept_entry){
		.row = row,
		.entry = bytes_tail(buf_view(row), sizeof(head)),
		.proof = head.is_proven ? PROOF_GOOD : PROOF_BAD,
		.is_sealed = head.is_sealed,
		.sealed_by = head.sealed_by,
		.next_key = head.next_key,
	};
	return STATUS_OK;
}

void
group_entry_clear(struct kept_entry *kept)
{
	buf_free(kept->row);
	memset(kept, 0, sizeof(*kept));
}
