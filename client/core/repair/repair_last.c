/*
 * repair_last.c - what a device said last before another took its place
 * (protocol.md 11).
 *
 * No later number of it will show that something is missing.  So the next one
 * says how far it had come, as far as that one knows: an old copy knows how far
 * it was itself, and a recovered profile nothing.
 */
#include "client/core/group/group.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/repair/repair.h"

enum {
	LISTS_TRIED = 16, /* an account may have signed them without end */
	WALK_MAX = 256,   /* back over what has failed */
};

/* Whoever was told that it failed may say it again in other words. */
static bool
has_left(const struct history_entry *e)
{
	return e->state != STATE_QUEUED && e->state != STATE_FAILED &&
	       e->state != STATE_REFUSED;
}

/* The number below: its hash is what this one says came before it. */
static enum status
step_back(
    struct step *s, const struct history_entry *e, struct talk_place *place)
{
	struct message_body body;
	enum status st = envelope_get_message_body(e->body, s->arena, &body);

	if (st != STATUS_OK)
		return st;
	place->seq--;
	place->body_hash = body.previous;
	return STATUS_OK;
}

enum status
repair_own_last(struct step *s, const struct hash *signed_as,
    const struct hash *history_key, struct talk_place *place)
{
	const struct address *self = &s->core->self.address;
	struct sender_state chain;
	enum status st = sender_get(s->txn, signed_as, self, &chain);

	place->seq = chain.seq;
	place->body_hash = chain.body_hash;
	place->head_index = place->has_group ? chain.head_index : 0;
	for (int i = 0; st == STATUS_OK && place->seq > 0; i++) {
		struct history_entry e;
		uint64_t n;

		st = history_find_number(
		    s->txn, history_key, self, place->seq, &n);
		if (st == STATUS_OK)
			st = history_get(s->txn, n, s->arena, &e);
		if (st != STATUS_OK || has_left(&e))
			break;
		st = i < WALK_MAX ? step_back(s, &e, place) : STATUS_NOT_FOUND;
	}
	/* Nothing is said of what is not known. */
	if (st == STATUS_NOT_FOUND || st == STATUS_BAD_INPUT)
		place->seq = 0;
	place->device = place->seq > 0 ? self->device : 0;
	return st == STATUS_NOT_FOUND || st == STATUS_BAD_INPUT
		   ? STATUS_OK
		   : messenger_own(st);
}

/*
 * A device before the one that says it, which has gone, and which we knew: by
 * what it said, or by a list.  NOT_FOUND: it is none.
 */
static enum status
check_device(struct step *s, const struct pair_arrival *arrival,
    const struct address *gone)
{
	size_t looks = LISTS_TRIED;
	struct known_list known;
	enum status st;

	if (gone->device >= arrival->device->id ||
	    device_list_find(&arrival->sender.list, gone->device) != NULL)
		return STATUS_NOT_FOUND;
	st = list_find(s->txn, gone, &arrival->sender.account_key, UINT64_MAX,
	    &looks, s->arena, &known);
	return st == STATUS_FULL ? STATUS_NOT_FOUND : st;
}

/* Was it for us?  NOT_FOUND.  What is ahead of our log may be. */
static enum status
check_reader(struct step *s, const struct talk_place *place)
{
	const struct self *self = &s->core->self;
	struct group_record g;
	struct roster *r = NULL;
	enum status st;

	if (!place->has_group)
		return STATUS_OK;
	st = group_get(s->txn, &place->group, &g);
	if (st == STATUS_OK)
		st = group_roster(s, &place->group, &r);
	if (st != STATUS_OK || place->head_index > g.length)
		return st;
	return roster_was_member(r, place->head_index, &self->address.account,
		   &self->account_key)
		   ? STATUS_OK
		   : STATUS_NOT_FOUND;
}

enum status
repair_take_last(struct step *s, const struct pair_arrival *arrival,
    const struct talk_place *place)
{
	const struct address gone = { arrival->sender.name, place->device };
	enum status st = check_device(s, arrival, &gone);

	if (st == STATUS_OK)
		st = check_reader(s, place);
	if (st == STATUS_OK)
		st = repair_note_place(s, arrival, &gone, place);
	return st == STATUS_NOT_FOUND ? STATUS_OK : messenger_own(st);
}

/* OK: asked, and told.  NOT_FOUND: there is nothing to tell. */
static enum status
ask_one(struct step *s, const struct account_name *name)
{
	struct talk_place direct = { .seq = 0 };
	struct plaintext p = {
		.kind = CONTENT_PLACES,
		.u.places = { &direct, 1, true },
	};
	struct hash talk, filed;
	struct contact c;
	enum status st = peers_get(s, name, &c);

	if (st != STATUS_OK)
		return st;
	peers_conversation(&s->core->self.account_key, &c.account_key, &talk);
	peers_history_key(name, &filed);
	st = repair_own_last(s, &talk, &filed, &direct);
	if (st == STATUS_OK && direct.device == 0)
		return STATUS_NOT_FOUND;
	return st == STATUS_OK ? messenger_control_many(s, name, 1, &p) : st;
}

enum status
repair_ask_one_by_one(struct step *s, struct account_name *names, size_t *count)
{
	size_t kept = 0;

	for (size_t i = 0; i < *count; i++) {
		enum status st = ask_one(s, &names[i]);

		if (st == STATUS_NOT_FOUND)
			names[kept++] = names[i];
		else if (st != STATUS_OK)
			return messenger_own(st);
	}
	*count = kept;
	return STATUS_OK;
}
