/* messenger_submit.c - what the relay answered, and when to try again. */
#include <string.h>

#include "client/core/group/group.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/receipts.h"
#include "client/core/messenger/states.h"

enum {
	FAST_ATTEMPTS = 7, /* 2 s, doubling, up to 120 s */
	FAST_FIRST_MS = 2 * 1000,
	FAST_LAST_MS = 120 * 1000,
	SLOW_FIRST_MS = 5 * 60 * 1000, /* then 5 min, doubling, up to 6 h */
	SLOW_LAST_MS = 6 * 60 * 60 * 1000,
	GIVE_UP_DAYS = 14,
};

static const int64_t give_up_ms = INT64_C(24) * 60 * 60 * 1000 * GIVE_UP_DAYS;

static int64_t
doubled(int64_t first, int64_t last, uint32_t times)
{
	int64_t ms = first;

	for (uint32_t i = 0; i < times && ms < last; i++)
		ms *= 2;
	return ms < last ? ms : last;
}

void
messenger_back_off(
    struct outbox_row *row, int64_t now_ms, uint64_t retry_after_ms)
{
	int64_t wait = row->attempts < FAST_ATTEMPTS
			   ? doubled(FAST_FIRST_MS, FAST_LAST_MS, row->attempts)
			   : doubled(SLOW_FIRST_MS, SLOW_LAST_MS,
				 row->attempts - FAST_ATTEMPTS);

	/* The relay may ask for longer, but not for ever. */
	if (retry_after_ms > SLOW_LAST_MS)
		retry_after_ms = SLOW_LAST_MS;
	if ((int64_t)retry_after_ms > wait)
		wait = (int64_t)retry_after_ms;
	if (row->attempts < UINT32_MAX)
		row->attempts++;
	row->next_attempt_ms = now_ms + wait;
}

/* What one answer made of a row. */
struct outcome {
	struct outbox_recipient *to; /* writable copy of the row's */
	bool *lost;                  /* of those: given up by this answer */
	size_t waiting;              /* recipients to try again */
	size_t stored;               /* by this answer */
	size_t given_up;
	bool anew;          /* direct: it is encrypted for other devices */
	bool changed;       /* groups: what is lost was for devices of before */
	const char *reason; /* static; NULL: none */
};

static enum status
copy_recipients(struct step *s, struct outbox_row *row, struct outcome *o)
{
	size_t bytes = row->recipients_count * sizeof(*o->to);

	o->to =
	    arena_take_array(s->arena, row->recipients_count, sizeof(*o->to));
	o->lost =
	    arena_take_array(s->arena, row->recipients_count, sizeof(*o->lost));
	if (o->to == NULL || o->lost == NULL)
		return STATUS_NOMEM;
	if (bytes > 0)
		memcpy(o->to, row->recipients, bytes);
	row->recipients = o->to;
	return STATUS_OK;
}

static const struct refusal *
find_refusal(const struct reply *reply, size_t index)
{
	for (size_t i = 0; i < reply->u.submitted.count; i++)
		if (reply->u.submitted.refused[i].index == index)
			return &reply->u.submitted.refused[i];
	return NULL;
}

/* Whether the refusal of one recipient is worth another attempt. */
static bool
refusal_may_pass(enum error_code code)
{
	return code == ERROR_FULL || code == ERROR_RATE_LIMITED ||
	       code == ERROR_UNAVAILABLE;
}

static const char *
error_sentence(enum error_code code)
{
	switch (code) {
	case ERROR_FULL:
		return "A recipient's mailbox is full.";
	case ERROR_RATE_LIMITED:
		return "The relay asks to send more slowly.";
	case ERROR_NOT_FOUND:
		return "There is no such account.";
	case ERROR_TOO_LARGE:
		return "The relay takes no message of this size.";
	case ERROR_NONE:
	case ERROR_BAD_REQUEST:
	case ERROR_UNSUPPORTED:
	case ERROR_NOT_AUTHENTICATED:
	case ERROR_DENIED:
	case ERROR_NAME_TAKEN:
	case ERROR_BAD_NAME:
	case ERROR_JOIN_REFUSED:
	case ERROR_DEVICES_CHANGED:
	case ERROR_CHAIN_TAKEN:
	case ERROR_UNAVAILABLE:
	case ERROR_REPLACED:
	case ERROR_EXPIRED:
	case ERROR_SUSPENDED:
	case ERROR_LIST_TAKEN:
		break;
	}
	return "The relay could not take it now.";
}

static void
give_up(struct outcome *o, size_t i, const char *reason)
{
	o->to[i].done = true;
	o->lost[i] = true;
	o->given_up++;
	o->reason = reason;
}

/* Indexes count the recipients of the attempt: those not done before it. */
static enum status
take_stored(struct step *s, const struct outbox_row *row,
    const struct reply *reply, struct outcome *o)
{
	enum status st = STATUS_OK;
	size_t index = 0;

	for (size_t i = 0; i < row->recipients_count && st == STATUS_OK; i++) {
		const struct refusal *refused;

		if (o->to[i].done)
			continue;
		refused = find_refusal(reply, index++);
		if (refused == NULL) {
			o->to[i].done = true;
			o->stored++;
		} else if (refusal_may_pass(refused->code)) {
			o->waiting++;
			o->reason = error_sentence(refused->code);
			st = messenger_know_refusal(s, row, &o->to[i].to);
		} else {
			give_up(o, i, "The relay refused a recipient.");
		}
	}
	return st;
}

static bool
is_named(const struct device_refs *refs, const struct outbox_recipient *to,
    bool whole_account)
{
	for (size_t i = 0; i < refs->count; i++)
		if (account_name_equal(
			&refs->items[i].account, &to->to.account) &&
		    (whole_account || refs->items[i].device == to->to.device))
			return true;
	return false;
}

/*
 * Ciphertext is for the keys it was made for, so whoever has others now cannot
 * get it.  Nothing more is encrypted in the session: the next message asks for
 * the list.  A message of two is encrypted anew; nothing of it was stored.
 */
static enum status
take_changed(struct step *s, struct outbox_row *row,
    const struct devices_changed *changed, struct outcome *o)
{
	bool direct = row->kind == OUTBOX_MESSAGE &&
		      row->conversation_kind == CONVERSATION_DIRECT;
	enum status st = STATUS_OK;

	for (size_t i = 0; i < row->recipients_count && st == STATUS_OK; i++) {
		struct outbox_recipient *to = &o->to[i];

		if (to->done)
			continue;
		if (!is_named(&changed->extra, to, false) &&
		    !is_named(&changed->stale, to, false) &&
		    !is_named(&changed->missing, to, true)) {
			o->waiting++;
			continue;
		}
		if (direct) {
			o->anew = true;
			o->waiting++;
			o->reason = "The recipient has another device now.";
		} else {
			o->changed |= is_named(&changed->extra, to, false);
			give_up(o, i,
			    "A recipient's device has changed since this was "
			    "encrypted; send it again.");
		}
		st = messenger_own(pair_need_fresh(s, &to->to));
	}
	if (st == STATUS_OK && row->kind == OUTBOX_MANY)
		st = messenger_take_back(s, row, o->lost);
	return st;
}

/* The whole attempt failed: everybody waits, or nobody does. */
static void
take_error(
    const struct outbox_row *row, enum error_code code, struct outcome *o)
{
	bool final = code == ERROR_NOT_FOUND || code == ERROR_TOO_LARGE;

	o->reason = error_sentence(code);
	for (size_t i = 0; i < row->recipients_count; i++) {
		if (o->to[i].done)
			continue;
		if (final)
			give_up(o, i, o->reason);
		else
			o->waiting++;
	}
}

/* The message's state so far; a control message has none. */
static enum status
state_before(
    struct step *s, const struct outbox_row *row, enum message_state *state)
{
	struct history_entry e;
	enum status st;

	*state = STATE_QUEUED;
	if (row->kind != OUTBOX_MESSAGE)
		return STATUS_OK;
	st = history_get(s->txn, row->history_n, s->arena, &e);
	if (st == STATUS_OK)
		*state = e.state;
	return messenger_own(st);
}

/* `stored` says nothing of whoever will not get it: a line names each, once. */
static enum status
tell_lost(struct step *s, const struct outbox_row *row, const struct outcome *o,
    enum message_state before)
{
	bool told;
	bool others = o->waiting + o->stored > 0 || before == STATE_STORED;
	enum status st = STATUS_OK;

	if (row->kind != OUTBOX_MESSAGE || !others)
		return STATUS_OK;
	for (size_t i = 0; i < row->recipients_count && st == STATUS_OK; i++) {
		told = !o->lost[i];
		for (size_t j = 0; j < i && !told; j++)
			told = o->lost[j] &&
			       account_name_equal(
				   &o->to[j].to.account, &o->to[i].to.account);
		if (!told)
			st = messenger_tell_lost(
			    s, row, &o->to[i].to.account, o->changed);
	}
	return st;
}

bool
messenger_is_old(const struct outbox_row *row, int64_t now_ms)
{
	return now_ms - row->created_ms > give_up_ms;
}

enum status
messenger_expire(struct step *s, uint64_t order, enum message_state *state)
{
	struct outbox_row row;
	enum status st = outbox_get(s->txn, order, s->arena, &row);

	if (st == STATUS_OK)
		st = state_before(s, &row, state);
	if (st != STATUS_OK)
		return messenger_own(st);
	/* Some of a group have it: that much is known. */
	if (*state != STATE_STORED)
		*state = STATE_EXPIRED;
	return messenger_end(s, &row, *state,
	    row.submit_counter == 0
		? "It could not be sent in 14 days."
		: "The relay did not answer in 14 days; it may have arrived.");
}

/* Nobody is left to wait for, or there never was anybody. */
static enum status
finish(struct step *s, const struct outbox_row *row, const struct outcome *o,
    enum message_state before, bool expired, enum message_state *state)
{
	if (o->stored > 0 || before == STATE_STORED ||
	    row->recipients_count == 0)
		*state = STATE_STORED;
	else
		*state = expired ? STATE_EXPIRED : STATE_FAILED;
	return messenger_end(s, row, *state, o->reason ? o->reason : "");
}

static enum status
keep(struct step *s, struct outbox_row *row, const struct outcome *o,
    enum message_state before, uint64_t retry_after_ms)
{
	bool stored = o->stored > 0 || before == STATE_STORED;
	uint64_t order;
	enum status st;

	messenger_back_off(row, s->now_ms, retry_after_ms);
	row->last_error = bytes_text(o->reason ? o->reason : "");
	st = outbox_put(s->txn, row, &order);
	if (st == STATUS_OK && row->kind == OUTBOX_MESSAGE)
		st = states_set(s, row->history_n,
		    stored ? STATE_STORED : STATE_QUEUED, row->last_error);
	return messenger_own(st);
}

static enum status
settle(struct step *s, struct outbox_row *row, const struct reply *reply,
    struct outcome *o, enum message_state *state)
{
	bool error = reply->kind == REPLY_ERROR;
	enum error_code code = error ? reply->u.error.code : ERROR_FULL;
	uint64_t retry_after_ms = error ? reply->u.error.retry_after_ms : 0;
	bool expired = messenger_is_old(row, s->now_ms);
	enum message_state before;
	enum status st = state_before(s, row, &before);

	/* What was given up may have been our sender key. */
	if (st == STATUS_OK && o->given_up > 0 && row->kind == OUTBOX_MESSAGE &&
	    row->conversation_kind == CONVERSATION_GROUP)
		st = messenger_own(group_renew_key(s, &row->conversation));
	if (st == STATUS_OK)
		st = tell_lost(s, row, o, before);
	if (st != STATUS_OK)
		return st;
	if (o->waiting == 0 || expired)
		return finish(s, row, o, before, expired, state);
	/*
	 * An id names one attempt, and those it names must not change.  So what
	 * is left needs another when some are done now, when the id is out of
	 * the window, or when a mailbox was full (spec 4.6: the same id would
	 * do; a new one is never wrong, as nothing was stored).  When the
	 * outcome is unknown the same id must be tried again.
	 */
	if (!error || code == ERROR_DEVICES_CHANGED ||
	    code == ERROR_BAD_REQUEST || code == ERROR_FULL)
		row->submit_counter = 0;
	if (o->anew)
		messenger_unseal(row);
	st = keep(s, row, o, before, retry_after_ms);
	if (st != STATUS_OK)
		return st;
	*state = STATE_QUEUED;
	if (o->stored > 0 || before == STATE_STORED)
		*state = STATE_STORED;
	else if (code == ERROR_FULL || code == ERROR_RATE_LIMITED)
		*state = STATE_REFUSED;
	return STATUS_OK;
}

enum status
messenger_submitted(struct step *s, const struct outbox_row *attempted,
    const struct reply *reply, enum message_state *state)
{
	struct outbox_row row = *attempted;
	struct outcome o = { 0 };
	enum status st;

	if (row.kind == OUTBOX_RECEIPT) {
		*state = STATE_STORED;
		return receipts_submitted(s, &row, reply);
	}
	st = copy_recipients(s, &row, &o);
	if (st != STATUS_OK)
		return messenger_own(st);
	if (reply->kind == REPLY_SUBMITTED)
		st = take_stored(s, &row, reply, &o);
	else if (reply->u.error.code == ERROR_DEVICES_CHANGED)
		st = take_changed(s, &row, &reply->u.error.changed, &o);
	else
		take_error(&row, reply->u.error.code, &o);
	if (st != STATUS_OK)
		return st;
	return settle(s, &row, reply, &o, state);
}
