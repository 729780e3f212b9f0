#include "client/core/courier/courier.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "client/core/account.h"
#include "client/core/account_device.h"
#include "client/core/account_recovery.h"
#include "client/core/clock_trust.h"
#include "client/core/courier/courier_private.h"
#include "client/core/courier/courier_renew.h"
#include "client/core/courier/rollback.h"
#include "client/core/messenger/messenger.h"
#include "client/core/messenger/peers.h"
#include "client/core/moved.h"

struct uplink *
courier_uplink(struct courier *c)
{
	return c->u;
}

struct core *
courier_core(struct courier *c)
{
	return c->core;
}

bool
courier_receiver_is_elsewhere(const struct courier *c)
{
	return c->elsewhere;
}

uint64_t
courier_waiting(const struct courier *c)
{
	return c->mailbox.head - c->mailbox.acknowledged;
}

uint32_t
courier_prekeys(const struct courier *c)
{
	return c->prekeys.one_time_count;
}

void
courier_close(struct courier *c)
{
	if (c == NULL)
		return;
	/* The relay hears no more of us before another process receives. */
	uplink_close(c->u);
	lock_free(c->lock);
	free(c);
}

enum status
courier_take_lock(struct courier *c)
{
	enum status st = STATUS_OK;

	if (c->lock == NULL)
		st = lock_try(c->core->dir, &c->lock);
	c->elsewhere = st == STATUS_AGAIN;
	return st;
}

static bool
same_epoch(const struct courier *c, const struct counters *counters)
{
	return counters->has_epoch &&
	       memcmp(counters->epoch, uplink_hello(c->u)->u.hello.epoch,
		   EPOCH_BYTES) == 0;
}

uint64_t
courier_acknowledged(const struct courier *c, const struct counters *counters)
{
	return same_epoch(c, counters) ? counters->acknowledged : 0;
}

/* In no conversation: it is about all of them. */
static enum status
tell_rolled_back(struct step *s)
{
	struct notice notice = {
		.kind = NOTICE_ROLLED_BACK,
		.conversation_kind = CONVERSATION_DIRECT,
	};

	peers_history_key(&notice.peer, &notice.conversation);
	return messenger_notice(s, &notice);
}

/* Once: from now on nothing is connected. */
static enum status
mark_rolled_back(struct core *core)
{
	struct counters counters;
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = counters_get(s.txn, &counters);
	if (st != STATUS_OK)
		goto out;
	counters.rolled_back_ms = s.now_ms;
	/* What is written from here on cannot have left from elsewhere. */
	if (counters.restored_outbox == 0)
		counters.restored_outbox =
		    counters.next_outbox == 0 ? 1 : counters.next_outbox;
	st = counters_put(s.txn, &counters);
	if (st == STATUS_OK)
		st = tell_rolled_back(&s);
	if (st == STATUS_OK)
		st = step_commit(&s);
out:
	step_abort(&s);
	return st == STATUS_OK ? STATUS_ROLLED_BACK : st;
}

static enum status
check_rollback(struct courier *c)
{
	struct counters counters;
	struct step s = { 0 };
	enum status st = step_begin(c->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = counters_get(s.txn, &counters);
	step_abort(&s);
	if (st != STATUS_OK)
		return st;
	if (rollback_is_known(&counters))
		return STATUS_ROLLED_BACK;
	if (!rollback_is_seen(&counters, &c->mailbox, uplink_hello(c->u)))
		return STATUS_OK;
	log_event(LOG_LEVEL_ERROR, "profile-rolled-back", "relay=ahead");
	return mark_rolled_back(c->core);
}

static enum tacit_code
authenticate(struct courier *c, int64_t deadline_ms, struct tacit_error *e)
{
	enum status st = uplink_authenticate(
	    c->u, &c->core->self, deadline_ms, &c->mailbox, &c->prekeys);
	enum tacit_code code = error_login(e, st);

	if (st == STATUS_DENIED)
		code = account_ask_why_denied(
		    c->core, c->u, &c->mailbox, deadline_ms, e);
	c->head = c->mailbox.head;
	return code;
}

enum tacit_code
courier_over(struct core *core, struct uplink *u, int64_t deadline_ms,
    struct courier **c, struct tacit_error *e)
{
	struct courier *fresh = calloc(1, sizeof(*fresh));
	enum tacit_code code;

	if (fresh == NULL) {
		uplink_close(u);
		return error_status(e, STATUS_NOMEM);
	}
	fresh->core = core;
	fresh->u = u;
	clock_trust_hear(core, uplink_hello(u)->u.hello.time_ms);
	moved_hear(core, u);
	code = authenticate(fresh, deadline_ms, e);
	if (code == TACIT_DONE)
		code = error_status(e, check_rollback(fresh));
	/* The full check is part of a drain; running dry cannot wait for it. */
	if (code == TACIT_DONE && fresh->prekeys.one_time_count < PREKEYS_LOW)
		code = account_refresh_prekeys(
		    core, fresh->u, &fresh->prekeys, false, deadline_ms, e);
	if (code != TACIT_DONE) {
		courier_close(fresh);
		return code;
	}
	*c = fresh;
	return TACIT_DONE;
}

enum tacit_code
courier_open(struct core *core, int64_t deadline_ms, struct courier **c,
    struct tacit_error *e)
{
	struct uplink *u = NULL;
	enum uplink_stage stage;
	bool due = false;
	enum status st = courier_renew_is_due(core, &due);

	if (st != STATUS_OK)
		return error_status(e, st);
	if (due && courier_renew(core, deadline_ms, e) != TACIT_DONE)
		return e->code;
	/* What becomes of it stops nothing else; the relay is asked below. */
	(void)account_recovery_catch_up(core, deadline_ms, e);
	st = uplink_open(
	    &core->self.relay, core->proxy, deadline_ms, &u, &stage);
	if (st != STATUS_OK)
		return error_uplink(e, &core->self.relay, stage, st);
	return courier_over(core, u, deadline_ms, c, e);
}
