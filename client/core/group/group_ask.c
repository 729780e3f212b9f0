/*
 * group_ask.c - keys of a log that have not come: asked for, one member at a
 * time, and handed to those who ask (protocol.md 8.3).
 *
 * Hand-outs get lost: a mailbox is full, an item outlives its time, a profile
 * comes back from a backup.  Nobody has to notice but the one who lacks a key.
 */
#include <string.h>

#include "base/wipe.h"
#include "client/core/group/group_internal.h"

enum {
	ASKS_MAX = 32, /* for one key */
	ASK_AGAIN_MS = 60 * 1000,
	ASK_AGAIN_MAX_MS = 6 * 3600 * 1000,
	ANSWERS_PER_HOUR = 8, /* to one member of one group */
	HOUR_MS = 3600 * 1000,
};

/* One never met is met on the way; one of another key is not asked. */
static bool
may_have_it(struct step *s, const struct group_member *m)
{
	struct contact c;

	if (account_name_equal(&m->account, &s->core->self.address.account))
		return false;
	return contact_get(s->txn, &m->account, &c) == STATUS_NOT_FOUND ||
	       group_check_pin(s, m) == STATUS_OK;
}

/*
 * The one whose turn it is: admins, then the others, round and round.  Who is
 * in a log that was only offered to us we do not bother: that is its inviter's
 * word.  *vain: all were asked once, or as many as ever are, and had a while to
 * answer.
 */
static bool
choose(struct step *s, const struct group_record *g, const struct roster *r,
    struct account_name *to, bool *vain)
{
	size_t count = 0;
	size_t turn;

	*to = g->inviter;
	if (g->standing == GROUP_INVITED)
		return true;
	for (size_t i = 0; i < roster_count(r); i++)
		count += may_have_it(s, roster_at(r, i));
	if (count == 0)
		return false;
	*vain = g->asks == (count < ASKS_MAX ? count : ASKS_MAX - 1);
	turn = g->asks % count;
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < roster_count(r); i++) {
			const struct group_member *m = roster_at(r, i);
			bool first = m->role == ROLE_ADMIN;

			if (first != (pass == 0) || !may_have_it(s, m))
				continue;
			*to = m->account;
			if (turn-- == 0)
				return true;
		}
	return false;
}

static void
wait_longer(struct step *s, struct group_record *g)
{
	int64_t wait_ms = ASK_AGAIN_MS;

	for (uint32_t i = 0; i < g->asks && wait_ms < ASK_AGAIN_MAX_MS; i++)
		wait_ms *= 2;
	if (wait_ms > ASK_AGAIN_MAX_MS)
		wait_ms = ASK_AGAIN_MAX_MS;
	g->asks++;
	g->next_ask_ms = s->now_ms + wait_ms;
}

static enum status
send_ask(
    struct step *s, const struct group_record *g, const struct account_name *to)
{
	struct plaintext p = { .kind = CONTENT_GROUP_ASK };

	p.u.group_ask.group = g->id;
	p.u.group_ask.key_id = g->wanted;
	p.u.group_ask.from = g->length;
	return messenger_control(s, to, &p);
}

enum status
group_ask(struct step *s, struct group_record *g, const struct roster *r,
    const struct group_key_id *wanted)
{
	struct account_name to;
	bool vain = false;
	enum status st;

	if (!g->is_waiting ||
	    memcmp(&g->wanted, wanted, sizeof(*wanted)) != 0) {
		g->is_waiting = true;
		g->wanted = *wanted;
		g->asks = 0;
		g->next_ask_ms = s->now_ms;
	}
	if (g->asks < ASKS_MAX && s->now_ms >= g->next_ask_ms &&
	    choose(s, g, r, &to, &vain)) {
		st = send_ask(s, g, &to);
		wait_longer(s, g);
		if (st == STATUS_OK && vain && g->standing == GROUP_MEMBER)
			st = group_tell(s, g, NOTICE_GAP, NULL, NULL,
			    BYTES("the key to what has changed here has not "
				  "come; if it stays so, an admin can put it "
				  "right with `tacit group adopt`"));
		if (st != STATUS_OK)
			return st;
	}
	return group_put(s->txn, g);
}

/* A member who asks again and again is answered again, but not for ever. */
static enum status
may_answer(struct step *s, const struct hash *group,
    const struct account_name *to, bool *may)
{
	uint64_t hour = (uint64_t)(s->now_ms / HOUR_MS);
	uint64_t number = 0; /* the hour, and in its lowest byte how many */
	enum status st = group_answers_get(s->txn, group, to, &number);

	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	if (number >> 8 != hour)
		number = hour << 8;
	*may = (number & 0xff) < ANSWERS_PER_HOUR;
	return *may ? group_answers_put(s->txn, group, to, number + 1)
		    : STATUS_OK;
}

static enum status
answer(struct step *s, const struct group_record *g,
    const struct pair_arrival *arrival, uint64_t until)
{
	const struct account_name *to = &arrival->sender.name;
	struct plaintext p = { .kind = CONTENT_GROUP_KEYS };
	struct log_key_list *keys = &p.u.group_keys.keys;
	bool may = false;
	enum status st = may_answer(s, &g->id, to, &may);

	if (st != STATUS_OK || !may)
		return st;
	p.u.group_keys.group = g->id;
	st = group_keys_list(s, g, &arrival->p.u.group_ask.key_id, until, keys);
	if (st == STATUS_OK)
		st = messenger_control(s, to, &p);
	group_keys_clear(keys);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/*
 * Whoever asks is who the pair says, under the key that is pinned.  It gets
 * what every member of its time has: the keys up to its removal.
 */
enum status
group_ask_take(struct step *s, const struct pair_arrival *arrival)
{
	struct group_record g;
	struct roster *r;
	uint64_t until;
	enum status st = group_get(s->txn, &arrival->p.u.group_ask.group, &g);

	if (st == STATUS_NOT_FOUND || arrival->sender.has_pending)
		return STATUS_OK;
	if (st == STATUS_OK)
		st = group_fold(s, &g, &r);
	if (st != STATUS_OK)
		return st;
	until = roster_until(
	    r, &arrival->sender.name, &arrival->sender.account_key);
	return until > 0 ? answer(s, &g, arrival, until) : STATUS_OK;
}
