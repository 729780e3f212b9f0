/*
 * receipts_take.c - what others have of our messages.
 *
 * A receipt changes what is known of the device that sent it, and nothing else:
 * the worst that a hostile one does is to lie about itself.
 */
#include <string.h>

#include "client/core/group/group.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/messenger/receipts.h"
#include "client/core/messenger/states.h"

/* The time a message lives, and 7 days: then nobody asks when it came. */
static const int64_t times_kept_ms = INT64_C(37) * 24 * 60 * 60 * 1000;

/* How far a device of ours has written there, as we know; 0: nothing. */
static enum status
own_last(struct step *s, const struct hash *conversation, uint32_t device,
    uint64_t *seq)
{
	const struct address who = { s->core->self.address.account, device };
	struct sender_state own;
	enum status st = sender_get(s->txn, conversation, &who, &own);

	if (st == STATUS_OK)
		*seq = own.seq;
	return messenger_own(st);
}

static enum status
take_numbers(struct step *s, const struct hash *conversation,
    const struct address *of, const struct receipt *told, int64_t told_ms)
{
	int64_t forget_ms = s->now_ms - times_kept_ms;
	/* Each device of ours began at 1. */
	const uint32_t device =
	    told->device != 0 ? told->device : s->core->self.address.device;
	const struct address about = { of->account, device };
	struct ranges delivered = told->delivered;
	struct ranges read = told->read;
	struct receipt_state state;
	uint64_t last = 0;
	enum status st = own_last(s, conversation, device, &last);

	ranges_cut(&delivered, last);
	ranges_cut(&read, last);
	if (st != STATUS_OK || delivered.count + read.count == 0)
		return st;
	st = receipt_state_get(s->txn, conversation, &about, &state);
	if (st != STATUS_OK)
		return messenger_own(st);
	receipt_spans_add(&state.delivered, &delivered, told_ms, forget_ms);
	receipt_spans_add(&state.delivered, &read, told_ms, forget_ms);
	receipt_spans_add(&state.read, &read, told_ms, forget_ms);
	return messenger_own(
	    receipt_state_put(s->txn, conversation, &about, &state));
}

static enum status
take_direct(struct step *s, const struct pair_arrival *a,
    const struct address *of, const struct receipt *told, int64_t told_ms)
{
	struct hash conversation;
	struct hash history_key;
	enum status st;

	peers_conversation(
	    &s->core->self.account_key, &a->sender.account_key, &conversation);
	peers_history_key(&of->account, &history_key);
	st = take_numbers(s, &conversation, of, told, told_ms);
	return st == STATUS_OK ? states_heard(s, &history_key, told_ms) : st;
}

static enum status
take_group(struct step *s, const struct pair_arrival *a,
    const struct address *of, const struct receipt *told, int64_t told_ms)
{
	struct roster *r;
	enum status st = group_roster(s, &told->group, &r);

	if (st == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (st != STATUS_OK)
		return messenger_own(st);
	if (!roster_knew(r, &a->sender.name, &a->sender.account_key))
		return STATUS_OK;
	st = take_numbers(s, &told->group, of, told, told_ms);
	if (st == STATUS_OK)
		st = states_heard(s, &told->group, told_ms);
	if (st == STATUS_OK)
		st = group_hear_head(s, &told->group, &a->sender, of,
		    told->head_index, &told->head_hash);
	return st;
}

enum status
receipts_take(
    struct step *s, const struct pair_arrival *arrival, int64_t told_ms)
{
	const struct receipt_list *list = &arrival->p.u.receipts;
	const struct address of = { arrival->sender.name, arrival->device->id };
	enum status st = STATUS_OK;

	/* The relay's word, which may put it off at will anyway. */
	if (told_ms <= 0 || told_ms > s->now_ms)
		told_ms = s->now_ms;
	for (size_t i = 0; st == STATUS_OK && i < list->count; i++) {
		const struct receipt *told = &list->items[i];

		st = told->has_group
			 ? take_group(s, arrival, &of, told, told_ms)
			 : take_direct(s, arrival, &of, told, told_ms);
	}
	return st;
}

static enum status
take_nested(struct step *s, const struct item *item)
{
	struct pair_arrival arrival = { .storage = NULL };
	struct item inside = *item;
	struct step inner = { 0 };
	enum status st = messenger_nest(s, &inner);

	if (st != STATUS_OK)
		return st;
	inside.type = item->type == ITEM_RECEIPT ? ITEM_RATCHET : ITEM_PREKEY;
	st = pair_decrypt(&inner, &inside, &arrival);
	/* A message that the relay moved here is withheld like any other. */
	if (st == STATUS_OK && arrival.p.kind != CONTENT_RECEIPTS)
		st = STATUS_BAD_INPUT;
	if (st == STATUS_OK)
		st = receipts_take(&inner, &arrival, item->stored_ms);
	st = messenger_blame(&inner, st);
	if (st == STATUS_OK)
		st = step_commit(&inner);
	step_abort(&inner);
	buf_free(arrival.storage);
	return st;
}

enum status
receipts_take_item(struct step *s, const struct item *item)
{
	struct contact c;
	enum status st;

	if (!item->has_sender)
		return STATUS_OK;
	/* Whom we wrote to we know; it spares a stranger's prekey. */
	st = peers_get(s, &item->sender.account, &c);
	if (st == STATUS_OK && !c.has_pending)
		st = take_nested(s, item);
	return messenger_is_fatal(st) ? st : STATUS_OK;
}
