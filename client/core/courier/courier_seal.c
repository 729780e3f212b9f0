/* courier_seal.c - drafts that a scan comes to (courier_flush.h). */
#include "base/log.h"
#include "client/core/courier/courier_flush.h"

enum status
flush_put_aside(struct flush *f, const struct outbox_row *row,
    enum message_state state, const struct tacit_error *why)
{
	struct attempt *attempt;
	enum status st = attempts_take(f->attempts, row->order, &attempt);

	if (st != STATUS_OK)
		return st;
	attempt->settled = true;
	if (state == STATE_QUEUED)
		f->waiting = *why;
	return flush_note(f, row->order, state, why, NULL);
}

static enum status
need_all(struct flush *f, const struct account_name *needed, size_t count)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; i < count && st == STATUS_OK; i++)
		st = flush_need(f, &needed[i]);
	return st;
}

/*
 * Sessions are missing.  Accounts not asked for yet are asked for; a direct
 * message to one that the relay does not know fails.
 */
static enum status
lacks_sessions(struct flush *f, struct step *s, const struct outbox_row *row,
    const struct account_name *needed, size_t count)
{
	const struct meeting *unmet = NULL;
	struct tacit_error why;
	enum status st;

	for (size_t i = 0; i < count && unmet == NULL; i++)
		unmet = flush_unmet(f, &needed[i]);
	if (unmet == NULL)
		return need_all(f, needed, count);
	courier_meeting_error(unmet, &why);
	if (unmet->code != TACIT_NOT_FOUND ||
	    row->conversation_kind != CONVERSATION_DIRECT)
		return flush_put_aside(f, row, STATE_QUEUED, &why);
	st = messenger_fail(s, row->order, "There is no such account.");
	if (st != STATUS_OK)
		return st;
	return flush_put_aside(f, row, STATE_FAILED, &why);
}

/* These come with something to remember. */
static enum status
keep_outcome(struct step *s, enum status st)
{
	enum status kept = STATUS_OK;

	if (st == STATUS_OK || st == STATUS_AGAIN || st == STATUS_UNTRUSTED ||
	    st == STATUS_DENIED || st == STATUS_CLOSED)
		kept = step_commit(s);
	step_abort(s);
	return kept == STATUS_OK ? st : kept;
}

static enum status
seal_in(struct step *outer, uint64_t order, struct account_name *needed,
    size_t *needed_count)
{
	struct step s = { 0 };
	enum status st = step_nest(outer, &s);

	if (st != STATUS_OK)
		return st;
	return keep_outcome(
	    &s, messenger_seal(&s, order, needed, needed_count));
}

/* It waits for something, and the row says what; the message stays queued. */
static enum status
stays(struct flush *f, struct step *s, const struct outbox_row *row,
    enum tacit_code code)
{
	struct outbox_row now;
	struct tacit_error why;
	enum status st = outbox_get(s->txn, row->order, f->arena, &now);

	if (st != STATUS_OK)
		return st;
	error_set(&why, code, "%.*s", (int)now.last_error.len,
	    (const char *)now.last_error.data);
	return flush_put_aside(f, row, STATE_QUEUED, &why);
}

/* Was everybody asked for already? */
static bool
were_asked(
    const struct flush *f, const struct account_name *needed, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (flush_unmet(f, &needed[i]) == NULL)
			return false;
	return true;
}

/* Does the relay say of everybody that there is no such account? */
static bool
are_gone(const struct flush *f, const struct account_name *needed, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!flush_is_gone(f, &needed[i]))
			return false;
	return true;
}

/* All of `needed` were asked for in vain: it is sealed without them. */
static enum status
seal_some_in(struct flush *f, struct step *outer, const struct outbox_row *row,
    const struct account_name *needed, size_t count)
{
	struct account_name *gone =
	    arena_take_array(f->arena, count, sizeof(*gone));
	struct step s = { 0 };
	size_t gone_count = 0;
	enum status failed = STATUS_OK;
	enum status st = gone == NULL ? STATUS_NOMEM : step_nest(outer, &s);

	if (st != STATUS_OK)
		return st;
	for (size_t i = 0; i < count; i++)
		if (flush_is_gone(f, &needed[i]))
			gone[gone_count++] = needed[i];
	if (row->kind == OUTBOX_MANY)
		st = messenger_seal_some(&s, row->order, gone, gone_count);
	else
		st = messenger_seal_without(&s, row->order, gone, gone_count);
	if (st == STATUS_CLOSED)
		failed = messenger_fail_alone(&s, row, gone, gone_count);
	return keep_outcome(&s, failed == STATUS_OK ? st : failed);
}

static bool
is_for_many(const struct outbox_row *row)
{
	return row->kind == OUTBOX_MANY ||
	       (row->kind == OUTBOX_MESSAGE &&
		   row->conversation_kind == CONVERSATION_GROUP);
}

enum status
flush_seal(struct flush *f, struct step *s, struct outbox_row *row, bool *ready)
{
	struct account_name needed[LIMIT_BUNDLE_ACCOUNTS];
	size_t count = LIMIT_BUNDLE_ACCOUNTS;
	struct tacit_error why;
	enum status st = seal_in(s, row->order, needed, &count);

	/* What is for many leaves as one, so all are met before. */
	if (st == STATUS_AGAIN && count > 0 && is_for_many(row)) {
		if (!were_asked(f, needed, count))
			return need_all(f, needed, count);
		/* A message waits for who may still be met; keys need not. */
		if (row->kind == OUTBOX_MANY || are_gone(f, needed, count)) {
			st = seal_some_in(f, s, row, needed, count);
			count = 0;
		}
	}
	switch ((int)st) {
	case STATUS_OK:
		*ready = true;
		return outbox_get(s->txn, row->order, f->arena, row);
	case STATUS_AGAIN:
		if (count == 0)
			return stays(f, s, row, TACIT_REFUSED);
		return lacks_sessions(f, s, row, needed, count);
	case STATUS_UNTRUSTED:
		if (row->conversation_kind == CONVERSATION_GROUP)
			return stays(f, s, row, TACIT_KEY_CHANGED);
		error_status(&why, st);
		return flush_put_aside(f, row, STATE_QUEUED, &why);
	case STATUS_CONFLICT: /* an earlier one of this talk waits */
		if (f->needed_count > 0)
			return STATUS_OK;
		return flush_put_aside(f, row, STATE_QUEUED, &f->waiting);
	case STATUS_DENIED:
		error_set(&why, TACIT_NOT_ALLOWED,
		    "The message cannot be sent: you are not a member, or it "
		    "is too long.");
		return flush_put_aside(f, row, STATE_FAILED, &why);
	case STATUS_CLOSED:
		error_set(&why, TACIT_REFUSED, "%s", messenger_alone);
		return flush_put_aside(f, row, STATE_FAILED, &why);
	case STATUS_NOMEM:
	case STATUS_NO_SPACE:
	case STATUS_IO:
		return st;
	default:
		log_event(LOG_LEVEL_WARN, "draft-not-sealed", "status=%s",
		    status_name(st));
		error_status(&why, st);
		return flush_put_aside(f, row, STATE_QUEUED, &why);
	}
}
