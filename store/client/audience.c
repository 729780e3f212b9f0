#include "store/client/audience.h"

#include "store/client/record.h"
#include "store/client/vault_private.h"

/*
 * A number for all of them: odd when some were written under it.  Forgetting
 * counts on from an odd one alone, so that meeting a thousand people writes it
 * once.
 */
static struct vault_key
generation_key(struct vault_txn *t)
{
	struct bytes part = BYTES("generation");

	return vault_key_hash(t, VAULT_AUDIENCES, &part, 1);
}

static enum status
generation_get(struct vault_txn *t, uint64_t *generation)
{
	struct vault_key key = generation_key(t);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_AUDIENCES, &key, &plain);

	*generation = 0;
	if (st == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (st == STATUS_OK)
		st = record_open_number(plain, vault_arena(t), generation);
	return st;
}

static enum status
generation_put(struct vault_txn *t, uint64_t generation)
{
	struct vault_key key = generation_key(t);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_number(generation, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_AUDIENCES, &key, buf_view(packed));
	return st;
}

static struct vault_key
audience_key(struct vault_txn *t, const struct hash *group)
{
	struct bytes parts[] = { BYTES("group"), BYTES_OF(group->raw) };

	return vault_key_hash(t, VAULT_AUDIENCES, parts, 2);
}

enum status
audience_get(struct vault_txn *t, const struct hash *group, struct arena *a,
    struct audience *audience)
{
	struct vault_key key = audience_key(t, group);
	struct audience read;
	struct bytes plain;
	uint64_t now, then = 0;
	enum status st = generation_get(t, &now);

	if (st == STATUS_OK)
		st = vault_peek(t, VAULT_AUDIENCES, &key, &plain);
	if (st == STATUS_OK)
		st = record_open_audience(plain, a, &read, &then);
	if (st == STATUS_OK && then != now)
		st = STATUS_NOT_FOUND;
	if (st == STATUS_OK)
		*audience = read;
	return st;
}

enum status
audience_put(struct vault_txn *t, const struct hash *group,
    const struct audience *audience)
{
	struct vault_key key = audience_key(t, group);
	struct buf *packed;
	uint64_t generation;
	enum status st = generation_get(t, &generation);

	if (st == STATUS_OK && generation % 2 == 0)
		st = generation_put(t, ++generation);
	if (st != STATUS_OK)
		return st;
	packed = vault_packed(t);
	st = record_pack_audience(audience, generation, vault_arena(t), packed);
	if (st == STATUS_OK)
		st = vault_put(t, VAULT_AUDIENCES, &key, buf_view(packed));
	return st;
}

enum status
audience_forget_all(struct vault_txn *t)
{
	uint64_t generation;
	enum status st = generation_get(t, &generation);

	if (st != STATUS_OK || generation % 2 == 0)
		return st;
	return generation_put(t, generation + 1);
}
