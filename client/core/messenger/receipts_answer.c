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

/*
 * Nobody is to be told any more: unless we have learned meanwhile who has the
 * place of the device, and owe it to that one.
 */
static enum status
give_up(struct step *s, struct receipt_due *d)
{
	struct contact c;
	enum status st = peers_get(s, &d->to.account, &c);

	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	if (st == STATUS_NOT_FOUND || !d->again ||
	    device_list_find(&c.list, d->to.device) != NULL)
		return receipts_forget(s, d);
	d->row = 0;
	d->again = false;
	d->not_before_ms = 0;
	return receipt_due_put(s->txn, d);
}

static enum status
settle(struct step *s, struct receipt_due *d, enum verdict verdict,
    int64_t not_before_ms)
{
	if (verdict == NEVER)
		return give_up(s, d);
	if (verdict == HAS_IT && !d->again)
		return receipt_due_del(s->txn, &d->to);
	d->row = 0;
	d->again = false;
	d->not_before_ms = verdict == LATER ? not_before_ms : 0;
	return receipt_due_put(s->txn, d);
}

/* What is owed and was in this row. */
struct underway {
	uint64_t order;
	struct receipt_due *dues;
	size_t count;
};

static enum status
note_underway(const struct receipt_due *d, void *arg)
{
	struct underway *x = arg;

	if (d->row != x->order)
		return STATUS_OK;
	if (x->count == RECEIPTS_OF_ROW)
		return STATUS_FULL;
	x->dues[x->count++] = *d;
	return STATUS_OK;
}

/*
 * A device may be told about itself and about one of before in one row, which
 * does not say what is which: what holds for one of them holds for both.
 */
static enum verdict
verdict_of_all(const struct outbox_row *row, const struct reply *reply,
    const struct account_name *who)
{
	enum verdict worst = HAS_IT;

	for (size_t i = 0; i < row->recipients_count; i++) {
		const struct address *to = &row->recipients[i].to;
		enum verdict v = verdict_of(reply, i, to);

		if (account_name_equal(&to->account, who) && v > worst)
			worst = v;
	}
	return worst;
}

enum status
receipts_submitted(
    struct step *s, const struct outbox_row *row, const struct reply *reply)
{
	int64_t not_before_ms = s->now_ms + RECEIPTS_LATER_MS;
	struct underway x = { .order = row->order };
	enum status st;

	x.dues = arena_take_array(s->arena, RECEIPTS_OF_ROW, sizeof(*x.dues));
	if (x.dues == NULL)
		return STATUS_NOMEM;
	/* The others are sealed anew, without those that have changed. */
	if (reply->kind == REPLY_ERROR &&
	    reply->u.error.code == ERROR_DEVICES_CHANGED)
		not_before_ms = 0;
	st = receipt_due_each(s->txn, note_underway, &x);
	for (size_t i = 0; st == STATUS_OK && i < x.count; i++) {
		struct receipt_due *d = &x.dues[i];

		st = settle(s, d, verdict_of_all(row, reply, &d->to.account),
		    not_before_ms);
	}
	if (st == STATUS_OK)
		st = outbox_del(s->txn, row);
	return messenger_own(st);
}
