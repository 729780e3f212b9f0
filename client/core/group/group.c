/* group.c - finding groups and folding their logs. */
#include "client/core/group/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "client/core/group/group_internal.h"

enum { GROUP_CACHE_ROSTERS = 4 };

/*
 * Folding a long log for every message would cost more than the message.  A
 * kept roster serves while it has the length and the head of the record that
 * this transaction sees: the fold is a pure function of the log.
 */
struct group_cache {
	struct roster *rosters[GROUP_CACHE_ROSTERS];
	size_t next; /* the one to give way, */
	size_t last; /* but not the one that was given out last */
};

void
group_cache_free(struct group_cache *cache)
{
	if (cache == NULL)
		return;
	for (size_t i = 0; i < GROUP_CACHE_ROSTERS; i++)
		roster_free(cache->rosters[i]);
	free(cache);
}

static enum status
group_cache_new(struct group_cache **cache)
{
	struct group_cache *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	*cache = fresh;
	return STATUS_OK;
}

static struct roster *
cache_find(struct group_cache *cache, const struct group_record *g)
{
	for (size_t i = 0; i < GROUP_CACHE_ROSTERS; i++) {
		struct roster *r = cache->rosters[i];

		if (r == NULL || roster_length(r) != g->length ||
		    memcmp(roster_group(r), &g->id, sizeof(g->id)) != 0 ||
		    memcmp(roster_head(r), &g->head, sizeof(g->head)) != 0)
			continue;
		cache->last = i;
		return r;
	}
	return NULL;
}

static void
cache_keep(struct group_cache *cache, struct roster *r)
{
	if (cache->next == cache->last)
		cache->next = (cache->next + 1) % GROUP_CACHE_ROSTERS;
	cache->last = cache->next;
	roster_free(cache->rosters[cache->next]);
	cache->rosters[cache->next] = r;
	cache->next = (cache->next + 1) % GROUP_CACHE_ROSTERS;
}

static enum status
fold(struct step *s, const struct group_record *g, struct roster **r)
{
	struct roster *fresh = NULL;
	struct roster_effect effect;
	struct arena *a = NULL;
	enum status st = arena_new(STEP_ARENA_BYTES, &a);

	if (st == STATUS_OK)
		st = roster_new(&fresh);

	for (uint64_t i = 0; st == STATUS_OK && i < g->length; i++) {
		struct kept_entry kept = { .row = NULL };

		/* One entry at a time: a log is longer than any arena. */
		arena_reset(a);
		st = group_entry_load(s, g, i, &kept);
		if (st == STATUS_OK)
			st = roster_apply(
			    fresh, kept.entry, kept.proof, a, &effect);
		group_entry_clear(&kept);
		/* What was taken in once can be taken in again. */
		if (st == STATUS_CONFLICT || st == STATUS_NOT_FOUND)
			st = STATUS_CRYPTO;
	}
	arena_free(a);
	if (st != STATUS_OK) {
		roster_free(fresh);
		return st;
	}
	*r = fresh;
	return STATUS_OK;
}

enum status
group_fold(struct step *s, const struct group_record *g, struct roster **r)
{
	struct core *core = s->core;
	struct roster *kept;
	enum status st = STATUS_OK;

	if (core->groups == NULL)
		st = group_cache_new(&core->groups);
	if (st != STATUS_OK)
		return st;
	kept = cache_find(core->groups, g);
	if (kept == NULL) {
		st = fold(s, g, &kept);
		if (st != STATUS_OK)
			return st;
		cache_keep(core->groups, kept);
	}
	*r = kept;
	return STATUS_OK;
}

enum status
group_roster(struct step *s, const struct hash *group, struct roster **r)
{
	struct group_record g;
	enum status st = group_get(s->txn, group, &g);

	return st == STATUS_OK ? group_fold(s, &g, r) : st;
}

struct prefix_search {
	const char *digits;
	size_t found;
	struct group_record record;
};

static enum status
match_prefix(const struct group_record *g, void *arg)
{
	struct prefix_search *search = arg;
	char hex[HASH_BYTES * 2 + 1];

	hex_encode(hash_view(&g->id), hex);
	if (strncmp(hex, search->digits, strlen(search->digits)) != 0)
		return STATUS_OK;
	search->found++;
	search->record = *g;
	return STATUS_OK;
}

enum status
group_find(struct step *s, const char *name_or_id, struct group_record *g)
{
	struct prefix_search search = { .digits = name_or_id };
	size_t len = strlen(name_or_id);
	struct hash id;
	enum status st;

	st = group_find_name(s->txn, name_or_id, &id);
	if (st == STATUS_OK)
		return group_get(s->txn, &id, g);
	if (st != STATUS_NOT_FOUND)
		return st;
	if (len < LIMIT_ID_PREFIX_DIGITS ||
	    strspn(name_or_id, "0123456789abcdef") != len)
		return STATUS_NOT_FOUND;
	st = groups_each(s->txn, match_prefix, &search);
	if (st != STATUS_OK)
		return st;
	if (search.found != 1)
		return search.found == 0 ? STATUS_NOT_FOUND : STATUS_CONFLICT;
	*g = search.record;
	return STATUS_OK;
}

enum status
group_tell(struct step *s, const struct group_record *g, enum notice_kind kind,
    const struct account_name *from, const struct account_name *subject,
    struct bytes detail)
{
	struct notice notice = {
		.kind = kind,
		.conversation_kind = CONVERSATION_GROUP,
		.conversation = g->id,
		.detail = detail,
	};

	if (from != NULL)
		notice.from = *from;
	if (subject != NULL)
		notice.subject = *subject;
	return messenger_notice(s, &notice);
}

const char group_other_log[] =
    "a member was shown another log of this group than ours; an admin can put "
    "it right with `tacit group adopt`";

enum status
group_freeze(struct step *s, struct group_record *g, const char *reason)
{
	/* Read again and frozen again for the same: that is no news. */
	bool is_known = strcmp(g->reason, reason) == 0;
	enum status st;

	if (g->standing == GROUP_FROZEN)
		return STATUS_OK;
	g->standing = GROUP_FROZEN;
	if (g->frost == FROST_NONE)
		g->frost = FROST_OTHER_LOG;
	snprintf(g->reason, sizeof(g->reason), "%s", reason);
	st = group_put(s->txn, g);
	if (st != STATUS_OK || is_known)
		return st;
	return group_tell(s, g, NOTICE_REFUSED, NULL, NULL, bytes_text(reason));
}

struct position_list {
	struct step *s;
	struct chain_position *positions;
	struct group_place *places;
	size_t skip;
	size_t max;
	size_t count;
};

/* How long an invitation is followed: as an item lives, and some more. */
static const int64_t OFFER_AGE_MS = INT64_C(45) * 24 * 3600 * 1000;

/*
 * Whose log is read: ours; one that a later release may understand; those that
 * we are invited to, also back, for as long as an item lives at a relay.
 */
static bool
is_read(const struct step *s, const struct group_record *g)
{
	bool recent = s->now_ms - g->invited_ms < OFFER_AGE_MS;

	switch (g->standing) {
	case GROUP_MEMBER:
		return true;
	case GROUP_FROZEN:
		return g->frost == FROST_NEWER;
	case GROUP_INVITED:
		return recent && !g->told;
	case GROUP_LEFT:
	case GROUP_REMOVED:
	case GROUP_ASKED:
	case GROUP_REFUSED:
		return recent && g->length < g->expected_length;
	}
	return false;
}

static enum status
add_position(const struct group_record *g, void *arg)
{
	struct position_list *list = arg;
	struct group_place *place;

	if (!is_read(list->s, g) || list->count == list->max)
		return STATUS_OK;
	if (list->skip > 0) {
		list->skip--;
		return STATUS_OK;
	}
	list->positions[list->count].chain = g->chain;
	list->positions[list->count].from = g->length;
	place = &list->places[list->count++];
	place->group = g->id;
	place->id = g->place;
	place->heard = g->heard;
	place->is_member = g->standing == GROUP_MEMBER;
	place->is_offer = g->standing == GROUP_INVITED;
	place->inviter = g->inviter;
	return STATUS_OK;
}

enum status
group_positions(struct step *s, size_t skip, struct chain_position *positions,
    struct group_place *places, size_t max, size_t *count)
{
	struct position_list list = { s, positions, places, skip, max, 0 };
	enum status st = groups_each(s->txn, add_position, &list);

	if (st == STATUS_OK)
		st = group_offers_each(s->txn, add_position, &list);

	if (st == STATUS_OK)
		*count = list.count;
	return st;
}
