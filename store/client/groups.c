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
	struct vault_key key = group_key(t, VAULT_GROUPS, &g->id);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_group(g, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_GROUPS, &key, buf_view(packed));
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

enum status
group_log_put(struct vault_txn *t, const struct hash *id, uint64_t index,
    struct bytes entry)
{
	struct vault_key key =
	    vault_key_append(group_key(t, VAULT_GROUP_LOG, id), index);

	return vault_put(t, VAULT_GROUP_LOG, &key, entry);
}

enum status
group_log_get(struct vault_txn *t, const struct hash *id, uint64_t index,
    struct buf **entry)
{
	struct vault_key key =
	    vault_key_append(group_key(t, VAULT_GROUP_LOG, id), index);

	return vault_get(t, VAULT_GROUP_LOG, &key, entry);
}

static struct vault_key
group_secret_place(struct vault_txn *t, const struct hash *group,
    const struct group_key_id *key_id)
{
	struct bytes parts[] = { hash_view(group), BYTES_OF(key_id->raw) };

	return vault_key_hash(t, VAULT_GROUP_KEYS, parts, 2);
}

enum status
group_secret_get(struct vault_txn *t, const struct hash *group,
    const struct group_key_id *key_id, struct group_secret *s)
{
	struct vault_key key = group_secret_place(t, group, key_id);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_GROUP_KEYS, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_group_secret(plain, vault_arena(t), s);
	return st;
}

enum status
group_secret_put(
    struct vault_txn *t, const struct hash *group, const struct group_secret *s)
{
	struct vault_key key = group_secret_place(t, group, &s->id);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_group_secret(s, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_GROUP_KEYS, &key, buf_view(packed));
	return st;
}
