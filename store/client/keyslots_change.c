/* keyslots_change.c - another ring, or another way to the master key. */
#include "store/client/keyslots_file.h"
#include "store/client/keyslots_private.h"

/* The file as it is, to be changed and written again. */
struct change {
	struct arena *arena;
	struct keyslots k;
};

static enum status
change_begin(const char *dir, struct change *c)
{
	enum status st = arena_new(KEYSLOTS_ARENA_BYTES, &c->arena);

	if (st == STATUS_OK)
		st = keyslots_load(dir, c->arena, &c->k);
	return st;
}

static enum status
change_write(const char *dir, const struct change *c)
{
	struct buf *file = NULL;
	enum status st = buf_new(KEYSLOTS_FILE_BYTES, &file);

	if (st == STATUS_OK)
		st = record_pack_keyslots(&c->k, file);
	if (st == STATUS_OK)
		st = keyslots_file_replace(dir, buf_view(file));
	buf_free(file);
	return st;
}

static void
change_end(struct change *c)
{
	arena_free(c->arena); /* wipes */
}

static void
change_remove(struct change *c, enum slot_kind kind)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->k.count; i++)
		if (c->k.slots[i].kind != (uint32_t)kind)
			c->k.slots[kept++] = c->k.slots[i];
	c->k.count = kept;
}

enum status
keyslots_pack(const char *dir, const struct master_key *key,
    const struct keyring *ring, struct buf *file)
{
	struct change c = { 0 };
	struct buf *box = NULL;
	enum status st = change_begin(dir, &c);

	if (st == STATUS_OK)
		st = buf_new(KEYRING_BOX_BYTES, &box);
	if (st == STATUS_OK)
		st = keyring_seal(ring, key, box);
	if (st == STATUS_OK) {
		c.k.ring = buf_view(box);
		st = record_pack_keyslots(&c.k, file);
	}
	buf_free(box);
	change_end(&c);
	return st;
}

enum status
keyslots_write_ring(
    const char *dir, const struct master_key *key, const struct keyring *ring)
{
	struct buf *file = NULL;
	enum status st = buf_new(KEYSLOTS_FILE_BYTES, &file);

	if (st == STATUS_OK)
		st = keyslots_pack(dir, key, ring, file);
	if (st == STATUS_OK)
		st = keyslots_file_replace(dir, buf_view(file));
	buf_free(file);
	return st;
}

enum status
keyslots_put_slot(const char *dir, const struct keyslot *slot)
{
	struct change c = { 0 };
	enum status st = change_begin(dir, &c);

	if (st != STATUS_OK)
		goto out;
	change_remove(&c, (enum slot_kind)slot->kind);
	if (slot->kind == SLOT_PASSPHRASE)
		change_remove(&c, SLOT_PLAIN);
	if (slot->kind == SLOT_PLAIN)
		change_remove(&c, SLOT_PASSPHRASE);
	if (c.k.count == KEYSLOTS_MAX) {
		st = STATUS_FULL;
		goto out;
	}
	c.k.slots[c.k.count++] = *slot;
	st = change_write(dir, &c);
out:
	change_end(&c);
	return st;
}

enum status
keyslots_drop_slot(const char *dir, enum slot_kind kind)
{
	struct change c = { 0 };
	enum status st = change_begin(dir, &c);

	if (st == STATUS_OK && keyslots_find(&c.k, kind) == NULL)
		st = STATUS_EXISTS;
	if (st == STATUS_OK && (kind == SLOT_PASSPHRASE || kind == SLOT_PLAIN))
		st = STATUS_DENIED;
	if (st == STATUS_OK) {
		change_remove(&c, kind);
		st = change_write(dir, &c);
	}
	change_end(&c);
	return st;
}

enum status
keyslots_turn_recovery(const char *dir)
{
	struct change c = { 0 };
	enum status st = change_begin(dir, &c);

	if (st == STATUS_OK && keyslots_find(&c.k, SLOT_RECOVERY_NEXT) == NULL)
		st = STATUS_EXISTS;
	if (st == STATUS_OK) {
		change_remove(&c, SLOT_RECOVERY);
		for (size_t i = 0; i < c.k.count; i++)
			if (c.k.slots[i].kind == SLOT_RECOVERY_NEXT)
				c.k.slots[i].kind = SLOT_RECOVERY;
		st = change_write(dir, &c);
	}
	change_end(&c);
	return st;
}
