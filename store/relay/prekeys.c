#include "store/relay/prekeys.h"

#include "proto/prekey_digest.h"
#include "store/dbkey.h"
#include "store/relay/records.h"

enum {
	PREKEY_KEY_BYTES = 4 + 1 + 4,
	/* The signed one, and one more than may be, so that it shows. */
	PREKEYS_LISTED = 1 + LIMIT_PREKEYS_STORED + 1,
};

static struct dbkey
prekey_key(uint32_t slot, uint32_t type, uint32_t id)
{
	struct dbkey k = dbkey_u32(slot);

	dbkey_add_u8(&k, (uint8_t)type);
	dbkey_add_u32(&k, id);
	return k;
}

static enum status
prekeys_get_head(struct db_txn *txn, uint32_t slot, struct arena *a,
    struct prekey_head *head)
{
	struct dbkey k = dbkey_u32(slot);
	struct bytes row;
	enum status st = db_get(txn, TABLE_PREKEYS, dbkey_view(&k), &row);

	if (st == STATUS_OK)
		return record_get_prekey_head(row, a, head);
	if (st == STATUS_NOT_FOUND) {
		*head = (struct prekey_head){ .has_one_time = false };
		return STATUS_OK;
	}
	return st;
}

/* The first prekey of a type with this id or above; NOT_FOUND: none. */
static enum status
prekeys_seek(
    struct db_cursor *c, uint32_t slot, struct prekey *at, struct bytes *row)
{
	struct dbkey k = prekey_key(slot, at->type, at->id);
	struct bytes key;
	enum status st = db_cursor_seek(c, dbkey_view(&k), &key, row);

	if (st != STATUS_OK)
		return st;
	if (key.len != PREKEY_KEY_BYTES || load_u32(key.data) != slot ||
	    key.data[4] != at->type)
		return STATUS_NOT_FOUND;
	at->id = load_u32(key.data + 5);
	return STATUS_OK;
}

static enum status
prekeys_first(struct db_txn *txn, uint32_t slot, uint32_t type,
    struct prekey *first, struct bytes *row)
{
	struct prekey at = { .type = type };
	struct db_cursor *c = NULL;
	enum status st = db_cursor_open(txn, TABLE_PREKEYS, &c);

	if (st == STATUS_OK)
		st = prekeys_seek(c, slot, &at, row);
	if (st == STATUS_OK)
		*first = at;
	db_cursor_close(c);
	return st;
}

/* All of a device, by type and id; at most PREKEYS_LISTED. */
static enum status
prekeys_list(struct db_txn *txn, uint32_t slot, struct arena *a,
    struct prekey *items, size_t *count)
{
	static const uint32_t types[] = { PREKEY_SIGNED, PREKEY_ONE_TIME };
	struct db_cursor *c = NULL;
	enum status st = db_cursor_open(txn, TABLE_PREKEYS, &c);

	*count = 0;
	for (size_t t = 0; st == STATUS_OK && t < 2; t++) {
		struct prekey at = { .type = types[t] };
		struct bytes row;

		st = prekeys_seek(c, slot, &at, &row);
		while (st == STATUS_OK && *count < PREKEYS_LISTED) {
			st = record_get_prekey(row, a, &at);
			if (st != STATUS_OK)
				break;
			items[(*count)++] = at;
			if (at.id == UINT32_MAX)
				break;
			at.id++;
			st = prekeys_seek(c, slot, &at, &row);
		}
		if (st == STATUS_NOT_FOUND)
			st = STATUS_OK;
	}
	db_cursor_close(c);
	return st;
}

enum status
prekeys_state(struct db_txn *txn, uint32_t slot, struct arena *scratch,
    struct prekey_state *state)
{
	struct prekey *items =
	    arena_take_array(scratch, PREKEYS_LISTED, sizeof(*items));
	struct prekey_state got = { .one_time_count = 0 };
	size_t count = 0;
	enum status st;

	if (items == NULL)
		return STATUS_NOMEM;
	st = prekeys_list(txn, slot, scratch, items, &count);
	if (st != STATUS_OK)
		return st;
	for (size_t i = 0; i < count; i++)
		if (items[i].type != PREKEY_SIGNED)
			got.one_time_count++;
	prekeys_digest((struct prekeys){ items, count }, &got.digest);
	*state = got;
	return STATUS_OK;
}

static enum status
prekeys_put(struct db_txn *txn, uint32_t slot, const struct prekey *p)
{
	struct dbkey k = prekey_key(slot, p->type, p->id);

	return record_put_prekey(txn, dbkey_view(&k), p);
}

static enum status
prekeys_put_signed(struct db_txn *txn, uint32_t slot, const struct prekey *p)
{
	struct prekey old;
	struct bytes row;
	struct dbkey k;
	enum status st = prekeys_first(txn, slot, PREKEY_SIGNED, &old, &row);

	if (st == STATUS_OK && old.id >= p->id)
		return STATUS_OK;
	if (st == STATUS_OK) {
		k = prekey_key(slot, PREKEY_SIGNED, old.id);
		st = db_del(txn, TABLE_PREKEYS, dbkey_view(&k));
	}
	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	return prekeys_put(txn, slot, p);
}

/* Ids are compared with the head as it was, so that order does not matter. */
static enum status
prekeys_put_list(struct db_txn *txn, uint32_t slot, struct prekeys list,
    struct prekey_head *head)
{
	const struct prekey_head before = *head;
	enum status st = STATUS_OK;

	for (size_t i = 0; st == STATUS_OK && i < list.count; i++) {
		const struct prekey *p = &list.items[i];

		if (p->type == PREKEY_SIGNED) {
			st = prekeys_put_signed(txn, slot, p);
			continue;
		}
		if (p->type != PREKEY_ONE_TIME ||
		    (before.has_one_time && p->id <= before.one_time_high))
			continue;
		st = prekeys_put(txn, slot, p);
		if (!head->has_one_time || p->id > head->one_time_high)
			head->one_time_high = p->id;
		head->has_one_time = true;
	}
	return st;
}

enum status
prekeys_publish(struct db_txn *txn, uint32_t slot, struct arena *scratch,
    struct prekeys list)
{
	struct dbkey k = dbkey_u32(slot);
	struct prekey_state state;
	struct prekey_head head;
	enum status st = prekeys_get_head(txn, slot, scratch, &head);

	if (st == STATUS_OK)
		st = prekeys_put_list(txn, slot, list, &head);
	if (st == STATUS_OK)
		st = prekeys_state(txn, slot, scratch, &state);
	if (st == STATUS_OK && state.one_time_count > LIMIT_PREKEYS_STORED)
		st = STATUS_FULL;
	if (st == STATUS_OK)
		st = record_put_prekey_head(txn, dbkey_view(&k), &head);
	return st;
}

/* The signed one into items[0]. */
static enum status
prekeys_get_signed(
    struct db_txn *txn, uint32_t slot, struct arena *a, struct prekey *items)
{
	struct bytes row;
	enum status st = prekeys_first(txn, slot, PREKEY_SIGNED, items, &row);

	return st == STATUS_OK ? record_get_prekey(row, a, items) : st;
}

enum status
prekeys_take_signed(
    struct db_txn *txn, uint32_t slot, struct arena *a, struct prekeys *list)
{
	struct prekey *items = arena_take(a, sizeof(*items));
	enum status st = STATUS_NOMEM;

	if (items != NULL)
		st = prekeys_get_signed(txn, slot, a, items);
	if (st == STATUS_OK)
		*list = (struct prekeys){ items, 1 };
	return st;
}

enum status
prekeys_take(struct db_txn *txn, uint32_t slot, struct arena *a,
    struct prekeys *list, bool *changed)
{
	struct prekey *items = arena_take_array(a, 2, sizeof(*items));
	size_t count = 1;
	struct bytes row;
	struct dbkey k;
	enum status st;

	if (items == NULL)
		return STATUS_NOMEM;
	st = prekeys_get_signed(txn, slot, a, items);
	if (st != STATUS_OK)
		return st;
	st = prekeys_first(txn, slot, PREKEY_ONE_TIME, &items[1], &row);
	if (st == STATUS_OK) {
		st = record_get_prekey(row, a, &items[1]);
		if (st != STATUS_OK)
			return st;
		k = prekey_key(slot, PREKEY_ONE_TIME, items[1].id);
		st = db_del(txn, TABLE_PREKEYS, dbkey_view(&k));
		*changed = true;
		count = 2;
	}
	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	*list = (struct prekeys){ items, count };
	return STATUS_OK;
}

enum status
prekeys_drop(struct db_txn *txn, uint32_t slot)
{
	const struct dbkey from = dbkey_u32(slot);

	for (;;) {
		struct db_cursor *c = NULL;
		struct bytes key, row;
		struct dbkey k;
		enum status st = db_cursor_open(txn, TABLE_PREKEYS, &c);

		if (st == STATUS_OK)
			st = db_cursor_seek(c, dbkey_view(&from), &key, &row);
		if (st == STATUS_OK &&
		    (key.len < 4 || load_u32(key.data) != slot))
			st = STATUS_NOT_FOUND;
		if (st == STATUS_OK)
			k = dbkey_bytes(key); /* deleting ends the view */
		db_cursor_close(c);
		if (st != STATUS_OK)
			return st == STATUS_NOT_FOUND ? STATUS_OK : st;
		st = db_del(txn, TABLE_PREKEYS, dbkey_view(&k));
		if (st != STATUS_OK)
			return st;
	}
}
