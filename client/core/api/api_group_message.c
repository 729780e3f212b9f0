/* api_group_message.c - tacit_group_message(): who has what of a message. */
#include <string.h>

#include "client/core/api/api_event.h"
#include "client/core/group/group_internal.h"
#include "client/core/handle.h"
#include "client/core/messenger/receipts.h"

/* One message of ours, and the accounts it is looked up for. */
struct look {
	struct step *s;
	struct history_entry e;
	struct message_body body;
	struct roster *r;
	struct outbox_row row; /* recipients are NULL when it has left */
	bool waits;            /* it is still in the outbox */
	const struct account_name *names;
	tacit_holder_fn *show;
	void *arg;
	bool go_on;
};

static bool
waits_for(const struct look *l, const struct account_name *who)
{
	if (!l->waits || l->row.state == OUTBOX_DRAFT)
		return l->waits;
	for (size_t i = 0; i < l->row.recipients_count; i++)
		if (!l->row.recipients[i].done &&
		    account_name_equal(&l->row.recipients[i].to.account, who))
			return true;
	return false;
}

static const char *
loss_name(enum receipt_loss why)
{
	switch (why) {
	case RECEIPT_REFUSED:
		return "refused";
	case RECEIPT_EXPIRED:
		return "expired";
	case RECEIPT_ACCOUNT_REMOVED:
		return "removed";
	}
	return "refused";
}

/* The best that is known of it. */
static enum status
state_name(const struct look *l, const struct account_name *who,
    const struct receipt_fate *fate, bool is_member, const char **name)
{
	enum receipt_loss why;
	enum status st = STATUS_OK;

	if (fate->read || fate->delivered) {
		*name = fate->read ? "read" : "delivered";
		return st;
	}
	st = receipt_loss_get(l->s->txn, &l->e.id, who, &why);
	if (st == STATUS_OK)
		*name = loss_name(why);
	if (st != STATUS_NOT_FOUND)
		return st;
	if (waits_for(l, who))
		*name = "queued";
	else if (!is_member)
		*name = "removed";
	else if (l->e.state == STATE_DELIVERED || l->e.state == STATE_READ)
		*name = "stored";
	else
		*name = tacit_state_name(event_state(l->e.state));
	return STATUS_OK;
}

static enum status
show_holder(struct look *l, const struct account_name *who, bool is_member)
{
	const struct own_place place = { l->e.device, l->e.seq };
	struct receipt_fate fate;
	struct tacit_holder holder = { .account = who->text };
	enum status st =
	    receipts_fate(l->s, &l->e.conversation, &place, who, &fate);

	if (st == STATUS_OK)
		st = state_name(l, who, &fate, is_member, &holder.state);
	if (st != STATUS_OK)
		return st;
	holder.delivered_ms = fate.delivered_ms;
	holder.read_ms = fate.read_ms;
	l->go_on = l->show(&holder, l->arg);
	return STATUS_OK;
}

static bool
was_addressed(const struct look *l, const struct account_name *who,
    const struct sign_public *key)
{
	return !account_name_equal(who, &l->s->core->self.address.account) &&
	       roster_was_member(l->r, l->body.head_index, who, key);
}

static enum status
show_members(struct look *l)
{
	enum status st = STATUS_OK;

	for (size_t i = 0;
	     st == STATUS_OK && l->go_on && i < roster_count(l->r); i++) {
		const struct group_member *m = roster_at(l->r, i);

		if (was_addressed(l, &m->account, &m->account_key))
			st = show_holder(l, &m->account, true);
	}
	return st;
}

/* Who has gone since; those we have met, and so all we wrote to. */
static enum status
show_gone(const struct contact *c, void *arg)
{
	struct look *l = arg;
	struct account_name who = c->name;

	if (!l->go_on || !was_addressed(l, &who, &c->account_key) ||
	    roster_find_exact(l->r, &who, &c->account_key) != NULL)
		return STATUS_OK;
	return show_holder(l, &who, false);
}

/* NOT_FOUND: no message of ours in this group. */
static enum status
find_message(struct look *l, const struct hash *group, const char *id)
{
	struct step *s = l->s;
	uint64_t n, order;
	enum status st = history_find_prefix(s->txn, id, &n);

	if (st == STATUS_BAD_INPUT)
		return STATUS_NOT_FOUND;
	if (st == STATUS_OK)
		st = history_get(s->txn, n, s->arena, &l->e);
	if (st != STATUS_OK)
		return st;
	if (!l->e.own || l->e.kind != HISTORY_MESSAGE ||
	    memcmp(&l->e.conversation, group, sizeof(*group)) != 0)
		return STATUS_NOT_FOUND;
	st = outbox_find(s->txn, &l->e.id, &order);
	l->waits = st == STATUS_OK;
	if (st == STATUS_OK)
		st = outbox_get(s->txn, order, s->arena, &l->row);
	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	/* Not sealed yet: for those who are in the group now. */
	l->body.head_index = roster_length(l->r);
	if (l->e.body.len == 0)
		return STATUS_OK;
	return envelope_get_message_body(l->e.body, s->arena, &l->body);
}

enum tacit_code
tacit_group_message(struct tacit *t, const char *group, const char *id,
    tacit_holder_fn *show, void *arg, struct tacit_error *e)
{
	struct step s = { 0 };
	struct look l = { .s = &s, .show = show, .arg = arg, .go_on = true };
	struct group_record g;
	enum tacit_code code;
	enum status st = step_begin(&t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = group_find(&s, group, &g);
	if (st == STATUS_OK)
		st = group_roster(&s, &g.id, &l.r);
	code = handle_explain_group(st, group, e);
	if (code != TACIT_DONE)
		goto out;
	st = find_message(&l, &g.id, id);
	if (st == STATUS_NOT_FOUND || st == STATUS_CONFLICT) {
		code = error_set(e, TACIT_NOT_FOUND,
		    "no message of yours in this group, or more than one, has "
		    "an id that begins so; see `tacit history --long`");
		goto out;
	}
	if (st == STATUS_OK)
		st = show_members(&l);
	if (st == STATUS_OK)
		st = contacts_each(s.txn, show_gone, &l);
	code = error_status(e, st);
out:
	step_abort(&s);
	return code;
}
