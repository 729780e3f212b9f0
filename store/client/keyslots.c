#include "store/client/keyslots.h"

#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/wipe.h"
#include "store/client/keyslots_file.h"
#include "store/client/keyslots_private.h"

const struct keyslot *
keyslots_find(const struct keyslots *k, enum slot_kind kind)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->slots[i].kind == (uint32_t)kind)
			return &k->slots[i];
	return NULL;
}

enum status
keyslots_load(const char *dir, struct arena *a, struct keyslots *k)
{
	struct buf *file = NULL;
	enum status st = keyslots_file_read(dir, &file);

	if (st == STATUS_OK)
		st = record_open_keyslots(buf_view(file), a, k);
	if (st == STATUS_CRYPTO)
		log_event(LOG_LEVEL_ERROR, "keyslots-damaged", "file=keys");
	buf_free(file);
	return st;
}

static enum status
keyslots_try(
    const struct keyslots *k, struct bytes passphrase, struct master_key **key)
{
	const struct keyslot *plain = keyslots_find(k, SLOT_PLAIN);
	const struct keyslot *slot = keyslots_find(k, SLOT_PASSPHRASE);

	if (plain != NULL)
		return keyslot_unwrap(plain, BYTES_NONE, key);
	if (passphrase.len == 0 || slot == NULL)
		return STATUS_LOCKED;
	return keyslot_unwrap(slot, passphrase, key);
}

static enum status
keyslots_try_by(const struct keyslots *k, enum slot_kind kind,
    struct bytes secret, struct master_key **key)
{
	const struct keyslot *slot = keyslots_find(k, kind);

	if (slot == NULL)
		return STATUS_NOT_FOUND;
	return keyslot_unwrap(slot, secret, key);
}

enum status
keyslots_open(const char *dir, struct bytes passphrase, struct master_key **key)
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
		st = keyslots_try(&k, passphrase, key);
	arena_free(a); /* wipes */
	return st;
}

enum status
keyslots_open_by(const char *dir, enum slot_kind kind,
    const uint8_t secret[SLOT_SECRET_BYTES], struct master_key **key)
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
		st = keyslots_try_by(
		    &k, kind, bytes_view(secret, SLOT_SECRET_BYTES), key);
	arena_free(a);
	return st;
}

enum status
keyslots_have(const char *dir, enum slot_kind kind, bool *have)
{
	struct keyslots k = { 0 };
	struct arena *a = NULL;
	enum status st = arena_new(KEYSLOTS_ARENA_BYTES, &a);

	if (st == STATUS_OK)
		st = keyslots_load(dir, a, &k);
	if (st == STATUS_OK)
		*have = keyslots_find(&k, kind) != NULL;
	arena_free(a);
	return st;
}

enum status
keyslots_need_passphrase(const char *dir, bool *needed)
{
	bool plain = false;
	enum status st = keyslots_have(dir, SLOT_PLAIN, &plain);

	if (st == STATUS_OK)
		*needed = !plain;
	return st;
}

enum status
keyslots_desktop_id(const char *dir, uint8_t id[SLOT_ID_BYTES])
{
	const struct keyslot *slot = NULL;
	struct keyslots k = { 0 };
	struct arena *a = NULL;
	enum status st = arena_new(KEYSLOTS_ARENA_BYTES, &a);

	if (st == STATUS_OK)
		st = keyslots_load(dir, a, &k);
	if (st == STATUS_OK)
		slot = keyslots_find(&k, SLOT_DESKTOP);
	if (st == STATUS_OK && slot == NULL)
		st = STATUS_NOT_FOUND;
	else if (st == STATUS_OK && slot->salt.len != SLOT_ID_BYTES)
		st = STATUS_CRYPTO;
	if (st == STATUS_OK)
		memcpy(id, slot->salt.data, SLOT_ID_BYTES);
	arena_free(a);
	return st;
}

enum status
keyslots_bytes_need_passphrase(struct bytes file, bool *needed)
{
	struct keyslots k = { 0 };
	struct arena *a = NULL;
	enum status st = arena_new(KEYSLOTS_ARENA_BYTES, &a);

	if (st == STATUS_OK)
		st = record_open_keyslots(file, a, &k);
	if (st == STATUS_OK)
		*needed = keyslots_find(&k, SLOT_PLAIN) == NULL;
	arena_free(a);
	return st;
}

enum status
keyslots_read_ring(
    const char *dir, const struct master_key *key, struct keyring **ring)
{
	struct keyslots k = { 0 };
	struct arena *a = NULL;
	enum status st = arena_new(KEYSLOTS_ARENA_BYTES, &a);

	if (st == STATUS_OK)
		st = keyslots_load(dir, a, &k);
	if (st == STATUS_OK)
		st = keyring_open(k.ring, key, ring);
	arena_free(a);
	return st;
}

/* One slot and a ring of the first two keys. */
static enum status
keyslots_make(
    const struct master_key *key, struct bytes passphrase, struct buf *file)
{
	enum slot_kind kind = passphrase.len > 0 ? SLOT_PASSPHRASE : SLOT_PLAIN;
	struct keyslots k = { .count = 1 };
	struct keyring *ring = NULL;
	struct slot_room room;
	struct buf *box = NULL;
	enum status st = keyring_first(clock_wall_ms(), &ring);

	if (st == STATUS_OK)
		st = buf_new(KEYRING_BOX_BYTES, &box);
	if (st == STATUS_OK)
		st = keyring_seal(ring, key, box);
	if (st == STATUS_OK)
		st = keyslot_wrap(key, kind, passphrase, &room, &k.slots[0]);
	if (st == STATUS_OK) {
		k.ring = buf_view(box);
		st = record_pack_keyslots(&k, file);
	}
	wipe(&room, sizeof(room));
	buf_free(box);
	keyring_let_go(ring);
	return st;
}

enum status
keyslots_create(
    const char *dir, struct bytes passphrase, struct master_key **key)
{
	struct master_key *fresh = NULL;
	struct buf *file = NULL;
	enum status st;

	if (sodium_init() < 0)
		return STATUS_IO;
	/* Asked again at the rename; here it saves the slow part. */
	st = keyslots_file_has(dir);
	if (st != STATUS_NOT_FOUND)
		return st == STATUS_OK ? STATUS_EXISTS : st;
	st = master_key_new(&fresh);
	if (st != STATUS_OK)
		return st;
	random_bytes(fresh->raw, sizeof(fresh->raw));
	st = buf_new(KEYSLOTS_FILE_BYTES, &file);
	if (st == STATUS_OK)
		st = keyslots_make(fresh, passphrase, file);
	if (st == STATUS_OK)
		st = keyslots_file_create(dir, buf_view(file));
	if (st != STATUS_OK)
		goto out;
	*key = fresh;
	fresh = NULL;
out:
	master_key_free(fresh);
	buf_free(file);
	return st;
}
