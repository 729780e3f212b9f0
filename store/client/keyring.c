#include "store/client/keyring.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/random.h"
#include "base/wipe.h"

static_assert((int)KEYRING_KEY_BYTES == (int)crypto_kdf_KEYBYTES,
    "a key of the ring is one to derive from");

/* Contexts are 8 bytes by crypto_kdf's contract. */
static const char keyring_seal_context[] = "tacit-vt";   /* id: the table */
static const char keyring_lookup_context[] = "tacit-vl"; /* id: 0 */

enum status
keyring_new(size_t room, struct keyring **k)
{
	const size_t bytes =
	    sizeof(struct keyring) + room * sizeof(struct keyring_row);
	struct keyring *fresh;

	if (room > KEYRING_ROWS_MAX)
		return STATUS_FULL;
	/* Locked, kept out of core dumps, between guard pages. */
	fresh = sodium_malloc(bytes);
	if (fresh == NULL)
		return STATUS_NOMEM;
	memset(fresh, 0, bytes);
	fresh->holders = 1;
	fresh->room = room;
	*k = fresh;
	return STATUS_OK;
}

struct keyring *
keyring_hold(struct keyring *k)
{
	k->holders++;
	return k;
}

void
keyring_let_go(struct keyring *k)
{
	if (k != NULL && --k->holders == 0)
		sodium_free(k); /* wipes */
}

/*
 * BLAKE2b takes in a block when another byte follows it: the zero is the first
 * byte of the table's number (vault_seal.c).
 */
static void
keyring_begin_lookup(struct keyring *k, const struct keyring_row *row)
{
	static const uint8_t zero;
	crypto_generichash_state state;
	uint8_t key[KEYRING_KEY_BYTES];

	static_assert(VAULT_TABLES_COUNT < 1 << 24);
	crypto_kdf_derive_from_key(
	    key, sizeof(key), 0, keyring_lookup_context, row->key);
	crypto_generichash_init(&state, key, sizeof(key), VAULT_HASH_BYTES);
	crypto_generichash_update(&state, &zero, 1);
	memcpy(k->lookup, &state, sizeof(state));
	wipe(&state, sizeof(state));
	wipe(key, sizeof(key));
}

/* BLAKE2b, libsodium's crypto_kdf; storage.md 4. */
static enum status
keyring_derive(struct keyring *k, const struct keyring_row *row)
{
	struct keyring_epoch *epoch;

	if (row->kind != VAULT_RING_BASE && row->kind != VAULT_RING_DAILY)
		return STATUS_OK;
	if (k->epochs_count == KEYRING_EPOCHS_MAX)
		return STATUS_FULL;
	epoch = &k->epochs[k->epochs_count++];
	epoch->serial = row->serial;
	for (size_t i = 0; i < VAULT_TABLES_COUNT; i++)
		crypto_kdf_derive_from_key(epoch->seal[i], KEYRING_KEY_BYTES, i,
		    keyring_seal_context, row->key);
	if (row->kind == VAULT_RING_BASE)
		keyring_begin_lookup(k, row);
	return STATUS_OK;
}

static bool
keyring_fits(
    const struct keyring *k, const struct keyring_row *row, uint64_t generation)
{
	if (generation == k->after)
		return !row->doomed;
	return row->serial < k->first_new;
}

enum status
keyring_settle(
    const struct keyring *k, uint64_t generation, struct keyring **settled)
{
	struct keyring *fresh = NULL;
	enum status st;

	if (generation != k->before && generation != k->after)
		return STATUS_CONFLICT;
	/* With room for what one change usually adds. */
	st = keyring_new(
	    k->count + 16 < KEYRING_ROWS_MAX ? k->count + 16 : KEYRING_ROWS_MAX,
	    &fresh);
	for (size_t i = 0; i < k->count && st == STATUS_OK; i++) {
		struct keyring_row *row = &fresh->rows[fresh->count];

		if (!keyring_fits(k, &k->rows[i], generation))
			continue;
		*row = k->rows[i];
		row->doomed = false;
		fresh->count++;
		st = keyring_derive(fresh, row);
	}
	if (st == STATUS_FULL || /* so many epochs are never written */
	    (st == STATUS_OK &&
		(keyring_newest(fresh, VAULT_RING_BASE, 0) == NULL ||
		    keyring_newest(fresh, VAULT_RING_DAILY, 0) == NULL)))
		st = STATUS_CRYPTO;
	if (st != STATUS_OK) {
		keyring_let_go(fresh);
		return st;
	}
	fresh->before = fresh->after = generation;
	fresh->first_new = fresh->next_serial = k->next_serial;
	*settled = fresh;
	return STATUS_OK;
}

static enum status
keyring_copy_into(const struct keyring *k, size_t room, struct keyring **copy)
{
	struct keyring *fresh = NULL;
	enum status st = keyring_new(room, &fresh);

	if (st != STATUS_OK)
		return st;
	memcpy(fresh, k, sizeof(*k) + k->count * sizeof(k->rows[0]));
	fresh->holders = 1;
	fresh->room = room;
	*copy = fresh;
	return STATUS_OK;
}

enum status
keyring_copy(const struct keyring *k, struct keyring **copy)
{
	return keyring_copy_into(k, k->room, copy);
}

static enum status
keyring_make_room(struct keyring **k)
{
	struct keyring *larger = NULL;
	size_t room = (*k)->room * 2;
	enum status st;

	if ((*k)->count < (*k)->room)
		return STATUS_OK;
	if ((*k)->room == KEYRING_ROWS_MAX)
		return STATUS_FULL;
	if (room > KEYRING_ROWS_MAX)
		room = KEYRING_ROWS_MAX;
	st = keyring_copy_into(*k, room, &larger);
	if (st != STATUS_OK)
		return st;
	keyring_let_go(*k);
	*k = larger;
	return STATUS_OK;
}

enum status
keyring_add(struct keyring **k, enum vault_ring_kind kind, uint64_t number,
    int64_t created_ms, uint32_t *serial)
{
	struct keyring_row *row;
	enum status st;

	assert((*k)->holders == 1);
	if ((*k)->next_serial == UINT32_MAX)
		return STATUS_FULL;
	st = keyring_make_room(k);
	if (st != STATUS_OK)
		return st;
	row = &(*k)->rows[(*k)->count];
	row->serial = (*k)->next_serial;
	row->kind = kind;
	row->doomed = false;
	row->number = number;
	row->created_ms = created_ms;
	random_bytes(row->key, sizeof(row->key));
	st = keyring_derive(*k, row);
	if (st != STATUS_OK)
		return st;
	(*k)->count++;
	(*k)->next_serial++;
	*serial = row->serial;
	return STATUS_OK;
}

enum status
keyring_first(int64_t now_ms, struct keyring **k)
{
	struct keyring *fresh = NULL;
	uint32_t serial;
	enum status st = keyring_new(2, &fresh);

	if (st != STATUS_OK)
		return st;
	fresh->next_serial = 1;
	st = keyring_add(&fresh, VAULT_RING_BASE, 0, now_ms, &serial);
	if (st == STATUS_OK)
		st = keyring_add(&fresh, VAULT_RING_DAILY, 0, now_ms, &serial);
	if (st != STATUS_OK) {
		keyring_let_go(fresh);
		return st;
	}
	fresh->first_new = fresh->next_serial;
	*k = fresh;
	return STATUS_OK;
}

static bool
keyring_row_is(
    const struct keyring_row *row, enum vault_ring_kind kind, uint64_t number)
{
	return row->kind == kind && row->number == number && !row->doomed;
}

const struct keyring_row *
keyring_newest(
    const struct keyring *k, enum vault_ring_kind kind, uint64_t number)
{
	/* Backwards: what is asked for often was made late. */
	for (size_t i = k->count; i > 0; i--)
		if (keyring_row_is(&k->rows[i - 1], kind, number))
			return &k->rows[i - 1];
	return NULL;
}

const struct keyring_row *
keyring_oldest(
    const struct keyring *k, enum vault_ring_kind kind, uint64_t number)
{
	for (size_t i = 0; i < k->count; i++)
		if (keyring_row_is(&k->rows[i], kind, number))
			return &k->rows[i];
	return NULL;
}

void
keyring_doom(
    struct keyring *k, enum vault_ring_kind kind, uint64_t number, bool all)
{
	const struct keyring_row *newest = keyring_newest(k, kind, number);

	assert(k->holders == 1);
	/* Lookup keys hang on it, and every table has records under it. */
	assert(kind != VAULT_RING_BASE);
	for (size_t i = 0; i < k->count; i++)
		if (keyring_row_is(&k->rows[i], kind, number) &&
		    (all || &k->rows[i] != newest))
			k->rows[i].doomed = true;
}

bool
keyring_is_tidy(const struct keyring *k, uint64_t generation)
{
	for (size_t i = 0; i < k->count; i++)
		if (!keyring_fits(k, &k->rows[i], generation))
			return false;
	return true;
}

const struct keyring_row *
keyring_find(const struct keyring *k, uint32_t serial)
{
	size_t low = 0;
	size_t high = k->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (k->rows[middle].serial < serial)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == k->count || k->rows[low].serial != serial)
		return NULL;
	return &k->rows[low];
}

const uint8_t *
keyring_key(const struct keyring *k, uint32_t serial, enum vault_table table)
{
	const struct keyring_row *row;

	for (size_t i = 0; i < k->epochs_count; i++)
		if (k->epochs[i].serial == serial)
			return k->epochs[i].seal[table];
	row = keyring_find(k, serial);
	return row == NULL ? NULL : row->key;
}
