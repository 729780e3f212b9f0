/* repair_ask.c - whom to ask for what is missing, and when (protocol.md 9.2) */
#include <string.h>

#include "client/core/group/group.h"
#include "client/core/group/group_internal.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/repair/repair.h"

enum {
	ASKS_MAX = 64, /* in one step; the others have their turn */
	COLLECTED_MAX = 1024,
	HOPING_MAX = 256,
	MINUTE_MS = 60 * 1000,
	HOUR_MS = 60 * MINUTE_MS,
	LATER_MS = 10 * MINUTE_MS,
	DIRECT_ASKS_MAX = 12, /* one account, in an hour */
};

/* After the first, the second, and the last time. */
static const int64_t patience_ms[REPAIR_ASKS_MAX] = { 2 * MINUTE_MS,
	60 * MINUTE_MS, 24 * 60 * MINUTE_MS };

/* What is due, or too old. */
struct asking {
	struct step *s;
	struct gap *gaps;
	size_t count;
	struct address *hoping; /* for an answer about ciphertexts of these */
	size_t hoping_count;
	size_t asks;
};

static bool
is_over(const struct gap *g, int64_t now_ms)
{
	return now_ms - g->noticed_ms > repair_kept_ms;
}

static bool
is_due(const struct gap *g, int64_t now_ms)
{
	/* A clock that was set back delays nothing for ever. */
	return g->asked < REPAIR_ASKS_MAX &&
	       (g->next_ask_ms <= now_ms || g->noticed_ms > now_ms);
}

static enum status
look(const struct gap *g, void *arg)
{
	struct asking *x = arg;

	if (is_due(g, x->s->now_ms) || is_over(g, x->s->now_ms))
		x->count++;
	return STATUS_OK;
}

enum status
repair_has_due(struct step *s, bool *due)
{
	struct asking x = { .s = s };
	enum status st = gaps_each(s->txn, look, &x);

	*due = x.count > 0;
	return messenger_own(st);
}

static bool
has_hope(const struct asking *x, const struct address *author)
{
	for (size_t i = 0; i < x->hoping_count; i++)
		if (address_equal(&x->hoping[i], author))
			return true;
	return false;
}

/*
 * Spec 9.1: "While rows by ciphertext of a device are open, its numbers are not
 * asked for".  They are open while an answer may come.
 */
static void
note_hope(struct asking *x, const struct gap *g)
{
	bool direct = g->conversation_kind == CONVERSATION_DIRECT;
	/* Of two, who is asked answers or is not there: one answer is waited
	 * for. */
	uint32_t most = direct ? 1 : REPAIR_ASKS_MAX;

	if (g->kind == GAP_ITEM && x->hoping_count < HOPING_MAX &&
	    (g->asked < most ||
		(g->asked == most && g->next_ask_ms > x->s->now_ms)) &&
	    !has_hope(x, &g->author))
		x->hoping[x->hoping_count++] = g->author;
}

static enum status
collect(const struct gap *g, void *arg)
{
	struct asking *x = arg;

	note_hope(x, g);
	if (x->count < COLLECTED_MAX &&
	    (is_due(g, x->s->now_ms) || is_over(g, x->s->now_ms)))
		x->gaps[x->count++] = *g;
	return STATUS_OK;
}

static enum status
note_asked(struct asking *x, struct gap *g)
{
	g->next_ask_ms = x->s->now_ms + patience_ms[g->asked];
	g->asked++;
	return gap_put(x->s->txn, g);
}

/*
 * The key that the log names is the one that is pinned, or will be looked for;
 * and no other one waits.  Who is blocked is asked nothing.
 */
static enum status
is_askable(struct step *s, const struct account_name *name,
    const struct sign_public *key, bool *yes)
{
	struct contact c;
	enum status st = contact_get(s->txn, name, &c);

	*yes = st == STATUS_NOT_FOUND ||
	       (st == STATUS_OK && !c.has_pending && !c.blocked &&
		   memcmp(&c.account_key, key, sizeof(*key)) == 0);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* One round over the members: those that come in it, `skip` left out. */
struct round {
	struct step *s;
	const struct roster *r;
	const struct gap *g;
	uint32_t role;
	size_t skip;
	const struct group_member *found;
};

static enum status
go_round(struct round *x)
{
	for (size_t i = 0; i < roster_count(x->r); i++) {
		const struct group_member *m = roster_at(x->r, i);
		bool yes;
		enum status st;

		if (m->role != x->role || group_is_self(x->s, m) ||
		    account_name_equal(&m->account, &x->g->author.account))
			continue;
		st = is_askable(x->s, &m->account, &m->account_key, &yes);
		if (st != STATUS_OK)
			return st;
		if (yes && x->skip-- == 0) {
			x->found = m;
			return STATUS_OK;
		}
	}
	return STATUS_NOT_FOUND;
}

/*
 * The author first, then admins, then the others; and whoever was first again,
 * when there are no more.  NOT_FOUND: nobody can be asked.
 */
static enum status
choose(struct step *s, const struct roster *r, const struct gap *g,
    const struct group_member **whom)
{
	const struct group_member *author =
	    roster_find_exact(r, &g->author.account, &g->author_key);
	struct round x = { .s = s, .r = r, .g = g, .skip = g->asked };
	bool ask_author = false;
	enum status st = STATUS_OK;

	if (author != NULL && !group_is_self(s, author))
		st = is_askable(
		    s, &author->account, &author->account_key, &ask_author);
	if (st != STATUS_OK)
		return st;
	if (ask_author && g->asked == 0) {
		*whom = author;
		return STATUS_OK;
	}
	x.skip -= ask_author;
	x.role = ROLE_ADMIN;
	st = go_round(&x);
	if (st == STATUS_NOT_FOUND) {
		x.role = ROLE_MEMBER;
		st = go_round(&x);
	}
	if (st == STATUS_OK)
		*whom = x.found;
	else if (st == STATUS_NOT_FOUND && ask_author) {
		*whom = author;
		st = STATUS_OK;
	}
	return st;
}

/* FULL: this account was asked often enough just now; the rest waits. */
static enum status
count_direct(struct asking *x, struct gap *g)
{
	struct bytes parts[] = { BYTES("asked"),
		account_name_bytes(&g->author.account) };
	struct tally tally = { parts, 2, DIRECT_ASKS_MAX, HOUR_MS };
	enum status st = tally_add(x->s->txn, &tally, 1, x->s->now_ms);

	if (st != STATUS_FULL)
		return st;
	g->next_ask_ms = x->s->now_ms + LATER_MS;
	st = gap_put(x->s->txn, g);
	return st == STATUS_OK ? STATUS_FULL : st;
}

/* Of two, the other one alone has it. */
static enum status
choose_other(struct asking *x, struct gap *g, struct group_member *other)
{
	bool yes;
	enum status st =
	    is_askable(x->s, &g->author.account, &g->author_key, &yes);

	if (st == STATUS_OK && !yes)
		return STATUS_NOT_FOUND;
	*other = (struct group_member){
		.account = g->author.account,
		.account_key = g->author_key,
	};
	return st == STATUS_OK ? count_direct(x, g) : st;
}

static enum status
choose_member(struct asking *x, struct gap *g, struct group_member *whom)
{
	const struct group_member *found;
	struct group_record group;
	struct roster *r;
	enum status st = group_get(x->s->txn, &g->conversation, &group);

	if (st == STATUS_NOT_FOUND ||
	    (st == STATUS_OK && group.standing != GROUP_MEMBER))
		return STATUS_FULL;
	if (st == STATUS_OK)
		st = group_roster(x->s, &group.id, &r);
	if (st == STATUS_OK)
		st = choose(x->s, r, g, &found);
	if (st == STATUS_OK)
		*whom = *found;
	return st;
}

static enum status
ask_numbers(struct asking *x, struct gap *g)
{
	struct plaintext p = { .kind = CONTENT_RESEND_REQUEST };
	struct group_member whom;
	enum status st = g->conversation_kind == CONVERSATION_DIRECT
			     ? choose_other(x, g, &whom)
			     : choose_member(x, g, &whom);

	if (st == STATUS_NOT_FOUND) /* later, perhaps */
		return note_asked(x, g);
	if (st != STATUS_OK)
		return st == STATUS_FULL ? STATUS_OK : st;
	p.u.resend_request.conversation = g->conversation;
	p.u.resend_request.author = g->author;
	p.u.resend_request.author_key = g->author_key;
	p.u.resend_request.first = g->first;
	p.u.resend_request.last = g->last;
	st = messenger_control_members(x->s, &whom, 1, &p);
	x->asks++;
	return st == STATUS_OK ? note_asked(x, g) : st;
}

static bool
asks_the_same(const struct gap *a, const struct gap *b)
{
	return b->kind == GAP_ITEM && a->no_key == b->no_key &&
	       a->conversation_kind == b->conversation_kind &&
	       address_equal(&a->author, &b->author) &&
	       memcmp(&a->author_key, &b->author_key, sizeof(a->author_key)) ==
		   0;
}

/* Whom to ask about a ciphertext: FULL: not now. */
static enum status
choose_sender(struct asking *x, struct gap *g, struct group_member *sender)
{
	bool yes;
	enum status st;

	if (g->conversation_kind == CONVERSATION_DIRECT)
		return choose_other(x, g, sender);
	st = is_askable(x->s, &g->author.account, &g->author_key, &yes);
	*sender = (struct group_member){
		.account = g->author.account,
		.account_key = g->author_key,
	};
	return st == STATUS_OK && !yes ? STATUS_NOT_FOUND : st;
}

/* This one, and the others of its device in the same request. */
static enum status
ask_items(struct asking *x, size_t at)
{
	struct plaintext p = { .kind = CONTENT_RESEND_REQUEST };
	struct gap *first = &x->gaps[at];
	struct group_member sender;
	struct hash hashes[LIMIT_RESEND_HASHES];
	size_t count = 0;
	enum status chosen = choose_sender(x, first, &sender);
	enum status st = STATUS_OK;

	if (chosen != STATUS_OK && chosen != STATUS_NOT_FOUND)
		return chosen == STATUS_FULL ? STATUS_OK : chosen;
	for (size_t i = at;
	     st == STATUS_OK && i < x->count && count < LIMIT_RESEND_HASHES;
	     i++) {
		struct gap *g = &x->gaps[i];

		if (!asks_the_same(first, g) || !is_due(g, x->s->now_ms))
			continue;
		hashes[count++] = g->ciphertext;
		st = note_asked(x, g);
	}
	if (st != STATUS_OK || chosen != STATUS_OK)
		return st;
	p.u.resend_request.hashes = hashes;
	p.u.resend_request.hashes_count = count;
	p.u.resend_request.no_key = first->no_key;
	x->asks++;
	return messenger_control_members(x->s, &sender, 1, &p);
}

static enum status
ask_one(struct asking *x, size_t at)
{
	struct gap *g = &x->gaps[at];

	if (is_over(g, x->s->now_ms))
		return repair_forget(x->s, g);
	if (x->asks >= ASKS_MAX || !is_due(g, x->s->now_ms))
		return STATUS_OK; /* with another one, just now */
	if (g->kind == GAP_ITEM)
		return ask_items(x, at);
	return has_hope(x, &g->author) ? STATUS_OK : ask_numbers(x, g);
}

enum status
repair_ask(struct step *s)
{
	struct asking x = { .s = s };
	enum status st;

	x.gaps = arena_take_array(s->arena, COLLECTED_MAX, sizeof(*x.gaps));
	x.hoping = arena_take_array(s->arena, HOPING_MAX, sizeof(*x.hoping));
	if (x.gaps == NULL || x.hoping == NULL)
		return STATUS_NOMEM;
	st = gaps_each(s->txn, collect, &x);
	for (size_t i = 0; st == STATUS_OK && i < x.count; i++)
		st = ask_one(&x, i);
	return messenger_own(st);
}
