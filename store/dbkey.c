#include "store/dbkey.h"

#include <assert.h>
#include <string.h>

static uint8_t *
dbkey_room(struct dbkey *k, size_t len)
{
	uint8_t *room = k->raw + k->len;

	assert(len <= sizeof(k->raw) - k->len);
	k->len += len;
	return room;
}

struct dbkey
dbkey_bytes(struct bytes prefix)
{
	struct dbkey k = { .len = 0 };
	uint8_t *room = dbkey_room(&k, prefix.len);

	if (prefix.len > 0)
		memcpy(room, prefix.data, prefix.len);
	return k;
}

struct dbkey
dbkey_u32(uint32_t v)
{
	struct dbkey k = { .len = 0 };

	dbkey_add_u32(&k, v);
	return k;
}

void
dbkey_add_u8(struct dbkey *k, uint8_t v)
{
	*dbkey_room(k, 1) = v;
}

void
dbkey_add_u32(struct dbkey *k, uint32_t v)
{
	store_u32(dbkey_room(k, 4), v);
}

void
dbkey_add_u64(struct dbkey *k, uint64_t v)
{
	store_u64(dbkey_room(k, 8), v);
}

struct bytes
dbkey_view(const struct dbkey *k)
{
	return bytes_view(k->raw, k->len);
}
