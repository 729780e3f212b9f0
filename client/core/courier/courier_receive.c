/*
 * courier_receive.c - the mailbox into the history (protocol.md 5.2): items in
 * batches, each committed before the relay is told that it may forget them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hook.h"
#include "client/core/clock_trust.h"
#include "client/core/courier/courier_receiving.h"
#include "client/core/messenger/leaving.h"
#include "client/core/messenger/messenger.h"

/* A relay that lost its memory pushes again what it has; but not for ever. */
static const int64_t seen_kept_ms = INT64_C(60) * 24 * 60 * 60 * 1000;

enum {
	RUN_ITEMS = 16, /* undone together when one fails */
};

enum status
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

void
receiving_free(struct receiving *r)
{
	if (r == NULL)
		return;
	arena_free(r->arena);
	free(r);
}

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
	case REPLY_ACCOUNT_REMOVED:
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

enum status
receiving_gather(struct receiving *r, int64_t deadline_ms)
{
	struct reply reply = { 0 };
	enum status st = STATUS_OK;

	arena_reset(r->arena);
	r->pushes_count = 0;
	r->items_count = 0;
	r->bytes = 0;
	r->apart = false;
	r->chains = false; /* or a dead line would look like more news */
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

enum status
receiving_remember(struct receiving *r, struct step *s, uint64_t seq)
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
	clock_trust_contact(s, &counters);
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

/* Some items that follow each other: one, or more that go together. */
struct run {
	const struct item *items[RUN_ITEMS];
	size_t count;
};

static void
run_fill(struct run *run, const struct receiving *r, struct place at)
{
	const struct item *item = item_at(r, &at);

	run->count = 0;
	while (item != NULL && run->count < RUN_ITEMS) {
		if (run->count > 0 && !messenger_goes_together(item))
			return;
		run->items[run->count++] = item;
		if (r->apart || !messenger_goes_together(item))
			return;
		at.item++;
		item = item_at(r, &at);
	}
}

/*
 * *taken: how many of them, from the first on.  What fails costs most of all,
 * so after a failure the rest of what was gathered goes one by one.
 */
static enum status
run_take(struct receiving *r, const struct run *run, struct step *s,
    int64_t end_ms, size_t *taken)
{
	enum status st = STATUS_OK;

	*taken = run->count;
	if (run->count > 1) {
		if (messenger_take_together(s, run->items, run->count) ==
		    STATUS_OK)
			return STATUS_OK;
		r->apart = true;
	}
	for (*taken = 0; *taken < run->count; ++*taken) {
		if (*taken > 0 && clock_mono_ms() >= end_ms)
			return STATUS_OK;
		st = take_item(s, run->items[*taken]);
		if (st != STATUS_OK)
			return st;
	}
	return STATUS_OK;
}

/*
 * One transaction from `at` on, which moves.  What went wrong with the store
 * ends it early: what was taken before is committed, the rest is pushed again.
 *
 * An item is never known by its place: that is the relay's word, and one that
 * it made up would hide all that follows.  What was taken before is known by
 * its ciphertext.
 */
static enum status
take_batch(struct receiving *r, struct place *at, uint64_t *seq)
{
	struct step s = { 0 };
	struct run run;
	size_t taken = 0;
	size_t all = 0;
	uint64_t last = 0;
	enum status failed = STATUS_OK;
	enum status st = step_begin(r->c->core, DB_WRITE, &s);
	int64_t end_ms = clock_mono_ms() + BATCH_MS;

	if (st != STATUS_OK)
		goto out;
	for (size_t i = 0; failed == STATUS_OK && i < BATCH_ITEMS; i += taken) {
		if (i > 0 && clock_mono_ms() >= end_ms)
			break;
		run_fill(&run, r, *at);
		if (run.count == 0)
			break;
		failed = run_take(r, &run, &s, end_ms, &taken);
		all += taken;
		for (size_t j = 0; j < taken; j++) {
			last = item_at(r, at)->seq;
			at->item++;
		}
	}
	st = failed;
	if (last == 0)
		goto out;
	st = receiving_remember(r, &s, last);
	/* More than were added, so that it gets round. */
	if (st == STATUS_OK)
		st = seen_prune(s.txn, s.now_ms - seen_kept_ms, 2 * all);
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

enum status
receiving_take(struct receiving *r)
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

enum status
receiving_let_go(struct receiving *r)
{
	struct counters counters;
	struct step s = { 0 };
	enum status st = step_begin(r->c->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = counters_get(s.txn, &counters);
	step_abort(&s);
	if (st == STATUS_OK && counters.departures_past < r->departures) {
		st = step_begin(r->c->core, DB_WRITE, &s);
		if (st == STATUS_OK)
			st = leaving_end(&s, r->departures);
		if (st == STATUS_OK)
			st = step_commit(&s);
		step_abort(&s);
	}
	if (st == STATUS_OK)
		r->departures = counters.departures;
	return st;
}

enum tacit_code
receiving_error(
    const struct receiving *r, struct tacit_error *e, enum status st)
{
	if (r->replaced)
		return error_set(e, TACIT_UNREACHABLE,
		    "Another program receives for this account now; "
		    "stop one of the two.");
	return error_status(e, st == STATUS_AGAIN || st == STATUS_BAD_INPUT
				   ? STATUS_UNREACHABLE
				   : st);
}
