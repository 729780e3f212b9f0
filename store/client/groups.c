#include "store/client/groups.h"

#include <string.h>

#include "store/client/record.h"
#include "store/client/vault_private.h"

static struct vault_key
group_key(struct vault_txn *t, enum vault_table table, const struct hash *id)
{
	struct bytes part = hash_view(id);

	return vault_key_hash(t, table, &part, 1);
}

static struct vault_key
group_offer_key(struct vault_txn *t, const struct hash *id,
    const struct chain_id *chain, const struct account_name *inviter)
{
	struct bytes parts[] = { hash_view(id), BYTES_OF(chain->raw),
		account_name_bytes(inviter) };

	return vault_key_hash(t, VAULT_GROUP_OFFERS, parts, 3);
}

static struct vault_key
group_name_key(struct vault_txn *t, const char *name)
{
	struct bytes part = bytes_text(name);

	return vault_key_hash(t, VAULT_GROUP_NAMES, &part, 1);
}

enum status
group_get(struct vault_txn *t, const struct hash *id, struct group_record *g)
{
	struct vault_key key = group_key(t, VAULT_GROUPS, id);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_GROUPS, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_group(plain, vault_arena(t), g);
	return st;
}

enum status
group_put(struct vault_txn *t, const struct group_record *g)
{
	bool offer = g->standing == GROUP_INVITED;
	enum vault_table table = offer ? VAULT_GROUP_OFFERS : VAULT_GROUPS;
	struct vault_key key =
	    offer ? group_offer_key(t, &g->id, &g->chain, &g->inviter)
		  : group_key(t, VAULT_GROUPS, &g->id);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_group(g, packed);

	if (st == STATUS_OK)
		st = vault_put(t, table, &key, buf_view(packed));
	return st;
}

enum status
group_find_name(struct vault_txn *t, const char *name, struct hash *id)
{
	struct vault_key key = group_name_key(t, name);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_GROUP_NAMES, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_group_ref(plain, vault_arena(t), id);
	return st;
}

/* Whether the group may have the name: free, or already its own. */
static enum status
group_name_is_free(
    struct vault_txn *t, const struct group_record *g, const char *name)
{
	struct hash holder;
	enum status st = group_find_name(t, name, &holder);

	if (st == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (st != STATUS_OK)
		return st;
	return bytes_equal(hash_view(&holder), hash_view(&g->id))
		   ? STATUS_OK
		   : STATUS_EXISTS;
}

static enum status
group_drop_name(struct vault_txn *t, const struct group_record *g)
{
	struct vault_key key;
	enum status st = group_name_is_free(t, g, g->name);

	if (st != STATUS_OK) /* another group's: not ours to free */
		return st == STATUS_EXISTS ? STATUS_OK : st;
	key = group_name_key(t, g->name);
	st = vault_del(t, VAULT_GROUP_NAMES, &key);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

enum status
group_set_name(struct vault_txn *t, struct group_record *g, const char *name)
{
	struct group_record named = *g;
	struct vault_key key;
	struct buf *packed;
	enum status st;

	if (strlen(name) >= sizeof(named.name))
		return STATUS_BAD_INPUT;
	st = group_name_is_free(t, g, name);
	if (st == STATUS_OK)
		st = group_drop_name(t, g);
	if (st != STATUS_OK)
		return st;
	memset(named.name, 0, sizeof(named.name));
	memcpy(named.name, name, strlen(name));
	st = group_put(t, &named);
	if (st != STATUS_OK)
		return st;
	key = group_name_key(t, name);
	packed = vault_packed(t);
	st = record_pack_group_ref(&named.id, packed);
	if (st == STATUS_OK)
		st = vault_put(t, VAULT_GROUP_NAMES, &key, buf_view(packed));
	if (st == STATUS_OK)
		*g = named;
	return st;
}

struct group_walk {
	struct vault_txn *t;
	enum status (*each)(const struct group_record *g, void *arg);
	void *arg;
};

static enum status
group_show(struct bytes plain, void *arg)
{
	const struct group_walk *walk = arg;
	struct group_record g;
	enum status st = record_open_group(plain, vault_arena(walk->t), &g);

	return st == STATUS_OK ? walk->each(&g, walk->arg) : st;
}

enum status
groups_each(struct vault_txn *t,
    enum status (*each)(const struct group_record *g, void *arg), void *arg)
{
	struct group_walk walk = { t, each, arg };

	return vault_each(t, VAULT_GROUPS, group_show, &walk);
}

struct group_listing {
	struct group_ids *to;
	size_t room;
	bool members_only;
};

static enum status
group_list_one(const struct group_record *g, void *arg)
{
	const struct group_listing *l = arg;

	if (l->to->count < l->room &&
	    (!l->members_only || g->standing == GROUP_MEMBER))
		l->to->ids[l->to->count++] = g->id;
	return STATUS_OK;
}

enum status
groups_list(struct vault_txn *t, bool members_only, struct arena *a,
    struct group_ids *all)
{
	struct group_listing l = { .to = all, .members_only = members_only };
	enum status st = vault_count(t, VAULT_GROUPS, &l.room);

	*all = (struct group_ids){ .count = 0 };
	if (st != STATUS_OK || l.room == 0)
		return st;
	all->ids = arena_take_array(a, l.room, sizeof(*all->ids));
	return all->ids == NULL ? STATUS_NOMEM
				: groups_each(t, group_list_one, &l);
}

enum status
group_offer_get(struct vault_txn *t, const struct hash *id,
    const struct chain_id *chain, const struct account_name *inviter,
    struct group_record *g)
{
	struct vault_key key = group_offer_key(t, id, chain, inviter);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_GROUP_OFFERS, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_group(plain, vault_arena(t), g);
	return st;
}

enum status
group_offers_each(struct vault_txn *t,
    enum status (*each)(const struct group_record *g, void *arg), void *arg)
{
	struct group_walk walk = { t, each, arg };

	return vault_each(t, VAULT_GROUP_OFFERS, group_show, &walk);
}

enum status
group_offer_forget(struct vault_txn *t, const struct group_record *g)
{
	struct vault_key key =
	    group_offer_key(t, &g->id, &g->chain, &g->inviter);

	return vault_del(t, VAULT_GROUP_OFFERS, &key);
}

enum status
group_offer_del(struct vault_txn *t, const struct group_record *g)
{
	enum status st = group_place_del(t, &g->place, g->length);

	return st == STATUS_OK ? group_offer_forget(t, g) : st;
}
