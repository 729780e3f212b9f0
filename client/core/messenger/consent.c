#include "client/core/messenger/consent.h"

#include "client/core/group/group.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "store/client/repairs.h"
#include "store/client/requests.h"
#include "store/client/settings.h"

enum {
	FIRST_LOOKS = 16,   /* notices may have gone before, not without end */
	LOOKS_AN_HOUR = 12, /* at our groups, for one account and purpose */
	UNREAD_LINES_A_DAY = 100,
	HOUR_MS = 60 * 60 * 1000,
};

enum status
consent_write(struct step *s, const struct account_name *name)
{
	struct contact c;
	size_t count;
	enum status st = peers_get(s, name, &c);

	if (st == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (st != STATUS_OK || (c.known && !c.removed))
		return st;
	return consent_admit(s, name, &count);
}

enum status
consent_wrote_first(
    struct step *s, const struct account_name *name, bool *wrote)
{
	struct hash conversation;
	uint64_t numbers[FIRST_LOOKS];
	size_t count = 0;
	enum status st;

	*wrote = false;
	peers_history_key(name, &conversation);
	st = history_list(
	    s->txn, &conversation, 0, false, numbers, FIRST_LOOKS, &count);
	for (size_t i = 0; st == STATUS_OK && !*wrote && i < count; i++) {
		struct history_entry e;

		st = history_get(s->txn, numbers[i], s->arena, &e);
		*wrote = st == STATUS_OK && e.own && e.kind == HISTORY_MESSAGE;
	}
	return messenger_own(st);
}

/* Of a group that we are in, or asked to be: no new acquaintance. */
static enum status
is_our_group(struct step *s, const struct hash *id, bool *ours)
{
	struct group_record *g = arena_take(s->arena, sizeof(*g));
	enum status st = g == NULL ? STATUS_NOMEM : group_get(s->txn, id, g);

	*ours = st == STATUS_OK &&
		(g->standing == GROUP_MEMBER || g->standing == GROUP_FROZEN ||
		    g->standing == GROUP_ASKED);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/*
 * Sent again, a text is a text: between two, and of a group of which nothing is
 * known here, where it would wait.
 */
static enum status
is_again(struct step *s, const struct pair_arrival *arrival, bool *again)
{
	const struct resent *resent = &arrival->p.u.resent;
	struct group_record *g = arena_take(s->arena, sizeof(*g));
	enum status st =
	    g == NULL ? STATUS_NOMEM : group_get(s->txn, &resent->group, g);

	*again = st == STATUS_NOT_FOUND && resent->count > 0;
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* What comes nearer than a group's machinery has to. */
static enum status
is_personal(struct step *s, const struct pair_arrival *arrival, bool *personal)
{
	bool ours = false;
	enum status st = STATUS_OK;

	*personal = arrival->p.kind == CONTENT_MESSAGE;
	if (arrival->p.kind == CONTENT_RESENT)
		return is_again(s, arrival, personal);
	if (arrival->p.kind != CONTENT_GROUP_INVITE)
		return STATUS_OK;
	st = is_our_group(s, &arrival->p.u.group_invite.group, &ours);
	*personal = !ours;
	return st;
}

static enum status
drop(struct step *s, const struct pair_arrival *arrival)
{
	if (arrival->p.kind != CONTENT_MESSAGE)
		return STATUS_OK;
	return messenger_pass_over(s, arrival);
}

static enum status
judge_stranger(struct step *s, const struct pair_arrival *arrival, bool *taken)
{
	struct settings settings;
	size_t count;
	enum status st = settings_get(s->txn, &settings);

	if (st != STATUS_OK)
		return messenger_own(st);
	*taken = settings.policy == POLICY_CONTACTS;
	if (*taken)
		return consent_keep(s, arrival);
	/* What waited from before the policy was changed comes first. */
	return arrival->sender.asked_ms != 0
		   ? consent_admit(s, &arrival->sender.name, &count)
		   : STATUS_OK;
}

enum status
consent_judge(struct step *s, const struct pair_arrival *arrival, bool *taken)
{
	bool personal = false;
	enum status st = is_personal(s, arrival, &personal);

	*taken = false;
	if (st != STATUS_OK)
		return st;
	if (!arrival->sender.blocked)
		return personal && !arrival->sender.known
			   ? judge_stranger(s, arrival, taken)
			   : STATUS_OK;
	/* Nor may they come in by a link of ours. */
	*taken = personal || arrival->p.kind == CONTENT_JOIN_REQUEST;
	return *taken ? drop(s, arrival) : STATUS_OK;
}

enum status
consent_is_near(struct step *s, const struct contact *c, bool *near)
{
	struct settings settings;
	enum status st = settings_get(s->txn, &settings);

	*near =
	    st == STATUS_OK && !c->blocked &&
	    ((c->known && !c->removed) || settings.policy != POLICY_CONTACTS);
	return messenger_own(st);
}

enum status
consent_shares_group(
    struct step *s, const struct contact *c, struct bytes purpose, bool *shared)
{
	struct bytes parts[] = { purpose, account_name_bytes(&c->name) };
	struct tally tally = { parts, 2, LOOKS_AN_HOUR, HOUR_MS };
	enum status st = tally_add(s->txn, &tally, 1, s->now_ms);

	*shared = false;
	if (st == STATUS_OK)
		st = group_is_shared(s, c, shared);
	return st == STATUS_FULL ? STATUS_OK : messenger_own(st);
}

enum status
consent_line_of(
    struct step *s, const struct account_name *name, struct consent_line *line)
{
	struct settings settings;
	struct contact c;
	bool has_to_do = false;
	enum status st = peers_get(s, name, &c);

	if (st == STATUS_OK) {
		has_to_do = c.known && !c.removed;
		if (!has_to_do)
			st = consent_shares_group(
			    s, &c, BYTES("may-tell"), &has_to_do);
	}
	if (st == STATUS_OK || st == STATUS_NOT_FOUND)
		st = settings_get(s->txn, &settings);
	if (st != STATUS_OK)
		return messenger_own(st);
	line->ever = has_to_do || settings.policy != POLICY_CONTACTS;
	line->bounded = !has_to_do;
	return STATUS_OK;
}

enum status
consent_begin_line(struct step *s, bool *may)
{
	struct bytes part = BYTES("unread-lines");
	struct tally tally = { &part, 1, UNREAD_LINES_A_DAY, 24 * HOUR_MS };
	enum status st = tally_add(s->txn, &tally, 1, s->now_ms);

	*may = st == STATUS_OK;
	return st == STATUS_FULL ? STATUS_OK : messenger_own(st);
}

enum status
consent_count_unread(struct step *s)
{
	struct requests_state state;
	enum status st = requests_state_get(s->txn, &state);

	if (st != STATUS_OK)
		return messenger_own(st);
	state.unreadable++;
	return messenger_own(requests_state_put(s->txn, &state));
}

enum status
consent_is_blocked(
    struct step *s, const struct account_name *name, bool *blocked)
{
	struct contact c;
	enum status st = peers_get(s, name, &c);

	*blocked = st == STATUS_OK && c.blocked;
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

enum status
consent_hides(struct step *s, const struct history_entry *entry, bool *hidden)
{
	*hidden = entry->told_before;
	if (entry->kind != HISTORY_MESSAGE || entry->own ||
	    entry->conversation_kind != CONVERSATION_GROUP)
		return STATUS_OK;
	return consent_is_blocked(s, &entry->from, hidden);
}
