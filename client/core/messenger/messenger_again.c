/*
 * messenger_again.c - a direct message whose device is not there any more, for
 * the device that its account has now (protocol.md 9.7).
 *
 * It is the same message: what was signed is encrypted anew, never signed anew.
 * So whoever got it after all knows it by its id.
 */
#include <string.h>

#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/messenger/receipts.h"
#include "client/core/messenger/states.h"
#include "client/core/repair/repair.h"

enum { AGAIN_MAX = 3 }; /* a relay may say so of whatever it likes */

enum status
messenger_check_signed(struct step *s, const struct outbox_row *row,
    const struct contact *c, struct plaintext *p, const char **never)
{
	struct history_entry e;
	struct hash talk;
	enum status st = history_get(s->txn, row->history_n, s->arena, &e);

	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND ? STATUS_IO : messenger_own(st);
	peers_conversation(&s->core->self.account_key, &c->account_key, &talk);
	if (e.salt.len != SALT_BYTES || history_is_gone(&e, s->now_ms))
		*never = "Its text is gone.";
	else if (e.device != s->core->self.address.device)
		*never = "It was signed by the device that this one has taken "
			 "the place of; send it again.";
	else if (!bytes_equal(e.talk, hash_view(&talk)))
		*never = "The recipient's identity key has changed; send it "
			 "again.";
	*p = (struct plaintext){ .kind = CONTENT_MESSAGE };
	p->u.message = (struct signed_message){
		.body = e.body,
		.signature = e.body_signature,
		.auth = AUTH_ED25519,
		.salt = e.salt,
		.content = e.text,
	};
	return STATUS_OK;
}

void
messenger_unseal(struct outbox_row *row)
{
	row->state = OUTBOX_DRAFT;
	row->content = BYTES_NONE;
	row->recipients = NULL;
	row->recipients_count = 0;
	row->submit_counter = 0;
	row->signed_before = true;
}

/* FULL: often enough. */
static enum status
count_again(struct step *s, const struct history_entry *e)
{
	struct bytes parts[] = { BYTES("sent-again"), BYTES_OF(e->id.raw) };
	struct tally tally = { parts, 2, AGAIN_MAX, repair_kept_ms };

	return tally_add(s->txn, &tally, 1, s->now_ms);
}

static enum status
queue_again(struct step *s, const struct history_entry *e)
{
	struct outbox_row row = {
		.kind = OUTBOX_MESSAGE,
		.conversation_kind = CONVERSATION_DIRECT,
		.to = e->peer,
		.id = e->id,
		.history_n = e->n,
		.created_ms = s->now_ms,
		.again = true,
	};
	uint64_t order;
	enum status st;

	messenger_unseal(&row);
	st = outbox_put(s->txn, &row, &order);
	if (st == STATUS_OK)
		st = states_set(s, e->n, STATE_QUEUED, BYTES_NONE);
	return st;
}

/* It was on its way when that was said: the attempt ends, the row stays. */
static enum status
renew_row(struct step *s, const struct relay_note *note, uint64_t order)
{
	struct outbox_row row;
	enum status st = outbox_get(s->txn, order, s->arena, &row);

	if (st != STATUS_OK || row.submit_counter != note->counter ||
	    !bytes_equal(BYTES_OF(row.submit_stream), BYTES_OF(note->stream)))
		return st;
	messenger_unseal(&row);
	row.again = true;
	return outbox_put(s->txn, &row, &order);
}

enum status
messenger_send_again(struct step *s, const struct relay_note *note,
    const struct history_entry *e)
{
	enum message_state known;
	uint64_t order;
	enum status st = outbox_find(s->txn, &e->id, &order);

	if (st == STATUS_OK)
		return messenger_own(renew_row(s, note, order));
	if (st != STATUS_NOT_FOUND)
		return messenger_own(st);
	/* What is known to have arrived stays so. */
	st = receipts_state(s, e, &known);
	if (st != STATUS_OK || known != STATE_STORED)
		return st;
	st = e->body.len == 0 || e->salt.len != SALT_BYTES ||
		     history_is_gone(e, s->now_ms)
		 ? STATUS_FULL
		 : count_again(s, e);
	if (st == STATUS_OK)
		st = queue_again(s, e);
	else if (st == STATUS_FULL)
		st = states_set(s, e->n, STATE_DEVICE_GONE,
		    BYTES("Its device was removed before it was fetched."));
	return messenger_own(st);
}

enum status
messenger_tell_gone(struct step *s, const struct outbox_row *row)
{
	struct history_entry e;
	bool lost = false;
	enum status st = history_get(s->txn, row->history_n, s->arena, &e);

	if (st == STATUS_OK)
		st = messenger_tell_unfetched(
		    s, NOTICE_ACCOUNT_REMOVED, &e, &row->to);
	/* One of many: it has failed only when nobody is left to get it. */
	if (st == STATUS_OK && row->conversation_kind == CONVERSATION_GROUP)
		st = receipts_is_lost(s, &e, &lost);
	if (st == STATUS_OK && lost && e.state == STATE_STORED)
		st = states_set(s, e.n, STATE_FAILED,
		    BYTES("The account was removed before it was fetched."));
	return messenger_own(st);
}
