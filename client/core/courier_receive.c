/*
 * courier_receive.c - the mailbox into the history (protocol.md 5.2): items in
 * batches, each committed before the relay is told that it may forget them.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hook.h"
#include "base/log.h"
#include "client/core/account.h"
#include "client/core/courier_private.h"
#include "client/core/group_act.h"
#include "client/core/messenger.h"
#include "store/client/outbox.h"

enum {
	ELSEWHERE_MS = 5000, /* how long another receiver may take */
	ELSEWHERE_POLL_MS = 20,
	TICK_MS = 500, /* between looks at `stop` */
	DUE_MS = 5000, /* between looks at the outbox */
	PING_MS = 60 * 1000,
	PONG_MS = 20 * 1000,
	DRAINED_STALE_MS = 60 * 60 * 1000,
	GATHER_REPLIES = 64,
};

struct receiving {
	struct courier *c;
	struct arena *arena;
	struct reply pushes[GATHER_REPLIES];
	size_t pushes_count;
	size_t items_count;
	size_t bytes;
	bool drained;
	bool replaced;
	bool chains; /* somebody appended to a log we follow */
};

static bool
is_pushed(enum reply_kind kind, uint64_t id, void *arg)
{
	const struct receiving *r = arg;

	switch (kind) {
	case REPLY_PUSH:
	case REPLY_DRAINED:
	case REPLY_CHAIN_CHANGED:
		return true;
	case REPLY_ERROR:
		return id == 0 || id == r->c->receive_id;
	case REPLY_HELLO:
	case REPLY_REGISTERED:
	case REPLY_AUTHENTICATED:
	case REPLY_PREKEY_STATE:
	case REPLY_ACCOUNT:
	case REPLY_BUNDLES:
	case REPLY_SUBMITTED:
	case REPLY_CHAIN_APPENDED:
	case REPLY_CHAIN_TAILS:
		break;
	}
	return false;
}

static void
take_push(struct receiving *r, const struct reply *reply)
{
	for (size_t i = 0; i < reply->u.push.count; i++)
		r->bytes += reply->u.push.items[i].payload.len;
	r->items_count += reply->u.push.count;
	r->pushes[r->pushes_count++] = *reply;
}

static enum status
take_reply(struct receiving *r, const struct reply *reply)
{
	switch ((int)reply->kind) {
	case REPLY_PUSH:
		take_push(r, reply);
		return STATUS_OK;
	case REPLY_DRAINED:
		r->drained = true;
		if (reply->u.drained_head > r->c->head)
			r->c->head = reply->u.drained_head;
		return STATUS_OK;
	case REPLY_CHAIN_CHANGED:
		r->chains = true;
		return STATUS_OK;
	default:
		r->replaced = reply->u.error.code == ERROR_REPLACED;
		return STATUS_UNREACHABLE;
	}
}

/* Pushes that are here, after waiting for a first one.  AGAIN: none came. */
static enum status
gather(struct receiving *r, int64_t deadline_ms)
{
	struct reply reply = { 0 };
	enum status st = STATUS_OK;

	arena_reset(r->arena);
	r->pushes_count = 0;
	r->items_count = 0;
	r->bytes = 0;
	while (st == STATUS_OK && !r->drained &&
	       r->pushes_count < GATHER_REPLIES &&
	       r->items_count < BATCH_ITEMS && r->bytes < BATCH_BYTES) {
		st = uplink_next_where(
		    r->c->u, is_pushed, r, deadline_ms, r->arena, &reply);
		if (st == STATUS_OK)
			st = take_reply(r, &reply);
		deadline_ms = 0;
	}
	/* What has come is filed, whatever comes after it. */
	if (r->pushes_count > 0 || r->drained || r->chains)
		return st == STATUS_NOMEM ? st : STATUS_OK;
	return st;
}

static enum status
take_item(struct step *outer, const struct item *item)
{
	struct step s = { 0 };
	enum status st = step_nest(outer, &s);

	if (st == STATUS_OK)
		st = messenger_take(&s, item);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

static enum status
remember(struct receiving *r, struct step *s, uint64_t seq)
{
	struct counters counters;
	enum status st = counters_get(s->txn, &counters);

	if (st != STATUS_OK)
		return st;
	if (seq > courier_acknowledged(r->c, &counters) ||
	    !counters.has_epoch) {
		counters.acknowledged = seq;
		counters.has_epoch = true;
		memcpy(counters.epoch, uplink_hello(r->c->u)->u.hello.epoch,
		    sizeof(counters.epoch));
	}
	counters.last_contact_ms = s->now_ms;
	if (r->drained)
		counters.drained_ms = s->now_ms;
	return counters_put(s->txn, &counters);
}

/* Which item of all that were gathered. */
struct place {
	size_t push;
	size_t item;
};

static const struct item *
item_at(const struct receiving *r, struct place *at)
{
	while (at->push < r->pushes_count &&
	       at->item == r->pushes[at->push].u.push.count) {
		at->push++;
		at->item = 0;
	}
	if (at->push == r->pushes_count)
		return NULL;
	return &r->pushes[at->push].u.push.items[at->item];
}

/*
 * One transaction from `at` on, which moves.  What went wrong with the store
 * ends it early: what was taken before is committed, the rest is pushed again.
 */
static enum status
take_batch(struct receiving *r, struct place *at, uint64_t *seq)
{
	int64_t end_ms = clock_mono_ms() + BATCH_MS;
	struct counters counters;
	struct step s = { 0 };
	const struct item *item;
	uint64_t known = 0, last = 0;
	enum status failed = STATUS_OK;
	enum status st = step_begin(r->c->core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = counters_get(s.txn, &counters);
	if (st != STATUS_OK)
		goto out;
	known = courier_acknowledged(r->c, &counters);
	for (size_t i = 0; i < BATCH_ITEMS && clock_mono_ms() < end_ms; i++) {
		item = item_at(r, at);
		if (item == NULL)
			break;
		/* Committed before, but the relay never heard of it. */
		if (item->seq > known)
			failed = take_item(&s, item);
		if (failed != STATUS_OK)
			break;
		last = item->seq;
		at->item++;
	}
	st = failed;
	if (last == 0)
		goto out;
	st = remember(r, &s, last);
	if (st == STATUS_OK)
		st = step_commit(&s);
	if (st != STATUS_OK)
		goto out;
	*seq = last;
	st = failed;
out:
	step_abort(&s);
	return st;
}

static enum status
acknowledge(struct courier *c, uint64_t seq)
{
	struct request request = { .kind = REQUEST_ACKNOWLEDGE };
	uint64_t id;

	request.u.acknowledge_seq = seq;
	hook_reach("receive-before-ack");
	return uplink_send(c->u, &request, &id);
}

static enum status
take_all(struct receiving *r)
{
	struct place at = { 0, 0 };
	enum status st = STATUS_OK;

	while (st == STATUS_OK && item_at(r, &at) != NULL) {
		uint64_t seq = 0;

		st = take_batch(r, &at, &seq);
		if (seq == 0)
			continue;
		/* A lost line only means that these are pushed again. */
		if (acknowledge(r->c, seq) != STATUS_OK && st == STATUS_OK)
			st = STATUS_UNREACHABLE;
		hook_reach("receive-after-ack");
	}
	return st;
}

static enum status
begin_receiving(struct courier *c)
{
	struct request request = { .kind = REQUEST_RECEIVE };
	enum status st;

	st = uplink_send(c->u, &request, &c->receive_id);
	c->receiving = st == STATUS_OK;
	return st;
}

static enum tacit_code
receive_error(const struct receiving *r, struct tacit_error *e, enum status st)
{
	if (r->replaced)
		return error_set(e, TACIT_UNREACHABLE,
		    "Another program receives for this account now; "
		    "stop one of the two.");
	return error_status(e, st == STATUS_AGAIN || st == STATUS_BAD_INPUT
				   ? STATUS_UNREACHABLE
				   : st);
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
		st = remember(r, &s, 0);
	if (st == STATUS_OK)
		st = step_commit(&s);
out:
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
		code = group_act_sync(c, deadline_ms, e);
	if (code == TACIT_DONE)
		code = courier_flush_due(c, deadline_ms, e);
	if (code == TACIT_DONE)
		code = account_keep_prekeys(
		    c->core, c->u, &c->prekeys, true, deadline_ms, e);
	return code;
}

static enum tacit_code
drain(struct receiving *r, int64_t deadline_ms, struct tacit_error *e)
{
	enum status st = begin_receiving(r->c);

	r->drained = false;
	while (st == STATUS_OK && !r->drained) {
		st = gather(r, deadline_ms);
		if (st == STATUS_OK)
			st = take_all(r);
	}
	if (st != STATUS_OK)
		return receive_error(r, e, st);
	st = uplink_flush(r->c->u, deadline_ms);
	if (st != STATUS_OK)
		return receive_error(r, e, st);
	return after_drain(r, deadline_ms, e);
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
		usleep(ELSEWHERE_POLL_MS * 1000);
		st = caught_up(c, &done);
	}
	if (st != STATUS_OK)
		return error_status(e, st);
	if (!done)
		return error_set(e, TACIT_UNREACHABLE,
		    "Process %lld receives for this profile and does not catch "
		    "up; try again later.",
		    (long long)lock_holder(c->core->dir));
	return group_act_sync(c, deadline_ms, e);
}

static enum status
receiving_new(struct courier *c, struct receiving **r)
{
	struct receiving *fresh = calloc(1, sizeof(*fresh));
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->c = c;
	/* A batch, and one more of the largest replies. */
	st = arena_new(STEP_ARENA_BYTES, &fresh->arena);
	if (st != STATUS_OK) {
		free(fresh);
		return st;
	}
	*r = fresh;
	return STATUS_OK;
}

static void
receiving_free(struct receiving *r)
{
	if (r == NULL)
		return;
	arena_free(r->arena);
	free(r);
}

enum tacit_code
courier_drain(struct courier *c, int64_t deadline_ms, struct tacit_error *e)
{
	struct receiving *r = NULL;
	enum tacit_code code;
	enum status st = courier_take_lock(c);

	if (st == STATUS_AGAIN)
		return await_other(c, deadline_ms, e);
	if (st == STATUS_OK)
		st = receiving_new(c, &r);
	code = error_status(e, st);
	if (code == TACIT_DONE)
		code = drain(r, deadline_ms, e);
	receiving_free(r);
	/*
	 * The lock goes with the connection: until then the relay pushes here,
	 * and another receiver would only be told of half.
	 */
	return code;
}

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
	int64_t due_ms;  /* when to look at the outbox */
	int64_t ping_ms; /* when to ask whether the relay is still there */
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
		return receive_error(f->r, e, st);
	return account_keep_prekeys(
	    c->core, c->u, &c->prekeys, true, clock_mono_ms() + PONG_MS, e);
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
	if (r->chains) {
		r->chains = false;
		code = group_act_sync(r->c, now_ms + PONG_MS, e);
	}
	if (code == TACIT_DONE && (came || now_ms >= f->due_ms)) {
		f->due_ms = now_ms + DUE_MS;
		code = error_status(e, outbox_is_empty(r->c, &empty));
		if (code == TACIT_DONE && !empty)
			code = courier_flush_due(r->c, now_ms + PONG_MS, e);
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
	st = gather(r, tick_ms < deadline_ms ? tick_ms : deadline_ms);
	*came = st == STATUS_OK;
	if (st == STATUS_AGAIN)
		st = STATUS_OK;
	if (st == STATUS_OK)
		st = take_all(r);
	if (st == STATUS_OK && *came)
		st = uplink_flush(r->c->u, clock_mono_ms() + PONG_MS);
	if (st != STATUS_OK)
		return receive_error(r, e, st);
	return TACIT_DONE;
}

/* After the drain: `progress` sees each commit before the chores begin. */
static enum tacit_code
follow(struct follow *f, int64_t deadline_ms, const volatile bool *stop,
    bool (*progress)(void *arg), void *arg, struct tacit_error *e)
{
	enum tacit_code code = TACIT_DONE;
	bool came = true;

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

	code = courier_drain(c, deadline_ms, e);
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
