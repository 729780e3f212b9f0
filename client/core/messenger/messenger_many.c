/*
 * messenger_many.c - one control message for many accounts, in one row.
 *
 * The row names whom it still waits for, with the account key each was pinned
 * to when it was queued.  Sealing turns them into recipients with a ciphertext
 * each, which leave in one submit.  Whoever cannot be reached stays named; when
 * the recipients are done the row is a draft again for those, so nobody waits
 * for another.  Its content stays until it ends: a device that was exchanged on
 * the way gets it anew, under the same account key.
 */
#include <string.h>

#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/repair/repair.h"

/*
 * Ciphertext of one attempt: far below what a submit may be, and what a step
 * decodes.  What is beyond it follows in the next attempt.
 */
enum { MANY_BYTES = 2 * 1024 * 1024 };

/*
 * OK: can be sealed for, *c is its contact.  AGAIN: has to be met first.
 * UNTRUSTED: waits for the user.  NOT_FOUND: another key has the name now.
 */
static enum status
judge(struct step *s, const struct outbox_waiting *w, struct contact *c)
{
	enum status st = peers_get(s, &w->account, c);

	if (st == STATUS_NOT_FOUND)
		return STATUS_AGAIN;
	if (st != STATUS_OK)
		return st;
	if (w->has_key && memcmp(&w->account_key, &c->account_key,
			      sizeof(w->account_key)) != 0)
		return STATUS_NOT_FOUND;
	if (c->has_pending)
		return STATUS_UNTRUSTED;
	st = messenger_check_sessions(s, c);
	return st == STATUS_NOT_FOUND ? STATUS_AGAIN : st;
}

/* What one sealing makes of a row. */
struct many {
	struct step *s;
	struct plaintext p;
	struct outbox_recipient *to; /* those that are open, and fresh ones */
	size_t to_count;
	size_t bytes;
	struct outbox_waiting *left;
	size_t left_count;
};

static enum status
many_start(struct many *m, struct step *s, const struct outbox_row *row)
{
	struct hash talk;
	enum status st;

	m->s = s;
	m->to = arena_take_array(s->arena, LIMIT_RECIPIENTS, sizeof(*m->to));
	m->left = arena_take_array(
	    s->arena, row->waiting_count + 1, sizeof(*m->left));
	if (m->to == NULL || m->left == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < row->recipients_count; i++) {
		const struct outbox_recipient *open = &row->recipients[i];

		if (open->done || m->to_count == LIMIT_RECIPIENTS)
			continue;
		m->to[m->to_count++] = *open;
		m->bytes += open->payload.len;
	}
	st = envelope_get_plaintext(row->content, s->arena, &m->p);
	if (st != STATUS_OK || m->p.kind != CONTENT_RESENT)
		return st;
	talk = row->conversation;
	if (row->conversation_kind == CONVERSATION_DIRECT)
		peers_history_key(&row->to, &talk);
	return repair_fill_in(s, &talk, &m->p);
}

static bool
many_is_full(const struct many *m)
{
	return m->bytes >= MANY_BYTES ||
	       m->to_count + LIMIT_DEVICES_PER_ACCOUNT > LIMIT_RECIPIENTS;
}

static enum status
many_encrypt(struct many *m, const struct contact *c)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; i < c->list.devices_count && st == STATUS_OK; i++) {
		const struct device_entry *device = &c->list.devices[i];
		struct outbox_recipient *to = &m->to[m->to_count];
		struct buf *made = NULL;

		to->to = (struct address){ c->name, device->id };
		to->registration_id = device->registration_id;
		to->account_key = c->account_key;
		to->suite = SUITE_SIGNAL_V3;
		st = pair_encrypt(m->s, c, device, &m->p, &to->type, &made);
		if (st == STATUS_OK)
			st = arena_copy(
			    m->s->arena, buf_view(made), &to->payload);
		buf_free(made);
		m->bytes += to->payload.len;
		m->to_count++;
	}
	return st;
}

/* *c: whom it failed at, if that is what failed. */
static enum status
many_fill(struct many *m, const struct outbox_row *row, struct contact *c)
{
	for (size_t i = 0; i < row->waiting_count; i++) {
		const struct outbox_waiting *w = &row->waiting[i];
		enum status st = STATUS_AGAIN;

		memset(c, 0, sizeof(*c));
		if (!many_is_full(m))
			st = judge(m->s, w, c);
		if (st == STATUS_NOT_FOUND)
			continue;
		if (st == STATUS_OK)
			st = many_encrypt(m, c);
		else if (st == STATUS_AGAIN || st == STATUS_UNTRUSTED) {
			m->left[m->left_count++] = *w;
			st = STATUS_OK;
		}
		if (st != STATUS_OK)
			return st;
	}
	return STATUS_OK;
}

/* All of it or nothing; OK when there is something to send, or nobody left. */
static enum status
seal_once(struct step *s, const struct outbox_row *row, struct contact *c)
{
	struct outbox_row sealed = *row;
	struct many m = { .to_count = 0 };
	struct step inner = { 0 };
	bool waits;
	uint64_t order;
	enum status st = step_nest(s, &inner);

	memset(c, 0, sizeof(*c));
	if (st == STATUS_OK)
		st = many_start(&m, &inner, row);
	if (st == STATUS_OK)
		st = many_fill(&m, row, c);
	waits = m.to_count == 0 && m.left_count > 0;
	sealed.state = waits ? OUTBOX_DRAFT : OUTBOX_READY;
	sealed.last_error =
	    waits ? BYTES("Nobody it is for can be reached now.") : BYTES_NONE;
	sealed.recipients = m.to;
	sealed.recipients_count = m.to_count;
	sealed.waiting = m.left;
	sealed.waiting_count = m.left_count;
	if (waits)
		messenger_back_off(&sealed, s->now_ms, 0);
	if (st == STATUS_OK)
		st = outbox_put(inner.txn, &sealed, &order);
	if (st == STATUS_OK)
		st = step_commit(&inner);
	step_abort(&inner);
	return st == STATUS_OK && waits ? STATUS_AGAIN : st;
}

/* Nothing can be sealed of it, for anybody. */
static enum status
end_many(struct step *s, const struct outbox_row *row)
{
	struct outbox_row ended = *row;
	enum status st;

	ended.waiting_count = 0;
	st = messenger_end(s, &ended, STATE_FAILED, "");
	return st == STATUS_OK ? STATUS_DENIED : st;
}

/* A session that cannot be used any more makes room for a fresh one. */
static enum status
seal_reachable(struct step *s, const struct outbox_row *row)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; i <= row->waiting_count; i++) {
		struct contact c;

		st = seal_once(s, row, &c);
		if (st == STATUS_OK || st == STATUS_AGAIN)
			return st;
		if (st == STATUS_FULL || st == STATUS_BAD_INPUT)
			return end_many(s, row);
		if (messenger_is_fatal(st) || c.list.devices_count == 0)
			return messenger_own(st);
		st = messenger_drop_sessions(s, &c);
		if (st != STATUS_OK)
			return st;
	}
	return st;
}

enum status
messenger_seal_many(struct step *s, const struct outbox_row *row,
    struct account_name *needed, size_t *needed_count)
{
	size_t most = *needed_count;

	*needed_count = 0;
	if (!messenger_wants_seal(row))
		return STATUS_OK;
	for (size_t i = 0; i < row->waiting_count && *needed_count < most;
	     i++) {
		struct contact c;
		enum status st = judge(s, &row->waiting[i], &c);

		if (st == STATUS_AGAIN)
			needed[(*needed_count)++] = row->waiting[i].account;
		else if (messenger_is_fatal(messenger_own(st)))
			return messenger_own(st);
	}
	return *needed_count > 0 ? STATUS_AGAIN : seal_reachable(s, row);
}

static bool
is_among(const struct account_name *name, const struct account_name *names,
    size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (account_name_equal(name, &names[i]))
			return true;
	return false;
}

enum status
messenger_seal_some(struct step *s, uint64_t order,
    const struct account_name *gone, size_t gone_count)
{
	struct outbox_waiting *waiting;
	struct outbox_row row;
	size_t kept = 0;
	enum status st = outbox_get(s->txn, order, s->arena, &row);

	if (st != STATUS_OK || row.kind != OUTBOX_MANY ||
	    !messenger_wants_seal(&row))
		return messenger_own(st);
	waiting =
	    arena_take_array(s->arena, row.waiting_count + 1, sizeof(*waiting));
	if (waiting == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < row.waiting_count; i++)
		if (!is_among(&row.waiting[i].account, gone, gone_count))
			waiting[kept++] = row.waiting[i];
	row.waiting = waiting;
	row.waiting_count = kept;
	return seal_reachable(s, &row);
}

enum status
messenger_take_back(
    struct step *s, struct outbox_row *row, const bool *taken_back)
{
	size_t most = row->waiting_count + row->recipients_count;
	struct outbox_waiting *waiting =
	    arena_take_array(s->arena, most, sizeof(*waiting));
	size_t count = row->waiting_count;

	if (waiting == NULL && most > 0)
		return STATUS_NOMEM;
	for (size_t i = 0; i < count; i++)
		waiting[i] = row->waiting[i];
	for (size_t i = 0; i < row->recipients_count; i++) {
		const struct outbox_recipient *to = &row->recipients[i];
		bool known = !taken_back[i];

		for (size_t k = 0; k < count && !known; k++)
			known = account_name_equal(
			    &waiting[k].account, &to->to.account);
		if (known)
			continue;
		waiting[count].account = to->to.account;
		waiting[count].has_key = true;
		waiting[count++].account_key = to->account_key;
	}
	row->waiting = waiting;
	row->waiting_count = count;
	return STATUS_OK;
}

enum status
messenger_go_on(struct step *s, const struct outbox_row *row)
{
	struct outbox_row again = *row;
	uint64_t order;

	again.state = OUTBOX_DRAFT;
	again.recipients = NULL;
	again.recipients_count = 0;
	again.submit_counter = 0;
	return messenger_own(outbox_put(s->txn, &again, &order));
}
