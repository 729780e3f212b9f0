/* api_send.c - what the user says, to the outbox and on to the relay. */

#include "base/clock.h"
#include "base/hook.h"
#include "client/core/api/api_address.h"
#include "client/core/api/api_batch.h"
#include "client/core/group/group.h"

enum {
	COMPOSE_ITEMS = 256, /* messages of one transaction */
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
		code = address_message(&s, &b->items[i], e);
	step_abort(&s);
	return code;
}

/*
 * With a session there, ciphertext and submit id are made in the transaction
 * that files the message: one commit before it leaves.  What stands in the way
 * is for the flush to find out again, and to say.
 *
 * Not past an earlier row: if it is a draft that will carry something to the
 * same device, this one would leave after what was sealed after it, and the
 * receiver be told of a gap.
 */
static enum status
seal_at_once(struct step *outer, uint64_t order)
{
	struct outbox_row earlier;
	struct account_name needed[1];
	size_t count = 1;
	struct step s = { 0 };
	enum status st;

	st = outbox_prev(outer->txn, order, outer->arena, &earlier);
	if (st != STATUS_NOT_FOUND)
		return st;
	st = step_nest(outer, &s);
	/* Numbered first: the draft is small, what it becomes may not be. */
	if (st == STATUS_OK)
		st = courier_number_row(&s, order);
	if (st == STATUS_OK)
		st = messenger_seal(&s, order, needed, &count);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	if (st == STATUS_NOMEM || st == STATUS_NO_SPACE || st == STATUS_IO)
		return st;
	return STATUS_OK;
}

static enum status
compose_some(struct batch *b, size_t count, bool seal)
{
	struct step s = { 0 };
	enum status st = step_begin(&b->t->core, DB_WRITE, &s);

	for (size_t i = 0; st == STATUS_OK && i < count; i++) {
		struct sending *item = &b->items[b->composed + i];

		st =
		    messenger_compose(&s, &item->draft, &item->n, &item->order);
		/* A draft that was deleted is not there to be sealed. */
		if (st == STATUS_OK && seal && item->order != 0)
			st = seal_at_once(&s, item->order);
		else if (st == STATUS_EXISTS)
			st = STATUS_OK;
	}
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

static enum tacit_code
compose(struct batch *b, bool online, struct tacit_error *e)
{
	enum status st = STATUS_OK;

	while (st == STATUS_OK && b->composed < b->count) {
		size_t some = b->count - b->composed;

		if (some > COMPOSE_ITEMS)
			some = COMPOSE_ITEMS;
		st = compose_some(b, some, online && b->count == 1);
		if (st == STATUS_OK)
			b->composed += some;
	}
	hook_reach("send-after-compose");
	if (st == STATUS_CONFLICT)
		return error_set(e, TACIT_EXISTS,
		    "That id belongs to another message, of somebody else or "
		    "to somebody else; choose another one.");
	if (st == STATUS_DENIED)
		return error_set(e, TACIT_NOT_ALLOWED,
		    "That message never left, and never will; write a new "
		    "one.");
	return error_status(e, st);
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
	struct courier *c = NULL;
	enum tacit_code code = courier_open(&b->t->core, deadline_ms, &c, e);

	if (code == TACIT_DONE)
		code = catches_up(b) ? courier_drain(c, deadline_ms, e)
				     : courier_catch_up(c, deadline_ms, e);
	/* What was just read may say that we are not a member any more. */
	if (code == TACIT_DONE && b->composed == 0)
		code = address_all(b, e);
	if (code == TACIT_DONE)
		code = compose(b, true, e);
	if (code == TACIT_DONE)
		code = courier_flush(c, deadline_ms, batch_keep_fate, b, e);
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
		code = compose(b, false, e);
	if (code == TACIT_DONE)
		code = attempt(b, handle_deadline(b->t), e);
	while (waiting_may_help(code) && clock_mono_ms() < end_ms) {
		int64_t left_ms = end_ms - clock_mono_ms();
		struct tacit_error queued;

		if (compose(b, false, &queued) != TACIT_DONE)
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
	if (compose(b, false, &queued) == TACIT_DONE)
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
		code = compose(b, false, e);
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
