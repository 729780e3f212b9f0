/* courier_follow.c - staying: what comes is filed as it comes. */
#include "base/clock.h"
#include "client/core/account.h"
#include "client/core/courier/courier_receiving.h"
#include "client/core/expiry.h"
#include "client/core/group/group_sync.h"
#include "client/core/upkeep.h"
#include "store/client/outbox.h"
#include "store/client/receipts.h"

enum {
	TICK_MS = 500, /* between looks at `stop` */
	DUE_MS = 5000, /* between looks at the outbox, and at the clock */
	PING_MS = 60 * 1000,
	LET_GO_MS = 60 * 1000, /* what is pushed at once has come by then */
	RECEIPTS_MS = 1000,    /* one receipt says what came in so long, */
	RECEIPTS_MANY = 64,    /* to so many devices at a time */
	PONG_MS = 20 * 1000,
	DRAIN_MS = 30 * 1000, /* nobody pings while the mailbox drains */
};

static enum status
outbox_is_empty(struct courier *c, bool *empty)
{
	struct step s = { 0 };
	size_t count = 0;
	enum status st = step_begin(c->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = outbox_count(s.txn, &count);
	step_abort(&s);
	*empty = count == 0;
	return st;
}

struct follow {
	struct receiving *r;
	int64_t due_ms;      /* when to look at the outbox */
	int64_t receipts_ms; /* when to say what we have; 0: nothing came */
	int64_t ping_ms;     /* when to ask whether the relay is still there */
	int64_t let_go_ms;   /* when to forget devices that have left */
};

/* A line that died without a word is noticed by asking something cheap. */
static enum tacit_code
ping(struct follow *f, struct tacit_error *e)
{
	struct courier *c = f->r->c;
	struct request request = { .kind = REQUEST_PREKEY_STATUS };
	struct reply reply = { 0 };
	struct arena *a = NULL;
	enum status st = arena_new(UPLINK_REPLY_ARENA_BYTES, &a);

	if (st == STATUS_OK)
		st = uplink_call(
		    c->u, &request, clock_mono_ms() + PONG_MS, a, &reply);
	if (st == STATUS_OK && reply.kind == REPLY_PREKEY_STATE)
		c->prekeys = reply.u.prekey_state;
	arena_free(a);
	if (st != STATUS_OK)
		return receiving_error(f->r, e, st);
	return account_refresh_prekeys(
	    c->core, c->u, &c->prekeys, true, clock_mono_ms() + PONG_MS, e);
}

/* What has been shown by now is in it; what is left over goes the next time. */
static enum tacit_code
send_receipts(struct follow *f, int64_t now_ms, struct tacit_error *e)
{
	struct courier *c = f->r->c;
	struct step s = { 0 };
	size_t count = 0;
	enum status st;
	enum tacit_code code =
	    courier_flush_receipts(c, RECEIPTS_MANY, now_ms + PONG_MS, e);

	if (code != TACIT_DONE)
		return code;
	st = step_begin(c->core, DB_READ, &s);
	if (st == STATUS_OK)
		st = receipt_due_count(s.txn, &count);
	step_abort(&s);
	f->receipts_ms = count > 0 ? clock_mono_ms() + RECEIPTS_MS : 0;
	return error_status(e, st);
}

/* What is to be done besides receiving, when its time has come. */
static enum tacit_code
follow_chores(struct follow *f, bool came, struct tacit_error *e)
{
	struct receiving *r = f->r;
	int64_t now_ms = clock_mono_ms();
	enum tacit_code code = error_clear(e);
	bool empty = true;

	if (came)
		f->ping_ms = now_ms + PING_MS;
	if (r->chains || r->c->core->chains_due)
		code = group_sync(r->c, now_ms + PONG_MS, e);
	if (code == TACIT_DONE && (came || now_ms >= f->due_ms))
		code = courier_chores(r->c, now_ms + PONG_MS, e);
	/* One step, and only while it is quiet. */
	if (!came && now_ms >= f->due_ms)
		upkeep_run(r->c->core, 0);
	if (code == TACIT_DONE && (came || now_ms >= f->due_ms)) {
		f->due_ms = now_ms + DUE_MS;
		code = error_status(e, expiry_run(r->c->core));
		if (code == TACIT_DONE)
			code = error_status(e, courier_ask_missing(r->c->core));
		if (code == TACIT_DONE)
			code = error_status(e, outbox_is_empty(r->c, &empty));
		if (code == TACIT_DONE && !empty)
			code = courier_flush_due(r->c, now_ms + PONG_MS, e);
	}
	if (came && f->receipts_ms == 0)
		f->receipts_ms = now_ms + RECEIPTS_MS;
	if (code == TACIT_DONE && f->receipts_ms != 0 &&
	    now_ms >= f->receipts_ms)
		code = send_receipts(f, now_ms, e);
	if (code == TACIT_DONE && now_ms >= f->let_go_ms) {
		f->let_go_ms = now_ms + LET_GO_MS;
		code = error_status(e, receiving_let_go(r));
	}
	if (code == TACIT_DONE && now_ms >= f->ping_ms) {
		f->ping_ms = now_ms + PING_MS;
		code = ping(f, e);
	}
	return code;
}

static enum tacit_code
follow_once(
    struct follow *f, int64_t deadline_ms, bool *came, struct tacit_error *e)
{
	struct receiving *r = f->r;
	int64_t tick_ms = clock_mono_ms() + TICK_MS;
	enum status st;

	r->drained = false;
	st = receiving_gather(r, tick_ms < deadline_ms ? tick_ms : deadline_ms);
	*came = st == STATUS_OK;
	if (st == STATUS_AGAIN)
		st = STATUS_OK;
	if (st == STATUS_OK)
		st = receiving_take(r);
	if (st == STATUS_OK && *came)
		st = uplink_flush(r->c->u, clock_mono_ms() + PONG_MS);
	if (st != STATUS_OK)
		return receiving_error(r, e, st);
	return TACIT_DONE;
}

/* After the drain: `progress` sees each commit before the chores begin. */
static enum tacit_code
follow(struct follow *f, int64_t deadline_ms, const volatile bool *stop,
    bool (*progress)(void *arg), void *arg, struct tacit_error *e)
{
	enum tacit_code code = TACIT_DONE;
	bool came = true;

	f->receipts_ms = clock_mono_ms() + RECEIPTS_MS; /* of the drain */
	while (code == TACIT_DONE && clock_mono_ms() < deadline_ms) {
		if (stop != NULL && *stop)
			break;
		if (came && !progress(arg))
			break;
		code = follow_once(f, deadline_ms, &came, e);
		if (code == TACIT_DONE)
			code = follow_chores(f, came, e);
	}
	return code;
}

enum tacit_code
courier_follow(struct courier *c, int64_t deadline_ms,
    const volatile bool *stop, bool (*progress)(void *arg), void *arg,
    struct tacit_error *e)
{
	struct follow f = { 0 };
	enum tacit_code code;
	int64_t now_ms = clock_mono_ms();
	int64_t drained_ms = now_ms + DRAIN_MS;

	code = courier_drain(
	    c, drained_ms < deadline_ms ? drained_ms : deadline_ms, e);
	if (code == TACIT_DONE && c->elsewhere)
		return TACIT_DONE;
	if (code == TACIT_DONE)
		code = error_status(e, receiving_new(c, &f.r));
	f.due_ms = now_ms + DUE_MS;
	f.ping_ms = now_ms + PING_MS;
	if (code == TACIT_DONE)
		code = follow(&f, deadline_ms, stop, progress, arg, e);
	receiving_free(f.r);
	return code;
}
