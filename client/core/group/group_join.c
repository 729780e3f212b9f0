/* group_join.c - asking to be taken into a group, and being asked (10.2). */
#include <stdio.h>
#include <string.h>

#include "base/wipe.h"
#include "client/core/group/group_internal.h"

/* Beyond so many, only requests that are right as far as we know are kept. */
enum { DOUBTFUL_MAX = 64 };

static bool
is_right(const struct roster_link *link, const struct join_row *row)
{
	return link != NULL &&
	       equal_ct(hash_view(&link->hash), hash_view(&row->secret));
}

/*
 * The link may have been made by another admin, in an entry that we have not
 * read yet: so what looks wrong is kept too, as long as there are few.
 */
static enum status
has_room(struct step *s, const struct join_row *row, bool *room)
{
	struct join_row earlier;
	struct roster *r;
	size_t count = 0;
	enum status st = join_get(s->txn, &row->group, &row->account, &earlier);

	*room = st == STATUS_OK;
	if (st != STATUS_NOT_FOUND)
		return st;
	st = join_count(s->txn, &count);
	if (st == STATUS_OK)
		st = group_roster(s, &row->group, &r);
	if (st == STATUS_OK)
		*room = count < DOUBTFUL_MAX ||
			(count < LIMIT_JOIN_REQUESTS &&
			    is_right(roster_link_find(r, &row->link), row));
	return st;
}

enum status
group_join_request_take(struct step *s, const struct pair_arrival *arrival)
{
	const struct join_request *q = &arrival->p.u.join_request;
	struct join_row row = {
		.group = q->group,
		.account = arrival->sender.name,
		.account_key = arrival->sender.account_key,
		.link = q->link,
	};
	struct group_record g;
	bool room = false;
	enum status st = group_get(s->txn, &q->group, &g);

	/* Of a group that we are not in we say nothing to anybody. */
	if (st == STATUS_NOT_FOUND ||
	    (st == STATUS_OK && g.standing != GROUP_MEMBER))
		return STATUS_OK;
	hash_bytes(BYTES_OF(q->secret.raw), &row.secret);
	if (st == STATUS_OK)
		st = has_room(s, &row, &room);
	return st == STATUS_OK && room ? join_put(s->txn, &row) : st;
}

static uint32_t
refusal_of(enum link_state state)
{
	switch (state) {
	case LINK_GOOD:
		return 0;
	case LINK_UNKNOWN:
		return JOIN_NO_LINK;
	case LINK_REVOKED:
		return JOIN_REVOKED;
	case LINK_USED_UP:
		return JOIN_USED_UP;
	case LINK_EXPIRED:
		return JOIN_EXPIRED;
	}
	return JOIN_NO_LINK;
}

static bool
is_admin(const struct step *s, const struct roster *r)
{
	const struct group_member *m = roster_find_exact(
	    r, &s->core->self.address.account, &s->core->self.account_key);

	return m != NULL && m->role == ROLE_ADMIN;
}

static uint32_t
judge(const struct step *s, const struct roster *r, const struct join_row *row)
{
	const struct roster_link *link = roster_link_find(r, &row->link);
	uint32_t refusal;

	if (!is_right(link, row))
		return is_admin(s, r) ? JOIN_NO_LINK : JOIN_NOT_OURS;
	if (roster_find_exact(r, &row->account, &row->account_key) != NULL &&
	    (is_admin(s, r) || roster_members_may_add(r)))
		return JOIN_IS_MEMBER;
	if (!is_admin(s, r))
		return JOIN_NOT_ADMIN;
	refusal = refusal_of(roster_link_state(r, &row->link, s->now_ms));
	if (refusal != 0)
		return refusal;
	if (roster_find(r, &row->account) != NULL)
		return JOIN_NAME_TAKEN;
	if (roster_removed_since(r, link, &row->account))
		return JOIN_PUT_OUT;
	return roster_count(r) == LIMIT_GROUP_MEMBERS ? JOIN_FULL : 0;
}

enum status
group_join_judge(struct step *s, const struct join_row *row, uint32_t *verdict)
{
	struct group_record g;
	struct contact c;
	struct roster *r;
	enum status st = group_get(s->txn, &row->group, &g);

	*verdict = JOIN_NOT_OURS;
	if (st == STATUS_NOT_FOUND ||
	    (st == STATUS_OK && (g.standing != GROUP_MEMBER || g.leaving)))
		return STATUS_OK;
	if (st == STATUS_OK)
		st = contact_get(s->txn, &row->account, &c);
	/* Another key has that name now: whoever asked is not there. */
	if (st == STATUS_NOT_FOUND ||
	    (st == STATUS_OK &&
		(c.has_pending || memcmp(&c.account_key, &row->account_key,
				      sizeof(c.account_key)) != 0)))
		return STATUS_OK;
	if (st == STATUS_OK)
		st = group_roster(s, &row->group, &r);
	if (st == STATUS_OK)
		*verdict = judge(s, r, row);
	return st;
}

static const char *
sentence_of(uint32_t reason)
{
	static const char *const sentences[] = {
		[JOIN_NO_LINK] = "there is no such link, or it is damaged",
		[JOIN_REVOKED] = "the link is revoked",
		[JOIN_USED_UP] = "the link is used up",
		[JOIN_EXPIRED] = "the link is expired",
		[JOIN_NAME_TAKEN] = "your name is in the group with another "
				    "key; an admin has to add you",
		[JOIN_PUT_OUT] = "you were removed since the link was made",
		[JOIN_FULL] = "the group is full",
		[JOIN_NOT_ADMIN] = "nobody whom the link names is an admin",
	};

	if (reason < JOIN_NO_LINK || reason > JOIN_REFUSAL_MAX)
		return "an admin has to add you";
	return sentences[reason];
}

/* Whom we asked, under that key; SIZE_MAX: not asked. */
static size_t
find_asked(const struct group_record *g, const struct contact *sender)
{
	for (size_t i = 0; i < g->asked_count; i++)
		if (account_name_equal(&g->asked[i].name, &sender->name) &&
		    memcmp(&g->asked[i].account_key, &sender->account_key,
			sizeof(sender->account_key)) == 0)
			return i;
	return SIZE_MAX;
}

enum status
group_join_answer_take(struct step *s, const struct pair_arrival *arrival)
{
	const struct join_answer *n = &arrival->p.u.join_answer;
	struct group_record g;
	size_t who;
	enum status st = group_get(s->txn, &n->group, &g);

	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND ? STATUS_OK : st;
	if (g.standing != GROUP_ASKED ||
	    memcmp(&g.asked_link, &n->link, sizeof(n->link)) != 0)
		return STATUS_OK;
	who = find_asked(&g, &arrival->sender);
	if (who == SIZE_MAX)
		return STATUS_OK;
	g.asked[who] = g.asked[--g.asked_count];
	/* The others may still be admins. */
	if (n->reason == JOIN_NOT_ADMIN && g.asked_count > 0)
		return group_put(s->txn, &g);
	g.standing = GROUP_REFUSED;
	g.asked_count = 0;
	snprintf(g.reason, sizeof(g.reason), "%s", sentence_of(n->reason));
	st = group_put(s->txn, &g);
	if (st != STATUS_OK)
		return st;
	return group_tell(s, &g, NOTICE_JOIN_REFUSED, &arrival->sender.name,
	    NULL, bytes_text(g.reason));
}
