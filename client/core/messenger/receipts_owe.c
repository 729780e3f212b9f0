/* receipts_owe.c - what we have of others' messages, and owe them word of. */
#include <string.h>

#include "client/core/messenger/consent.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/messenger/receipts.h"
#include "store/client/settings.h"

enum status
receipts_are_sent(struct step *s, enum receipt_word word,
    const struct receipt_talk *t, bool *sent)
{
	struct settings settings;
	bool blocked = false;
	enum status st = settings_get(s->txn, &settings);

	/* In groups the log's head goes with them, which all depend on. */
	if (t->contact != NULL)
		blocked = t->kind == CONVERSATION_DIRECT && t->contact->blocked;
	else if (st == STATUS_OK && t->kind == CONVERSATION_DIRECT)
		st = consent_is_blocked(s, &t->from->account, &blocked);
	if (st == STATUS_OK)
		*sent =
		    !blocked && (settings.receipts == RECEIPTS_ALL ||
				    (settings.receipts == RECEIPTS_DELIVERED &&
					word == RECEIPT_DELIVERED));
	return messenger_own(st);
}

/* false: too many conversations with this device; the next message tries. */
static bool
add_group(struct receipt_due *d, const struct hash *group)
{
	for (size_t i = 0; i < d->groups_count; i++)
		if (memcmp(&d->groups[i], group, sizeof(*group)) == 0)
			return true;
	if (d->groups_count == sizeof(d->groups) / sizeof(d->groups[0]))
		return false;
	d->groups[d->groups_count++] = *group;
	return true;
}

enum status
receipts_owe(struct step *s, const struct receipt_talk *t, bool *owed)
{
	struct receipt_due d;
	enum status st = receipt_due_get(s->txn, t->from, &d);

	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return messenger_own(st);
	/* Messages of another key are another's. */
	if (st == STATUS_OK && memcmp(&d.account_key, t->account_key,
				   sizeof(d.account_key)) != 0) {
		st = receipts_forget(s, &d);
		if (st != STATUS_OK)
			return st;
		st = STATUS_NOT_FOUND;
	}
	if (st == STATUS_NOT_FOUND)
		d = (struct receipt_due){
			.to = *t->from,
			.account_key = *t->account_key,
		};
	d.again = d.row != 0;
	*owed = true;
	if (t->kind == CONVERSATION_DIRECT)
		d.direct = true;
	else
		*owed = add_group(&d, t->conversation);
	return messenger_own(receipt_due_put(s->txn, &d));
}

enum status
receipts_owe_head(struct step *s, const struct receipt_talk *t)
{
	bool owed;

	return receipts_owe(s, t, &owed);
}

enum status
receipts_note_filed(struct step *s, const struct receipt_talk *t, uint64_t seq,
    struct sender_state *chain)
{
	bool sent = false;
	enum status st;

	if (seq == 0 || ranges_has(&chain->delivered, seq))
		return STATUS_OK;
	st = receipts_are_sent(s, RECEIPT_DELIVERED, t, &sent);
	if (st != STATUS_OK || !sent)
		return st;
	ranges_add(&chain->delivered, seq, seq);
	return chain->due ? STATUS_OK : receipts_owe(s, t, &chain->due);
}

static bool
same_sender(const struct receipt_shown *a, const struct receipt_shown *b)
{
	return a->kind == b->kind && address_equal(&a->from, &b->from) &&
	       memcmp(&a->group, &b->group, sizeof(a->group)) == 0 &&
	       memcmp(&a->account_key, &b->account_key,
		   sizeof(a->account_key)) == 0;
}

/* All of one sender in one conversation, from shown[0] on. */
static enum status
note_sender(struct step *s, const struct receipt_shown *shown, size_t count)
{
	struct hash conversation = shown->group;
	struct receipt_talk t = { shown->kind, &conversation, &shown->from,
		&shown->account_key, NULL };
	struct sender_state chain;
	bool changed = false;
	bool sent = false;
	enum status st;

	if (shown->kind == CONVERSATION_DIRECT)
		peers_conversation(&s->core->self.account_key,
		    &shown->account_key, &conversation);
	st = receipts_are_sent(s, RECEIPT_READ, &t, &sent);
	if (st != STATUS_OK || !sent)
		return st;
	st = sender_get(s->txn, &conversation, &shown->from, &chain);
	for (size_t i = 0; st == STATUS_OK && i < count; i++) {
		uint64_t seq = shown[i].seq;

		/* What was not said to us then is no receipt's business. */
		if (!same_sender(shown, &shown[i]) ||
		    !ranges_has(&chain.delivered, seq) ||
		    ranges_has(&chain.read, seq))
			continue;
		ranges_add(&chain.read, seq, seq);
		changed = true;
	}
	if (st != STATUS_OK || !changed)
		return messenger_own(st);
	if (!chain.due)
		st = receipts_owe(s, &t, &chain.due);
	if (st == STATUS_OK)
		st = sender_put(s->txn, &conversation, &shown->from, &chain);
	return messenger_own(st);
}

enum status
receipts_note_shown(
    struct step *s, const struct receipt_shown *shown, size_t count)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; st == STATUS_OK && i < count; i++) {
		bool first = true;

		for (size_t j = 0; first && j < i; j++)
			first = !same_sender(&shown[j], &shown[i]);
		if (first)
			st = note_sender(s, shown + i, count - i);
	}
	return st;
}
