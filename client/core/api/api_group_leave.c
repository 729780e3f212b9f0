/* api_group_leave.c - tacit_group_leave(), also where it has to wait. */
#include "client/core/courier/courier.h"
#include "client/core/group/group_act.h"
#include "client/core/group/group_internal.h"
#include "client/core/group/group_prepare.h"
#include "client/core/handle.h"

/* Where the user stands with a group, for leaving it. */
struct leaving {
	struct hash id;
	bool out;        /* it is so already */
	bool alone;      /* only we know: asked, or refused */
	bool frozen;     /* nothing can be appended to what it has for a log */
	bool noted;      /* kept, to be done when the relay is there */
	const char *why; /* not, as far as our log goes; static */
};

static enum status
look_at_leaving(struct tacit *t, struct leaving *l)
{
	struct group_record g;
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = group_get(s.txn, &l->id, &g);
	step_abort(&s);
	l->out = st == STATUS_OK &&
		 (g.standing == GROUP_LEFT || g.standing == GROUP_REMOVED);
	l->alone = st == STATUS_OK &&
		   (g.standing == GROUP_ASKED || g.standing == GROUP_REFUSED);
	l->frozen = st == STATUS_OK && g.standing == GROUP_FROZEN;
	l->noted = st == STATUS_OK && g.leaving;
	return st;
}

/*
 * Before the relay is asked: from here on nothing is sent to the group, also
 * when this process ends or the relay does not answer.
 */
static enum status
note_leaving(struct tacit *t, struct leaving *l)
{
	struct group_record g;
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = group_get(s.txn, &l->id, &g);
	if (st != STATUS_OK || g.leaving ||
	    (g.standing != GROUP_MEMBER && g.standing != GROUP_FROZEN))
		goto out;
	st = group_may_leave(&s, &l->id, &l->why);
	if (st != STATUS_OK || l->why != NULL)
		goto out;
	g.leaving = true;
	st = group_put(s.txn, &g);
	if (st == STATUS_OK)
		st = step_commit(&s);
out:
	step_abort(&s);
	return st;
}

/* No log knows of us: asked for nothing any more. */
static enum status
withdraw(struct tacit *t, const struct leaving *l)
{
	struct group_record g;
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = group_get(s.txn, &l->id, &g);
	if (st == STATUS_OK) {
		g.standing = GROUP_LEFT;
		g.asked_count = 0;
		st = group_put(s.txn, &g);
	}
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

/* The relay is not there. */
static enum tacit_code
leave_later(struct tacit *t, struct leaving *l, struct tacit_error *e)
{
	enum status st = look_at_leaving(t, l);

	if (st != STATUS_OK)
		return error_status(e, st);
	if (l->noted)
		return error_set(e, TACIT_UNREACHABLE,
		    "The relay does not answer. Nothing is sent to this group "
		    "any more, and you leave it with the next command that "
		    "reaches the relay.");
	if (l->why != NULL)
		return group_not_allowed(e, l->why);
	return e->code;
}

enum tacit_code
tacit_group_leave(struct tacit *t, const char *group, struct tacit_error *e)
{
	int64_t deadline_ms = handle_deadline(t);
	struct leaving l = { .out = false };
	struct courier *c = NULL;
	enum tacit_code code = handle_find_group(t, group, &l.id, e);

	if (code == TACIT_DONE)
		code = error_status(e, look_at_leaving(t, &l));
	if (code != TACIT_DONE || l.out)
		return code;
	if (l.alone)
		return error_status(e, withdraw(t, &l));
	code = error_status(e, note_leaving(t, &l));
	if (code != TACIT_DONE)
		return code;
	/* It is done when an admin has put the group right. */
	if (l.frozen)
		return l.why == NULL ? error_clear(e)
				     : group_not_allowed(e, l.why);
	/* A drain leaves where that was noted. */
	code = handle_connect_and_drain(t, deadline_ms, &c, e);
	if (code == TACIT_DONE)
		code = error_status(e, look_at_leaving(t, &l));
	if (code == TACIT_DONE && !l.out)
		code = group_act_leave(c, &l.id, deadline_ms, e);
	courier_close(c);
	return code == TACIT_UNREACHABLE ? leave_later(t, &l, e) : code;
}
