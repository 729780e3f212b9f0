/* group_keys.c - the keys of logs: kept, listed, handed out (protocol.md 8.3).
 */
#include <string.h>

#include "base/wipe.h"
#include "client/core/group/group_internal.h"

static bool
id_equal(const struct group_key_id *a, const struct group_key_id *b)
{
	return memcmp(a->raw, b->raw, sizeof(a->raw)) == 0;
}

void
group_key_settle(struct group_record *g, const struct group_key_id *id)
{
	size_t kept = 0;

	for (size_t i = 0; i < g->loose_count; i++)
		if (!id_equal(&g->loose[i], id))
			g->loose[kept++] = g->loose[i];
	g->loose_count = kept;
}

enum status
group_key_add(
    struct step *s, struct group_record *g, const struct group_secret *secret)
{
	struct group_secret known = { 0 };
	enum status st = group_secret_get(s->txn, g, &secret->id, &known);

	group_secret_clear(&known);
	if (st != STATUS_NOT_FOUND)
		return st;
	if (g->loose_count == GROUP_LOOSE_KEYS) {
		struct group_key_id oldest = g->loose[0];

		group_key_settle(g, &oldest);
		st = group_secret_del(s->txn, g, &oldest);
		if (st != STATUS_OK)
			return st;
	}
	g->loose[g->loose_count++] = secret->id;
	return group_secret_put(s->txn, g, secret);
}

static enum status
secret_of(const struct log_key_item *item, struct group_secret *secret)
{
	secret->key = item->key;
	secret->token = item->token;
	return group_secret_id(secret);
}

/* Is the key among them that the log waits for? */
static enum status
has_wanted(
    const struct group_record *g, const struct log_key_list *keys, bool *found)
{
	enum status st = STATUS_OK;

	*found = false;
	for (size_t i = 0;
	     st == STATUS_OK && g->is_waiting && !*found && i < keys->count;
	     i++) {
		struct group_secret secret;

		st = secret_of(&keys->items[i], &secret);
		*found = st == STATUS_OK && id_equal(&secret.id, &g->wanted);
		group_secret_clear(&secret);
	}
	return st;
}

/*
 * Whoever has the key that we wait for is believed with the others as well: we
 * cannot wait for another one before the log has moved.
 */
enum status
group_keys_keep(struct step *s, struct group_record *g,
    const struct log_key_list *keys, bool all)
{
	bool wanted = false;
	enum status st = has_wanted(g, keys, &wanted);

	for (size_t i = 0; st == STATUS_OK && i < keys->count; i++) {
		struct group_secret secret;

		st = secret_of(&keys->items[i], &secret);
		if (st == STATUS_OK)
			st = all || wanted
				 ? group_secret_put(s->txn, g, &secret)
				 : group_key_add(s, g, &secret);
		group_secret_clear(&secret);
	}
	if (st != STATUS_OK)
		return st;
	if (wanted) {
		g->is_waiting = false;
		s->core->chains_due = true;
	}
	return group_put(s->txn, g);
}

/* Offers of a group: their keys may come before they are ours. */
struct offers {
	const struct hash *group;
	struct group_record *records;
	size_t max;
	size_t count;
};

static enum status
keep_offer(const struct group_record *g, void *arg)
{
	struct offers *all = arg;

	if (all->count < all->max &&
	    memcmp(&g->id, all->group, sizeof(g->id)) == 0)
		all->records[all->count++] = *g;
	return STATUS_OK;
}

static enum status
take_for_offers(
    struct step *s, const struct hash *group, const struct log_key_list *keys)
{
	struct offers all = { .group = group };
	enum status st = vault_count(s->txn, VAULT_GROUP_OFFERS, &all.max);

	if (st != STATUS_OK || all.max == 0)
		return st;
	all.records = arena_take_array(s->arena, all.max, sizeof(*all.records));
	if (all.records == NULL)
		return STATUS_NOMEM;
	st = group_offers_each(s->txn, keep_offer, &all);
	for (size_t i = 0; st == STATUS_OK && i < all.count; i++)
		st = group_keys_keep(s, &all.records[i], keys, false);
	return st;
}

/*
 * A key is taken in from whoever hands it over: the entry that makes its
 * sender a member may be behind it on another way.  It serves only where the
 * log names it, and its id proves key and token.
 */
enum status
group_keys_take(struct step *s, const struct pair_arrival *arrival)
{
	const struct hash *group = &arrival->p.u.group_keys.group;
	const struct log_key_list *keys = &arrival->p.u.group_keys.keys;
	struct group_record g;
	enum status st = group_get(s->txn, group, &g);

	if (st == STATUS_OK)
		st = group_keys_keep(s, &g, keys, false);
	else if (st == STATUS_NOT_FOUND)
		st = STATUS_OK;
	return st == STATUS_OK ? take_for_offers(s, group, keys) : st;
}

/* A list that grows; what is there twice in a row is there once. */
struct listing {
	struct step *s;
	const struct group_record *g;
	const struct group_key_id *from; /* NULL, or not met yet */
	struct group_key_id last;
	struct log_key_item *items;
	size_t count;
};

/* A key that was never needed here may be missing: it is left out. */
static enum status
list_key(struct listing *l, const struct group_key_id *id, uint64_t first)
{
	struct group_secret secret = { 0 };
	enum status st;

	if (id_equal(&l->last, id) || l->count == LIMIT_LOG_KEYS)
		return STATUS_OK;
	l->last = *id;
	if (l->from != NULL && !id_equal(l->from, id))
		return STATUS_OK;
	l->from = NULL;
	st = group_secret_get(l->s->txn, l->g, id, &secret);
	if (st == STATUS_OK) {
		l->items[l->count].first = first;
		l->items[l->count].key = secret.key;
		l->items[l->count++].token = secret.token;
	}
	group_secret_clear(&secret);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

void
group_keys_clear(struct log_key_list *keys)
{
	if (keys->items != NULL)
		wipe((void *)(uintptr_t)keys->items,
		    LIMIT_LOG_KEYS * sizeof(*keys->items));
	*keys = (struct log_key_list){ NULL, 0 };
}

enum status
group_keys_list(struct step *s, const struct group_record *g,
    const struct group_key_id *from, uint64_t until, struct log_key_list *keys)
{
	struct listing l = { .s = s, .g = g, .from = from };
	enum status st = STATUS_OK;

	*keys = (struct log_key_list){ NULL, 0 };
	l.items = arena_take_array(s->arena, LIMIT_LOG_KEYS, sizeof(*l.items));
	if (l.items == NULL)
		return STATUS_NOMEM;
	keys->items = l.items;
	for (uint64_t i = 0; st == STATUS_OK && i < g->length && i < until;
	     i++) {
		struct kept_entry kept = { .row = NULL };

		st = group_entry_load(s, g, i, &kept);
		if (st == STATUS_OK && kept.is_sealed)
			st = list_key(&l, &kept.sealed_by, i);
		if (st == STATUS_OK && i + 1 < until)
			st = list_key(&l, &kept.next_key, i + 1);
		group_entry_clear(&kept);
	}
	keys->count = l.count;
	if (st == STATUS_OK && l.count == 0)
		st = STATUS_NOT_FOUND;
	if (st != STATUS_OK)
		group_keys_clear(keys);
	return st;
}

enum status
group_check_pin(struct step *s, const struct group_member *m)
{
	struct contact c;
	enum status st = contact_get(s->txn, &m->account, &c);

	if (st == STATUS_OK &&
	    (c.has_pending || memcmp(c.account_key.raw, m->account_key.raw,
				  SIGN_PUBLIC_BYTES) != 0))
		return STATUS_NOT_FOUND;
	return st;
}

static bool
names_member(const struct group_entry_body *body, const struct account_name *n)
{
	for (size_t i = 0; i < body->members_count; i++)
		if (account_name_equal(&body->members[i].account, n))
			return true;
	return false;
}

/* A name that another key has taken over is no member: it gets nothing. */
static enum status
hand_out(struct step *s, const struct roster *r,
    const struct group_secret *secret, const struct group_entry_body *without)
{
	struct log_key_item item = { .first = roster_length(r),
		.key = secret->key,
		.token = secret->token };
	struct plaintext p = { .kind = CONTENT_GROUP_KEYS };
	struct group_member *to =
	    arena_take_array(s->arena, roster_count(r) + 1, sizeof(*to));
	size_t count = 0;
	enum status st;

	if (to == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < roster_count(r); i++) {
		const struct group_member *m = roster_at(r, i);

		if (account_name_equal(
			&m->account, &s->core->self.address.account) ||
		    (without != NULL && names_member(without, &m->account)))
			continue;
		to[count++] = *m;
	}
	p.u.group_keys.group = *roster_group(r);
	p.u.group_keys.keys = (struct log_key_list){ &item, 1 };
	st = messenger_control_members(s, to, count, &p);
	wipe(&item, sizeof(item));
	return st;
}

enum status
group_keys_hand_out(struct step *s, const struct roster *r,
    const struct group_record *g, const struct group_entry_body *without,
    struct group_secret *secret)
{
	enum status st = group_secret_make(secret);

	/*
	 * Not among those of peers, who could push it out: nobody else may have
	 * it when the entry that names it is there.
	 */
	if (st == STATUS_OK)
		st = group_secret_put(s->txn, g, secret);
	if (st == STATUS_OK)
		st = hand_out(s, r, secret, without);
	return st;
}
