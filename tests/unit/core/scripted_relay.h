/*
 * scripted_relay.h - the far end of an uplink, without sockets: it answers
 * while the client waits, as its fields say.
 */
#ifndef TACIT_TESTS_UNIT_CORE_SCRIPTED_RELAY_H
#define TACIT_TESTS_UNIT_CORE_SCRIPTED_RELAY_H

#include "base/clock.h"
#include "base/random.h"
#include "client/core/courier/courier_private.h"
#include "client/core/uplink/uplink_private.h"
#include "proto/codec.h"
#include "proto/frame.h"
#include "tests/unit/core/cores.h"

enum {
	SUBMITS_MAX = 4096,
	REPLACES_MAX = 1024,
	SCRIPT_OUT_BYTES = 8 * 1024 * 1024
};

struct seen_submit {
	uint64_t counter;
	struct hash payload; /* of the first recipient */
	size_t recipients;
};

struct script {
	struct channel *end;
	struct frame_reader *in;
	struct buf *out;
	struct arena *arena;
	struct mailbox_state mailbox;
	struct prekey_state prekeys;
	struct party *known; /* whose bundle it gives out; NULL: nobody's */
	enum error_code bundles_error; /* why it gives out none */
	size_t lookups;                /* requests for bundles */
	bool silent;                   /* answers no submit */
	bool full;                     /* refuses one recipient, */
	uint32_t full_at;              /* which is the first */
	enum error_code submit_error;
	uint64_t retry_after_ms;     /* with these errors */
	const struct address *stale; /* the device that error speaks of */
	struct seen_submit submits[SUBMITS_MAX];
	size_t submits_count;
	size_t under_way; /* submits it has not answered */
	const struct item *items;
	size_t items_count;
	size_t pushes;    /* more of the same, one for each acknowledgement */
	bool only_chains; /* tells of a log, and nothing after it */
	int64_t patience_ms; /* the longest that the client would have waited */
	uint64_t acknowledged;
	size_t published;
	/* Who keeps what is published, and says what is there now; or NULL. */
	void (*keep)(struct script *r, struct prekeys list);
	void (*count)(struct script *r);
	void *shelf;
	/* What another process does between a submit and its answer; or NULL.
	 */
	void (*meanwhile)(struct script *r, const struct reply *answer);
	int64_t time_ms; /* in its hello; 0: not said */
	uint8_t stream[STREAM_BYTES];
	/* Device lists to replace the one in force, and what becomes of them.
	 */
	bool denies;                   /* knows no device */
	enum error_code replace_error; /* NONE: it is taken */
	const struct signed_list *current;
	size_t replaces_refused; /* so many of them, or all: 0 */
	struct hash lists[REPLACES_MAX];
	size_t lists_count;
};

static inline void
script_say(struct script *r, struct reply *reply, uint64_t id)
{
	reply->id = id;
	assert_status(STATUS_OK, codec_put_reply(reply, r->out));
}

static inline void
script_submit(struct script *r, const struct request *q)
{
	struct refusal refused = { r->full_at, ERROR_FULL };
	struct reply reply = { .kind = REPLY_SUBMITTED };
	struct device_ref stale;

	assert_true(r->submits_count < SUBMITS_MAX);
	r->submits[r->submits_count].counter = q->u.submit.counter;
	hash_bytes(q->u.submit.recipients[0].payload,
	    &r->submits[r->submits_count].payload);
	r->submits[r->submits_count].recipients = q->u.submit.recipients_count;
	r->submits_count++;
	memcpy(r->stream, q->u.submit.stream, sizeof(r->stream));
	r->under_way++;
	if (r->silent)
		return;
	r->under_way--;
	if (r->full) {
		reply.u.submitted.refused = &refused;
		reply.u.submitted.count = 1;
	}
	if (r->submit_error != ERROR_NONE) {
		reply.kind = REPLY_ERROR;
		reply.u.error.code = r->submit_error;
		reply.u.error.retry_after_ms = r->retry_after_ms;
		reply.u.error.message = BYTES("no");
	}
	if (r->stale != NULL && reply.kind == REPLY_ERROR) {
		stale =
		    (struct device_ref){ r->stale->account, r->stale->device };
		reply.u.error.changed.stale = (struct device_refs){ &stale, 1 };
	}
	if (r->meanwhile != NULL)
		r->meanwhile(r, &reply);
	script_say(r, &reply, q->id);
}

/* Among many names everybody is unknown but whoever `known` is. */
static inline bool
script_knows(const struct script *r, const struct request *q, size_t i)
{
	return r->known != NULL &&
	       (q->u.bundles.count == 1 ||
		   account_name_equal(&r->known->core.self.address.account,
		       &q->u.bundles.names[i]));
}

static inline void
script_bundles(struct script *r, const struct request *q)
{
	struct account_bundles all[LIMIT_BUNDLE_ACCOUNTS] = { 0 };
	struct device_bundle device = { .device = 1 };
	struct reply reply = { .kind = REPLY_BUNDLES };
	struct step s = { 0 };

	r->lookups++;
	if (r->known != NULL) {
		struct party *p = r->known;

		assert_status(STATUS_OK, step_begin(&p->core, DB_READ, &s));
		assert_status(STATUS_OK,
		    ratchet_list_prekeys(p->core.ratchet, s.txn, &p->core.self,
			false, s.arena, &device.prekeys));
		device.prekeys.count = 2; /* the signed one and one more */
	}
	for (size_t i = 0; i < q->u.bundles.count; i++) {
		all[i].account = q->u.bundles.names[i];
		all[i].error = r->bundles_error;
		all[i].retry_after_ms = r->retry_after_ms;
		if (all[i].error != ERROR_NONE)
			continue;
		all[i].error = ERROR_NOT_FOUND;
		if (!script_knows(r, q, i))
			continue;
		all[i].error = ERROR_NONE;
		all[i].list = self_signed_list(&r->known->core.self);
		all[i].devices = &device;
		all[i].devices_count = 1;
	}
	reply.u.bundles.accounts = all;
	reply.u.bundles.count = q->u.bundles.count;
	script_say(r, &reply, q->id);
	step_abort(&s);
}

static inline void
script_receive(struct script *r, const struct request *q)
{
	struct reply push = { .kind = REPLY_PUSH };
	struct reply drained = { .kind = REPLY_DRAINED };
	struct reply changed = { .kind = REPLY_CHAIN_CHANGED };

	if (r->only_chains) {
		script_say(r, &changed, 0);
		return;
	}
	push.u.push.items = r->items;
	push.u.push.count = r->items_count;
	if (r->items_count > 0)
		script_say(r, &push, q->id);
	if (r->pushes > 0 && r->pushes-- > 0)
		return;
	drained.u.drained_head = r->mailbox.head;
	script_say(r, &drained, q->id);
}

static inline void
script_replace(struct script *r, const struct request *q)
{
	struct reply reply = { .kind = REPLY_REGISTERED };

	assert_true(r->lists_count < REPLACES_MAX);
	hash_bytes(q->u.replace.list.body, &r->lists[r->lists_count++]);
	if (r->replace_error != ERROR_NONE) {
		reply.kind = REPLY_ERROR;
		reply.u.error.code = r->replace_error;
		if (r->current != NULL)
			reply.u.error.current = *r->current;
		if (r->replaces_refused > 0 && --r->replaces_refused == 0)
			r->replace_error = ERROR_NONE;
	}
	script_say(r, &reply, q->id);
}

static inline void
script_answer(struct script *r, const struct request *q)
{
	struct reply reply = { 0 };

	switch ((int)q->kind) {
	case REQUEST_HELLO:
		reply.kind = REPLY_HELLO;
		reply.u.hello.version = PROTOCOL_VERSION;
		reply.u.hello.time_ms = r->time_ms;
		script_say(r, &reply, q->id);
		return;
	case REQUEST_AUTHENTICATE:
		if (r->denies) {
			reply.kind = REPLY_ERROR;
			reply.u.error.code = ERROR_DENIED;
			script_say(r, &reply, q->id);
			return;
		}
		reply.kind = REPLY_AUTHENTICATED;
		reply.u.authenticated.mailbox = r->mailbox;
		reply.u.authenticated.prekeys = r->prekeys;
		script_say(r, &reply, q->id);
		return;
	case REQUEST_REPLACE_DEVICES:
		script_replace(r, q);
		return;
	case REQUEST_PUBLISH_PREKEYS:
		r->published += q->u.publish.count;
		if (r->keep != NULL)
			r->keep(r, q->u.publish);
		[[fallthrough]];
	case REQUEST_PREKEY_STATUS:
		if (r->count != NULL)
			r->count(r);
		reply.kind = REPLY_PREKEY_STATE;
		reply.u.prekey_state = r->prekeys;
		script_say(r, &reply, q->id);
		return;
	case REQUEST_TAKE_BUNDLES:
		script_bundles(r, q);
		return;
	case REQUEST_SUBMIT:
		script_submit(r, q);
		return;
	case REQUEST_RECEIVE:
		script_receive(r, q);
		return;
	case REQUEST_ACKNOWLEDGE:
		r->acknowledged = q->u.acknowledge_seq;
		if (r->pushes > 0)
			script_receive(r, q);
		return;
	default:
		fail_msg("request %d was not expected", (int)q->kind);
	}
}

static inline bool
script_read(struct script *r)
{
	uint8_t *room = NULL;
	size_t len = 0, got = 0;
	enum status st;

	assert_status(STATUS_OK, frame_reader_room(r->in, &room, &len));
	st = channel_read(r->end, room, len, &got);
	frame_reader_filled(r->in, st == STATUS_OK ? got : 0);
	return st == STATUS_OK;
}

static inline bool
script_write(struct script *r)
{
	size_t taken = 0;

	if (buf_len(r->out) == 0 ||
	    channel_write(r->end, buf_view(r->out), &taken) != STATUS_OK)
		return false;
	buf_drop(r->out, taken);
	return true;
}

/* uplink_wait_fn: where the client would wait, the relay does its part. */
static inline enum status
script_turn(void *arg, bool readable, bool writable, int64_t deadline_ms)
{
	struct script *r = arg;
	struct request q = { 0 };
	struct bytes body = BYTES_NONE;
	bool moved = script_read(r);
	uint64_t id;

	(void)readable;
	(void)writable;
	if (deadline_ms - clock_mono_ms() > r->patience_ms)
		r->patience_ms = deadline_ms - clock_mono_ms();
	while (frame_reader_next(r->in, &body) == STATUS_OK) {
		arena_reset(r->arena);
		assert_status(
		    STATUS_OK, codec_get_request(body, r->arena, &q, &id));
		script_answer(r, &q);
	}
	moved = script_write(r) || moved;
	return moved ? STATUS_OK : STATUS_AGAIN;
}

/* Everything that is still on its way to the relay arrives there. */
static inline void
script_finish(struct script *r)
{
	while (script_turn(r, true, true, 0) == STATUS_OK)
		;
}

static inline struct script *
script_new(void)
{
	struct script *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->prekeys.one_time_count = PREKEYS_FULL;
	assert_status(STATUS_OK, buf_new(SCRIPT_OUT_BYTES, &r->out));
	assert_status(
	    STATUS_OK, arena_new(UPLINK_REPLY_ARENA_BYTES, &r->arena));
	return r;
}

static inline void
script_free(struct script *r)
{
	channel_free(r->end);
	frame_reader_free(r->in);
	buf_free(r->out);
	arena_free(r->arena);
	free(r);
}

/* A fresh link to the relay after its hello; the last one must be closed. */
static inline struct uplink *
script_greet(struct script *r)
{
	struct channel *near = NULL;
	struct uplink *u = NULL;

	channel_free(r->end);
	frame_reader_free(r->in);
	buf_clear(r->out);
	r->end = NULL;
	r->in = NULL;
	r->under_way = 0;
	assert_status(STATUS_OK, channel_pair(&near, &r->end));
	assert_status(STATUS_OK, frame_reader_new(LIMIT_MESSAGE_BYTES, &r->in));
	assert_status(STATUS_OK, uplink_over(near, script_turn, r, 0, &u));
	return u;
}

/* The same, authenticated as p. */
static inline enum tacit_code
script_connect(struct script *r, struct party *p, struct courier **c,
    struct tacit_error *e)
{
	return courier_over(&p->core, script_greet(r), 0, c, e);
}

#endif
