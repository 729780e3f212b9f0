/*
 * group_invite.c - invitations: the log so far with the keys to go on
 * (protocol.md 8.4).  The log is public among members, so the new one gets
 * bodies and signatures and checks everything itself.
 */
#include <string.h>

#include "base/wipe.h"

#include "client/core/group/group_internal.h"

/* Entries of one control message: below what padding and item limits take. */
enum { INVITE_CHUNK_BYTES = 96 * 1024, INVITE_CHUNK_ENTRIES = 512 };

struct chunk {
	struct bytes items[INVITE_CHUNK_ENTRIES];
	struct buf *owned[INVITE_CHUNK_ENTRIES];
	size_t count;
	size_t bytes;
};

static void
chunk_clear(struct chunk *c)
{
	for (size_t i = 0; i < c->count; i++)
		buf_free(c->owned[i]);
	c->count = 0;
	c->bytes = 0;
}

/* Fill from index on; at least one entry, if there is one. */
static enum status
chunk_fill(struct step *s, const struct group_record *g, uint64_t index,
    struct chunk *c)
{
	while (index < g->length && c->count < INVITE_CHUNK_ENTRIES) {
		struct buf *entry = NULL;
		enum roster_proof proof;
		enum status st;

		st = group_entry_load(s, &g->id, index, &entry, &proof);
		if (st != STATUS_OK)
			return st;
		if (c->count > 0 &&
		    c->bytes + buf_len(entry) > INVITE_CHUNK_BYTES) {
			buf_free(entry);
			return STATUS_OK;
		}
		c->owned[c->count] = entry;
		c->items[c->count++] = buf_view(entry);
		c->bytes += buf_len(entry);
		index++;
	}
	return STATUS_OK;
}

static enum status
send_history(struct step *s, const struct group_record *g,
    const struct account_name *to, uint64_t first, struct chunk *c)
{
	struct plaintext p = { .kind = CONTENT_GROUP_LOG };
	enum status st;

	st = chunk_fill(s, g, first, c);
	if (st != STATUS_OK)
		return st;
	p.u.group_log.group = g->id;
	p.u.group_log.first = first;
	p.u.group_log.entries.items = c->items;
	p.u.group_log.entries.count = c->count;
	return messenger_control(s, to, &p);
}

enum status
group_invite_send(
    struct step *s, const struct group_record *g, const struct account_name *to)
{
	struct plaintext p = { .kind = CONTENT_GROUP_INVITE };
	struct group_secret secret = { 0 };
	struct chunk *c = arena_take(s->arena, sizeof(*c));
	uint64_t sent;
	enum status st;

	if (c == NULL)
		return STATUS_NOMEM;
	st = group_secret_get(s->txn, &g->id, &g->log_key, &secret);
	if (st == STATUS_OK)
		st = chunk_fill(s, g, 0, c);
	if (st != STATUS_OK)
		goto out;
	p.u.group_invite.group = g->id;
	p.u.group_invite.chain = g->chain;
	p.u.group_invite.log_key = secret.key;
	p.u.group_invite.write_token = secret.token;
	p.u.group_invite.length = g->length;
	p.u.group_invite.entries.items = c->items;
	p.u.group_invite.entries.count = c->count;
	st = messenger_control(s, to, &p);
	sent = c->count;
	while (st == STATUS_OK && sent < g->length) {
		chunk_clear(c);
		st = send_history(s, g, to, sent, c);
		sent += c->count;
	}
out:
	chunk_clear(c);
	group_secret_clear(&secret);
	wipe(&p, sizeof(p));
	return st;
}

enum status
group_invite_accept(
    struct step *s, struct group_record *g, const struct roster *r)
{
	enum status st;

	if (g->length < g->expected_length || g->standing != GROUP_MEMBER)
		return STATUS_OK;
	if (roster_find(r, &g->inviter) == NULL)
		return group_freeze(
		    s, g, "it was offered by someone who is not in it");
	/* Somebody who comes back may have missed a new name. */
	st = group_name_locally(s, g, roster_name(r));
	if (st != STATUS_OK)
		return st;
	st = group_tell(s, g, NOTICE_MEMBER_ADDED, &g->inviter,
	    &s->core->self.address.account, BYTES_NONE);
	if (st == STATUS_OK)
		st = group_retry_held(s, &g->id);
	return st;
}

/* Entries in order; what is known is skipped, what lies ahead is dropped. */
static enum status
take_entries(struct step *s, struct group_record *g, uint64_t first,
    const struct entry_list *entries)
{
	struct roster *r;
	enum status st;

	st = group_roster(s, &g->id, &r);
	for (size_t i = 0; st == STATUS_OK && i < entries->count; i++) {
		if (first + i != g->length || g->length == g->expected_length)
			continue;
		st = group_take_entry(s, g, r, entries->items[i], NULL);
		if (st == STATUS_OK && g->length == 1 &&
		    memcmp(&g->head, &g->id, sizeof(g->id)) != 0)
			st = STATUS_BAD_INPUT;
	}
	if (st == STATUS_OK)
		st = group_invite_accept(s, g, r);
	/* Frozen is an outcome; it has been told. */
	return st == STATUS_CONFLICT ? STATUS_OK : st;
}

/* A record to start from: fresh, or of a group we left or are invited to. */
static enum status
invited_record(
    struct step *s, const struct pair_arrival *arrival, struct group_record *g)
{
	const struct hash *id = &arrival->p.u.group_invite.group;
	enum status st = group_get(s->txn, id, g);

	if (st == STATUS_NOT_FOUND) {
		memset(g, 0, sizeof(*g));
		g->id = *id;
		st = STATUS_OK;
	}
	if (st != STATUS_OK)
		return st;
	if (g->standing == GROUP_FROZEN)
		return STATUS_EXISTS;
	memset(&g->offer, 0, sizeof(g->offer));
	/* The log of a group we are in comes from the relay, not from one. */
	if (g->standing == GROUP_MEMBER)
		return STATUS_OK;
	/*
	 * An unfinished one may hold entries that no chain has: anybody could
	 * have made it up.  Whoever invites us brings the whole log.
	 */
	if (g->standing == GROUP_INVITED) {
		g->length = 0;
		memset(&g->head, 0, sizeof(g->head));
	}
	g->standing = GROUP_INVITED;
	g->chain = arrival->p.u.group_invite.chain;
	g->expected_length = arrival->p.u.group_invite.length;
	g->inviter = arrival->sender.name;
	return STATUS_OK;
}

static enum status
take_invitation(struct step *s, struct group_record *g,
    const struct group_key_id *key, const struct pair_arrival *arrival)
{
	enum status st;

	g->log_key = *key;
	g->log_key_stale = false;
	st = group_put(s->txn, g);
	if (st == STATUS_OK)
		st = take_entries(s, g, 0, &arrival->p.u.group_invite.entries);
	return st;
}

static enum status
take_offer(struct step *s, struct group_record *g,
    const struct group_key_id *key, const struct pair_arrival *arrival)
{
	g->offer.length = arrival->p.u.group_invite.length;
	g->offer.from = arrival->sender.name;
	g->offer.chain = arrival->p.u.group_invite.chain;
	g->offer.log_key = *key;
	return group_offer_take(s, g, 0, &arrival->p.u.group_invite.entries);
}

enum status
group_invite_take(struct step *s, const struct pair_arrival *arrival)
{
	struct group_secret secret = { 0 };
	struct group_record g;
	enum status st;

	if (arrival->p.u.group_invite.length == 0 ||
	    arrival->p.u.group_invite.length > LIMIT_CHAIN_ENTRIES)
		return STATUS_BAD_INPUT;
	secret.key = arrival->p.u.group_invite.log_key;
	secret.token = arrival->p.u.group_invite.write_token;
	st = group_secret_id(&secret);
	if (st == STATUS_OK)
		st = invited_record(s, arrival, &g);
	if (st == STATUS_OK)
		st = group_secret_put(s->txn, &g.id, &secret);
	if (st == STATUS_OK && g.standing == GROUP_MEMBER)
		st = take_offer(s, &g, &secret.id, arrival);
	else if (st == STATUS_OK)
		st = take_invitation(s, &g, &secret.id, arrival);
	group_secret_clear(&secret);
	return st == STATUS_EXISTS ? STATUS_OK : st;
}

enum status
group_history_take(struct step *s, const struct pair_arrival *arrival)
{
	struct group_record g;
	enum status st;

	st = group_get(s->txn, &arrival->p.u.group_log.group, &g);
	if (st == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (st != STATUS_OK)
		return st;
	if (g.offer.length > 0 &&
	    account_name_equal(&g.offer.from, &arrival->sender.name))
		return group_offer_take(s, &g, arrival->p.u.group_log.first,
		    &arrival->p.u.group_log.entries);
	if (g.standing != GROUP_INVITED ||
	    !account_name_equal(&g.inviter, &arrival->sender.name))
		return STATUS_OK;
	return take_entries(s, &g, arrival->p.u.group_log.first,
	    &arrival->p.u.group_log.entries);
}
