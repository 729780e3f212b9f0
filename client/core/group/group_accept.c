/*
 * group_accept.c - a log that was offered has been read: is it ours?
 * (protocol.md 8.4)
 *
 * To a group we have nothing of, the inviter's word and a log that makes us
 * members is enough.  In place of a log that we have, another one is taken up
 * by itself only where nobody loses what counted: where it goes on from ours,
 * or ours is frozen and an admin decided.  The rest is the user's to decide.
 */
#include <stdio.h>
#include <string.h>

#include "client/core/group/group_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/repair/repair.h"

static const int64_t RECOVERED_MS = INT64_C(45) * 24 * 3600 * 1000;

enum status
group_offer_refuse(
    struct step *s, const struct group_record *g, const char *why)
{
	struct notice notice = {
		.kind = NOTICE_REFUSED,
		.conversation_kind = CONVERSATION_DIRECT,
		.peer = g->inviter,
		.from = g->inviter,
		.detail = bytes_text(why),
	};
	enum status st = group_offer_del(s->txn, g);

	if (st != STATUS_OK)
		return st;
	peers_history_key(&g->inviter, &notice.conversation);
	return messenger_notice(s, &notice);
}

static enum status
enter(struct step *s, struct group_record *g, const struct roster *r)
{
	enum status st = group_name_locally(s, g, roster_name(r));

	if (st == STATUS_OK)
		st = group_tell(s, g, NOTICE_MEMBER_ADDED, &g->inviter,
		    &s->core->self.address.account, BYTES_NONE);
	/* We may have been in it before, in a copy that is lost. */
	return st == STATUS_OK ? repair_ask_group_places(s, &g->id) : st;
}

static enum status
take_up_new(struct step *s, struct group_record *g, const struct roster *r)
{
	enum status st = group_offer_forget(s->txn, g);

	g->standing = GROUP_MEMBER;
	if (st == STATUS_OK)
		st = group_put(s->txn, g);
	if (st == STATUS_OK)
		st = enter(s, g, r);
	if (st == STATUS_OK && s->core->self.recovered_ms != 0)
		st = group_own_device_is_new(s, &g->id);
	return st;
}

/* How many entries from the first on are the same in both. */
static uint64_t
common_length(const struct roster *a, const struct roster *b)
{
	uint64_t i = 0;
	struct hash x, y;

	while (roster_head_at(a, i + 1, &x) == STATUS_OK &&
	       roster_head_at(b, i + 1, &y) == STATUS_OK &&
	       memcmp(&x, &y, sizeof(x)) == 0)
		i++;
	return i;
}

/* Who wrote how far counts as far as both logs are the same. */
static enum status
forget_order(struct step *s, const struct group_record *own,
    const struct roster *offered)
{
	struct roster *mine;
	uint64_t common;
	enum status st = group_fold(s, own, &mine);

	if (st != STATUS_OK)
		return st;
	common = common_length(mine, offered);
	if (common == own->length)
		return STATUS_OK;
	st = group_cut_heads(s, &own->id, mine, common);
	return st == STATUS_OK ? group_cut_heads(s, &own->id, offered, common)
			       : st;
}

/* What is ours beside the log stays: the name, sender keys, settings. */
static enum status
take_up_over(struct step *s, const struct group_record *own,
    const struct group_record *offer, const struct roster *r)
{
	bool was_in =
	    own->standing == GROUP_MEMBER || own->standing == GROUP_FROZEN;
	struct group_record g = *own;
	enum status st = forget_order(s, own, r);

	if (st == STATUS_OK)
		st = group_offer_forget(s->txn, offer);
	g.standing = GROUP_MEMBER;
	g.asked_count = 0;
	g.chain = offer->chain;
	g.place = offer->place;
	g.length = offer->length;
	g.head = offer->head;
	g.heard = offer->heard;
	g.claimed = 0;
	g.log_key = offer->log_key;
	g.log_key_stale = offer->log_key_stale;
	g.inviter = offer->inviter;
	g.expected_length = offer->expected_length;
	g.expected_head = offer->expected_head;
	g.is_waiting = false;
	memcpy(g.loose, offer->loose, sizeof(g.loose));
	g.loose_count = offer->loose_count;
	g.frost = FROST_NONE;
	g.reason[0] = '\0';
	g.locked = false;
	g.sender_key_stale = true;
	if (st == STATUS_OK)
		st = group_place_del(s->txn, &own->place, own->length);
	if (st == STATUS_OK)
		st = group_put(s->txn, &g);
	if (st != STATUS_OK)
		return st;
	if (!was_in)
		return enter(s, &g, r);
	st = group_name_locally(s, &g, roster_name(r));
	if (st != STATUS_OK ||
	    memcmp(&own->chain, &offer->chain, sizeof(own->chain)) == 0)
		return st;
	return group_tell(
	    s, &g, NOTICE_GROUP_ADOPTED, &g.inviter, NULL, BYTES_NONE);
}

/* Two admins adopted at once, and nothing came after: the smaller hash. */
static bool
wins(const struct roster *own, const struct roster *offer, uint64_t common)
{
	const struct adoption *a = roster_adoption(own);
	const struct adoption *b = roster_adoption(offer);

	return a != NULL && b != NULL && a->index == common &&
	       b->index == common && roster_length(own) == common + 1 &&
	       memcmp(roster_head(offer), roster_head(own), HASH_BYTES) < 0;
}

/* Was the adopter an admin where both logs part, and is one in ours still? */
static enum status
may_thaw(struct step *s, const struct group_record *own,
    const struct adoption *by, uint64_t common, bool *may)
{
	struct group_record then = *own;
	const struct group_member *m;
	struct roster *r;
	enum status st = group_fold(s, own, &r);

	*may = false;
	if (st != STATUS_OK)
		return st;
	m = roster_find_exact(r, &by->author, &by->author_key);
	if (m == NULL || m->role != ROLE_ADMIN)
		return STATUS_OK;
	then.length = common;
	if (roster_head_at(r, common, &then.head) != STATUS_OK)
		return STATUS_OK;
	st = group_fold(s, &then, &r);
	if (st != STATUS_OK)
		return st;
	m = roster_find_exact(r, &by->author, &by->author_key);
	*may = m != NULL && m->role == ROLE_ADMIN;
	return STATUS_OK;
}

/* An admin says, in the log itself, that it lives there now. */
static bool
names_chain(const struct roster *r, const struct chain_id *chain)
{
	const struct adoption *by = roster_adoption(r);

	return by != NULL && memcmp(&by->chain, chain, sizeof(*chain)) == 0;
}

/* May the offered log take the place of ours without a word of the user? */
static enum status
may_replace(struct step *s, const struct group_record *own,
    const struct roster *r, bool *may)
{
	const struct adoption *by = roster_adoption(r);
	struct roster *mine;
	uint64_t common;
	enum status st = group_fold(s, own, &mine);

	*may = false;
	if (st != STATUS_OK)
		return st;
	common = common_length(mine, r);
	if (by->index < common)
		return STATUS_OK;
	*may = common == own->length || wins(mine, r, common);
	if (*may || own->standing != GROUP_FROZEN)
		return STATUS_OK;
	return may_thaw(s, own, by, common, may);
}

/* The user decides, once and in words. */
static enum status
leave_to_user(
    struct step *s, const struct group_record *own, struct group_record *offer)
{
	static const char format[] =
	    "%s offers another log of this group; ask the others which one is "
	    "right, and take it up with `tacit group adopt GROUP --from %s`";
	char text[sizeof(format) + 2 * LIMIT_ACCOUNT_NAME_BYTES];
	enum status st;

	offer->told = true;
	st = group_put(s->txn, offer);
	if (st != STATUS_OK)
		return st;
	snprintf(text, sizeof(text), format, offer->inviter.text,
	    offer->inviter.text);
	return group_tell(
	    s, own, NOTICE_REFUSED, &offer->inviter, NULL, bytes_text(text));
}

/*
 * A profile that was recovered knows nothing of its groups.  Where it is the
 * only admin nobody but a member can tell it; for a while that is enough.
 */
static bool
is_left_alone(const struct step *s, const struct roster *r)
{
	const struct self *self = &s->core->self;
	const struct group_member *m = roster_find(r, &self->address.account);

	return self->recovered_ms != 0 &&
	       s->now_ms - self->recovered_ms < RECOVERED_MS && m != NULL &&
	       m->role == ROLE_ADMIN && roster_admins(r) == 1;
}

/*
 * Whoever could not have added us has nothing to invite us to: a member could
 * show us the same log in a chain of its own, and the others would be
 * elsewhere.
 */
static bool
may_invite(
    const struct step *s, const struct group_record *g, const struct roster *r)
{
	const struct group_member *m = roster_find(r, &g->inviter);

	return m != NULL &&
	       (m->role == ROLE_ADMIN || roster_members_may_add(r) ||
		   is_left_alone(s, r));
}

/* NULL when the log says what its inviter said, and has us in it. */
static const char *
find_fault(
    const struct step *s, const struct group_record *g, const struct roster *r)
{
	const struct group_member *self =
	    roster_find(r, &s->core->self.address.account);
	struct hash head;

	if (roster_head_at(r, g->expected_length, &head) != STATUS_OK ||
	    memcmp(&head, &g->expected_head, sizeof(head)) != 0)
		return "an invitation to a group names another log than the "
		       "relay shows";
	if (self == NULL || !group_is_self(s, self) ||
	    roster_find(r, &g->inviter) == NULL)
		return "an invitation to a group was made by someone who is "
		       "not in it, or without adding us";
	return NULL;
}

/*
 * Two invited us to one chain before we had read it, and ours is the log of the
 * other one's: this one goes on from there, or says nothing new.
 */
static enum status
go_on(struct step *s, const struct group_record *own,
    const struct group_record *offer, const struct roster *r)
{
	struct roster *mine;
	uint64_t common;
	enum status st = group_fold(s, own, &mine);

	if (st != STATUS_OK)
		return st;
	common = common_length(mine, r);
	if (common == own->length && common < offer->length)
		return take_up_over(s, own, offer, r);
	if (common == own->length || common == offer->length)
		return group_offer_del(s->txn, offer);
	return group_offer_refuse(s, offer,
	    "an invitation to a group does not fit the log that the relay "
	    "shows of it");
}

enum status
group_offer_judge(struct step *s, struct group_record *g)
{
	struct group_record own;
	struct roster *r;
	const char *fault;
	bool may = false;
	enum status st = group_fold(s, g, &r);

	if (st != STATUS_OK)
		return st;
	fault = find_fault(s, g, r);
	if (fault != NULL)
		return group_offer_refuse(s, g, fault);
	st = group_get(s->txn, &g->id, &own);
	if ((st == STATUS_NOT_FOUND || (st == STATUS_OK && own.length == 0)) &&
	    !may_invite(s, g, r))
		return group_offer_refuse(s, g,
		    "an invitation to a group was made by someone who may add "
		    "nobody there");
	if (st == STATUS_NOT_FOUND)
		return take_up_new(s, g, r);
	/* Asked to be taken in by a link, we have no log to lose. */
	if (st == STATUS_OK && own.length == 0)
		return take_up_over(s, &own, g, r);
	if (st == STATUS_OK &&
	    memcmp(&own.chain, &g->chain, sizeof(own.chain)) == 0)
		return go_on(s, &own, g, r);
	if (st == STATUS_OK && !names_chain(r, &g->chain))
		return group_offer_refuse(s, g,
		    "another log of a group that we are in was offered "
		    "without an admin's word in it");
	if (st == STATUS_OK)
		st = may_replace(s, &own, r, &may);
	if (st != STATUS_OK)
		return st;
	return may ? take_up_over(s, &own, g, r) : leave_to_user(s, &own, g);
}

enum status
group_offer_accept(struct step *s, struct group_record *g)
{
	struct group_record own;
	struct roster *r;
	enum status st = group_fold(s, g, &r);

	if (st == STATUS_OK && find_fault(s, g, r) != NULL)
		st = STATUS_DENIED;
	if (st == STATUS_OK)
		st = group_get(s->txn, &g->id, &own);
	return st == STATUS_OK ? take_up_over(s, &own, g, r) : st;
}
