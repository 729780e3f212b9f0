/*
 * messenger_receive.c - items in.  One item goes down this ladder, and each
 * rung says what a failure below it undoes:
 *
 *   courier_receive.c take_item   a nested step: the item, or nothing of it
 *   messenger_take                by type: notes of the relay, the rest
 *   take_sealed                   known already?  Else take it, or set it aside
 *   messenger_take_pair           once; by an unknown key again with its list
 *   take_once, take_group         a nested step with an arena of its own
 *                                 (messenger_nest), so that what unfolds too
 *                                 far harms itself alone
 *   pair_decrypt                  ratchet, counters and lists in that step
 *   deliver                       into history, groups, notices
 *
 * Messages come in numbers, and a nested step each is most of what the store
 * costs: messenger_take_together goes down for several in one.  When one of
 * them fails, all are undone, and each takes the ladder.
 *
 * What fails below take_sealed leaves no trace but the quarantine's; what is
 * fatal (our disk, our memory) goes up all the way, and nothing is
 * acknowledged.
 */
#include <assert.h>
#include <string.h>

#include "client/core/group/group.h"
#include "client/core/messenger/consent.h"
#include "client/core/messenger/lists.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/messenger/receipts.h"
#include "client/core/repair/repair.h"

enum { SEEN_PARTS = 5 };

/* What tells one delivered ciphertext from all others. */
struct seen_item {
	uint8_t device[4];
	uint8_t type[4];
	struct hash digest;
	struct bytes parts[SEEN_PARTS];
};

static void
seen_fill(struct seen_item *seen, const struct item *item)
{
	store_u32(seen->device, item->sender.device);
	store_u32(seen->type, item->type);
	hash_bytes(item->payload, &seen->digest);
	seen->parts[0] = BYTES("item");
	seen->parts[1] = account_name_bytes(&item->sender.account);
	seen->parts[2] = BYTES_OF(seen->device);
	seen->parts[3] = BYTES_OF(seen->type);
	seen->parts[4] = hash_view(&seen->digest);
}

enum status
messenger_nest(struct step *outer, struct step *inner)
{
	struct arena *a = NULL;
	enum status st = arena_new(LIMIT_ARENA_BYTES, &a);

	if (st == STATUS_OK)
		st = step_nest(outer, inner);
	if (st != STATUS_OK) {
		arena_free(a);
		return st;
	}
	inner->arena = a;
	inner->owns_arena = true; /* step_commit() and step_abort() free it */
	return STATUS_OK;
}

enum status
messenger_blame(const struct step *inner, enum status st)
{
	if (st == STATUS_NOMEM && arena_is_exhausted(inner->arena))
		return STATUS_BAD_INPUT;
	return st;
}

struct direct_filing {
	struct hash conversation;
	struct hash history_key;
	struct filing f; /* borrows the two above */
};

static void
fill_direct(const struct step *s, const struct pair_arrival *arrival,
    struct direct_filing *d)
{
	peers_conversation(&s->core->self.account_key,
	    &arrival->sender.account_key, &d->conversation);
	peers_history_key(&arrival->sender.name, &d->history_key);
	d->f = (struct filing){
		.kind = CONVERSATION_DIRECT,
		.conversation = &d->conversation,
		.history_key = &d->history_key,
		.sender = &arrival->sender,
		.device = arrival->device,
		.missing = arrival->missing,
	};
}

static enum status
file_direct(struct step *s, const struct pair_arrival *arrival)
{
	struct direct_filing d;
	uint64_t n;
	enum status st;

	fill_direct(s, arrival, &d);
	st = messenger_file_one(s, &d.f, &arrival->p.u.message, &n);
	if (st == STATUS_EXISTS)
		return STATUS_OK; /* the same words in another ciphertext */
	if (st != STATUS_OK ||
	    (arrival->sender.known && !arrival->sender.removed))
		return st;
	/* Who writes again is seen again. */
	return consent_write(s, &arrival->sender.name);
}

enum status
messenger_pass_over(struct step *s, const struct pair_arrival *arrival)
{
	struct direct_filing d;

	fill_direct(s, arrival, &d);
	return messenger_skip_one(s, &d.f, &arrival->p.u.message);
}

/* What is no text may have been preceded by something withheld as well. */
static enum status
tell_missing(struct step *s, const struct pair_arrival *arrival)
{
	uint64_t n;
	bool near = false;
	enum status st = STATUS_OK;

	if (arrival->missing > 0)
		st = consent_is_near(s, &arrival->sender, &near);
	if (st != STATUS_OK || !near)
		return st;
	return messenger_tell_peer(
	    s, NOTICE_GAP, &arrival->sender.name, arrival->missing, &n);
}

enum status
messenger_deliver(struct step *s, const struct pair_arrival *arrival)
{
	bool taken = false;
	enum status st = consent_judge(s, arrival, &taken);

	if (st != STATUS_OK || taken)
		return st;
	switch (arrival->p.kind) {
	case CONTENT_MESSAGE:
		return file_direct(s, arrival);
	case CONTENT_SENDER_KEY:
	case CONTENT_GROUP_KEYS:
	case CONTENT_GROUP_INVITE:
	case CONTENT_GROUP_ASK:
	case CONTENT_JOIN_REQUEST:
	case CONTENT_JOIN_ANSWER:
		st = tell_missing(s, arrival);
		return st == STATUS_OK ? group_take_control(s, arrival) : st;
	case CONTENT_RECEIPTS: /* whatever the relay called the item */
		return receipts_take(s, arrival, s->now_ms);
	case CONTENT_RESEND_REQUEST:
		st = tell_missing(s, arrival);
		return st == STATUS_OK ? repair_take_request(s, arrival) : st;
	case CONTENT_RESENT:
		st = tell_missing(s, arrival);
		return st == STATUS_OK ? repair_take_resent(s, arrival) : st;
	case CONTENT_PLACES:
		st = tell_missing(s, arrival);
		return st == STATUS_OK ? repair_take_places(s, arrival) : st;
	case CONTENT_NONE:
		break; /* counted; acting on them comes with a later release */
	}
	return tell_missing(s, arrival);
}

static enum status
take_once(struct step *s, const struct item *item)
{
	struct pair_arrival arrival = { .storage = NULL };
	struct step inner = { 0 };
	enum status st = messenger_nest(s, &inner);

	if (st != STATUS_OK)
		return st;
	st = pair_decrypt(&inner, item, &arrival);
	if (st == STATUS_OK) {
		st = messenger_deliver(&inner, &arrival);
		/* FULL is kept for what was not even tried. */
		if (st == STATUS_FULL)
			st = STATUS_BAD_INPUT;
	}
	st = messenger_blame(&inner, st);
	if (st == STATUS_OK)
		st = step_commit(&inner);
	step_abort(&inner);
	buf_free(arrival.storage);
	return st;
}

/*
 * The message is by a key that is not pinned.  What list does it carry?  OK:
 * a newer one of the same account, pinned now.  UNTRUSTED: of another account
 * key, which waits for the user.
 */
static enum status
learn_list(struct step *s, const struct item *item)
{
	struct pair_arrival arrival = { .storage = NULL };
	struct arena *a = NULL;
	struct contact c;
	struct step inner = { 0 };
	enum status st = messenger_nest(s, &inner);

	if (st != STATUS_OK)
		return st;
	st = messenger_blame(&inner, pair_peek(&inner, item, &arrival));
	a = inner.arena; /* the list lies there */
	inner.owns_arena = false;
	step_abort(&inner); /* always: nobody has accepted that key */
	if (st == STATUS_OK) {
		st = peers_take_list(
		    s, &item->sender.account, arrival.p.list, &c);
	} else if (st == STATUS_NOT_FOUND) {
		/* No list in it; after a change it waits like the others. */
		st = peers_ready(s, &item->sender.account, &c);
		if (st != STATUS_UNTRUSTED && !messenger_is_fatal(st))
			st = STATUS_CRYPTO;
	}
	buf_free(arrival.storage);
	arena_free(a);
	return st;
}

enum status
messenger_take_pair(struct step *s, const struct item *item)
{
	enum status st = take_once(s, item);

	if (st != STATUS_UNTRUSTED)
		return st;
	st = learn_list(s, item);
	if (st != STATUS_OK)
		return st;
	st = take_once(s, item);
	return st == STATUS_UNTRUSTED ? STATUS_CRYPTO : st;
}

static enum status
take_group(struct step *s, const struct item *item)
{
	struct step inner = { 0 };
	enum status st;

	if (!item->has_sender)
		return STATUS_BAD_INPUT;
	st = messenger_nest(s, &inner);
	if (st != STATUS_OK)
		return st;
	st = messenger_blame(&inner, group_take_message(&inner, item));
	if (st == STATUS_OK)
		st = step_commit(&inner);
	step_abort(&inner);
	return st;
}

static enum status
take_by_type(struct step *s, const struct item *item)
{
	switch (item->type) {
	case ITEM_RATCHET:
	case ITEM_PREKEY:
		return messenger_take_pair(s, item);
	case ITEM_SENDER_KEY:
		return take_group(s, item);
	default: /* of a later release: kept, and told */
		return STATUS_BAD_INPUT;
	}
}

/*
 * Spec 7.4: the library's word that something is a duplicate is not
 * authenticated; only a ciphertext that we have seen ourselves is one.
 */
static enum status
take_sealed(struct step *s, const struct item *item)
{
	struct seen_item seen;
	enum status known;
	enum status st;

	seen_fill(&seen, item);
	known = seen_has(s->txn, seen.parts, SEEN_PARTS);
	if (known != STATUS_OK && known != STATUS_NOT_FOUND)
		return messenger_own(known);
	if (known == STATUS_OK)
		return STATUS_OK;
	st = take_by_type(s, item);
	if (messenger_is_fatal(st))
		return st;
	if (st != STATUS_OK)
		st = messenger_set_aside(s, item, st);
	if (st == STATUS_OK)
		st = seen_put(s->txn, seen.parts, SEEN_PARTS, s->now_ms);
	return messenger_own(st);
}

enum status
messenger_take(struct step *s, const struct item *item)
{
	switch (item->type) {
	case ITEM_RECEIPT:
	case ITEM_RECEIPT_PREKEY:
		return receipts_take_item(s, item);
	case ITEM_RELAY_NOTE:
		return messenger_take_note(s, item);
	case ITEM_DEVICE_LIST:
		return lists_take_item(s, item);
	default:
		return take_sealed(s, item);
	}
}

static enum status
take_pair_well(struct step *s, const struct item *item)
{
	struct pair_arrival arrival = { .storage = NULL };
	enum status st = pair_decrypt(s, item, &arrival);

	if (st == STATUS_OK)
		st = messenger_deliver(s, &arrival);
	buf_free(arrival.storage);
	return st;
}

static enum status
take_well(struct step *s, const struct item *item)
{
	struct seen_item seen;
	enum status st;

	seen_fill(&seen, item);
	st = seen_has(s->txn, seen.parts, SEEN_PARTS);
	if (st != STATUS_NOT_FOUND)
		return st;
	st = item->type == ITEM_RATCHET ? take_pair_well(s, item)
					: group_take_message(s, item);
	if (st == STATUS_OK)
		st = seen_put(s->txn, seen.parts, SEEN_PARTS, s->now_ms);
	return st;
}

enum status
messenger_take_together(
    struct step *outer, const struct item *const *items, size_t count)
{
	struct step s = { 0 };
	enum status st = messenger_nest(outer, &s);

	if (st != STATUS_OK)
		return st;
	for (size_t i = 0; st == STATUS_OK && i < count; i++) {
		assert(messenger_goes_together(items[i]));
		arena_reset(s.arena);
		st = take_well(&s, items[i]);
	}
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}
