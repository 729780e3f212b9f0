/* api_send.c - what the user says, to the outbox and on to the relay. */

#include "base/clock.h"
#include "base/hook.h"
#include "client/core/api/api_address.h"
#include "client/core/api/api_batch.h"
#include "client/core/group/group.h"

enum {
	QUEUE_ITEMS = 256, /* messages of one transaction */
	RETRY_FIRST_MS = 500,
	RETRY_LAST_MS = 30 * 1000,
};

/* All of them have to make sense before the first is queued. */
static enum tacit_code
address_all(struct batch *b, struct tacit_error *e)
{
	struct step s = { 0 };
	enum tacit_code code =
	    error_status(e, step_begin(&b->t->core, DB_READ, &s));

	for (size_t i = 0; code == TACIT_DONE && i < b->count; i++)
		code = address_message(
		    &s, i == 0 ? NULL : &b->items[i - 1], &b->items[i], e);
	step_abort(&s);
	return code;
}

/* A killed process leaves what was settled, and no more. */
static void
settle(bool durable, void *arg)
{
	struct batch *b = arg;

	if (durable && b->said > b->composed)
		hook_reach("send-after-compose");
	if (durable)
		b->composed = b->said;
	/* Its place in the outbox is the next one's, whose fate is not ours. */
	while (b->said > b->composed)
		b->items[--b->said].order = 0;
}

static bool
has_more(void *arg)
{
	const struct batch *b = arg;

	return b->said < b->count && b->wrong == STATUS_OK;
}

static enum status
say_next(struct step *s, const struct submit_id *id, struct outbox_row *row,
    void *arg)
{
	struct batch *b = arg;
	struct sending *item = &b->items[b->said];
	enum status st = messenger_say(s, &item->draft, id, &item->n, row);

	if (st != STATUS_OK)
		return st;
	item->order = row->order;
	b->said++;
	return STATUS_OK;
}

/* One that can never be said ends the batch, and what came before it goes. */
static enum status
draft_next(struct step *outer, void *arg)
{
	struct batch *b = arg;
	struct sending *item = &b->items[b->said];
	struct step s = { 0 };
	enum status st = step_nest(outer, &s);

	if (st == STATUS_OK)
		st =
		    messenger_compose(&s, &item->draft, &item->n, &item->order);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	if (st == STATUS_CONFLICT || st == STATUS_DENIED) {
		b->wrong = st;
		return STATUS_OK;
	}
	if (st == STATUS_OK || st == STATUS_EXISTS)
		b->said++;
	return st == STATUS_EXISTS ? STATUS_OK : st;
}

static enum tacit_code
explain_wrong(const struct batch *b, struct tacit_error *e)
{
	if (b->wrong == STATUS_CONFLICT)
		return error_set(e, TACIT_EXISTS,
		    "That id belongs to another message: of somebody else, to "
		    "somebody else, or with another text; choose another "
		    "one.");
	if (b->wrong == STATUS_DENIED)
		return error_set(e, TACIT_NOT_ALLOWED,
		    "That message never left, and never will; write a new "
		    "one.");
	return error_clear(e);
}

static enum status
queue_some(struct batch *b)
{
	struct step s = { 0 };
	enum status st = step_begin(&b->t->core, DB_WRITE, &s);

	for (size_t i = 0; st == STATUS_OK && i < QUEUE_ITEMS && has_more(b);
	     i++)
		st = draft_next(&s, b);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	settle(st == STATUS_OK, b);
	return st;
}

/* All that is not composed yet, as drafts. */
static enum tacit_code
queue(struct batch *b, struct tacit_error *e)
{
	enum status st = STATUS_OK;

	while (st == STATUS_OK && has_more(b))
		st = queue_some(b);
	return st == STATUS_OK ? explain_wrong(b, e) : error_status(e, st);
}

static bool
catches_up(const struct batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->items[i].message->kind == TACIT_GROUP &&
		    !b->items[i].message->now)
			return true;
	return false;
}

/* Connect, catch up, compose what is not composed yet, and send it all. */
static enum tacit_code
attempt(struct batch *b, int64_t deadline_ms, struct tacit_error *e)
{
	const struct courier_source source = { has_more, say_next, draft_next,
		settle, b };
	struct courier *c = NULL;
	enum tacit_code code = courier_open(&b->t->core, deadline_ms, &c, e);

	if (code == TACIT_DONE)
		code = catches_up(b) ? courier_drain(c, deadline_ms, e)
				     : courier_catch_up(c, deadline_ms, e);
	/* What was just read may say that we are not a member any more. */
	if (code == TACIT_DONE && b->composed == 0)
		code = address_all(b, e);
	if (code == TACIT_DONE)
		code = courier_send(
		    c, &source, deadline_ms, batch_keep_fate, b, e);
	/* What the relay leaves no submit ids for waits in the outbox. */
	if (code == TACIT_DONE)
		code = queue(b, e);
	if (code == TACIT_DONE)
		code = batch_reason(b, e);
	courier_close(c);
	return code;
}

static bool
waiting_may_help(enum tacit_code code)
{
	return code == TACIT_UNREACHABLE || code == TACIT_REFUSED;
}

/* Attempts until one succeeds, or wait_ms is over; messages stay queued. */
static enum tacit_code
attempt_all(struct batch *b, int64_t wait_ms, struct tacit_error *e)
{
	int64_t end_ms = clock_mono_ms() + wait_ms;
	int64_t pause = RETRY_FIRST_MS;
	enum tacit_code code = error_clear(e);

	/* A killed waiter must not take the message with it. */
	if (wait_ms > 0 && !catches_up(b))
		code = queue(b, e);
	if (code == TACIT_DONE)
		code = attempt(b, handle_deadline(b->t), e);
	while (waiting_may_help(code) && clock_mono_ms() < end_ms) {
		int64_t left_ms = end_ms - clock_mono_ms();
		struct tacit_error queued;

		if (queue(b, &queued) != TACIT_DONE)
			return *e = queued, queued.code;
		clock_sleep_ms(pause < left_ms ? pause : left_ms);
		pause = pause * 2 < RETRY_LAST_MS ? pause * 2 : RETRY_LAST_MS;
		batch_forget_fates(b);
		code = attempt(b, handle_deadline(b->t), e);
	}
	return code;
}

/* What is worth queueing although it could not be sent now. */
static enum tacit_code
queue_rest(struct batch *b, enum tacit_code code, struct tacit_error *e)
{
	struct tacit_error queued;

	if (code != TACIT_UNREACHABLE && code != TACIT_REFUSED &&
	    code != TACIT_WRONG_RELAY)
		return code;
	if (queue(b, &queued) == TACIT_DONE)
		return code;
	*e = queued;
	return e->code;
}

/*
 * A group that we do not know, or are not in, may be waiting for us at the
 * relay: one looks before saying no.  Without a relay the answer stands.
 */
static enum tacit_code
address_again(struct batch *b, enum tacit_code no, struct tacit_error *e)
{
	int64_t deadline_ms = handle_deadline(b->t);
	struct courier *c = NULL;
	struct tacit_error unread;
	enum tacit_code code;

	if ((no != TACIT_NOT_FOUND && no != TACIT_NOT_ALLOWED) ||
	    !catches_up(b))
		return no;
	code = courier_open(&b->t->core, deadline_ms, &c, &unread);
	if (code == TACIT_DONE)
		code = courier_drain(c, deadline_ms, &unread);
	courier_close(c);
	return code == TACIT_DONE ? address_all(b, e) : no;
}

enum tacit_code
batch_send(struct batch *b, struct tacit_error *e)
{
	const struct tacit_send *first = b->items[0].message;
	enum tacit_code code = address_all(b, e);
	struct tacit_error told;

	if (code != TACIT_DONE && !first->queue_only)
		code = address_again(b, code, e);
	if (code != TACIT_DONE)
		return code;
	if (first->queue_only)
		code = queue(b, e);
	else
		code = queue_rest(b, attempt_all(b, first->wait_ms, e), e);
	if (error_status(&told, batch_tell(b)) != TACIT_DONE &&
	    code == TACIT_DONE) {
		*e = told;
		code = told.code;
	}
	return code;
}

enum tacit_code
tacit_send(struct tacit *t, const struct tacit_send *messages, size_t count,
    tacit_sent_fn *sent, void *arg, struct tacit_error *e)
{
	struct batch b;
	enum tacit_code code;

	if (count == 0)
		return error_clear(e);
	code = error_status(e, batch_init(&b, t, count));
	if (code != TACIT_DONE)
		return code;
	b.sent = sent;
	b.arg = arg;
	for (size_t i = 0; i < count; i++)
		b.items[i].message = &messages[i];
	code = batch_send(&b, e);
	batch_clear(&b);
	return code;
}
