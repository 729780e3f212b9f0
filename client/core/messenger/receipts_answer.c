/* receipts_answer.c - what became of receipts on their way. */
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/messenger/receipts.h"

/* From now on more of it is owed anew. */
static enum status
clear_due(
    struct step *s, const struct hash *conversation, const struct address *to)
{
	struct sender_state chain;
	enum status st = sender_get(s->txn, conversation, to, &chain);

	if (st != STATUS_OK || !chain.due)
		return st;
	chain.due = false;
	return sender_put(s->txn, conversation, to, &chain);
}

enum status
receipts_forget(struct step *s, const struct receipt_due *d)
{
	struct hash talk;
	enum status st = STATUS_OK;

	peers_conversation(&s->core->self.account_key, &d->account_key, &talk);
	if (d->direct)
		st = clear_due(s, &talk, &d->to);
	for (size_t j = 0; st == STATUS_OK && j < d->groups_count; j++)
		st = clear_due(s, &d->groups[j], &d->to);
	if (st == STATUS_OK)
		st = receipt_due_del(s->txn, &d->to);
	return st == STATUS_NOT_FOUND ? STATUS_OK : messenger_own(st);
}

/* What an answer says of one recipient. */
enum verdict { HAS_IT, LATER, NEVER };

static bool
is_in(const struct device_refs *refs, const struct address *to)
{
	for (size_t i = 0; i < refs->count; i++)
		if (account_name_equal(&refs->items[i].account, &to->account))
			return true;
	return false;
}

static enum verdict
verdict_of(const struct reply *reply, size_t index, const struct address *to)
{
	const struct devices_changed *changed = &reply->u.error.changed;

	if (reply->kind == REPLY_SUBMITTED) {
		for (size_t i = 0; i < reply->u.submitted.count; i++)
			if (reply->u.submitted.refused[i].index == index)
				return LATER;
		return HAS_IT;
	}
	/* With other devices or none: its next message owes anew. */
	if (reply->u.error.code == ERROR_DEVICES_CHANGED)
		return is_in(&changed->extra, to) ||
			       is_in(&changed->stale, to) ||
			       is_in(&changed->missing, to)
			   ? NEVER
			   : LATER;
	return LATER;
}

static enum status
settle(struct step *s, uint64_t order, const struct address *to,
    enum verdict verdict, int64_t not_before_ms)
{
	struct receipt_due d;
	enum status st = receipt_due_get(s->txn, to, &d);

	if (st != STATUS_OK || d.row != order)
		return st == STATUS_NOT_FOUND ? STATUS_OK : st;
	if (verdict == NEVER)
		return receipts_forget(s, &d);
	if (verdict == HAS_IT && !d.again)
		return receipt_due_del(s->txn, to);
	d.row = 0;
	d.again = false;
	d.not_before_ms = verdict == LATER ? not_before_ms : 0;
	return receipt_due_put(s->txn, &d);
}

enum status
receipts_submitted(
    struct step *s, const struct outbox_row *row, const struct reply *reply)
{
	int64_t not_before_ms = s->now_ms + RECEIPTS_LATER_MS;
	enum status st = STATUS_OK;

	/* The others are sealed anew, without those that have changed. */
	if (reply->kind == REPLY_ERROR &&
	    reply->u.error.code == ERROR_DEVICES_CHANGED)
		not_before_ms = 0;
	for (size_t i = 0; st == STATUS_OK && i < row->recipients_count; i++) {
		const struct address *to = &row->recipients[i].to;

		st = settle(
		    s, row->order, to, verdict_of(reply, i, to), not_before_ms);
	}
	if (st == STATUS_OK)
		st = outbox_del(s->txn, row);
	return messenger_own(st);
}
