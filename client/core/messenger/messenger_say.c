/* messenger_say.c - what the user says, composed and sealed in one go. */
#include <string.h>

#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/messenger/states.h"
#include "client/core/messenger/timers.h"
#include "client/core/words/words.h"

/* Is it new, and does it stand for itself?  AGAIN: it changes another. */
static enum status
prepare(struct step *s, struct draft *d)
{
	uint64_t n, order;
	bool done = false;
	enum status st = messenger_find_composed(s, d, &n, &order);

	if (st == STATUS_OK)
		st = words_prepare(s, d, &done, &n, &order);
	return st == STATUS_OK && done ? STATUS_AGAIN : st;
}

/*
 * First words make somebody a contact (consent.h), and a session may be due to
 * be begun anew.  AGAIN, NOT_FOUND: there is something to do first.
 */
static enum status
check_receiver(struct step *s, const struct contact *c)
{
	struct address with = { .account = c->name };
	enum status st = STATUS_OK;

	if (!c->known || c->removed || c->list.devices_count == 0)
		return STATUS_AGAIN;
	for (size_t i = 0; i < c->list.devices_count && st == STATUS_OK; i++) {
		with.device = c->list.devices[i].id;
		st = pair_is_settled(s, &with);
	}
	return st;
}

/* As messenger_compose() and messenger_file_signed() do one after the other. */
static enum status
file(struct step *s, struct history_entry *e)
{
	enum status st = history_append(s->txn, e, &e->n);

	if (st == STATUS_OK)
		st = history_note_number(s->txn, e);
	if (st == STATUS_OK)
		st = states_composed(s, e);
	/* Nobody can have said anything about a text that is this new. */
	if (st == STATUS_OK && e->type != MESSAGE_TEXT)
		st = words_filed(s, e);
	return st;
}

static enum status
sign_and_encrypt(struct step *s, const struct contact *c, const struct draft *d,
    struct history_entry *e, struct outbox_row *row)
{
	struct signed_parts parts = { 0 };
	struct plaintext p;
	struct saying what;
	uint64_t seq;
	enum status st = messenger_saying_of(s, e, d->text, &what);

	if (st == STATUS_OK) {
		timers_apply(c, &what);
		st = messenger_sign(
		    s, &row->conversation, &what, NULL, &parts, &seq);
	}
	if (st == STATUS_OK)
		st = messenger_fill_signed(s, row, &parts, seq, e);
	if (st == STATUS_OK)
		st = file(s, e);
	if (st == STATUS_OK) {
		row->history_n = e->n;
		p = messenger_plaintext(&parts, d->text);
		st = messenger_encrypt(s, row, c, &p);
	}
	buf_free(parts.body);
	return st;
}

enum status
messenger_say(struct step *s, const struct draft *said,
    const struct submit_id *id, uint64_t *n, struct outbox_row *row)
{
	struct draft d = *said;
	struct history_entry e;
	struct contact c;
	enum status st;

	if (d.kind != CONVERSATION_DIRECT)
		return STATUS_AGAIN;
	st = prepare(s, &d);
	if (st == STATUS_OK)
		st = messenger_draft_entry(s, &d, &e);
	if (st == STATUS_OK)
		st = peers_ready(s, &d.to, &c);
	if (st == STATUS_OK)
		st = check_receiver(s, &c);
	if (st != STATUS_OK)
		return messenger_own(st);
	*row = (struct outbox_row){
		.kind = OUTBOX_MESSAGE,
		.conversation_kind = CONVERSATION_DIRECT,
		.to = d.to,
		.id = d.id,
		.created_ms = s->now_ms,
		.submit_counter = id->counter,
	};
	memcpy(row->submit_stream, id->stream, sizeof(row->submit_stream));
	peers_conversation(
	    &s->core->self.account_key, &c.account_key, &row->conversation);
	st = sign_and_encrypt(s, &c, &d, &e, row);
	*n = e.n;
	return messenger_own(st);
}
