/* messenger_compose.c - what the user says, into history and outbox. */
#include <string.h>

#include "client/core/group/group.h"
#include "client/core/messenger/consent.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/messenger/states.h"
#include "client/core/messenger/timers.h"
#include "client/core/words/words.h"
#include "store/client/receipts.h"

static bool
is_same_talk(const struct history_entry *e, const struct draft *d)
{
	if (e->conversation_kind != d->kind)
		return false;
	return d->kind == CONVERSATION_DIRECT
		   ? account_name_equal(&e->peer, &d->to)
		   : memcmp(&e->conversation, &d->group, sizeof(d->group)) == 0;
}

/* A retry says the same again, as far as we still know what was said. */
static bool
is_same_word(
    const struct step *s, const struct history_entry *e, const struct draft *d)
{
	if (e->type != (d->type == 0 ? MESSAGE_TEXT : d->type))
		return false;
	return history_is_gone(e, s->now_ms) || bytes_equal(e->text, d->text);
}

enum status
messenger_find_composed(
    struct step *s, const struct draft *d, uint64_t *n, uint64_t *order)
{
	const struct message_id *id = &d->id;
	struct history_entry e;
	uint64_t found_n;
	uint64_t found_order = 0;
	enum status st = history_find(s->txn, id, &found_n);

	if (st == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (st == STATUS_OK)
		st = history_get(s->txn, found_n, s->arena, &e);
	if (st != STATUS_OK)
		return st;
	if (!e.own || !is_same_talk(&e, d) || !is_same_word(s, &e, d))
		return STATUS_CONFLICT;
	st = outbox_find(s->txn, id, &found_order);
	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	*n = found_n;
	*order = st == STATUS_OK ? found_order : 0;
	return STATUS_EXISTS;
}

enum status
messenger_draft_entry(
    struct step *s, const struct draft *d, struct history_entry *e)
{
	const struct self *self = &s->core->self;

	*e = (struct history_entry){
		.kind = HISTORY_MESSAGE,
		.conversation_kind = d->kind,
		.conversation = d->group,
		.from = self->address.account,
		.from_key = self->account_key,
		.device = self->address.device,
		.own = true,
		.sent_ms = s->now_ms,
		.received_ms = s->now_ms,
		.id = d->id,
		.type = d->type == 0 ? MESSAGE_TEXT : d->type,
		.has_target = d->has_target,
		.target = d->target,
		.text = d->text,
		.signature = SIGNATURE_VALID,
		.trust = TRUST_VERIFIED,
		.state = STATE_QUEUED,
		.timer_s = d->timer_s,
	};
	if (d->kind == CONVERSATION_DIRECT) {
		e->peer = d->to;
		peers_history_key(&d->to, &e->conversation);
	}
	return e->type == MESSAGE_TIMER ? timers_compose(s, e) : STATUS_OK;
}

static enum status
file_draft(struct step *s, const struct draft *d, uint64_t *n)
{
	struct history_entry e;
	enum status st = messenger_draft_entry(s, d, &e);

	if (st == STATUS_OK)
		st = history_append(s->txn, &e, n);
	e.n = *n;
	if (st == STATUS_OK)
		st = states_composed(s, &e);
	return st == STATUS_OK ? words_filed(s, &e) : st;
}

enum status
messenger_compose(
    struct step *s, const struct draft *said, uint64_t *n, uint64_t *order)
{
	struct draft fixed = *said;
	const struct draft *d = &fixed;
	struct outbox_row row = {
		.kind = OUTBOX_MESSAGE,
		.state = OUTBOX_DRAFT,
		.conversation_kind = d->kind,
		.id = d->id,
		.content = d->text,
		.created_ms = s->now_ms,
	};
	uint64_t filed;
	bool done = false;
	enum status st = messenger_find_composed(s, d, n, order);

	if (st == STATUS_OK)
		st = words_prepare(s, &fixed, &done, n, order);
	if (st != STATUS_OK || done)
		return messenger_own(st);
	if (d->kind == CONVERSATION_DIRECT) {
		row.to = d->to;
		st = consent_write(s, &d->to);
	} else {
		row.conversation = d->group;
	}
	if (st == STATUS_OK)
		st = file_draft(s, d, &filed);
	if (st != STATUS_OK)
		return messenger_own(st);
	row.history_n = filed;
	st = outbox_put(s->txn, &row, order);
	if (st == STATUS_OK)
		*n = filed;
	return messenger_own(st);
}

/* Does it hand out our sender key, ahead of the message? */
static bool
has_key_to_hand(const struct outbox_row *row)
{
	for (size_t i = 0; i < row->recipients_count; i++)
		if (!row->recipients[i].done &&
		    row->recipients[i].type != ITEM_SENDER_KEY)
			return true;
	return false;
}

enum status
messenger_end(struct step *s, const struct outbox_row *row,
    enum message_state state, const char *reason)
{
	enum status st;

	/* Some were never tried. */
	if (row->waiting_count > 0 && state != STATE_EXPIRED)
		return messenger_go_on(s, row);
	st = outbox_del(s->txn, row);
	if (st == STATUS_OK && row->kind == OUTBOX_MESSAGE &&
	    row->conversation_kind == CONVERSATION_GROUP &&
	    has_key_to_hand(row))
		st = group_renew_key(s, &row->conversation);
	/* What brings a message again has nobody left to bring it to. */
	if (row->again && row->kind == OUTBOX_MANY &&
	    row->recipients_count == 0)
		state = STATE_FAILED;
	/* The relay had it once, for a device that is gone. */
	if (st == STATUS_OK && row->again &&
	    (state == STATE_FAILED || state == STATE_EXPIRED)) {
		state = STATE_DEVICE_GONE;
		st = messenger_tell_gone(s, row);
	}
	if (st == STATUS_OK &&
	    (row->kind == OUTBOX_MESSAGE ||
		(row->again && row->conversation_kind == CONVERSATION_DIRECT)))
		st = states_set(s, row->history_n, state, bytes_text(reason));
	return messenger_own(st);
}

enum status
messenger_fail(struct step *s, uint64_t order, const char *reason)
{
	struct outbox_row row;
	enum status st = outbox_get(s->txn, order, s->arena, &row);

	if (st == STATUS_OK)
		st = messenger_end(s, &row, STATE_FAILED, reason);
	return messenger_own(st);
}

const char messenger_alone[] = "Nobody else is left in this group: the "
			       "accounts of its other members are gone.";

enum status
messenger_fail_alone(struct step *s, const struct outbox_row *row,
    const struct account_name *gone, size_t gone_count)
{
	struct outbox_row now;
	enum status st = STATUS_OK;

	for (size_t i = 0; i < gone_count && st == STATUS_OK; i++)
		st = receipt_loss_put(
		    s->txn, &row->id, &gone[i], RECEIPT_ACCOUNT_REMOVED);
	if (st == STATUS_OK)
		st = outbox_get(s->txn, row->order, s->arena, &now);
	if (st == STATUS_OK)
		return messenger_end(s, &now, STATE_FAILED, messenger_alone);
	if (st == STATUS_NOT_FOUND)
		st = states_set(s, row->history_n, STATE_FAILED,
		    bytes_text(messenger_alone));
	return messenger_own(st);
}
