/* group_tail.c - what a chain holds behind our log, opened and taken in. */
#include <string.h>

#include "client/core/group/group_internal.h"

/*
 * Spec 8.3: "An entry under any other key is no entry."  Only after a leave,
 * and before the first entry, nobody can know beforehand which key comes next.
 */
static bool
is_key_due(const struct group_record *g, const struct group_key_id *id)
{
	return g->log_key_stale || memcmp(id, &g->log_key, sizeof(*id)) == 0;
}

/* AGAIN: the key has not come.  What does not open counts as it stands. */
static enum status
take_sealed(struct step *s, struct group_record *g, struct roster *r,
    struct bytes sealed)
{
	struct group_secret secret = { 0 };
	struct sealed_entry e;
	struct buf *opened = NULL;
	enum status st;

	st = group_get_sealed(sealed, s->arena, &e);
	if (st == STATUS_BAD_INPUT)
		return group_take_entry(s, g, r, sealed, NULL);
	if (st == STATUS_NOT_FOUND)
		return group_log_stop(s, g, st);
	if (st != STATUS_OK)
		return st;
	if (!is_key_due(g, &e.key_id))
		return group_take_entry(s, g, r, sealed, NULL);
	st = group_secret_get(s->txn, g, &e.key_id, &secret);
	if (st == STATUS_NOT_FOUND) {
		st = group_ask(s, g, r, &e.key_id);
		return st == STATUS_OK ? STATUS_AGAIN : st;
	}
	if (st == STATUS_OK)
		st = group_entry_open(
		    &secret, &g->chain, g->length, &e, &opened);
	if (st == STATUS_OK)
		st = group_take_entry(s, g, r, buf_view(opened), &e.key_id);
	else if (st == STATUS_CRYPTO)
		st = group_take_entry(s, g, r, sealed, NULL);
	group_secret_clear(&secret);
	buf_free(opened);
	return st;
}

/* Whoever is out reads on as far as an invitation back says. */
static bool
reads_on(const struct group_record *g)
{
	return g->standing == GROUP_MEMBER || g->length < g->expected_length;
}

/* The key that the next entry is due under, before anybody needs it. */
static enum status
ask_ahead(struct step *s, struct group_record *g, const struct roster *r)
{
	struct group_key_id due = g->log_key;
	struct group_secret secret = { 0 };
	enum status st;

	if (g->standing != GROUP_MEMBER || g->log_key_stale)
		return STATUS_OK;
	st = group_secret_get(s->txn, g, &due, &secret);
	group_secret_clear(&secret);
	return st == STATUS_NOT_FOUND ? group_ask(s, g, r, &due) : st;
}

static enum status
take_entries(
    struct step *s, struct group_record *g, const struct chain_tail *tail)
{
	struct step own = *s; /* with an arena for one entry at a time */
	struct roster *r;
	enum status st = arena_new(STEP_ARENA_BYTES, &own.arena);

	if (st != STATUS_OK)
		return st;
	st = group_fold(s, g, &r);
	if (st == STATUS_OK && g->heard != tail->length) {
		g->heard = tail->length;
		g->locked = false; /* it has moved: perhaps for us as well */
		st = group_put(s->txn, g);
	}
	for (size_t i = 0; st == STATUS_OK && i < tail->entries_count; i++) {
		if (tail->from + i < g->length)
			continue;
		if (tail->from + i > g->length || !reads_on(g))
			break;
		arena_reset(own.arena);
		st = take_sealed(&own, g, r, tail->entries[i]);
	}
	arena_free(own.arena);
	return st == STATUS_OK ? ask_ahead(s, g, r) : st;
}

enum status
group_take_tail(
    struct step *s, const struct hash *group, const struct chain_tail *tail)
{
	struct group_record g;
	enum status st = group_get(s->txn, group, &g);

	if (st != STATUS_OK ||
	    (g.standing == GROUP_FROZEN &&
		(g.frost != FROST_NEWER ||
		    tail->from + tail->entries_count <= g.length)))
		return st;
	/* Perhaps this release knows what the last one did not. */
	if (g.standing == GROUP_FROZEN) {
		g.standing = GROUP_MEMBER;
		g.frost = FROST_NONE;
	}
	return take_entries(s, &g, tail);
}

enum status
group_take_offered_tail(struct step *s, const struct group_place *place,
    const struct chain_tail *tail)
{
	struct group_record g;
	enum status st = group_offer_get(
	    s->txn, &place->group, &tail->chain, &place->inviter, &g);

	if (st != STATUS_OK)
		return st;
	st = take_entries(s, &g, tail);
	if (st == STATUS_CONFLICT)
		st = group_offer_refuse(s, &g,
		    g.frost == FROST_NEWER
			? "an invitation to a group was made by a newer "
			  "release: update Tacit, and ask to be added again"
			: "an invitation to a group does not fit the log that "
			  "the relay shows of it");
	else if (st == STATUS_OK && g.length >= g.expected_length)
		st = group_offer_judge(s, &g);
	return st;
}
