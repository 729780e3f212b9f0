/* courier_answers.c - what the relay says to submits, and what follows. */
#include <string.h>

#include "base/clock.h"
#include "base/hook.h"
#include "client/core/clock_trust.h"
#include "client/core/courier/courier_flush.h"
#include "client/core/messenger/peers.h"

static const char no_room[] = "The mailbox is full; the message stays in the "
			      "outbox and is tried again.";

enum status
flush_note(struct flush *f, uint64_t order, enum message_state state,
    const struct tacit_error *error, struct fate **fate)
{
	struct fate *fresh = arena_take(f->arena, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->error = *error;
	fresh->view.order = order;
	fresh->view.state = state;
	if (error->code != TACIT_DONE)
		fresh->view.why = &fresh->error;
	*f->fates_end = fresh;
	f->fates_end = &fresh->next;
	if (fate != NULL)
		*fate = fresh;
	return STATUS_OK;
}

static bool
is_answer(enum reply_kind kind, uint64_t id, void *arg)
{
	const struct flush *f = arg;

	return (kind == REPLY_SUBMITTED || kind == REPLY_ERROR) &&
	       attempts_of_request(f->attempts, id) != NULL;
}

static enum status
take_answer(struct flush *f, int64_t deadline_ms)
{
	struct answer *answer = &f->answers[f->answers_count];
	struct attempt *attempt;
	enum status st = uplink_next_where(f->c->u, is_answer, f, deadline_ms,
	    f->answers_arena, &answer->reply);

	if (st != STATUS_OK)
		return st;
	attempt = attempts_of_request(f->attempts, answer->reply.id);
	answer->order = attempt->order;
	f->answers_count++;
	return attempts_set_request(f->attempts, attempt, 0);
}

enum tacit_code
flush_gather(struct flush *f, bool wait, struct tacit_error *e)
{
	int64_t deadline_ms = wait ? f->deadline_ms : 0;
	enum status st = STATUS_OK;

	arena_reset(f->answers_arena);
	f->answers_count = 0;
	while (st == STATUS_OK && f->answers_count < BATCH_ITEMS &&
	       attempts_under_way(f->attempts) > 0) {
		st = take_answer(f, deadline_ms);
		deadline_ms = 0; /* the rest only as far as it is here */
	}
	if (f->answers_count > 0)
		hook_reach("send-after-submit");
	if (st == STATUS_AGAIN && !wait)
		st = STATUS_OK;
	/* What was answered before the line broke is filed first. */
	if (f->answers_count > 0 && st != STATUS_NOMEM)
		st = STATUS_OK;
	return error_status(
	    e, st == STATUS_BAD_INPUT ? STATUS_UNREACHABLE : st);
}

bool
flush_is_full(const struct flush *f, const struct outbox_row *row)
{
	bool found = false;

	for (size_t i = 0; i < f->full_count && !found; i++)
		found = account_name_equal(&f->full[i], &row->to);
	return found && row->kind == OUTBOX_MESSAGE;
}

enum status
flush_hold_back(struct flush *f, const struct outbox_row *row)
{
	struct attempt *attempt;
	struct tacit_error why;
	enum status st = attempts_take(f->attempts, row->order, &attempt);

	if (st != STATUS_OK)
		return st;
	attempt->settled = true;
	error_set(&why, TACIT_REFUSED, "%s", no_room);
	return flush_note(f, row->order, STATE_REFUSED, &why, NULL);
}

bool
flush_says_changed(const struct reply *reply)
{
	return reply->kind == REPLY_ERROR &&
	       reply->u.error.code == ERROR_DEVICES_CHANGED;
}

size_t
flush_open_recipients(const struct outbox_row *row)
{
	size_t count = 0;

	for (size_t i = 0; i < row->recipients_count; i++)
		count += !row->recipients[i].done;
	return count;
}

/* The account of the index-th recipient that was named in the attempt. */
static const char *
attempted(const struct outbox_row *row, uint32_t index)
{
	for (size_t i = 0; i < row->recipients_count; i++)
		if (!row->recipients[i].done && index-- == 0)
			return row->recipients[i].to.account.text;
	return NULL;
}

static enum status
list_refused(struct flush *f, const struct outbox_row *row,
    const struct reply *reply, struct fate *fate)
{
	size_t most = reply->u.submitted.count + row->recipients_count + 1;
	const char **names = arena_take_array(f->arena, most, sizeof(*names));
	size_t count = 0;

	if (names == NULL)
		return STATUS_NOMEM;
	/* Left out from the start, since their account key has changed. */
	for (size_t i = 0; i < row->recipients_count; i++)
		if (row->recipients[i].type == 0)
			names[count++] = row->recipients[i].to.account.text;
	for (size_t i = 0; i < reply->u.submitted.count; i++) {
		const char *name =
		    attempted(row, reply->u.submitted.refused[i].index);

		if (name != NULL)
			names[count++] = name;
	}
	fate->view.refused = names;
	fate->view.refused_count = count;
	return STATUS_OK;
}

/* Are the accounts of all members gone that a message to a group was for? */
static bool
is_alone(const struct flush *f, const struct outbox_row *row)
{
	if (row->kind != OUTBOX_MESSAGE ||
	    row->conversation_kind != CONVERSATION_GROUP)
		return false;
	for (size_t i = 0; i < row->recipients_count; i++)
		if (!flush_is_gone(f, &row->recipients[i].to.account))
			return false;
	return true;
}

static enum status
fail_alone(struct flush *f, struct step *s, const struct outbox_row *row)
{
	struct account_name *gone =
	    arena_take_array(f->arena, row->recipients_count, sizeof(*gone));

	if (gone == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < row->recipients_count; i++)
		gone[i] = row->recipients[i].to.account;
	return messenger_fail_alone(s, row, gone, row->recipients_count);
}

/* The list was looked up before: is it a new device, or another account key? */
static void
explain_changed(struct flush *f, struct step *s, const struct outbox_row *row,
    struct tacit_error *error)
{
	struct meeting m = { row->to, TACIT_KEY_CHANGED, 0 };
	struct contact contact;

	if (row->conversation_kind == CONVERSATION_DIRECT &&
	    peers_ready(s, &row->to, &contact) == STATUS_UNTRUSTED)
		courier_meeting_error(&m, error);
	else if (is_alone(f, row))
		error_set(error, TACIT_REFUSED, "%s", messenger_alone);
	else
		error_set(error, TACIT_REFUSED,
		    "A recipient has changed devices since this was encrypted; "
		    "send it again.");
}

static void
explain(struct flush *f, struct step *s, const struct outbox_row *row,
    const struct reply *reply, struct tacit_error *error)
{
	error_clear(error);
	if (flush_says_changed(reply))
		explain_changed(f, s, row, error);
	else if (reply->kind == REPLY_ERROR)
		error_reply(error, reply);
	else if (reply->u.submitted.count > 0 &&
		 reply->u.submitted.count >= flush_open_recipients(row))
		error_set(error, TACIT_REFUSED, "%s", no_room);
}

/* Does the row stay, and with which submit id? */
static enum status
look_again(struct flush *f, struct step *s, struct attempt *attempt,
    const struct reply *reply)
{
	bool retry = flush_says_changed(reply) && attempt->tries < FLUSH_TRIES;
	struct outbox_row row;
	enum status st = outbox_get(s->txn, attempt->order, f->arena, &row);

	/* It was for many, and there was not room for all of them. */
	if (st == STATUS_OK && reply->kind == REPLY_SUBMITTED)
		retry = row.state == OUTBOX_DRAFT;
	attempt->counter = st == STATUS_OK ? row.submit_counter : 0;
	attempt->settled = st != STATUS_OK || !retry;
	f->rescan = f->rescan || !attempt->settled;
	/* Nobody scans to it again, and nothing is to be said past it. */
	if (st == STATUS_OK && attempt->settled)
		f->drafts = f->drafts || messenger_wants_seal(&row);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

static bool
says_full(const struct reply *reply)
{
	return reply->kind == REPLY_ERROR ? reply->u.error.code == ERROR_FULL
					  : reply->u.submitted.count > 0;
}

/* What is on its way behind it cannot be held back; what is not yet, is. */
static void
note_full(struct flush *f, const struct outbox_row *row)
{
	if (row->kind == OUTBOX_MESSAGE &&
	    row->conversation_kind == CONVERSATION_DIRECT &&
	    f->full_count < FLUSH_FULL_MAX && !flush_is_full(f, row))
		f->full[f->full_count++] = row->to;
}

/*
 * Another process has filed an answer to the same attempt, and the row is at
 * another by now: it is a draft again, or some of its recipients are done.
 * What this answer says is of neither.
 */
static enum status
pass_over(struct flush *f, struct step *s, struct attempt *attempt,
    const struct outbox_row *row, const struct reply *reply)
{
	bool draft = messenger_wants_seal(row);
	struct tacit_error error;

	attempt->counter = row->submit_counter;
	attempt->settled = attempt->tries >= FLUSH_TRIES ||
			   (!draft && row->submit_counter == 0);
	f->rescan = f->rescan || !attempt->settled;
	if (!attempt->settled)
		return STATUS_OK;
	f->drafts = f->drafts || draft;
	/* Many have their own fates; which these are, the row has forgotten. */
	if (row->kind != OUTBOX_MESSAGE ||
	    row->conversation_kind != CONVERSATION_DIRECT)
		return STATUS_OK;
	if (says_full(reply))
		note_full(f, row);
	explain(f, s, row, reply, &error);
	return flush_note(f, row->order, STATE_QUEUED, &error, NULL);
}

static enum status
apply_one(struct flush *f, struct step *s, const struct answer *answer)
{
	const struct reply *reply = &answer->reply;
	enum message_state state = STATE_STORED;
	struct attempt *attempt = attempts_find(f->attempts, answer->order);
	struct tacit_error error;
	struct outbox_row row;
	struct fate *fate = NULL;
	enum status st = outbox_get(s->txn, answer->order, f->arena, &row);

	f->slowed = f->slowed || (reply->kind == REPLY_ERROR &&
				     reply->u.error.code == ERROR_RATE_LIMITED);
	if (st == STATUS_NOT_FOUND) { /* another process was told first */
		attempt->counter = 0;
		attempt->settled = true;
		return STATUS_OK;
	}
	if (st == STATUS_OK && row.submit_counter != attempt->counter)
		return pass_over(f, s, attempt, &row, reply);
	if (st == STATUS_OK)
		st = messenger_submitted(s, &row, reply, &state);
	if (st == STATUS_OK && state == STATE_FAILED &&
	    flush_says_changed(reply) && is_alone(f, &row))
		st = fail_alone(f, s, &row);
	if (st == STATUS_OK)
		st = look_again(f, s, attempt, reply);
	if (st != STATUS_OK || !attempt->settled)
		return st;
	if (says_full(reply))
		note_full(f, &row);
	explain(f, s, &row, reply, &error);
	st = flush_note(f, answer->order, state, &error, &fate);
	if (st == STATUS_OK && reply->kind == REPLY_SUBMITTED)
		st = list_refused(f, &row, reply, fate);
	return st;
}

enum status
flush_apply(struct flush *f, struct step *s)
{
	struct counters counters;
	enum status st = STATUS_OK;

	for (size_t i = 0; st == STATUS_OK && i < f->answers_count; i++)
		st = apply_one(f, s, &f->answers[i]);
	if (st != STATUS_OK || f->answers_count == 0)
		return st;
	st = counters_get(s->txn, &counters);
	if (st != STATUS_OK)
		return st;
	clock_trust_contact(s, &counters);
	return counters_put(s->txn, &counters);
}
