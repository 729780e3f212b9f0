/*
 * receipts_state.c - what receipts make of a message of ours.
 *
 * The history keeps `stored`; more than that is worked out when it is looked
 * at, so that a receipt costs one record however many messages it is about.
 */
#include <string.h>

#include "client/core/group/group.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/messenger/receipts.h"

enum status
receipts_fate(struct step *s, const struct hash *conversation,
    const struct own_place *place, const struct account_name *who,
    struct receipt_fate *fate)
{
	const struct address of = { *who, place->device };
	struct receipt_state state;
	enum status st = receipt_state_get(s->txn, conversation, &of, &state);

	*fate = (struct receipt_fate){ .delivered = false };
	if (st != STATUS_OK)
		return messenger_own(st);
	fate->delivered = receipt_spans_find(
	    &state.delivered, place->seq, &fate->delivered_ms);
	fate->read =
	    receipt_spans_find(&state.read, place->seq, &fate->read_ms);
	return STATUS_OK;
}

enum status
receipts_times(
    struct step *s, const struct history_entry *e, struct receipt_fate *fate)
{
	const struct own_place place = { e->device, e->seq };
	struct hash talk;

	*fate = (struct receipt_fate){ .delivered = false };
	if (!e->own || e->kind != HISTORY_MESSAGE ||
	    e->conversation_kind != CONVERSATION_DIRECT || e->seq == 0 ||
	    e->talk.len != sizeof(talk))
		return STATUS_OK;
	memcpy(&talk, e->talk.data, sizeof(talk));
	return receipts_fate(s, &talk, &place, &e->peer, fate);
}

static enum status
direct_state(
    struct step *s, const struct history_entry *e, enum message_state *state)
{
	struct receipt_fate fate;
	enum status st = receipts_times(s, e, &fate);

	if (st == STATUS_OK && fate.delivered)
		*state = fate.read ? STATE_READ : STATE_DELIVERED;
	return st;
}

static bool
was_addressed(const struct step *s, const struct roster *r, uint64_t head_index,
    const struct group_member *m)
{
	return !account_name_equal(
		   &m->account, &s->core->self.address.account) &&
	       roster_was_member(r, head_index, &m->account, &m->account_key);
}

enum status
receipts_is_lost(struct step *s, const struct history_entry *e, bool *lost)
{
	struct message_body body;
	struct roster *r = NULL;
	enum receipt_loss why;
	enum status st = envelope_get_message_body(e->body, s->arena, &body);

	*lost = false;
	if (st == STATUS_OK)
		st = group_roster(s, &e->conversation, &r);
	if (st != STATUS_OK)
		return messenger_is_fatal(st) ? st : STATUS_OK;
	for (size_t i = 0; i < roster_count(r); i++) {
		const struct group_member *m = roster_at(r, i);

		if (!was_addressed(s, r, body.head_index, m))
			continue;
		st = receipt_loss_get(s->txn, &e->id, &m->account, &why);
		*lost = st == STATUS_OK;
		if (st != STATUS_OK)
			return st == STATUS_NOT_FOUND ? STATUS_OK
						      : messenger_own(st);
	}
	return STATUS_OK;
}

/* Spec 7.5: "all who were members at the head it names, and still are". */
static enum status
group_state(
    struct step *s, const struct history_entry *e, enum message_state *state)
{
	const struct own_place place = { e->device, e->seq };
	enum message_state all = STATE_NONE;
	struct message_body body;
	struct roster *r = NULL;
	enum status st = envelope_get_message_body(e->body, s->arena, &body);

	if (st == STATUS_OK)
		st = group_roster(s, &e->conversation, &r);
	if (st != STATUS_OK)
		return messenger_is_fatal(st) ? st : STATUS_OK;
	for (size_t i = 0; st == STATUS_OK && i < roster_count(r); i++) {
		const struct group_member *m = roster_at(r, i);
		struct receipt_fate fate;

		if (!was_addressed(s, r, body.head_index, m))
			continue;
		st = receipts_fate(
		    s, &e->conversation, &place, &m->account, &fate);
		if (st == STATUS_OK && !fate.delivered)
			return STATUS_OK;
		if (all == STATE_NONE || !fate.read)
			all = fate.read ? STATE_READ : STATE_DELIVERED;
	}
	if (st == STATUS_OK && all != STATE_NONE)
		*state = all;
	return st;
}

/* Of two, who was given up may have asked for it since. */
static bool
may_have_arrived(const struct history_entry *e)
{
	return e->state == STATE_STORED ||
	       (e->conversation_kind == CONVERSATION_DIRECT &&
		   (e->state == STATE_EXPIRED ||
		       e->state == STATE_DEVICE_GONE));
}

enum status
receipts_state(
    struct step *s, const struct history_entry *e, enum message_state *state)
{
	*state = e->state;
	if (!e->own || e->kind != HISTORY_MESSAGE || e->seq == 0 ||
	    !may_have_arrived(e))
		return STATUS_OK;
	return e->conversation_kind == CONVERSATION_DIRECT
		   ? direct_state(s, e, state)
		   : group_state(s, e, state);
}
