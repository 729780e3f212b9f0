#include "store/relay/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/devices.h"
#include "store/dbkey.h"
#include "store/relay/records.h"

enum {
	CHECK_ARENA_BYTES = 256 * 1024,
	SLOT_KEY_BYTES = 4,
	PREKEY_KEY_BYTES = 4 + 1 + 4,
	ENTRY_KEY_BYTES = CHAIN_ID_BYTES + 8,
};

struct check {
	struct db_txn *txn;
	struct arena *arena; /* reset for every row */
	struct relay_meta meta;
	uint8_t *slots; /* a bit each: it belongs to an account */
	struct check_finding *finding;
	/* Prekeys come device by device: */
	uint32_t slot;
	struct prekey_head head;
	size_t one_time;
	uint64_t entries; /* that chains say they have */
	bool is_short;    /* of memory: nobody's fault */
};

[[gnu::format(printf, 2, 3)]] static enum status
wrong(struct check *c, const char *format, ...)
{
	va_list args;

	if (c->finding->wrong++ > 0)
		return STATUS_OK;
	va_start(args, format);
	vsnprintf(c->finding->why, sizeof(c->finding->why), format, args);
	va_end(args);
	return STATUS_OK;
}

static bool
is_bad(struct check *c, enum status st)
{
	/* What is too large for the arena is no row of ours either. */
	if (st == STATUS_NOMEM && !arena_is_exhausted(c->arena))
		c->is_short = true;
	return st != STATUS_OK;
}

static bool
has_slot(const struct check *c, uint32_t slot)
{
	return slot <= c->meta.last_slot &&
	       (c->slots[slot / 8] >> (slot % 8) & 1) != 0;
}

/* false: it was taken, or never given out. */
static bool
take_slot(struct check *c, uint32_t slot)
{
	if (slot == 0 || slot > c->meta.last_slot || has_slot(c, slot))
		return false;
	c->slots[slot / 8] |= (uint8_t)(1u << (slot % 8));
	return true;
}

static enum status
look_at_account(struct check *c, struct bytes key, struct bytes row)
{
	struct account_record r;
	struct account_name name;
	struct device_list list;

	if (account_name_parse(key, &name) != STATUS_OK)
		return wrong(c, "a key is no account name");
	if (is_bad(c, record_get_account(row, c->arena, &r)))
		return wrong(c, "%s does not decode", name.text);
	if (is_bad(c, device_list_open(r.list, &list)) ||
	    !account_name_equal(&list.account, &name))
		return wrong(
		    c, "%s has a device list that is not its own", name.text);
	if (memcmp(&list.account_key, &r.account_key,
		sizeof(list.account_key)) != 0 ||
	    list.devices_count != r.devices_count)
		return wrong(c, "%s differs from its device list", name.text);
	for (size_t i = 0; i < r.devices_count; i++) {
		if (device_list_find(&list, r.devices[i].id) == NULL)
			return wrong(c, "%s has a device that it does not list",
			    name.text);
		if (!take_slot(c, r.devices[i].slot))
			return wrong(c,
			    "%s has slot %" PRIu32
			    ", which is somebody else's or was never given out",
			    name.text, r.devices[i].slot);
	}
	return STATUS_OK;
}

static enum status
look_at_gone(struct check *c, struct bytes key, struct bytes row)
{
	struct account_name name;
	struct gone_record r;

	if (account_name_parse(key, &name) != STATUS_OK)
		return wrong(c, "a key is no account name");
	if (is_bad(c, record_get_gone(row, c->arena, &r)))
		return wrong(c, "%s does not decode", name.text);
	for (size_t i = 0; i < r.devices_count; i++)
		if (r.devices[i].slot > c->meta.last_slot ||
		    has_slot(c, r.devices[i].slot))
			return wrong(c,
			    "%s is gone, and its slot %" PRIu32
			    " is somebody's",
			    name.text, r.devices[i].slot);
	return STATUS_OK;
}

/* Rows of devices that are gone mean nothing, but they were given out. */
static bool
take_slot_key(struct check *c, struct bytes key, uint32_t *slot)
{
	*slot = key.len == SLOT_KEY_BYTES ? load_u32(key.data) : 0;
	if (*slot != 0 && *slot <= c->meta.last_slot)
		return true;
	(void)wrong(c, "a key is no slot that was given out");
	return false;
}

static enum status
look_at_cursor(struct check *c, struct bytes key, struct bytes row)
{
	struct cursor_record r;
	uint32_t slot;

	if (!take_slot_key(c, key, &slot))
		return STATUS_OK;
	if (is_bad(c, record_get_cursor(row, c->arena, &r)))
		return wrong(c, "slot %" PRIu32 " does not decode", slot);
	if (r.acknowledged > r.head)
		return wrong(c,
		    "slot %" PRIu32 " has acknowledged %" PRIu64 " of %" PRIu64
		    " messages",
		    slot, r.acknowledged, r.head);
	return STATUS_OK;
}

static enum status
look_at_stream(struct check *c, struct bytes key, struct bytes row)
{
	struct stream_record r;
	uint32_t slot;

	if (!take_slot_key(c, key, &slot))
		return STATUS_OK;
	if (is_bad(c, record_get_stream(row, c->arena, &r)))
		return wrong(c, "slot %" PRIu32 " does not decode", slot);
	return STATUS_OK;
}

static enum status
look_at_prekey_head(struct check *c, uint32_t slot, struct bytes row)
{
	c->slot = slot;
	c->one_time = 0;
	if (is_bad(c, record_get_prekey_head(row, c->arena, &c->head)))
		return wrong(c, "slot %" PRIu32 " does not decode", slot);
	if (!has_slot(c, slot))
		return wrong(c, "slot %" PRIu32 " is nobody's", slot);
	return STATUS_OK;
}

/* A device's signed ones come before its others. */
static enum status
look_at_prekey(struct check *c, struct bytes key, struct bytes row)
{
	uint32_t slot = key.len >= SLOT_KEY_BYTES ? load_u32(key.data) : 0;
	struct prekey p = { 0 };

	if (key.len == SLOT_KEY_BYTES)
		return look_at_prekey_head(c, slot, row);
	if (key.len != PREKEY_KEY_BYTES)
		return wrong(c, "a key has the wrong length");
	if (slot != c->slot) {
		c->slot = slot;
		c->one_time = 0;
		c->head = (struct prekey_head){ .has_one_time = false };
	}
	p.type = key.data[4];
	p.id = load_u32(key.data + 5);
	if (is_bad(c, record_get_prekey(row, c->arena, &p)))
		return wrong(
		    c, "one of slot %" PRIu32 " does not decode", slot);
	if (!has_slot(c, slot))
		return wrong(c, "slot %" PRIu32 " is nobody's", slot);
	if (p.type == PREKEY_SIGNED)
		return STATUS_OK;
	if (p.type != PREKEY_ONE_TIME)
		return wrong(c, "slot %" PRIu32 " has one of type %" PRIu32,
		    slot, p.type);
	if (!c->head.has_one_time || p.id > c->head.one_time_high)
		return wrong(c,
		    "slot %" PRIu32 " has %" PRIu32
		    ", above the highest it was said to have",
		    slot, p.id);
	if (++c->one_time == LIMIT_PREKEYS_STORED + 1)
		return wrong(c, "slot %" PRIu32 " has more than %d", slot,
		    LIMIT_PREKEYS_STORED);
	return STATUS_OK;
}

static enum status
look_at_invite(struct check *c, struct bytes key, struct bytes row)
{
	struct invite_record r;

	if (key.len != sizeof(((struct hash *)NULL)->raw))
		return wrong(c, "a key has the wrong length");
	if (is_bad(c, record_get_invite(row, c->arena, &r)))
		return wrong(
		    c, "%08" PRIx32 " does not decode", load_u32(key.data));
	if (r.expires_ms < 0 || r.created_ms < 0)
		return wrong(c, "%08" PRIx32 " is from before all time",
		    load_u32(key.data));
	return STATUS_OK;
}

static enum status
look_at_chain(struct check *c, struct bytes key, struct bytes row)
{
	struct chain_record r;

	if (key.len != CHAIN_ID_BYTES)
		return wrong(c, "a key has the wrong length");
	if (is_bad(c, record_get_chain(row, c->arena, &r)))
		return wrong(
		    c, "%08" PRIx32 "... does not decode", load_u32(key.data));
	if (r.length == 0 || r.length > LIMIT_CHAIN_ENTRIES)
		return wrong(c, "%08" PRIx32 "... has length %" PRIu64,
		    load_u32(key.data), r.length);
	c->entries += r.length;
	return STATUS_OK;
}

/*
 * Each is below the length of its chain, and there are as many as all lengths
 * together, so there is no gap.
 */
static enum status
look_at_entry(struct check *c, struct bytes key, struct bytes row)
{
	struct chain_record chain = { .length = 0 };
	struct bytes entry, head;
	uint64_t index;

	if (key.len != ENTRY_KEY_BYTES)
		return wrong(c, "a key has the wrong length");
	index = load_u64(key.data + CHAIN_ID_BYTES);
	if (is_bad(c, record_get_entry(row, c->arena, &entry)) ||
	    entry.len == 0 || entry.len > LIMIT_CHAIN_ENTRY_BYTES)
		return wrong(c, "%08" PRIx32 "... %" PRIu64 " does not decode",
		    load_u32(key.data), index);
	if (db_get(c->txn, TABLE_CHAINS, bytes_head(key, CHAIN_ID_BYTES),
		&head) != STATUS_OK ||
	    is_bad(c, record_get_chain(head, c->arena, &chain)) ||
	    index >= chain.length)
		return wrong(c,
		    "%08" PRIx32 "... %" PRIu64 " lies beyond its chain",
		    load_u32(key.data), index);
	return STATUS_OK;
}

/* In this order: later ones look back at what earlier ones found. */
static const struct {
	const char *name;
	enum relay_table table;
	enum status (*look)(
	    struct check *c, struct bytes key, struct bytes row);
} looks[CHECK_TABLES] = {
	{ "accounts", TABLE_ACCOUNTS, look_at_account },
	{ "removed", TABLE_GONE, look_at_gone },
	{ "cursors", TABLE_CURSORS, look_at_cursor },
	{ "streams", TABLE_STREAMS, look_at_stream },
	{ "prekeys", TABLE_PREKEYS, look_at_prekey },
	{ "invites", TABLE_INVITES, look_at_invite },
	{ "chains", TABLE_CHAINS, look_at_chain },
	{ "entries", TABLE_ENTRIES, look_at_entry },
};

static enum status
walk(struct check *c, size_t i)
{
	struct db_cursor *cursor = NULL;
	struct bytes key, row;
	enum status st = db_cursor_open(c->txn, looks[i].table, &cursor);

	if (st != STATUS_OK)
		return st;
	st = db_cursor_seek(cursor, BYTES_NONE, &key, &row);
	while (st == STATUS_OK) {
		c->finding->rows++;
		arena_reset(c->arena);
		st = looks[i].look(c, key, row);
		if (c->is_short)
			st = STATUS_NOMEM;
		if (st == STATUS_OK)
			st = db_cursor_next(cursor, &key, &row);
	}
	db_cursor_close(cursor);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

enum status
check_tables(struct db *db, struct check_finding findings[CHECK_TABLES])
{
	struct check c = { 0 };
	enum status st = arena_new(CHECK_ARENA_BYTES, &c.arena);

	memset(findings, 0, CHECK_TABLES * sizeof(*findings));
	if (st == STATUS_OK)
		st = db_txn_begin(db, DB_READ, &c.txn);
	if (st == STATUS_OK)
		st = schema_get_meta(c.txn, &c.meta);
	if (st == STATUS_OK)
		c.slots = calloc((size_t)c.meta.last_slot / 8 + 1, 1);
	if (st == STATUS_OK && c.slots == NULL)
		st = STATUS_NOMEM;
	for (size_t i = 0; i < CHECK_TABLES && st == STATUS_OK; i++) {
		c.finding = &findings[i];
		c.finding->table = looks[i].name;
		st = walk(&c, i);
	}
	if (st == STATUS_OK && c.finding->rows != c.entries)
		st = wrong(&c, "there are %" PRIu64 ", and chains say %" PRIu64,
		    c.finding->rows, c.entries);
	db_txn_abort(c.txn);
	free(c.slots);
	arena_free(c.arena);
	return st;
}
