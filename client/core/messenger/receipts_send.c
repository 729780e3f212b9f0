/*
 * receipts_send.c - receipts into the outbox.
 *
 * The row is ciphertext from its first moment, committed before a byte leaves
 * like any other.  What is owed stays written down until the relay has it; what
 * comes of it otherwise is that the same is said again, anew.
 */
#include <string.h>

#include "base/random.h"
#include "client/core/group/group.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/messenger/receipts.h"

enum {
	/*
	 * Spec 7.5: lost steps of a chain are kept open by the receiver, who
	 * goes no further than 2,000 ahead; and the relay may lose receipts.
	 */
	CHAIN_STEPS_MAX = 1000,
};

/* One device that is owed a receipt. */
struct owed {
	struct receipt_due due;
	uint64_t judged;  /* a bit for each of its groups, */
	uint64_t allowed; /* where it may know of our head */
};

struct gathering {
	struct step *s;
	struct owed *owed;
	size_t count;
	size_t most;
	struct outbox_recipient *to;
	size_t to_count;
	size_t *from; /* of each recipient: its place in owed */
};

/* FULL: enough. */
static enum status
collect(const struct receipt_due *d, void *arg)
{
	struct gathering *x = arg;
	enum status st = STATUS_NOT_FOUND;

	if (d->not_before_ms > x->s->now_ms)
		return STATUS_OK;
	if (d->row != 0)
		st = outbox_has(x->s->txn, d->row);
	if (st != STATUS_NOT_FOUND)
		return st; /* on its way */
	x->owed[x->count++] = (struct owed){ .due = *d };
	return x->count == x->most ? STATUS_FULL : STATUS_OK;
}

/* The present members among those owed a receipt for this group. */
static enum status
judge_group(struct gathering *x, const struct hash *group)
{
	struct group_record g;
	struct roster *r = NULL;
	enum status st = group_get(x->s->txn, group, &g);

	/* In a frozen group our head shows others why. */
	if (st == STATUS_OK &&
	    (g.standing == GROUP_MEMBER || g.standing == GROUP_FROZEN))
		st = group_roster(x->s, group, &r);
	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return messenger_own(st);
	for (size_t i = 0; i < x->count; i++) {
		struct owed *o = &x->owed[i];

		for (size_t j = 0; j < o->due.groups_count; j++) {
			if (memcmp(&o->due.groups[j], group, sizeof(*group)) !=
			    0)
				continue;
			o->judged |= UINT64_C(1) << j;
			if (r != NULL &&
			    roster_find_exact(r, &o->due.to.account,
				&o->due.account_key) != NULL)
				o->allowed |= UINT64_C(1) << j;
		}
	}
	return STATUS_OK;
}

/* Group by group, as a roster is folded once for all who are in it. */
static enum status
judge_groups(struct gathering *x)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; i < x->count; i++)
		for (size_t j = 0;
		     st == STATUS_OK && j < x->owed[i].due.groups_count; j++)
			if (!(x->owed[i].judged >> j & 1))
				st = judge_group(x, &x->owed[i].due.groups[j]);
	return st;
}

/* Nothing of it is to be told now; from now on more of it is owed anew. */
static enum status
settle_talk(
    struct step *s, const struct receipt_talk *t, struct sender_state *chain)
{
	enum status st = sender_get(s->txn, t->conversation, t->from, chain);

	if (st != STATUS_OK || !chain->due)
		return messenger_own(st);
	chain->due = false;
	return messenger_own(
	    sender_put(s->txn, t->conversation, t->from, chain));
}

/* What we have in one conversation, as far as it is told: *told at all. */
static enum status
add_talk(
    struct step *s, const struct receipt_talk *t, struct receipt *r, bool *told)
{
	struct sender_state chain;
	bool read = false;
	enum status st = receipts_are_sent(s, RECEIPT_DELIVERED, t, told);

	if (st == STATUS_OK)
		st = receipts_are_sent(s, RECEIPT_READ, t, &read);
	if (st == STATUS_OK)
		st = settle_talk(s, t, &chain);
	if (st == STATUS_OK && *told)
		r->delivered = chain.delivered;
	if (st == STATUS_OK && read)
		r->read = chain.read;
	return st;
}

/* In a frozen group our head is told in any case. */
static enum status
add_group_talk(
    struct step *s, const struct receipt_talk *t, struct receipt *r, bool *told)
{
	struct group_record g;
	enum status st = group_get(s->txn, t->conversation, &g);

	if (st != STATUS_OK)
		return messenger_own(st);
	r->has_group = true;
	r->group = *t->conversation;
	r->head_index = g.length;
	r->head_hash = g.head;
	st = add_talk(s, t, r, told);
	if (st == STATUS_OK && g.standing == GROUP_FROZEN)
		*told = true;
	return st;
}

/* `whom`: the device that is told, which need not be the one that wrote. */
static enum status
fill(struct step *s, const struct owed *o, uint32_t whom,
    struct receipt_list *list)
{
	const struct receipt_due *d = &o->due;
	struct receipt *items =
	    arena_take_array(s->arena, d->groups_count + 1, sizeof(*items));
	struct hash direct;
	struct receipt_talk t = { CONVERSATION_DIRECT, &direct, &d->to,
		&d->account_key, NULL };
	struct sender_state chain;
	bool told = false;
	enum status st = STATUS_OK;

	if (items == NULL)
		return STATUS_NOMEM;
	list->items = items;
	list->count = 0;
	peers_conversation(
	    &s->core->self.account_key, &d->account_key, &direct);
	if (d->direct)
		st = add_talk(s, &t, &items[0], &told);
	list->count += told;
	t.kind = CONVERSATION_GROUP;
	for (size_t j = 0; st == STATUS_OK && j < d->groups_count; j++) {
		struct receipt *r = &items[list->count];

		*r = (struct receipt){ .has_group = false };
		told = false;
		t.conversation = &d->groups[j];
		if (o->allowed >> j & 1)
			st = add_group_talk(s, &t, r, &told);
		else /* it is not told, and not owed any more */
			st = settle_talk(s, &t, &chain);
		list->count += told;
	}
	for (size_t j = 0; j < list->count && d->to.device != whom; j++)
		items[j].device = d->to.device;
	return st;
}

static enum status
encrypt(struct step *s, const struct contact *c,
    const struct device_entry *device, const struct owed *o,
    struct outbox_recipient *to)
{
	struct plaintext p = { .kind = CONTENT_RECEIPTS };
	struct buf *sealed = NULL;
	uint32_t type;
	enum status st = fill(s, o, device->id, &p.u.receipts);

	/* Nothing is left to be said to it. */
	if (st == STATUS_OK && p.u.receipts.count == 0)
		st = STATUS_DENIED;
	if (st == STATUS_OK)
		st = pair_encrypt(s, c, device, &p, &type, &sealed);
	if (st == STATUS_OK)
		st = arena_copy(s->arena, buf_view(sealed), &to->payload);
	buf_free(sealed);
	if (st != STATUS_OK)
		return st;
	to->to = (struct address){ c->name, device->id };
	to->registration_id = device->registration_id;
	to->account_key = c->account_key;
	to->suite = SUITE_SIGNAL_V3;
	to->type = type == ITEM_PREKEY ? ITEM_RECEIPT_PREKEY : ITEM_RECEIPT;
	return STATUS_OK;
}

/*
 * The device that wrote, or the one that has its place: the newest, which may
 * have the history, or nothing to do with what it is told.  NULL: none.
 */
static const struct device_entry *
addressee(const struct device_list *list, uint32_t device)
{
	const struct device_entry *found = device_list_find(list, device);

	if (found != NULL)
		return found;
	for (size_t i = 0; i < list->devices_count; i++) {
		const struct device_entry *d = &list->devices[i];

		if (d->id > device && (found == NULL || d->id > found->id))
			found = d;
	}
	return found;
}

/*
 * DENIED: it is owed nothing, since its messages were another key's.  AGAIN:
 * not now.
 */
static enum status
find_device(struct step *s, const struct receipt_due *d, struct contact *c,
    const struct device_entry **device)
{
	struct address to = d->to;
	uint32_t steps = 0;
	enum status st = peers_get(s, &d->to.account, c);

	if (st == STATUS_NOT_FOUND)
		return STATUS_DENIED;
	if (st != STATUS_OK)
		return st;
	*device = addressee(&c->list, d->to.device);
	if (*device == NULL || memcmp(&c->account_key, &d->account_key,
				   sizeof(c->account_key)) != 0)
		return STATUS_DENIED;
	if (c->has_pending)
		return STATUS_AGAIN;
	to.device = (*device)->id;
	st = ratchet_sending_steps(s->core->ratchet, s->txn, &to, &steps);
	if (st == STATUS_NOT_FOUND ||
	    (st == STATUS_OK && steps >= CHAIN_STEPS_MAX))
		return STATUS_AGAIN;
	return messenger_own(st);
}

static enum status
seal_nested(struct gathering *x, const struct owed *o)
{
	struct contact c;
	const struct device_entry *device = NULL;
	struct step inner = { 0 };
	enum status st = find_device(x->s, &o->due, &c, &device);

	if (st == STATUS_OK)
		st = step_nest(x->s, &inner);
	if (st != STATUS_OK)
		return st;
	st = encrypt(&inner, &c, device, o, &x->to[x->to_count]);
	if (st == STATUS_OK)
		st = step_commit(&inner);
	step_abort(&inner);
	return st;
}

static enum status
seal_one(struct gathering *x, size_t i)
{
	struct owed *o = &x->owed[i];
	enum status st = seal_nested(x, o);

	if (st == STATUS_OK) {
		x->from[x->to_count++] = i;
		return st;
	}
	if (messenger_is_fatal(st))
		return st;
	if (st == STATUS_DENIED)
		return receipts_forget(x->s, &o->due);
	o->due.not_before_ms = x->s->now_ms + RECEIPTS_LATER_MS;
	return messenger_own(receipt_due_put(x->s->txn, &o->due));
}

static enum status
put_row(struct gathering *x)
{
	struct outbox_row row = {
		.kind = OUTBOX_RECEIPT,
		.state = OUTBOX_READY,
		.conversation_kind = CONVERSATION_DIRECT,
		.created_ms = x->s->now_ms,
		.recipients = x->to,
		.recipients_count = x->to_count,
	};
	uint64_t order = 0;
	enum status st;

	random_bytes(&row.id, sizeof(row.id));
	st = outbox_put(x->s->txn, &row, &order);
	for (size_t i = 0; st == STATUS_OK && i < x->to_count; i++) {
		struct receipt_due *d = &x->owed[x->from[i]].due;

		d->row = order;
		d->again = false;
		st = receipt_due_put(x->s->txn, d);
	}
	return messenger_own(st);
}

enum status
receipts_gather(struct step *s, size_t most, size_t *count)
{
	struct gathering x = { .s = s, .most = most };
	enum status st;

	if (x.most > RECEIPTS_OF_ROW)
		x.most = RECEIPTS_OF_ROW;
	x.owed = arena_take_array(s->arena, x.most, sizeof(*x.owed));
	x.to = arena_take_array(s->arena, x.most, sizeof(*x.to));
	x.from = arena_take_array(s->arena, x.most, sizeof(*x.from));
	if (x.owed == NULL || x.to == NULL || x.from == NULL)
		return STATUS_NOMEM;
	st = receipt_due_each(s->txn, collect, &x);
	if (st == STATUS_FULL)
		st = STATUS_OK;
	if (st == STATUS_OK)
		st = judge_groups(&x);
	for (size_t i = 0; st == STATUS_OK && i < x.count; i++)
		st = seal_one(&x, i);
	if (st == STATUS_OK && x.to_count > 0)
		st = put_row(&x);
	if (st == STATUS_OK)
		*count = x.count;
	return messenger_own(st);
}
