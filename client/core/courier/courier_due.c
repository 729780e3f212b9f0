/* courier_due.c - which rows go when only those go whose time has come
 * (courier_flush.h). */
#include <string.h>

/* Out of memory is ours to answer, not uthash's. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "client/core/courier/courier_flush.h"

struct named {
	struct account_name account;
	UT_hash_handle hh;
};

/* To whom something goes that lies behind the row in hand. */
struct later {
	struct named *accounts;
	bool anybody; /* a draft for a group: its members are not known yet */
	struct arena *arena;
};

static bool
goes_to(const struct later *l, const struct account_name *account)
{
	struct named *found = NULL;

	HASH_FIND(hh, l->accounts, account->text, strlen(account->text), found);
	return found != NULL;
}

static enum status
add(struct later *l, const struct account_name *account)
{
	struct named *fresh;

	if (l->anybody || goes_to(l, account))
		return STATUS_OK;
	fresh = arena_take(l->arena, sizeof(*fresh));
	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->account = *account;
	HASH_ADD_KEYPTR(hh, l->accounts, fresh->account.text,
	    strlen(fresh->account.text), fresh);
	return fresh->hh.tbl == NULL ? STATUS_NOMEM : STATUS_OK;
}

static bool
is_group_draft(const struct outbox_row *row)
{
	return row->state == OUTBOX_DRAFT && row->kind == OUTBOX_MESSAGE &&
	       row->conversation_kind == CONVERSATION_GROUP;
}

static enum status
add_row(struct later *l, const struct outbox_row *row)
{
	enum status st = STATUS_OK;

	l->anybody |= is_group_draft(row);
	if (row->to.text[0] != '\0')
		st = add(l, &row->to);
	for (size_t i = 0; st == STATUS_OK && i < row->recipients_count; i++)
		if (!row->recipients[i].done)
			st = add(l, &row->recipients[i].to.account);
	for (size_t i = 0; st == STATUS_OK && i < row->waiting_count; i++)
		st = add(l, &row->waiting[i].account);
	return st;
}

static bool
shares(const struct later *l, const struct outbox_row *row)
{
	bool found = l->anybody || goes_to(l, &row->to) ||
		     (l->accounts != NULL && is_group_draft(row));

	for (size_t i = 0; !found && i < row->recipients_count; i++)
		found = !row->recipients[i].done &&
			goes_to(l, &row->recipients[i].to.account);
	for (size_t i = 0; !found && i < row->waiting_count; i++)
		found = goes_to(l, &row->waiting[i].account);
	return found;
}

/* One row, when all that leave behind it were looked at. */
static enum status
mark(struct flush *f, const struct step *s, struct later *later,
    const struct outbox_row *row)
{
	struct attempt *attempt;
	enum status st;

	if (row->next_attempt_ms > s->now_ms && !shares(later, row))
		return STATUS_OK;
	st = add_row(later, row);
	if (st == STATUS_OK)
		st = attempts_take(f->attempts, row->order, &attempt);
	if (st == STATUS_OK)
		attempt->due = true;
	return st;
}

/* The last first: those without a submit id leave behind those that have one.
 */
static enum status
mark_all(struct flush *f, struct step *s, struct later *later)
{
	struct outbox_row row = { .order = UINT64_MAX };
	enum status st = STATUS_OK;

	while (st == STATUS_OK) {
		arena_reset(s->arena);
		st = outbox_prev(s->txn, row.order, s->arena, &row);
		if (st == STATUS_OK && row.order > f->marked)
			f->marked = row.order;
		if (st == STATUS_OK && row.submit_counter == 0)
			st = mark(f, s, later, &row);
	}
	for (size_t i = attempts_numbered(f->attempts);
	     st == STATUS_NOT_FOUND && i > 0; i--) {
		arena_reset(s->arena);
		st = outbox_get(s->txn,
		    attempts_numbered_at(f->attempts, i - 1), s->arena, &row);
		if (st == STATUS_OK)
			st = mark(f, s, later, &row);
		if (st == STATUS_OK)
			st = STATUS_NOT_FOUND; /* go on */
	}
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/*
 * A row that waits for its next try would be overtaken by what was said later
 * to the same people, who would see a gap, or refuse it: it was written under
 * an older log.  So whatever lies ahead of a row that goes, and goes to one of
 * the same, goes as well.
 */
enum status
flush_mark_due(struct flush *f, struct step *s)
{
	struct later later = { .arena = f->arena };
	enum status st = mark_all(f, s, &later);

	HASH_CLEAR(hh, later.accounts);
	return st;
}
