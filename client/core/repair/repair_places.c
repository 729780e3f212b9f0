/*
 * repair_places.c - how far others have come (protocol.md 11).
 *
 * A device that took the place of one that was further does not know what came
 * to that one: nothing that it has is followed by anything.  So it asks, and
 * what the answers show to be missing is a gap like any other.
 */
#include <string.h>

#include "client/core/group/group.h"
#include "client/core/messenger/consent.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/repair/repair.h"

enum {
	ANSWERS_MAX = 8, /* of ours, to one device in an hour */
	HOUR_MS = 60 * 60 * 1000,
};

/* ---- Asking -------------------------------------------------------------- */

struct asking {
	struct step *s;
	struct account_name *names;
	struct hash *groups;
	size_t room;
	size_t count;
};

static enum status
note_contact(const struct contact *c, void *arg)
{
	struct asking *x = arg;

	if (x->count < x->room &&
	    !account_name_equal(&c->name, &x->s->core->self.address.account))
		x->names[x->count++] = c->name;
	return STATUS_OK;
}

/* A question is a sign of life: strangers who may not come near get none. */
static enum status
leave_out_strangers(struct asking *x)
{
	size_t kept = 0;
	enum status st = STATUS_OK;

	for (size_t i = 0; st == STATUS_OK && i < x->count; i++) {
		struct contact c;
		bool near = false;

		st = peers_get(x->s, &x->names[i], &c);
		if (st == STATUS_OK)
			st = consent_is_near(x->s, &c, &near);
		if (near)
			x->names[kept++] = x->names[i];
	}
	x->count = kept;
	return st;
}

static enum status
ask_contacts(struct step *s)
{
	struct talk_place direct = { .seq = 0 };
	struct plaintext p = { .kind = CONTENT_PLACES };
	struct asking x = { .s = s };
	size_t done = 0;
	enum status st = vault_count(s->txn, VAULT_CONTACTS, &x.room);

	p.u.places = (struct place_list){ &direct, 1, true };
	if (st != STATUS_OK || x.room == 0)
		return st;
	x.names = arena_take_array(s->arena, x.room, sizeof(*x.names));
	if (x.names == NULL)
		return STATUS_NOMEM;
	st = contacts_each(s->txn, note_contact, &x);
	if (st == STATUS_OK)
		st = leave_out_strangers(&x);
	if (st == STATUS_OK)
		st = repair_ask_one_by_one(s, x.names, &x.count);
	while (st == STATUS_OK && done < x.count) {
		size_t some = x.count - done;

		if (some > LIMIT_GROUP_MEMBERS)
			some = LIMIT_GROUP_MEMBERS;
		st = messenger_control_many(s, x.names + done, some, &p);
		done += some;
	}
	return st;
}

static enum status
note_group(const struct group_record *g, void *arg)
{
	struct asking *x = arg;

	if (x->count < x->room && g->standing == GROUP_MEMBER)
		x->groups[x->count++] = g->id;
	return STATUS_OK;
}

/* `last`: this device is about to go, and says how far it was. */
static enum status
ask_members(struct step *s, const struct hash *group, bool last)
{
	struct talk_place place = { .has_group = true, .group = *group };
	struct plaintext p = { .kind = CONTENT_PLACES };
	struct group_member *to;
	struct roster *r = NULL;
	size_t count = 0;
	enum status st = group_roster(s, group, &r);

	if (st == STATUS_OK && last)
		st = repair_own_last(s, group, group, &place);
	if (st != STATUS_OK)
		/* A log that is damaged is the doctor's to tell. */
		return st == STATUS_CRYPTO ? STATUS_OK : st;
	to = arena_take_array(s->arena, roster_count(r) + 1, sizeof(*to));
	if (to == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < roster_count(r); i++)
		if (!account_name_equal(&roster_at(r, i)->account,
			&s->core->self.address.account))
			to[count++] = *roster_at(r, i);
	p.u.places = (struct place_list){ &place, 1, true };
	return messenger_control_members(s, to, count, &p);
}

enum status
repair_ask_places(struct step *s)
{
	struct asking x = { .s = s };
	enum status st = ask_contacts(s);

	if (st == STATUS_OK)
		st = vault_count(s->txn, VAULT_GROUPS, &x.room);
	if (st != STATUS_OK || x.room == 0)
		return st;
	x.groups = arena_take_array(s->arena, x.room, sizeof(*x.groups));
	if (x.groups == NULL)
		return STATUS_NOMEM;
	st = groups_each(s->txn, note_group, &x);
	for (size_t i = 0; st == STATUS_OK && i < x.count; i++)
		st = ask_members(s, &x.groups[i], true);
	return st;
}

/* Whether it is worth asking: nobody keeps for longer what can be asked for. */
static enum status
is_renewed(struct step *s, bool *is)
{
	struct counters c;
	enum status st = counters_get(s->txn, &c);

	if (st == STATUS_OK)
		*is = c.renewed_ms != 0 &&
		      s->now_ms - c.renewed_ms <= repair_kept_ms;
	return st;
}

enum status
repair_is_new_device(struct step *s, bool *is)
{
	const int64_t recovered_ms = s->core->self.recovered_ms;
	enum status st = is_renewed(s, is);

	if (recovered_ms != 0 && s->now_ms - recovered_ms <= repair_kept_ms)
		*is = true;
	return messenger_own(st);
}

enum status
repair_ask_group_places(struct step *s, const struct hash *group)
{
	bool is = false;
	enum status st = is_renewed(s, &is);

	return st == STATUS_OK && is ? ask_members(s, group, false) : st;
}

/* ---- What both ways share --------------------------------------------------
 */

/* A conversation that we and a device of `with` are both in. */
struct shared {
	enum conversation_kind kind;
	struct hash signed_as;   /* what is signed there */
	struct hash history_key; /* where it stands here */
	uint64_t log_length;     /* groups: ours */
};

/* NOT_FOUND: we share none of that name, or not any more. */
static enum status
find_shared(struct step *s, const struct contact *with,
    const struct talk_place *place, struct shared *shared)
{
	struct group_record g;
	struct roster *r = NULL;
	bool near = false;
	enum status st;

	*shared = (struct shared){ .kind = CONVERSATION_DIRECT };
	if (!place->has_group) {
		peers_conversation(&s->core->self.account_key,
		    &with->account_key, &shared->signed_as);
		peers_history_key(&with->name, &shared->history_key);
		st = consent_is_near(s, with, &near);
		return st == STATUS_OK && !near ? STATUS_NOT_FOUND : st;
	}
	shared->kind = CONVERSATION_GROUP;
	shared->signed_as = place->group;
	shared->history_key = place->group;
	st = group_get(s->txn, &place->group, &g);
	if (st == STATUS_OK && g.standing != GROUP_MEMBER)
		st = STATUS_NOT_FOUND;
	if (st == STATUS_OK)
		st = group_roster(s, &place->group, &r);
	if (st != STATUS_OK)
		return st;
	shared->log_length = g.length;
	return roster_find_exact(r, &with->name, &with->account_key) == NULL
		   ? STATUS_NOT_FOUND
		   : STATUS_OK;
}

/* ---- Being asked -----------------------------------------------------------
 */

static enum status
tell_place(struct step *s, const struct contact *with, struct talk_place *place)
{
	struct shared shared;
	struct sender_state chain;
	enum status st = find_shared(s, with, place, &shared);

	if (st == STATUS_OK)
		st = sender_get(
		    s->txn, &shared.signed_as, &s->core->self.address, &chain);
	if (st != STATUS_OK)
		return st;
	place->seq = chain.seq;
	place->body_hash = chain.body_hash;
	place->head_index =
	    shared.kind == CONVERSATION_GROUP ? chain.head_index : 0;
	return STATUS_OK;
}

/* FULL: it was told often enough. */
static enum status
count_answer(struct step *s, const struct pair_arrival *arrival)
{
	uint8_t device[4];
	struct bytes parts[] = {
		BYTES("places"),
		account_name_bytes(&arrival->sender.name),
		BYTES_OF(device),
	};
	struct tally tally = { parts, 3, ANSWERS_MAX, HOUR_MS };

	store_u32(device, arrival->device->id);
	return tally_add(s->txn, &tally, 1, s->now_ms);
}

static enum status
answer(struct step *s, const struct pair_arrival *arrival)
{
	const struct place_list *asked = &arrival->p.u.places;
	struct plaintext p = { .kind = CONTENT_PLACES };
	struct talk_place *told =
	    arena_take_array(s->arena, asked->count, sizeof(*told));
	size_t count = 0;
	enum status st = count_answer(s, arrival);

	if (told == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; st == STATUS_OK && i < asked->count; i++) {
		told[count] = asked->items[i];
		told[count].device = 0;
		st = tell_place(s, &arrival->sender, &told[count]);
		count += st == STATUS_OK;
		if (st == STATUS_NOT_FOUND)
			st = STATUS_OK;
		/* Asked once of everybody: for groups it does not know of. */
		if (st == STATUS_OK && !asked->items[i].has_group)
			st = group_invite_back(s, &arrival->sender);
	}
	if (st != STATUS_OK || count == 0)
		return st == STATUS_FULL ? STATUS_OK : messenger_own(st);
	p.u.places = (struct place_list){ told, count, false };
	return messenger_control(s, &arrival->sender.name, &p);
}

/* ---- Being told ------------------------------------------------------------
 */

static enum status
tell_gap(struct step *s, const struct pair_arrival *arrival,
    const struct shared *shared, uint64_t gap, uint64_t *n)
{
	char text[COUNT_TEXT_BYTES];
	struct notice notice = {
		.kind = NOTICE_GAP,
		.conversation_kind = shared->kind,
		.conversation = shared->history_key,
		.from = arrival->sender.name,
		.subject = arrival->sender.name,
		.detail = messenger_count_text(gap, text),
	};

	if (shared->kind == CONVERSATION_DIRECT)
		notice.peer = arrival->sender.name;
	return messenger_notice_at(s, &notice, n);
}

enum status
repair_note_place(struct step *s, const struct pair_arrival *arrival,
    const struct address *from, const struct talk_place *place)
{
	struct shared shared;
	struct sender_state chain;
	struct gap g = {
		.kind = GAP_NUMBERS,
		.author = *from,
		.author_key = arrival->sender.account_key,
		.last = place->seq,
		.after = place->body_hash,
		.head_last = place->head_index,
	};
	enum status st = find_shared(s, &arrival->sender, place, &shared);

	if (st == STATUS_OK)
		st = sender_get(s->txn, &shared.signed_as, from, &chain);
	if (st != STATUS_OK || place->seq <= chain.seq)
		return st == STATUS_NOT_FOUND ? STATUS_OK : st;
	g.conversation_kind = shared.kind;
	g.conversation = shared.signed_as;
	g.first = chain.seq + 1;
	g.has_before = chain.seq > 0;
	g.before = chain.body_hash;
	g.head_first = chain.head_index;
	st = tell_gap(s, arrival, &shared, place->seq - chain.seq, &g.told);
	if (st == STATUS_OK)
		st = repair_note_numbers(s, &g);
	if (st != STATUS_OK)
		return st;
	chain.missing += place->seq - chain.seq;
	chain.seq = place->seq;
	chain.body_hash = place->body_hash;
	/* What lies beyond our log is judged when a message is under it. */
	if (place->head_index > chain.head_index &&
	    place->head_index <= shared.log_length)
		chain.head_index = place->head_index;
	return sender_put(s->txn, &shared.signed_as, from, &chain);
}

static enum status
take_question(struct step *s, const struct pair_arrival *arrival)
{
	const struct place_list *asked = &arrival->p.u.places;
	enum status st = STATUS_OK;

	for (size_t i = 0; st == STATUS_OK && i < asked->count; i++)
		if (asked->items[i].device != 0)
			st = repair_take_last(s, arrival, &asked->items[i]);
	return st == STATUS_OK ? answer(s, arrival) : st;
}

enum status
repair_take_places(struct step *s, const struct pair_arrival *arrival)
{
	const struct place_list *told = &arrival->p.u.places;
	struct address from = { arrival->sender.name, arrival->device->id };
	bool is = false;
	enum status st;

	if (told->asks)
		return take_question(s, arrival);
	st = is_renewed(s, &is);
	/* Only what was asked for: it moves chains without a signature. */
	if (st != STATUS_OK || !is)
		return messenger_own(st);
	for (size_t i = 0; st == STATUS_OK && i < told->count; i++)
		st = repair_note_place(s, arrival, &from, &told->items[i]);
	return messenger_own(st);
}
