/* courier_drain.c - being the receiver until the mailbox is empty. */
#include <assert.h>

#include "base/clock.h"
#include "client/core/account.h"
#include "client/core/courier/courier_receiving.h"
#include "client/core/expiry.h"
#include "client/core/group/group_chores.h"
#include "client/core/group/group_sync.h"
#include "client/core/messenger/messenger.h"
#include "client/core/repair/repair.h"
#include "store/client/outbox.h"

enum {
	ELSEWHERE_MS = 5000, /* how long another receiver may take */
	ELSEWHERE_POLL_MS = 20,
	DRAINED_STALE_MS = 60 * 60 * 1000,
};

static enum status
begin_receiving(struct courier *c)
{
	struct request request = { .kind = REQUEST_RECEIVE };

	return uplink_send(c->u, &request, &c->receive_id);
}

/* Note an empty mailbox now and then, without a commit for every command. */
static enum status
remember_drained(struct receiving *r)
{
	struct counters counters;
	struct step s = { 0 };
	enum status st = step_begin(r->c->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = counters_get(s.txn, &counters);
	if (st != STATUS_OK ||
	    s.now_ms - counters.drained_ms < DRAINED_STALE_MS)
		goto out;
	step_abort(&s);
	st = step_begin(r->c->core, DB_WRITE, &s);
	if (st == STATUS_OK)
		st = receiving_remember(r, &s, 0);
	if (st == STATUS_OK)
		st = step_commit(&s);
out:
	step_abort(&s);
	return st;
}

enum status
courier_ask_missing(struct core *core)
{
	struct step s = { 0 };
	bool due = false;
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = repair_has_due(&s, &due);
	step_abort(&s);
	if (st != STATUS_OK || !due)
		return st;
	st = step_begin(core, DB_WRITE, &s);
	if (st == STATUS_OK)
		st = repair_ask(&s);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

/* Everything that was there is filed: look after the rest. */
static enum tacit_code
after_drain(struct receiving *r, int64_t deadline_ms, struct tacit_error *e)
{
	struct courier *c = r->c;
	enum tacit_code code = error_status(e, remember_drained(r));

	if (code == TACIT_DONE)
		code = error_status(e, expiry_run(c->core));
	if (code == TACIT_DONE)
		code = group_sync(c, deadline_ms, e);
	if (code == TACIT_DONE)
		code = error_status(e, courier_ask_missing(c->core));
	if (code == TACIT_DONE)
		code = courier_flush_due(c, deadline_ms, e);
	if (code == TACIT_DONE)
		code = account_refresh_prekeys(
		    c->core, c->u, &c->prekeys, true, deadline_ms, e);
	return code;
}

/* Hardly ever anything: a look before a write transaction. */
static enum status
retry_untried(struct core *core)
{
	struct step s = { 0 };
	size_t waiting = 0;
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = vault_count(s.txn, VAULT_QUARANTINE, &waiting);
	step_abort(&s);
	if (st != STATUS_OK || waiting == 0)
		return st;
	st = step_begin(core, DB_WRITE, &s);
	if (st == STATUS_OK)
		st = messenger_retry_quarantine(&s, QUARANTINE_UNTRIED, NULL);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

/* All that waits, filed and acknowledged. */
static enum tacit_code
fetch(struct receiving *r, int64_t deadline_ms, struct tacit_error *e)
{
	enum status st;

	assert(r != NULL);
	st = retry_untried(r->c->core);
	if (st == STATUS_OK)
		st = receiving_let_go(r);
	if (st == STATUS_OK)
		st = begin_receiving(r->c);
	r->drained = false;
	while (st == STATUS_OK && !r->drained) {
		st = receiving_gather(r, deadline_ms);
		if (st == STATUS_OK)
			st = receiving_take(r);
		/* A relay that pushes for ever does not hold us for ever. */
		if (st == STATUS_OK && !r->drained &&
		    clock_mono_ms() > deadline_ms)
			st = STATUS_AGAIN;
	}
	if (st == STATUS_OK)
		st = receiving_let_go(r);
	if (st != STATUS_OK)
		return receiving_error(r, e, st);
	st = uplink_flush(r->c->u, deadline_ms);
	if (st != STATUS_OK)
		return receiving_error(r, e, st);
	return error_clear(e);
}

enum tacit_code
courier_fetch(struct courier *c, int64_t deadline_ms, struct tacit_error *e)
{
	struct receiving *r = NULL;
	enum tacit_code code;
	enum status st = courier_take_lock(c);

	if (st == STATUS_OK)
		st = receiving_new(c, &r);
	if (st == STATUS_AGAIN)
		code = error_set(e, TACIT_UNREACHABLE,
		    "Process %lld receives for this profile; try again when "
		    "it has ended.",
		    (long long)lock_holder(c->core->dir));
	else
		code = error_status(e, st);
	if (code == TACIT_DONE)
		code = fetch(r, deadline_ms, e);
	receiving_free(r);
	return code;
}

static enum tacit_code
drain(struct receiving *r, int64_t deadline_ms, struct tacit_error *e)
{
	enum tacit_code code = fetch(r, deadline_ms, e);

	return code == TACIT_DONE ? after_drain(r, deadline_ms, e) : code;
}

static enum status
caught_up(struct courier *c, bool *done)
{
	struct counters counters;
	struct step s = { 0 };
	enum status st = step_begin(c->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = counters_get(s.txn, &counters);
	if (st == STATUS_OK)
		*done = courier_acknowledged(c, &counters) >= c->head;
	step_abort(&s);
	return st;
}

/* Another process receives: wait until it has what was there when we asked. */
static enum tacit_code
await_other(struct courier *c, int64_t deadline_ms, struct tacit_error *e)
{
	int64_t end_ms = clock_mono_ms() + ELSEWHERE_MS;
	bool done = false;
	enum status st = caught_up(c, &done);

	if (end_ms > deadline_ms)
		end_ms = deadline_ms;
	while (st == STATUS_OK && !done && clock_mono_ms() < end_ms) {
		clock_sleep_ms(ELSEWHERE_POLL_MS);
		st = caught_up(c, &done);
	}
	if (st != STATUS_OK)
		return error_status(e, st);
	if (!done)
		return error_set(e, TACIT_UNREACHABLE,
		    "Process %lld receives for this profile and does not catch "
		    "up; try again later.",
		    (long long)lock_holder(c->core->dir));
	return group_sync(c, deadline_ms, e);
}

static enum status
has_group_draft(struct courier *c, bool *found)
{
	struct outbox_row row = { 0 };
	struct step s = { 0 };
	enum status st = step_begin(c->core, DB_READ, &s);

	*found = false;
	while (st == STATUS_OK && !*found) {
		arena_reset(s.arena);
		st = outbox_next(s.txn, row.order, s.arena, &row);
		*found = st == STATUS_OK && row.state == OUTBOX_DRAFT &&
			 row.conversation_kind == CONVERSATION_GROUP;
	}
	step_abort(&s);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

enum tacit_code
courier_catch_up(struct courier *c, int64_t deadline_ms, struct tacit_error *e)
{
	bool found;
	enum tacit_code code = error_status(e, has_group_draft(c, &found));

	if (code != TACIT_DONE || !found)
		return code;
	return courier_drain(c, deadline_ms, e);
}

enum tacit_code
courier_chores(struct courier *c, int64_t deadline_ms, struct tacit_error *e)
{
	enum tacit_code code;

	if (c->in_chores)
		return error_clear(e);
	c->in_chores = true;
	code = group_chores(c, deadline_ms, e);
	c->in_chores = false;
	return code;
}

enum tacit_code
courier_drain(struct courier *c, int64_t deadline_ms, struct tacit_error *e)
{
	struct receiving *r = NULL;
	enum tacit_code code;
	enum status st = courier_take_lock(c);

	if (st == STATUS_OK)
		st = receiving_new(c, &r);
	if (st == STATUS_AGAIN)
		code = await_other(c, deadline_ms, e);
	else
		code = error_status(e, st);
	if (code == TACIT_DONE && r != NULL)
		code = drain(r, deadline_ms, e);
	receiving_free(r);
	if (code == TACIT_DONE)
		code = courier_chores(c, deadline_ms, e);
	/*
	 * The lock goes with the connection: until then the relay pushes here,
	 * and another receiver would only be told of half.
	 */
	return code;
}
