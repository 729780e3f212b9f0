/* group_admit.c - requests to be taken in by a link, dealt with (10.2). */
#include <string.h>

#include "base/wipe.h"
#include "client/core/error.h"
#include "client/core/group/group_act.h"
#include "client/core/group/group_chores.h"
#include "client/core/group/group_internal.h"

enum {
	ADMIT_ROWS = 64, /* a pass; the next drain goes on */
	ADMIT_TRIES = 3, /* the log may move in between */
};

struct requests {
	struct join_row rows[ADMIT_ROWS];
	size_t count;
};

static enum status
note_row(const struct join_row *row, void *arg)
{
	struct requests *q = arg;

	if (q->count < ADMIT_ROWS)
		q->rows[q->count++] = *row;
	return STATUS_OK;
}

static enum status
refuse(struct step *s, const struct join_row *row, uint32_t reason)
{
	struct plaintext p = { .kind = CONTENT_JOIN_ANSWER };

	p.u.join_answer.group = row->group;
	p.u.join_answer.link = row->link;
	p.u.join_answer.reason = reason;
	return messenger_control(s, &row->account, &p);
}

static enum status
invite_again(struct step *s, const struct join_row *row)
{
	struct group_record g;
	enum status st = group_get(s->txn, &row->group, &g);

	return st == STATUS_OK ? group_invite_send(s, &g, &row->account) : st;
}

/* A log that cannot be written to is left alone until it is another. */
static enum status
is_locked(struct step *s, const struct hash *group, bool *locked)
{
	struct group_record g;
	enum status st = group_get(s->txn, group, &g);

	*locked = st == STATUS_OK && g.locked;
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* In one step with the end of the request.  *admit: that is still to do. */
static enum status
answer(struct core *core, const struct join_row *row, bool *admit)
{
	struct step s = { 0 };
	uint32_t verdict = 0;
	bool locked = false;
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = group_join_judge(&s, row, &verdict);
	if (st == STATUS_OK && verdict == 0)
		st = is_locked(&s, &row->group, &locked);
	*admit = st == STATUS_OK && verdict == 0 && !locked;
	if (st != STATUS_OK || verdict == 0)
		goto out;
	if (verdict == JOIN_IS_MEMBER)
		st = invite_again(&s, row);
	else if (verdict != JOIN_NOT_OURS)
		st = refuse(&s, row, verdict);
	if (st == STATUS_OK)
		st = join_del(s.txn, row);
	/* Another process was faster. */
	if (st == STATUS_NOT_FOUND)
		goto out;
	if (st == STATUS_OK)
		st = step_commit(&s);
out:
	step_abort(&s);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* Taken in: the invitation is queued with the entry (group_log.c). */
static enum status
forget(struct core *core, const struct join_row *row)
{
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = join_del(s.txn, row);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

static enum tacit_code
deal_with(struct courier *c, const struct join_row *row, int64_t deadline_ms,
    struct tacit_error *e)
{
	struct core *core = courier_core(c);
	enum tacit_code code = error_clear(e);
	bool admit = true;

	for (int i = 0; i < ADMIT_TRIES && admit; i++) {
		code = error_status(e, answer(core, row, &admit));
		if (code != TACIT_DONE || !admit)
			return code;
		code = group_act_admit(
		    c, &row->group, &row->account, &row->link, deadline_ms, e);
		if (code == TACIT_DONE)
			return error_status(e, forget(core, row));
		if (code != TACIT_NOT_ALLOWED)
			return code;
	}
	return code;
}

static enum status
list_requests(struct core *core, struct requests *q)
{
	struct step s = { 0 };
	size_t count = 0;
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = join_count(s.txn, &count);
	if (st == STATUS_OK && count > 0)
		st = joins_each(s.txn, note_row, q);
	step_abort(&s);
	return st;
}

enum tacit_code
group_admit(struct courier *c, int64_t deadline_ms, struct tacit_error *e)
{
	struct requests q = { .count = 0 };
	struct hash stuck = { { 0 } };
	enum tacit_code code =
	    error_status(e, list_requests(courier_core(c), &q));

	for (size_t i = 0; code == TACIT_DONE && i < q.count; i++) {
		/* A log that cannot be written to is not tried for each. */
		if (memcmp(&q.rows[i].group, &stuck, sizeof(stuck)) == 0)
			continue;
		code = deal_with(c, &q.rows[i], deadline_ms, e);
		if (code != TACIT_DONE)
			stuck = q.rows[i].group;
		/* Nor does it hold other groups up. */
		if (!group_chores_end(code))
			code = error_clear(e);
	}
	if (code == TACIT_DONE && q.count > 0)
		code = courier_flush_due(c, deadline_ms, e);
	wipe(&q, sizeof(q));
	return code;
}
