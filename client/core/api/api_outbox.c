/* api_outbox.c - what is not yet at the relay. */
#include <string.h>

#include "base/number.h"
#include "client/core/api/api_batch.h"
#include "client/core/api/api_event.h"
#include "client/core/api/api_words.h"
#include "client/core/messenger/peers.h"
#include "store/client/outbox.h"

enum { ID_DIGITS = 2 * MESSAGE_ID_BYTES };

static const char *
text_of(struct step *s, struct bytes b)
{
	char *text = arena_take(s->arena, b.len + 1);

	if (text != NULL && b.len > 0)
		memcpy(text, b.data, b.len);
	return text;
}

/* Once it is ciphertext, only the history still has the words. */
static enum status
read_row(struct step *s, const struct outbox_row *row, struct bytes *text,
    enum tacit_word *word)
{
	struct history_entry entry;
	enum status st = history_get(s->txn, row->history_n, s->arena, &entry);

	*text = row->content;
	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND ? STATUS_OK : st;
	*word = words_kind(entry.type);
	if (row->state != OUTBOX_DRAFT)
		*text = history_is_gone(&entry, s->now_ms) ? BYTES_NONE
							   : entry.text;
	return STATUS_OK;
}

static enum status
conversation_of(
    struct step *s, const struct outbox_row *row, struct event_conversation *c)
{
	struct hash key = row->conversation;

	if (row->conversation_kind == CONVERSATION_DIRECT)
		peers_history_key(&row->to, &key);
	return event_conversation(s, row->conversation_kind, &key, &row->to, c);
}

/* What lies there without having been refused waits for the relay. */
static const char *
why_waiting(const struct outbox_row *row, int64_t last_contact_ms)
{
	if (last_contact_ms < row->created_ms)
		return "Nothing has reached the relay since.";
	return "It goes with the next command that reaches the relay.";
}

static enum status
show_row(struct step *s, const struct outbox_row *row, int64_t last_contact_ms,
    tacit_outbox_fn *show, void *arg, bool *go_on)
{
	struct tacit_outbox_item item = { 0 };
	struct event_conversation to;
	char id[ID_DIGITS + 1];
	struct bytes text = BYTES_NONE;
	enum tacit_word word = TACIT_TEXT;
	enum status st = conversation_of(s, row, &to);

	if (st == STATUS_OK && row->kind == OUTBOX_MESSAGE)
		st = read_row(s, row, &text, &word);
	if (st != STATUS_OK)
		return st;
	item.to = to.view;
	item.state = row->state == OUTBOX_DRAFT ? "draft" : "ready";
	if (row->kind == OUTBOX_MESSAGE) {
		hex_encode(BYTES_OF(row->id), id);
		item.id = id;
		item.text = text_of(s, text);
		item.text_len = text.len;
		item.word = tacit_word_name(word);
	}
	item.created_ms = row->created_ms;
	item.attempts = row->attempts;
	item.next_attempt_ms = row->next_attempt_ms;
	item.reason = row->last_error.len > 0
			  ? text_of(s, row->last_error)
			  : why_waiting(row, last_contact_ms);
	*go_on = show(&item, arg);
	return STATUS_OK;
}

enum tacit_code
tacit_outbox(
    struct tacit *t, tacit_outbox_fn *show, void *arg, struct tacit_error *e)
{
	struct outbox_row row = { 0 };
	struct counters counters = { 0 };
	struct step s = { 0 };
	bool go_on = true;
	enum status st = step_begin(&t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = counters_get(s.txn, &counters);
	while (st == STATUS_OK && go_on) {
		arena_reset(s.arena);
		st = outbox_next(s.txn, row.order, s.arena, &row);
		/* Receipts are nobody's concern: the next say it all again. */
		if (st == STATUS_OK && row.kind != OUTBOX_RECEIPT)
			st = show_row(&s, &row, counters.last_contact_ms, show,
			    arg, &go_on);
	}
	step_abort(&s);
	return error_status(e, st == STATUS_NOT_FOUND ? STATUS_OK : st);
}

/* Messages in the outbox, in its order, as a batch to tell about. */
static enum status
list_messages(struct step *s, struct batch *b, size_t room)
{
	struct outbox_row row = { 0 };
	enum status st = STATUS_OK;

	while (st == STATUS_OK && b->composed < room) {
		arena_reset(s->arena);
		st = outbox_next(s->txn, row.order, s->arena, &row);
		if (st != STATUS_OK || row.kind != OUTBOX_MESSAGE)
			continue;
		b->items[b->composed].n = row.history_n;
		b->items[b->composed].order = row.order;
		b->composed++;
	}
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

static enum status
batch_of_outbox(struct tacit *t, struct batch *b)
{
	struct step s = { 0 };
	size_t room = 0;
	enum status st = step_begin(&t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = outbox_count(s.txn, &room);
	if (st == STATUS_OK)
		st = batch_init(b, t, room + 1);
	if (st == STATUS_OK)
		st = list_messages(&s, b, room);
	step_abort(&s);
	return st;
}

enum tacit_code
tacit_outbox_retry(
    struct tacit *t, tacit_sent_fn *sent, void *arg, struct tacit_error *e)
{
	int64_t deadline_ms = handle_deadline(t);
	struct courier *c = NULL;
	struct batch b = { 0 };
	struct tacit_error told;
	enum tacit_code code = error_status(e, batch_of_outbox(t, &b));

	b.sent = sent;
	b.arg = arg;
	if (code == TACIT_DONE)
		code = courier_open(&t->core, deadline_ms, &c, e);
	if (code == TACIT_DONE)
		code = courier_catch_up(c, deadline_ms, e);
	if (code == TACIT_DONE)
		code = courier_flush(c, deadline_ms, batch_keep_fate, &b, e);
	if (code == TACIT_DONE)
		code = batch_reason(&b, e);
	courier_close(c);
	if (b.composed > 0 &&
	    error_status(&told, batch_tell(&b)) != TACIT_DONE &&
	    code == TACIT_DONE) {
		*e = told;
		code = told.code;
	}
	batch_clear(&b);
	return code;
}

enum tacit_code
tacit_outbox_cancel(struct tacit *t, const char *id, struct tacit_error *e)
{
	struct outbox_row row = { 0 };
	struct step s = { 0 };
	uint64_t order = 0;
	enum status st = step_begin(&t->core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = outbox_find_prefix(s.txn, id, &order);
	if (st == STATUS_OK)
		st = outbox_get(s.txn, order, s.arena, &row);
	/* An attempt without an answer may have arrived. */
	if (st == STATUS_OK)
		st = messenger_fail(&s, order,
		    row.submit_counter == 0
			? "You cancelled it."
			: "You cancelled it; it may have arrived.");
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	if (st == STATUS_NOT_FOUND || st == STATUS_BAD_INPUT)
		return error_set(e, TACIT_NOT_FOUND,
		    "No message of that id is in the outbox; see `tacit "
		    "outbox`.");
	if (st == STATUS_CONFLICT)
		return error_set(e, TACIT_NOT_FOUND,
		    "More than one message begins with that; give more digits "
		    "of its id.");
	return error_status(e, st);
}
