/*
 * receipts_gone.c - what devices wrote that have been replaced.
 *
 * Word of it that lay in their mailboxes is lost with these, and a copy that
 * goes on as another device may be older than what it had been told.  So the
 * next device is told all of it again.  Whoever knows nothing of those messages
 * lets it be.
 */
#include "client/core/group/group.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/messenger/receipts.h"

/* Of an account that changes devices over and over, so many of the last. */
enum { GONE_MAX = 4 };

/* What was not told while receipts were off stands nowhere (7.5). */
static enum status
owe_talk(struct step *s, const struct receipt_talk *t)
{
	struct sender_state chain;
	bool sent = false;
	enum status st = sender_get(s->txn, t->conversation, t->from, &chain);

	if (st != STATUS_OK || chain.delivered.count == 0)
		return messenger_own(st);
	st = receipts_are_sent(s, RECEIPT_DELIVERED, t, &sent);
	if (st != STATUS_OK || !sent)
		return st;
	st = receipts_owe(s, t, &chain.due);
	if (st == STATUS_OK)
		st = messenger_own(
		    sender_put(s->txn, t->conversation, t->from, &chain));
	return st;
}

enum status
receipts_owe_gone(struct step *s, const struct contact *c, uint32_t device)
{
	struct group_ids all = { .count = 0 };
	struct address from = { c->name, device };
	struct hash direct;
	struct receipt_talk t = { CONVERSATION_DIRECT, &direct, &from,
		&c->account_key, c };
	enum status st = groups_list(s->txn, true, s->arena, &all);

	peers_conversation(
	    &s->core->self.account_key, &c->account_key, &direct);
	for (; st == STATUS_OK && from.device > 0 &&
	       device - from.device < GONE_MAX;
	     from.device--) {
		t.kind = CONVERSATION_DIRECT;
		t.conversation = &direct;
		st = owe_talk(s, &t);
		t.kind = CONVERSATION_GROUP;
		for (size_t i = 0; st == STATUS_OK && i < all.count; i++) {
			t.conversation = &all.ids[i];
			st = owe_talk(s, &t);
		}
	}
	return messenger_own(st);
}
