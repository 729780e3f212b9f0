/*
 * vault_ring.c - which keys a transaction has, and how it comes by others.
 *
 * The file is written under the lock of LMDB's writers, so file and database
 * change in turns that everybody agrees on (keyring.h has the order).
 */
#include <assert.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/client/keyslots_private.h"
#include "store/client/vault_private.h"

enum { BUCKETS_AHEAD = 8 };

static enum status
ring_generation(struct vault_txn *t, uint64_t *generation)
{
	struct vault_key key = vault_key_number(VAULT_META_RING);
	struct bytes raw;
	enum status st =
	    db_get(t->txn, VAULT_META, bytes_view(key.raw, key.len), &raw);

	if (st == STATUS_NOT_FOUND) {
		*generation = 0;
		return STATUS_OK;
	}
	if (st == STATUS_OK && raw.len != 8)
		st = STATUS_CRYPTO;
	if (st == STATUS_OK)
		*generation = load_u64(raw.data);
	return st;
}

static enum status
ring_set_generation(struct vault_txn *t, uint64_t generation)
{
	struct vault_key key = vault_key_number(VAULT_META_RING);
	uint8_t raw[8];

	store_u64(raw, generation);
	return db_put(t->txn, VAULT_META, bytes_view(key.raw, key.len),
	    BYTES_OF(raw), DB_PUT);
}

/* As it lies in the file, and settled. */
static enum status
ring_load(struct vault_txn *t, uint64_t generation, struct keyring **file,
    struct keyring **settled)
{
	struct vault *v = t->vault;
	enum status st = keyslots_read_ring(v->dir, v->master, file);

	if (st == STATUS_OK)
		st = keyring_settle(*file, generation, settled);
	/*
	 * A reader may have begun before a change whose file it now reads.
	 * The file is ahead of the database otherwise only if an old copy was
	 * put in the place of one of them.
	 */
	if (st == STATUS_CONFLICT && t->mode == DB_READ &&
	    generation < (*file)->before)
		return STATUS_AGAIN;
	/* The profile is open: that the file is missing now is damage. */
	return st == STATUS_NOT_FOUND ? STATUS_CRYPTO : st;
}

static void
ring_tidy(struct vault_txn *t)
{
	struct vault *v = t->vault;
	enum status st = keyslots_write_ring(v->dir, v->master, t->ring);

	/* The keys that went lie in the file until the next change. */
	if (st != STATUS_OK)
		log_event(LOG_LEVEL_WARN, "vault-keys-not-dropped", "reason=%s",
		    status_name(st));
	v->untidy = false; /* not again and again on a disk that is full */
}

enum status
vault_ring_follow(struct vault_txn *t)
{
	struct vault *v = t->vault;
	struct keyring *settled = NULL;
	struct keyring *file = NULL;
	uint64_t generation;
	enum status st = ring_generation(t, &generation);

	if (st != STATUS_OK)
		return st;
	if (v->ring == NULL || v->ring->after != generation) {
		st = ring_load(t, generation, &file, &settled);
		if (st == STATUS_OK) {
			keyring_let_go(v->ring);
			v->ring = settled;
			v->untidy = !keyring_is_tidy(file, generation);
		}
		keyring_let_go(file);
		if (st != STATUS_OK)
			return st;
	}
	t->ring = keyring_hold(v->ring);
	if (t->mode == DB_WRITE && v->untidy)
		ring_tidy(t);
	return STATUS_OK;
}

/* A ring that is this transaction's alone, to be changed. */
static enum status
ring_own(struct vault_txn *t)
{
	struct vault_txn *changed = t;
	struct keyring *file = NULL;
	struct keyring *own = NULL;
	enum status st;

	assert(t->mode == DB_WRITE);
	if (t->ring_changed)
		return STATUS_OK;
	while (changed != NULL && !changed->ring_changed)
		changed = changed->parent;
	if (changed != NULL) {
		st = keyring_copy(changed->ring, &own);
	} else {
		/* The numbers that a change before us may have used up. */
		st = ring_load(t, t->ring->after, &file, &own);
		if (st == STATUS_OK)
			own->after = file->after + 1;
	}
	keyring_let_go(file);
	if (st != STATUS_OK)
		return st == STATUS_CONFLICT ? STATUS_CRYPTO : st;
	keyring_let_go(t->ring);
	t->ring = own;
	t->ring_changed = true;
	return STATUS_OK;
}

enum status
vault_ring_add(struct vault_txn *t, enum vault_ring_kind kind, uint64_t number,
    int64_t created_ms, uint32_t *serial)
{
	enum status st = ring_own(t);

	if (st == STATUS_OK)
		st = keyring_add(&t->ring, kind, number, created_ms, serial);
	return st;
}

enum status
vault_ring_renew(struct vault_txn *t, enum vault_ring_kind kind,
    uint64_t number, uint32_t *serial)
{
	return vault_ring_add(t, kind, number, clock_wall_ms(), serial);
}

enum status
vault_ring_use(struct vault_txn *t, enum vault_ring_kind kind, uint64_t number,
    uint32_t *serial)
{
	const struct keyring_row *row = keyring_newest(t->ring, kind, number);
	uint32_t ahead;
	enum status st;

	if (row != NULL) {
		*serial = row->serial;
		return STATUS_OK;
	}
	st = vault_ring_renew(t, kind, number, serial);
	if (kind != VAULT_RING_BUCKET)
		return st;
	for (uint64_t i = 1; i < BUCKETS_AHEAD && st == STATUS_OK; i++)
		if (keyring_newest(t->ring, kind, number + i) == NULL)
			st = vault_ring_renew(t, kind, number + i, &ahead);
	return st;
}

enum status
vault_ring_destroy(
    struct vault_txn *t, enum vault_ring_kind kind, uint64_t number, bool all)
{
	const struct keyring_row *newest =
	    keyring_newest(t->ring, kind, number);
	enum status st;

	/* Nothing to do must not cost a write of the file. */
	if (newest == NULL ||
	    (!all && newest == keyring_oldest(t->ring, kind, number)))
		return STATUS_OK;
	st = ring_own(t);
	if (st == STATUS_OK)
		keyring_doom(t->ring, kind, number, all);
	return st;
}

enum status
vault_ring_before_commit(struct vault_txn *t)
{
	struct vault *v = t->vault;
	enum status st = keyslots_write_ring(v->dir, v->master, t->ring);

	if (st == STATUS_OK)
		st = ring_set_generation(t, t->ring->after);
	return st;
}

void
vault_ring_after_commit(struct vault *v, struct keyring *changed)
{
	struct keyring *settled = NULL;
	enum status st = keyring_settle(changed, changed->after, &settled);

	keyring_let_go(v->ring);
	v->ring = st == STATUS_OK ? settled : NULL; /* NULL: read from file */
	v->untidy = !keyring_is_tidy(changed, changed->after);
}

enum status
vault_pack_keys(struct vault_txn *t, struct buf *file)
{
	struct vault *v = t->vault;

	return keyslots_pack(v->dir, v->master, t->ring, file);
}
