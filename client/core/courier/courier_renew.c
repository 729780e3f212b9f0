#include "client/core/courier/courier_renew.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hook.h"
#include "base/log.h"
#include "client/core/account_device.h"
#include "client/core/account_recovery.h"
#include "client/core/courier/courier_private.h"
#include "client/core/courier/rollback.h"
#include "client/core/messenger/lists.h"
#include "client/core/messenger/messenger.h"
#include "client/core/messenger/peers.h"
#include "client/core/repair/repair.h"

static const char may_have_left[] =
    "An older copy of the profile was taken into use; it may have been sent "
    "before.  If nobody has it, send it again.";
static const char may_be_unread[] =
    "The list of this account's devices had to be made anew; it may have been "
    "sent before.  If nobody has it, send it again.";

static enum status
read_counters(struct core *core, struct counters *counters)
{
	struct step s = { 0 };
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = counters_get(s.txn, counters);
	step_abort(&s);
	return st;
}

enum status
courier_renew_is_due(struct core *core, bool *due)
{
	struct counters counters;
	bool begun = false, two = false, newer = false;
	enum status st = read_counters(core, &counters);

	if (st == STATUS_OK)
		st = account_is_being_replaced(core, &begun);
	if (st == STATUS_OK)
		st = lists_are_two(core, &two, &newer);
	if (st == STATUS_OK)
		*due = begun || two || counters.restored_ms != 0;
	return st;
}

/* ---- In the transaction of the switch --------------------------------------
 */

/*
 * How far the old device had come is not to be said by the next one, whose
 * numbers begin anew: whoever believed it would refuse those.
 */
static enum status
leave_control(struct step *s, const struct outbox_row *row)
{
	struct plaintext p;
	enum status st = envelope_get_plaintext(row->content, s->arena, &p);

	if (st == STATUS_NOMEM)
		return st;
	if (st == STATUS_OK && (p.kind != CONTENT_PLACES || p.u.places.asks))
		return STATUS_OK;
	return outbox_del(s->txn, row);
}

/*
 * The relay has had it, or has refused it in so many words: no other copy said
 * anything else under that number, and whoever has it knows it when it comes.
 */
static enum status
leave_signed(struct step *s, const struct outbox_row *row, const char *why)
{
	bool sent = false;
	enum status st = repair_send_former(s, row, &sent);

	return st == STATUS_OK && !sent ? messenger_fail(s, row->order, why)
					: st;
}

/*
 * Ciphertext was made with keys that are gone.  A draft of a message may have
 * left since the copy was made, unless it was written here after that; what
 * devices tell each other may be told twice.
 */
static enum status
leave_row(struct step *s, const struct outbox_row *row, uint64_t since,
    const char *why)
{
	struct outbox_row kept = *row;
	uint64_t order;

	if (row->kind == OUTBOX_MESSAGE && (row->signed_before || row->again))
		return leave_signed(s, row, why);
	if (row->kind == OUTBOX_MESSAGE && row->state == OUTBOX_DRAFT &&
	    row->order >= since)
		return STATUS_OK;
	if (row->kind == OUTBOX_MESSAGE)
		return messenger_fail(s, row->order, why);
	if (row->kind == OUTBOX_CONTROL && row->state == OUTBOX_DRAFT)
		return leave_control(s, row);
	if (row->kind != OUTBOX_MANY || row->waiting_count == 0)
		return outbox_del(s->txn, row);
	kept.state = OUTBOX_DRAFT;
	kept.recipients = NULL;
	kept.recipients_count = 0;
	kept.submit_counter = 0;
	return outbox_put(s->txn, &kept, &order);
}

static enum status
leave_outbox(struct step *s, uint64_t since, const char *why)
{
	struct outbox_row row = { 0 };
	struct arena *a = NULL;
	enum status st = arena_new(OUTBOX_ROW_ARENA_BYTES, &a);

	while (st == STATUS_OK) {
		arena_reset(a);
		st = outbox_next(s->txn, row.order, a, &row);
		if (st == STATUS_OK)
			st = leave_row(s, &row, since, why);
		else if (st == STATUS_NOT_FOUND)
			break;
	}
	arena_free(a);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* In no conversation: it is about all of them. */
static enum status
tell_renewed(struct step *s)
{
	struct notice notice = {
		.kind = NOTICE_RENEWED,
		.conversation_kind = CONVERSATION_DIRECT,
	};

	peers_history_key(&notice.peer, &notice.conversation);
	return messenger_notice(s, &notice);
}

static enum status
leave(struct step *s, void *arg)
{
	bool old_copy;
	struct counters c;
	enum status st = counters_get(s->txn, &c);

	(void)arg;
	if (st != STATUS_OK)
		return st;
	old_copy = rollback_is_known(&c);
	st = leave_outbox(
	    s, c.restored_outbox, old_copy ? may_have_left : may_be_unread);
	/* A list that was not the newest: nothing came in between. */
	if (st != STATUS_OK || !old_copy)
		return st;
	st = counters_get(s->txn, &c);
	if (st != STATUS_OK)
		return st;
	c.rolled_back_ms = 0;
	c.restored_ms = 0;
	c.restored_outbox = 0;
	c.renewed_ms = s->now_ms;
	st = counters_put(s->txn, &c);
	if (st == STATUS_OK)
		st = tell_renewed(s);
	return st == STATUS_OK ? repair_ask_places(s) : st;
}

/* ---- Over the line
 * ----------------------------------------------------------- */

static enum tacit_code
connect(struct core *core, int64_t deadline_ms, struct uplink **u,
    struct tacit_error *e)
{
	enum uplink_stage stage;
	enum status st =
	    uplink_open(&core->self.relay, core->proxy, deadline_ms, u, &stage);

	return error_uplink(e, &core->self.relay, stage, st);
}

/*
 * DENIED says that the relay knows this device no more: nothing waits for it.
 */
static enum tacit_code
fetch_rest(struct core *core, int64_t deadline_ms, struct tacit_error *e)
{
	struct courier *c = calloc(1, sizeof(*c));
	enum tacit_code code;
	enum status st;

	if (c == NULL)
		return error_status(e, STATUS_NOMEM);
	c->core = core;
	code = connect(core, deadline_ms, &c->u, e);
	if (code != TACIT_DONE)
		goto out;
	st = uplink_authenticate(
	    c->u, &core->self, deadline_ms, &c->mailbox, &c->prekeys);
	c->head = c->mailbox.head;
	if (st == STATUS_DENIED)
		code = error_clear(e);
	else
		code = error_login(e, st);
	if (st == STATUS_OK)
		code = courier_fetch(c, deadline_ms, e);
	hook_reach("renew-after-fetch");
out:
	courier_close(c);
	return code;
}

/*
 * A list that waits was signed, so the next one follows it.  DAMAGED: the relay
 * has a newer one, which the new device's follows then.
 */
static enum tacit_code
finish_list(struct core *core, int64_t deadline_ms, struct tacit_error *e)
{
	enum tacit_code code = account_recovery_catch_up(core, deadline_ms, e);

	return code == TACIT_DAMAGED ? error_clear(e) : code;
}

/* Too soon for another one: whoever says that it is needed may be lying. */
static enum tacit_code
check_pause(const struct counters *c, struct tacit_error *e)
{
	int64_t since_ms = clock_wall_ms() - c->renewed_ms;

	if (c->restored_ms != 0 || c->renewed_ms == 0 || since_ms < 0 ||
	    since_ms >= RENEW_PAUSE_MS)
		return error_clear(e);
	error_set(e, TACIT_REFUSED,
	    "This profile was renewed less than an hour ago, and the relay "
	    "says again that it is an old copy. Either another copy of it is "
	    "in use, or the relay lies; find out before you try again.");
	e->retry_after_ms = (uint64_t)(RENEW_PAUSE_MS - since_ms);
	return e->code;
}

static enum tacit_code
check(struct core *core, bool *begun, struct tacit_error *e)
{
	struct counters counters;
	bool two = false, newer = false;
	enum status st = read_counters(core, &counters);

	if (st == STATUS_OK)
		st = account_is_being_replaced(core, begun);
	if (st == STATUS_OK)
		st = lists_are_two(core, &two, &newer);
	if (st != STATUS_OK)
		return error_status(e, st);
	/* Nobody but our own account key can say that there are two. */
	if (*begun || two || newer)
		return error_clear(e);
	if (!rollback_is_known(&counters))
		return error_set(e, TACIT_DAMAGED,
		    "This profile is no old copy, so there is nothing to "
		    "renew.");
	return check_pause(&counters, e);
}

enum tacit_code
courier_renew(struct core *core, int64_t deadline_ms, struct tacit_error *e)
{
	struct uplink *u = NULL;
	bool begun = false;
	enum tacit_code code = check(core, &begun, e);

	/* What was begun may be in force: there is no old device any more. */
	if (code == TACIT_DONE && !begun)
		code = fetch_rest(core, deadline_ms, e);
	if (code == TACIT_DONE && !begun)
		code = finish_list(core, deadline_ms, e);
	if (code == TACIT_DONE)
		code = connect(core, deadline_ms, &u, e);
	if (code == TACIT_DONE)
		code = account_replace_device(
		    core, u, leave, NULL, deadline_ms, e);
	uplink_close(u);
	if (code == TACIT_DONE)
		log_event(LOG_LEVEL_INFO, "profile-renewed", "device=%u",
		    (unsigned)core->self.address.device);
	return code;
}
