/* courier_expire.c - what was tried for long enough ends (courier_flush.h). */
#include "client/core/courier/courier_flush.h"

/* Only what had its chance just now: 14 days may have passed switched off. */
static bool
was_tried(struct flush *f, uint64_t order)
{
	const struct attempt *attempt = attempts_find(f->attempts, order);

	return attempt != NULL && (attempt->settled || attempt->tries > 0);
}

/*
 * The next row above *after whose time is over; rows are old before they are
 * young.  NOT_FOUND: none, or no more.
 */
static enum status
find_old(struct flush *f, struct step *s, uint64_t *after)
{
	struct outbox_row row = { .order = *after };
	enum status st = STATUS_OK;

	while (st == STATUS_OK) {
		arena_reset(s->arena);
		st = outbox_next(s->txn, row.order, s->arena, &row);
		if (st == STATUS_OK && !messenger_is_old(&row, s->now_ms))
			st = STATUS_NOT_FOUND;
		if (st == STATUS_OK && was_tried(f, row.order))
			break;
	}
	*after = row.order;
	return st;
}

static enum status
expire_one(struct flush *f, struct step *s, uint64_t order)
{
	enum message_state state;
	struct tacit_error why;
	enum status st = messenger_expire(s, order, &state);

	if (st != STATUS_OK)
		return st;
	error_set(&why, TACIT_REFUSED,
	    "The message could not be sent in 14 days; it is not tried again.");
	return flush_note(f, order, state, &why, NULL);
}

static enum status
expire_all(struct flush *f)
{
	uint64_t order = 0;
	struct step s = { 0 };
	enum status st = step_begin(f->c->core, DB_READ, &s);

	f->fates = NULL;
	f->fates_end = &f->fates;
	arena_reset(f->arena);
	/* Hardly ever anything: a look before a write transaction. */
	if (st == STATUS_OK)
		st = find_old(f, &s, &order);
	step_abort(&s);
	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND ? STATUS_OK : st;
	order = 0;
	st = step_begin(f->c->core, DB_WRITE, &s);
	while (st == STATUS_OK) {
		st = find_old(f, &s, &order);
		if (st == STATUS_OK)
			st = expire_one(f, &s, order);
	}
	if (st == STATUS_NOT_FOUND)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

enum tacit_code
flush_expire(struct flush *f, enum tacit_code code, struct tacit_error *e)
{
	struct tacit_error ours;

	if (code != TACIT_DONE && code != TACIT_UNREACHABLE)
		return code;
	if (error_status(&ours, expire_all(f)) == TACIT_DONE) {
		flush_tell(f);
	} else if (code == TACIT_DONE) {
		*e = ours;
		code = ours.code;
	}
	return code;
}
