/*
 * repair_take.c - what others send again (protocol.md 9.4).
 *
 * Every message is judged by itself: was it missing, did its author sign it,
 * does it stand where its neighbours and the log say.  What fails is dropped,
 * and stays missing.
 */
#include <string.h>

#include "base/log.h"
#include "client/core/group/group.h"
#include "client/core/group/group_internal.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/repair/repair.h"
#include "client/core/repair/repair_held.h"

/* What may be kept or taken in without having been asked for, of one group. */
static const uint64_t history_most = 16 * 1024 * 1024;

/* One answer. */
struct taking {
	struct step *s;
	const struct pair_arrival *arrival;
	const struct resent *resent;
	bool known; /* the group; else everything waits */
	const struct quarantine_entry *was; /* it has waited: that is counted */
	bool fresh;                         /* our device */
	struct group_record g;
	struct roster *r;
	/* Ahead of our log. */
	struct repair_ahead *ahead;
	size_t ahead_count;
};

/* One message of it. */
struct claim {
	const struct resent_message *m;
	struct message_body body;
	struct contact author; /* as it is to be believed for this message */
	const struct device_entry *device;
	bool by_item;   /* it answers for a ciphertext */
	bool by_number; /* it lies in a gap */
	bool by_author; /* who wrote it has it for our new device */
	struct gap item;
	struct gap hole;
};

static bool
is_asked_for(const struct claim *c)
{
	return c->by_item || c->by_number;
}

/* It is what was said to us when we were there, and no history. */
static bool
is_for_us(const struct claim *c)
{
	return is_asked_for(c) || c->by_author;
}

/* What lay in the mailbox of the device before us; no others choose it. */
static bool
is_by_author(const struct taking *x, const struct claim *c)
{
	const struct contact *from = &x->arrival->sender;

	return x->fresh && !x->resent->history &&
	       account_name_equal(&from->name, &c->m->author.account) &&
	       memcmp(&from->account_key, &c->m->author_key,
		   sizeof(from->account_key)) == 0;
}

/* Why this one is wanted.  NOT_FOUND: nobody asked for it. */
static enum status
find_want(struct taking *x, struct claim *c)
{
	const struct resent_message *m = c->m;
	struct address from = { x->arrival->sender.name,
		x->arrival->device->id };
	enum status st = STATUS_NOT_FOUND;

	/* Only its sender knows what a ciphertext held. */
	if (m->has_hash && address_equal(&from, &m->author) &&
	    memcmp(&m->author_key, &x->arrival->sender.account_key,
		sizeof(m->author_key)) == 0)
		st = gap_find_item(x->s->txn, &from, &m->hash, &c->item);
	c->by_item = st == STATUS_OK;
	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return messenger_own(st);
	st = gap_find_number(
	    x->s->txn, &x->resent->group, &m->author, c->body.seq, &c->hole);
	c->by_number =
	    st == STATUS_OK && memcmp(&c->hole.author_key, &m->author_key,
				   sizeof(m->author_key)) == 0;
	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return messenger_own(st);
	c->by_author = !is_asked_for(c) && is_by_author(x, c);
	return is_for_us(c) || x->resent->history ? STATUS_OK
						  : STATUS_NOT_FOUND;
}

/* Is who sends it in the group now, as far as we have read? */
static bool
is_member(const struct taking *x)
{
	const struct contact *from = &x->arrival->sender;

	return roster_find_exact(x->r, &from->name, &from->account_key) != NULL;
}

/*
 * What the log says of it.  AGAIN: it is not long enough here.  What was asked
 * for does not wait for an invitation to come true: anybody can send one.
 */
static enum status
check_log(struct taking *x, const struct claim *c)
{
	const struct self *self = &x->s->core->self;
	const struct resent_message *m = c->m;
	uint64_t at = c->body.head_index;
	struct hash head;
	uint64_t bound;

	if (at > LIMIT_CHAIN_ENTRIES)
		return STATUS_DENIED;
	if (!x->known || at > x->g.length)
		return STATUS_AGAIN;
	/* Whoever invited us back may be in the log behind what we have. */
	if (!is_asked_for(c) && !is_member(x) &&
	    x->g.length < x->g.expected_length)
		return STATUS_AGAIN;
	if (roster_head_at(x->r, at, &head) != STATUS_OK ||
	    memcmp(&head, &c->body.head_hash, sizeof(head)) != 0)
		return STATUS_DENIED;
	if (!roster_was_member(x->r, at, &m->author.account, &m->author_key) ||
	    (roster_bound(x->r, at, &m->author, &m->author_key, &bound) &&
		c->body.seq > bound))
		return STATUS_DENIED;
	/* History alone is for who was not there; and it is for nobody else. */
	if (roster_was_member(x->r, at, &self->address.account,
		&self->account_key) != is_for_us(c))
		return STATUS_DENIED;
	if (c->by_number && (at < c->hole.head_first || at > c->hole.head_last))
		return STATUS_DENIED;
	return STATUS_OK;
}

/* By our pinned list, if the device is on it; else by one that came along. */
static enum status
find_author(struct taking *x, struct claim *c)
{
	const struct resent_message *m = c->m;
	struct device_list list;
	enum status st = contact_get(x->s->txn, &m->author.account, &c->author);
	bool known = st == STATUS_OK;
	bool same = known && memcmp(&c->author.account_key, &m->author_key,
				 sizeof(m->author_key)) == 0;

	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return messenger_own(st);
	if (same)
		c->device = device_list_find(&c->author.list, m->author.device);
	if (c->device != NULL)
		return STATUS_OK;
	if (!m->has_list)
		return STATUS_DENIED;
	st = device_list_open(m->list, &list);
	if (messenger_is_fatal(st))
		return st;
	if (st != STATUS_OK ||
	    !account_name_equal(&list.account, &m->author.account) ||
	    memcmp(&list.account_key, &m->author_key, sizeof(m->author_key)) !=
		0)
		return STATUS_DENIED;
	/* Where the user has accepted another key of that name it says so. */
	c->author = (struct contact){
		.name = list.account,
		.account_key = list.account_key,
		.list = list,
		.has_pending = known && !same,
	};
	c->device = device_list_find(&c->author.list, m->author.device);
	if (c->device == NULL)
		return STATUS_DENIED;
	/* Whoever checks the history later has to find it. */
	st = list_keep(x->s->txn, &list, &m->list);
	return st == STATUS_CONFLICT ? STATUS_DENIED : messenger_own(st);
}

/* Behind its time when it is no more than what the gap says; never before. */
static enum status
check_turn(struct taking *x, const struct claim *c)
{
	struct sender_state state;
	enum status st =
	    sender_get(x->s->txn, &x->resent->group, &c->m->author, &state);

	if (st == STATUS_OK && !c->by_number && c->body.seq > state.seq &&
	    c->body.head_index < state.head_index)
		st = STATUS_DENIED;
	return messenger_own(st);
}

/* FULL: it has sent us enough that nobody asked for. */
static enum status
count_unasked(struct taking *x, const struct claim *c)
{
	/* Whoever makes up groups has one budget for all of them. */
	static const struct hash unknown;
	struct bytes parts[] = { BYTES("history"),
		hash_view(x->known ? &x->resent->group : &unknown),
		account_name_bytes(&x->arrival->sender.name) };
	struct tally tally = { parts, 3, history_most, repair_kept_ms };

	return tally_add(x->s->txn, &tally,
	    c->m->message.content.len + c->m->message.body.len, x->s->now_ms);
}

static enum status
file(struct taking *x, const struct claim *c)
{
	struct filing f = {
		.kind = CONVERSATION_GROUP,
		.conversation = &x->g.id,
		.history_key = &x->g.id,
		.sender = &c->author,
		.device = c->device,
		.resent_by = &x->arrival->sender.name,
		.aside = !is_for_us(c),
	};
	uint64_t n;

	return messenger_file_one(x->s, &f, &c->m->message, &n);
}

/* DENIED, AGAIN, and what filing says. */
static enum status
judge_and_file(struct taking *x, struct claim *c)
{
	bool unasked = !is_asked_for(c);
	enum status st = check_log(x, c);

	if (st == STATUS_AGAIN && unasked && x->was == NULL &&
	    count_unasked(x, c) != STATUS_OK)
		return STATUS_DENIED;
	/* Of who is out, even its own words may be new ones. */
	if (st == STATUS_OK && unasked &&
	    (!is_member(x) ||
		(!c->by_author && !account_name_equal(&x->g.inviter,
				      &x->arrival->sender.name))))
		st = STATUS_DENIED;
	if (st == STATUS_OK)
		st = check_turn(x, c);
	if (st == STATUS_OK)
		st = find_author(x, c);
	if (st == STATUS_OK && unasked)
		st = count_unasked(x, c);
	return st == STATUS_OK ? file(x, c) : st;
}

/* Only what is ours to fix stops the others. */
static enum status
take_one(struct taking *x, const struct resent_message *m)
{
	struct claim c = { .m = m };
	enum status st =
	    envelope_get_message_body(m->message.body, x->s->arena, &c.body);

	if (st == STATUS_OK)
		st = find_want(x, &c);
	if (st == STATUS_OK) {
		st = history_has(x->s->txn, &m->author, &c.body.id);
		if (st == STATUS_OK)
			st = STATUS_EXISTS;
		else if (st == STATUS_NOT_FOUND)
			st = judge_and_file(x, &c);
	}
	if (st == STATUS_AGAIN) {
		x->ahead[x->ahead_count++] =
		    (struct repair_ahead){ *m, c.body.timer_s };
		return STATUS_OK;
	}
	if (messenger_is_fatal(st))
		return st;
	if ((st == STATUS_OK || st == STATUS_EXISTS) && c.by_item)
		return repair_settle_item(x->s, &c.item);
	if (st != STATUS_OK && st != STATUS_EXISTS)
		log_event(LOG_LEVEL_DEBUG, "resent-dropped", "status=%d", st);
	return STATUS_OK;
}

/* Whoever is no member, for all we know, has nothing to send us again. */
static enum status
enter_group(struct taking *x)
{
	const struct contact *from = &x->arrival->sender;
	enum status st = group_get(x->s->txn, &x->resent->group, &x->g);

	/* Of a group that one only asked to be taken into there is no log. */
	x->known = st == STATUS_OK && x->g.length > 0;
	if (st == STATUS_NOT_FOUND || (st == STATUS_OK && !x->known))
		return x->resent->history || x->fresh ? STATUS_OK
						      : STATUS_DENIED;
	if (st == STATUS_OK && x->g.standing == GROUP_FROZEN)
		return STATUS_DENIED;
	if (st == STATUS_OK)
		st = group_roster(x->s, &x->g.id, &x->r);
	if (st != STATUS_OK)
		return messenger_own(st);
	if (x->g.length < x->g.expected_length ||
	    (x->g.standing != GROUP_MEMBER && x->resent->history))
		return STATUS_OK;
	return roster_knew(x->r, &from->name, &from->account_key)
		   ? STATUS_OK
		   : STATUS_DENIED;
}

static enum status
hold_rest(const struct taking *x)
{
	const struct repair_rest rest = {
		.s = x->s,
		.sender = { x->arrival->sender.name, x->arrival->device->id },
		.resent = x->resent,
		.was = x->was,
		.ahead = x->ahead,
		.count = x->ahead_count,
	};

	return repair_hold(&rest);
}

static enum status
take(struct step *s, const struct pair_arrival *arrival,
    const struct quarantine_entry *was)
{
	struct taking *x = arena_take(s->arena, sizeof(*x));
	enum status st;

	if (x == NULL)
		return STATUS_NOMEM;
	*x = (struct taking){
		.s = s,
		.arrival = arrival,
		.resent = &arrival->p.u.resent,
		.was = was,
	};
	x->ahead =
	    arena_take_array(s->arena, x->resent->count, sizeof(*x->ahead));
	if (x->ahead == NULL)
		return STATUS_NOMEM;
	st = repair_is_new_device(s, &x->fresh);
	if (st == STATUS_OK)
		st = enter_group(x);
	for (size_t i = 0; st == STATUS_OK && i < x->resent->count; i++)
		st = take_one(x, &x->resent->messages[i]);
	if (st == STATUS_OK)
		st = hold_rest(x);
	return st == STATUS_DENIED ? STATUS_OK : st;
}

enum status
repair_take_resent(struct step *s, const struct pair_arrival *arrival)
{
	return repair_is_direct(s, arrival) ? repair_take_direct(s, arrival)
					    : take(s, arrival, NULL);
}

enum status
repair_retry_resent(struct step *s, const struct quarantine_entry *q)
{
	struct pair_arrival arrival = { .storage = NULL };
	enum status st =
	    envelope_get_plaintext(q->payload, s->arena, &arrival.p);

	if (st == STATUS_OK && arrival.p.kind != CONTENT_RESENT)
		st = STATUS_BAD_INPUT;
	if (st == STATUS_OK)
		st = contact_get(s->txn, &q->sender.account, &arrival.sender);
	if (st != STATUS_OK)
		return st;
	arrival.device =
	    device_list_find(&arrival.sender.list, q->sender.device);
	return arrival.device == NULL ? STATUS_OK : take(s, &arrival, q);
}
