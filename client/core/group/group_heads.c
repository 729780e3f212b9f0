/*
 * group_heads.c - how far the logs of others go, as their receipts say: another
 * log is noticed by them as by messages (protocol.md 7.5, 8.6).
 */
#include <string.h>

#include "client/core/group/group_internal.h"
#include "client/core/messenger/messenger_internal.h"

enum status
group_check_head(struct step *s, struct group_record *g, const struct roster *r,
    const struct contact *by, uint64_t index, const struct hash *head)
{
	struct hash ours;
	enum status st = roster_head_at(r, index, &ours);

	if (st == STATUS_OK && memcmp(&ours, head, sizeof(ours)) == 0)
		return STATUS_OK;
	/* Only a member's word shows that another log is about. */
	if (index > LIMIT_CHAIN_ENTRIES ||
	    roster_find_exact(r, &by->name, &by->account_key) == NULL)
		return STATUS_CONFLICT;
	st = group_freeze(s, g, group_other_log);
	return st == STATUS_OK ? STATUS_CONFLICT : st;
}

/* A log that was adopted stands elsewhere: of it, nothing was said before. */
static bool
has_claim(const struct group_record *g, const struct sender_state *chain)
{
	return chain->claimed_index > 0 &&
	       memcmp(&chain->claimed_chain, &g->chain, sizeof(g->chain)) == 0;
}

/* Beyond our log: kept until that has come. */
static enum status
keep_claim(struct step *s, struct group_record *g, const struct address *from,
    struct sender_state *chain, uint64_t index, const struct hash *head)
{
	enum status st;

	if (has_claim(g, chain) && index < chain->claimed_index)
		return STATUS_OK;
	chain->claimed_chain = g->chain;
	chain->claimed_index = index;
	chain->claimed_hash = *head;
	st = sender_put(s->txn, &g->id, from, chain);
	if (st != STATUS_OK || index <= g->claimed)
		return st;
	g->claimed = index;
	return group_put(s->txn, g);
}

enum status
group_hear_head(struct step *s, const struct hash *group,
    const struct contact *by, const struct address *from, uint64_t index,
    const struct hash *head)
{
	struct group_record g;
	struct sender_state chain;
	struct roster *r = NULL;
	enum status st = group_get(s->txn, group, &g);

	if (st == STATUS_OK)
		st = group_roster(s, group, &r);
	if (st == STATUS_OK)
		st = sender_get(s->txn, group, from, &chain);
	if (st != STATUS_OK)
		return messenger_own(st);
	if (g.standing != GROUP_MEMBER || index == 0 ||
	    index > LIMIT_CHAIN_ENTRIES ||
	    roster_find_exact(r, &by->name, &by->account_key) == NULL)
		return STATUS_OK;
	if (index > g.length)
		return messenger_own(
		    keep_claim(s, &g, from, &chain, index, head));
	if (index <= chain.told_index && index != g.length)
		return STATUS_OK; /* older than what it has said since */
	st = group_check_head(s, &g, r, by, index, head);
	if (st != STATUS_OK)
		return st == STATUS_CONFLICT ? STATUS_OK : messenger_own(st);
	if (index <= chain.told_index)
		return STATUS_OK;
	chain.told_index = index;
	return messenger_own(sender_put(s->txn, group, from, &chain));
}

/* What one device claimed, now that the log may be there. */
static enum status
judge_claim(struct step *s, struct group_record *g, const struct roster *r,
    const struct contact *by, const struct address *from, uint64_t *left)
{
	struct sender_state chain;
	enum status st = sender_get(s->txn, &g->id, from, &chain);

	if (st != STATUS_OK || !has_claim(g, &chain))
		return st;
	if (chain.claimed_index > g->length) {
		if (chain.claimed_index > *left)
			*left = chain.claimed_index;
		return STATUS_OK;
	}
	st = group_check_head(
	    s, g, r, by, chain.claimed_index, &chain.claimed_hash);
	if (st != STATUS_OK)
		return st;
	if (chain.claimed_index > chain.told_index)
		chain.told_index = chain.claimed_index;
	chain.claimed_index = 0;
	chain.claimed_hash = (struct hash){ { 0 } };
	chain.claimed_chain = (struct chain_id){ { 0 } };
	return sender_put(s->txn, &g->id, from, &chain);
}

static enum status
judge_member(struct step *s, struct group_record *g, const struct roster *r,
    const struct group_member *m, uint64_t *left)
{
	struct contact c;
	enum status st = contact_get(s->txn, &m->account, &c);

	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND ? STATUS_OK : st;
	for (size_t d = 0; st == STATUS_OK && d < c.list.devices_count; d++) {
		const struct address from = { c.name, c.list.devices[d].id };

		st = judge_claim(s, g, r, &c, &from, left);
	}
	return st;
}

enum status
group_judge_heads(struct step *s, const struct hash *group)
{
	struct group_record g;
	struct roster *r = NULL;
	uint64_t left = 0;
	enum status st = group_get(s->txn, group, &g);

	if (st != STATUS_OK || g.claimed == 0 || g.standing != GROUP_MEMBER)
		return st == STATUS_NOT_FOUND ? STATUS_OK : messenger_own(st);
	st = group_roster(s, group, &r);
	for (size_t i = 0; st == STATUS_OK && i < roster_count(r); i++)
		st = judge_member(s, &g, r, roster_at(r, i), &left);
	if (st == STATUS_CONFLICT)
		return STATUS_OK; /* frozen, and told */
	if (st != STATUS_OK || left == g.claimed)
		return messenger_own(st);
	g.claimed = left;
	return messenger_own(group_put(s->txn, &g));
}

/* Nothing that a device said is about more than the first `length` entries. */
static enum status
cut_device(struct step *s, const struct hash *group, const struct address *from,
    uint64_t length)
{
	struct sender_state chain;
	enum status st = sender_get(s->txn, group, from, &chain);

	if (st != STATUS_OK ||
	    (chain.head_index <= length && chain.told_index <= length))
		return st;
	if (chain.head_index > length)
		chain.head_index = length;
	if (chain.told_index > length)
		chain.told_index = length;
	return sender_put(s->txn, group, from, &chain);
}

enum status
group_cut_heads(struct step *s, const struct hash *group,
    const struct roster *r, uint64_t length)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; st == STATUS_OK && i < roster_count(r); i++) {
		struct contact c;

		st = contact_get(s->txn, &roster_at(r, i)->account, &c);
		if (st == STATUS_NOT_FOUND) {
			st = STATUS_OK;
			continue;
		}
		for (size_t d = 0; st == STATUS_OK && d < c.list.devices_count;
		     d++) {
			const struct address from = { c.name,
				c.list.devices[d].id };

			st = cut_device(s, group, &from, length);
		}
	}
	return messenger_own(st);
}

enum status
group_known_length(struct step *s, const struct hash *group,
    const struct account_name *who, uint64_t *length)
{
	struct contact c;
	enum status st = contact_get(s->txn, who, &c);

	*length = 0;
	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND ? STATUS_OK : messenger_own(st);
	for (size_t d = 0; st == STATUS_OK && d < c.list.devices_count; d++) {
		const struct address from = { c.name, c.list.devices[d].id };
		struct sender_state chain;

		st = sender_get(s->txn, group, &from, &chain);
		if (st != STATUS_OK)
			break;
		if (chain.head_index > *length)
			*length = chain.head_index;
		if (chain.told_index > *length)
			*length = chain.told_index;
		if (chain.claimed_index > *length)
			*length = chain.claimed_index;
	}
	return messenger_own(st);
}
