/*
 * group_invite.c - invitations: where a group's log is, and the keys to read it
 * (protocol.md 8.4).  The log itself is read from the relay's chain by whoever
 * is invited, and checked from its first entry on.
 */
#include <string.h>

#include "base/random.h"
#include "client/core/group/group_internal.h"

enum {
	OFFERS_MAX = 32, /* in all; drop_least() says which gives way */
	OFFERS_OF_ONE_MAX = 8,
};

/* The same for whoever gets it; group_keys_clear() its keys. */
static enum status
invitation_of(struct step *s, const struct group_record *g, struct plaintext *p)
{
	struct group_secret now = { 0 };
	enum status st = group_secret_get(s->txn, g, &g->log_key, &now);

	group_secret_clear(&now);
	memset(p, 0, sizeof(*p));
	p->kind = CONTENT_GROUP_INVITE;
	p->u.group_invite.group = g->id;
	p->u.group_invite.chain = g->chain;
	p->u.group_invite.length = g->length;
	p->u.group_invite.head = g->head;
	if (st != STATUS_OK)
		return st;
	return group_keys_list(s, g, NULL, UINT64_MAX, &p->u.group_invite.keys);
}

enum status
group_invite_send(
    struct step *s, const struct group_record *g, const struct account_name *to)
{
	struct plaintext p;
	enum status st = invitation_of(s, g, &p);

	if (st == STATUS_OK)
		st = messenger_control(s, to, &p);
	group_keys_clear(&p.u.group_invite.keys);
	return st;
}

struct inviting {
	struct step *s;
	struct hash *ids;
	size_t count;
	size_t room;
};

static enum status
note_member(const struct group_record *g, void *arg)
{
	struct inviting *x = arg;

	if (g->standing == GROUP_MEMBER && !g->leaving && x->count < x->room)
		x->ids[x->count++] = g->id;
	return STATUS_OK;
}

/* Where the log has them, and us as one who could have added them. */
static enum status
invite_back(struct step *s, const struct hash *id, const struct contact *to)
{
	const struct group_member *us;
	struct group_record g;
	struct roster *r = NULL;
	enum status st = group_get(s->txn, id, &g);

	if (st == STATUS_OK)
		st = group_fold(s, &g, &r);
	if (st != STATUS_OK) /* a log that is damaged is the doctor's to tell */
		return st == STATUS_CRYPTO ? STATUS_OK : st;
	us = roster_find(r, &s->core->self.address.account);
	if (us == NULL ||
	    (us->role != ROLE_ADMIN && !roster_members_may_add(r)) ||
	    roster_find_exact(r, &to->name, &to->account_key) == NULL)
		return STATUS_OK;
	st = group_invite_send(s, &g, &to->name);
	/* Whoever has the key will do it. */
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

enum status
group_invite_back(struct step *s, const struct contact *to)
{
	struct inviting x = { .s = s };
	enum status st = vault_count(s->txn, VAULT_GROUPS, &x.room);

	if (st != STATUS_OK || x.room == 0)
		return st;
	x.ids = arena_take_array(s->arena, x.room, sizeof(*x.ids));
	if (x.ids == NULL)
		return STATUS_NOMEM;
	st = groups_each(s->txn, note_member, &x);
	for (size_t i = 0; st == STATUS_OK && i < x.count; i++)
		st = invite_back(s, &x.ids[i], to);
	return st;
}

enum status
group_invite_members(struct step *s, const struct group_record *g,
    const struct group_member *members, size_t count)
{
	struct group_member *to =
	    arena_take_array(s->arena, count + 1, sizeof(*to));
	struct plaintext p;
	size_t others = 0;
	enum status st;

	if (to == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < count; i++)
		if (!group_is_self(s, &members[i]))
			to[others++] = members[i];
	if (others == 0)
		return STATUS_OK;
	st = invitation_of(s, g, &p);
	if (st == STATUS_OK)
		st = messenger_control_members(s, to, others, &p);
	group_keys_clear(&p.u.group_invite.keys);
	return st;
}

/* What one invitation says, and who sent it. */
struct invitation {
	const struct pair_arrival *arrival;
	const struct hash *group;
	const struct chain_id *chain;
	const struct log_key_list *keys;
	uint64_t length;
	const struct hash *head;
	const struct account_name *from;
};

/* All there are. */
struct crowd {
	struct group_record *offers;
	size_t room;
	size_t count;
};

static enum status
note_offer(const struct group_record *g, void *arg)
{
	struct crowd *crowd = arg;

	if (crowd->count < crowd->room)
		crowd->offers[crowd->count++] = *g;
	return STATUS_OK;
}

static size_t
count_of_one(const struct crowd *crowd, const struct account_name *from)
{
	size_t count = 0;

	for (size_t i = 0; i < crowd->count; i++)
		count += account_name_equal(&crowd->offers[i].inviter, from);
	return count;
}

/* How much an offer is worth beside others. */
struct worth {
	bool known;   /* of somebody whom the user talks with */
	size_t share; /* how many there are of the same */
	int64_t invited_ms;
};

static bool
is_worth_less(const struct worth *a, const struct worth *b)
{
	if (a->known != b->known)
		return b->known;
	if (a->share != b->share)
		return a->share > b->share;
	return a->invited_ms < b->invited_ms;
}

/* Of one alone the oldest, and else of whoever has most, contacts last. */
static enum status
drop_least(
    struct step *s, const struct crowd *crowd, const struct account_name *of)
{
	const struct group_record *least = NULL;
	struct worth worst = { .known = true };

	for (size_t i = 0; i < crowd->count; i++) {
		const struct group_record *g = &crowd->offers[i];
		struct worth worth = { false, count_of_one(crowd, &g->inviter),
			g->invited_ms };
		struct contact c;
		enum status st = contact_get(s->txn, &g->inviter, &c);

		if (st != STATUS_OK && st != STATUS_NOT_FOUND)
			return st;
		worth.known = st == STATUS_OK && c.known && !c.blocked;
		if (of != NULL && !account_name_equal(&g->inviter, of))
			continue;
		if (least == NULL || is_worth_less(&worth, &worst)) {
			least = g;
			worst = worth;
		}
	}
	return least == NULL ? STATUS_OK : group_offer_del(s->txn, least);
}

static enum status
make_room(struct step *s, const struct account_name *from)
{
	struct crowd crowd = { .count = 0 };
	enum status st = vault_count(s->txn, VAULT_GROUP_OFFERS, &crowd.room);

	if (st != STATUS_OK || crowd.room == 0)
		return st;
	crowd.offers =
	    arena_take_array(s->arena, crowd.room, sizeof(*crowd.offers));
	if (crowd.offers == NULL)
		return STATUS_NOMEM;
	st = group_offers_each(s->txn, note_offer, &crowd);
	if (st == STATUS_OK && count_of_one(&crowd, from) >= OFFERS_OF_ONE_MAX)
		return drop_least(s, &crowd, from);
	if (st == STATUS_OK && crowd.count >= OFFERS_MAX)
		return drop_least(s, &crowd, NULL);
	return st;
}

/*
 * A log to be read from its first entry on, beside whatever we have: what
 * comes of it is decided when all of it is here (group_accept.c).
 */
static enum status
add_offer(struct step *s, const struct invitation *i)
{
	struct group_record g;
	enum status st =
	    group_offer_get(s->txn, i->group, i->chain, i->from, &g);

	if (st == STATUS_OK && g.expected_length == i->length &&
	    memcmp(&g.expected_head, i->head, sizeof(g.expected_head)) == 0)
		return group_keys_keep(s, &g, i->keys, false);
	if (st == STATUS_OK)
		st = group_offer_del(s->txn, &g);
	else if (st == STATUS_NOT_FOUND)
		st = make_room(s, i->from);
	if (st != STATUS_OK)
		return st;
	memset(&g, 0, sizeof(g));
	g.id = *i->group;
	g.standing = GROUP_INVITED;
	g.chain = *i->chain;
	random_bytes(g.place.raw, sizeof(g.place.raw));
	g.log_key_stale = true;
	g.inviter = *i->from;
	g.expected_length = i->length;
	g.expected_head = *i->head;
	g.invited_ms = s->now_ms;
	return group_keys_keep(s, &g, i->keys, true);
}

/* A member's word of another log than ours is one in an invitation as well. */
static enum status
compare_heads(
    struct step *s, struct group_record *g, const struct invitation *i)
{
	struct roster *r;
	enum status st;

	if (g->standing != GROUP_MEMBER || i->length > g->length)
		return STATUS_OK;
	st = group_fold(s, g, &r);
	if (st == STATUS_OK)
		st = group_check_head(
		    s, g, r, &i->arrival->sender, i->length, i->head);
	return st == STATUS_CONFLICT ? STATUS_OK : st;
}

/*
 * To a group whose chain we know: it brings keys.  Mailbox and chain have no
 * common order, so that the removal before it may be unread; and who is out
 * reads on from there, up to where the inviter was.
 */
static enum status
know_more(struct step *s, struct group_record *g, const struct invitation *i)
{
	enum status st;

	if (i->length > g->length) {
		if (i->length > g->expected_length)
			g->expected_length = i->length;
		g->inviter = *i->from;
		g->invited_ms = s->now_ms;
		s->core->chains_due = true;
	}
	st = group_keys_keep(s, g, i->keys, false);
	return st == STATUS_OK ? compare_heads(s, g, i) : st;
}

/* Another chain of a group we are in is for its members alone to offer. */
static bool
may_offer(
    struct roster *r, const struct group_record *g, const struct invitation *i)
{
	if (g->standing != GROUP_MEMBER && g->standing != GROUP_FROZEN)
		return true;
	return roster_find_exact(r, i->from, &i->arrival->sender.account_key) !=
	       NULL;
}

enum status
group_invite_take(struct step *s, const struct pair_arrival *arrival)
{
	struct invitation i = {
		.arrival = arrival,
		.group = &arrival->p.u.group_invite.group,
		.chain = &arrival->p.u.group_invite.chain,
		.keys = &arrival->p.u.group_invite.keys,
		.length = arrival->p.u.group_invite.length,
		.head = &arrival->p.u.group_invite.head,
		.from = &arrival->sender.name,
	};
	struct group_record g;
	struct roster *r;
	enum status st = group_get(s->txn, i.group, &g);

	/* Of a group that we only asked for we know no chain. */
	if (st == STATUS_OK && g.length > 0 &&
	    memcmp(&g.chain, i.chain, sizeof(g.chain)) == 0)
		return know_more(s, &g, &i);
	if (st == STATUS_OK) {
		st = group_fold(s, &g, &r);
		if (st != STATUS_OK || !may_offer(r, &g, &i))
			return st;
	}
	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	s->core->chains_due = true;
	return add_offer(s, &i);
}
