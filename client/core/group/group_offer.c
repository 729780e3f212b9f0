/*
 * group_offer.c - an invitation to a group that we seem to be in.  The log and
 * the mailbox have no common order: who was removed and added again while away
 * has the invitation before the log tells of the removal (protocol.md 8.4).
 *
 * Its entries wait behind the end of our log until they are complete, since
 * what follows the removal is sealed from us at the relay.
 */
#include <string.h>

#include "client/core/group/group_internal.h"

/*
 * Only entries that follow our own are believed, and only when the last one had
 * effect: its author, an admin, vouches for all before it.
 */
static enum status
left_meanwhile(struct step *s, const struct group_record *g,
    struct account_name *remover, bool *left)
{
	const struct account_name *self = &s->core->self.address.account;
	struct roster_effect e = { .effective = false };
	struct arena *a = NULL;
	bool was_out = false;
	struct roster *r;
	enum status st = arena_new(STEP_ARENA_BYTES, &a);

	if (st == STATUS_OK)
		st = group_roster(s, &g->id, &r);
	/* A roster ahead of what is stored is not found in the cache again. */
	for (uint64_t i = g->length; st == STATUS_OK && i < g->offer.length;
	     i++) {
		struct buf *entry = NULL;
		enum roster_proof unproven;

		arena_reset(a);
		st = group_entry_load(s, &g->id, i, &entry, &unproven);
		if (st == STATUS_OK)
			st = roster_apply(
			    r, buf_view(entry), PROOF_UNCHECKED, a, &e);
		buf_free(entry);
		if (st != STATUS_OK || was_out || roster_find(r, self) != NULL)
			continue;
		was_out = true;
		*remover = e.body.author.account;
	}
	*left = st == STATUS_OK && was_out && e.effective &&
		roster_find(r, self) != NULL;
	arena_free(a);
	return st == STATUS_CONFLICT || st == STATUS_NOT_FOUND ||
		       st == STATUS_FULL
		   ? STATUS_OK
		   : st;
}

/* Step out of a group that we were removed from, if the offer shows it. */
static enum status
leave_first(struct step *s, struct group_record *g)
{
	struct account_name remover;
	bool left = false;
	enum status st;

	if (g->standing != GROUP_MEMBER)
		return STATUS_OK;
	st = left_meanwhile(s, g, &remover, &left);
	if (st != STATUS_OK || !left)
		return st;
	g->standing = GROUP_REMOVED;
	return group_tell(s, g, NOTICE_MEMBER_REMOVED, &remover,
	    &s->core->self.address.account, BYTES_NONE);
}

/* The entries that lie ready, one by one, as if they came now. */
static enum status
take_all(struct step *s, struct group_record *g)
{
	struct step own = *s; /* with an arena for one entry at a time */
	struct roster *r;
	enum status st = arena_new(STEP_ARENA_BYTES, &own.arena);

	if (st != STATUS_OK)
		return st;
	st = group_roster(s, &g->id, &r);
	while (st == STATUS_OK && g->length < g->expected_length) {
		struct buf *entry = NULL;
		enum roster_proof unproven;

		arena_reset(own.arena);
		st = group_entry_load(s, &g->id, g->length, &entry, &unproven);
		if (st == STATUS_OK)
			st =
			    group_take_entry(&own, g, r, buf_view(entry), NULL);
		buf_free(entry);
	}
	arena_free(own.arena);
	if (st == STATUS_OK)
		st = group_invite_accept(s, g, r);
	/* Frozen is an outcome; it has been told. */
	return st == STATUS_CONFLICT ? STATUS_OK : st;
}

static enum status
take_up(struct step *s, struct group_record *g)
{
	struct group_offer offer = g->offer;
	enum status st = leave_first(s, g);

	memset(&g->offer, 0, sizeof(g->offer));
	if (st != STATUS_OK)
		return st;
	if ((g->standing != GROUP_REMOVED && g->standing != GROUP_LEFT) ||
	    offer.length <= g->length)
		return group_put(s->txn, g);
	g->standing = GROUP_INVITED;
	g->chain = offer.chain;
	g->inviter = offer.from;
	g->expected_length = offer.length;
	g->log_key = offer.log_key;
	g->log_key_stale = false;
	st = group_put(s->txn, g);
	return st == STATUS_OK ? take_all(s, g) : st;
}

enum status
group_offer_take(struct step *s, struct group_record *g, uint64_t first,
    const struct entry_list *entries)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; st == STATUS_OK && i < entries->count; i++) {
		if (first + i != g->offer.next ||
		    g->offer.next == g->offer.length)
			continue;
		/* Up to there our own log is what counts. */
		if (g->offer.next >= g->length)
			st = group_entry_store(s, &g->id, g->offer.next,
			    entries->items[i], PROOF_BAD);
		g->offer.next++;
	}
	if (st != STATUS_OK)
		return st;
	return g->offer.next == g->offer.length ? take_up(s, g)
						: group_put(s->txn, g);
}
