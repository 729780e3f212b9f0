/* driver_tacit.c - the relay, by the protocol that its clients speak. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "proto/limits.h"
#include "tests/bench/driver.h"
#include "tests/bench/tacit_devices.h"
#include "tests/bench/tacit_line.h"
#include "tests/bench/tacit_register.h"

/* Ids of requests; submits have SUBMIT_ID and their counter, from 1. */
enum { AUTHENTICATE_ID = 2, RECEIVE_ID = 3, SETTLE_ID = 4, SUBMIT_ID = 16 };

struct driver_run {
	struct driver_setup setup;
	struct link link;
	struct tacit_lines *lines;
};

/* What is under way, by counter modulo the window. */
struct slot {
	bool taken;
	uint64_t tag;
};

struct driver_line {
	struct driver_run *run;
	struct tacit_line *line;
	const struct driver_events *events;
	void *owner;
	uint32_t device;
	bool in_call; /* a handler of the job may be running */
	bool closed;  /* goes when that handler has returned */
	uint8_t stream[STREAM_BYTES];
	uint64_t counter;   /* the last one used */
	struct slot *slots; /* LIMIT_SUBMIT_WINDOW, or NULL before the first */
	uint64_t arrived_seq;
	uint64_t acknowledged_seq;
};

static void
line_free(struct driver_line *d)
{
	free(d->slots);
	free(d);
}

static void
leave_call(struct driver_line *d)
{
	d->in_call = false;
	if (d->closed)
		line_free(d);
}

static void
refused(struct driver_line *d, const struct reply *r)
{
	if (r->kind == REPLY_ERROR)
		fprintf(stderr, "tacit-bench: device %u: error %d: %.*s\n",
		    d->device, (int)r->u.error.code,
		    (int)r->u.error.message.len,
		    (const char *)r->u.error.message.data);
	else if (r->kind == REPLY_SUBMITTED && r->u.submitted.count > 0)
		fprintf(stderr,
		    "tacit-bench: device %u: a recipient refused (error %d)\n",
		    d->device, (int)r->u.submitted.refused[0].code);
	else
		fprintf(stderr, "tacit-bench: device %u: a reply of kind %d\n",
		    d->device, (int)r->kind);
	d->events->failed(d->owner, STATUS_CONFLICT);
}

static enum status
authenticate(struct driver_line *d)
{
	struct request r = { .id = AUTHENTICATE_ID,
		.kind = REQUEST_AUTHENTICATE };
	struct proof_context context;
	struct sign_public public;
	struct sign_secret secret;
	struct signature proof;
	enum status st;

	tacit_device_address(
	    d->run->setup.seed, d->device, &r.u.authenticate.who);
	tacit_device_key(d->run->setup.seed, d->device, &public, &secret);
	st = tacit_line_context(d->line, &r.u.authenticate.who, &context);
	if (st == STATUS_OK)
		st = proof_make(
		    &context, SIGN_AUTHENTICATE, BYTES_NONE, &secret, &proof);
	sign_secret_clear(&secret);
	if (st != STATUS_OK)
		return st;
	r.u.authenticate.proof = BYTES_OF(proof.raw);
	return tacit_line_ask(d->line, &r);
}

static void
opened(void *owner)
{
	struct driver_line *d = owner;
	enum status st = authenticate(d);

	if (st == STATUS_OK)
		return;
	d->in_call = true;
	d->events->failed(d->owner, st);
	leave_call(d);
}

static void
submitted(struct driver_line *d, const struct reply *r)
{
	struct slot *slot;

	if (r->id <= SUBMIT_ID || r->id > SUBMIT_ID + d->counter ||
	    d->slots == NULL || r->u.submitted.count > 0) {
		refused(d, r);
		return;
	}
	slot = &d->slots[(r->id - SUBMIT_ID) % LIMIT_SUBMIT_WINDOW];
	if (!slot->taken) {
		refused(d, r);
		return;
	}
	slot->taken = false;
	d->events->accepted(d->owner, slot->tag);
}

static void
pushed(struct driver_line *d, const struct reply *r)
{
	for (size_t i = 0; i < r->u.push.count && !d->closed; i++) {
		const struct item *item = &r->u.push.items[i];

		d->arrived_seq = item->seq;
		d->events->arrived(d->owner, item->payload);
	}
}

static void
take(struct driver_line *d, const struct reply *r)
{
	switch ((int)r->kind) {
	case REPLY_AUTHENTICATED:
		d->events->ready(d->owner);
		return;
	case REPLY_SUBMITTED:
		submitted(d, r);
		return;
	case REPLY_PUSH:
		pushed(d, r);
		return;
	case REPLY_DRAINED:
		return;
	case REPLY_PREKEY_STATE: /* it came after what was acknowledged */
		d->events->settled(d->owner);
		return;
	default: /* nothing here asks for it */
		refused(d, r);
	}
}

static void
came(void *owner, const struct reply *r)
{
	struct driver_line *d = owner;

	d->in_call = true;
	take(d, r);
	leave_call(d);
}

static enum status
acknowledge(struct driver_line *d)
{
	struct request r = { .id = RECEIVE_ID, .kind = REQUEST_ACKNOWLEDGE };

	if (d->arrived_seq == d->acknowledged_seq)
		return STATUS_OK;
	r.u.acknowledge_seq = d->arrived_seq;
	d->acknowledged_seq = d->arrived_seq;
	return tacit_line_ask(d->line, &r);
}

static void
failed(void *owner, enum status why)
{
	struct driver_line *d = owner;

	fprintf(stderr, "tacit-bench: the connection of device %u: %s\n",
	    d->device, status_name(why));
	d->in_call = true;
	d->events->failed(d->owner, why);
	leave_call(d);
}

static void
paused(void *owner)
{
	enum status st = acknowledge(owner);

	if (st != STATUS_OK)
		failed(owner, st);
}

static const struct tacit_line_events line_events = {
	.opened = opened,
	.came = came,
	.paused = paused,
	.failed = failed,
};

static void
tacit_close(struct driver_run *run)
{
	if (run == NULL)
		return;
	tacit_lines_free(run->lines);
	link_clear(&run->link);
	free(run);
}

static enum status
tacit_open(const struct driver_setup *setup, struct driver_run **run)
{
	struct driver_run *fresh = calloc(1, sizeof(*fresh));
	const char *why = "";
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->setup = *setup;
	st = link_parse(bytes_text(setup->target), &fresh->link, &why);
	if (st == STATUS_OK)
		st = tacit_lines_new(setup->loop, &fresh->link, &fresh->lines);
	else
		fprintf(stderr, "tacit-bench: %s\n", why);
	if (st != STATUS_OK) {
		tacit_close(fresh);
		return st;
	}
	*run = fresh;
	return STATUS_OK;
}

static enum status
tacit_prepare(struct driver_run *run, const struct driver_range *range)
{
	const struct tacit_register what = {
		.lines = run->lines,
		.seed = run->setup.seed,
		.join_code = run->link.join_code,
		.range = *range,
	};

	return tacit_register_begin(&what);
}

static enum status
tacit_connect(struct driver_run *run, const struct driver_connect *c,
    struct driver_line **line)
{
	struct driver_line *d = calloc(1, sizeof(*d));
	struct tacit_line_setup setup = { .from = c->from,
		.events = &line_events };
	enum status st;

	if (d == NULL)
		return STATUS_NOMEM;
	d->run = run;
	d->events = c->events;
	d->owner = c->owner;
	d->device = c->device;
	random_bytes(d->stream, sizeof(d->stream));
	setup.owner = d;
	st = tacit_line_open(run->lines, &setup, &d->line);
	if (st != STATUS_OK) {
		free(d);
		return st;
	}
	*line = d;
	return STATUS_OK;
}

/* FULL: the oldest under way would leave the relay's window. */
static enum status
ask_submit(struct driver_line *d, struct submit *submit, uint64_t tag)
{
	struct request r = { .kind = REQUEST_SUBMIT };
	struct slot *slot;
	enum status st;

	if (d->slots == NULL) {
		d->slots = calloc(LIMIT_SUBMIT_WINDOW, sizeof(*d->slots));
		if (d->slots == NULL)
			return STATUS_NOMEM;
	}
	slot = &d->slots[(d->counter + 1) % LIMIT_SUBMIT_WINDOW];
	if (slot->taken)
		return STATUS_FULL;
	memcpy(submit->stream, d->stream, sizeof(submit->stream));
	submit->counter = d->counter + 1;
	r.u.submit = *submit;
	r.id = SUBMIT_ID + submit->counter;
	st = tacit_line_ask(d->line, &r);
	if (st != STATUS_OK)
		return st;
	d->counter++;
	slot->taken = true;
	slot->tag = tag;
	return STATUS_OK;
}

static void
name_recipient(
    const struct driver_run *run, uint32_t device, struct recipient *to)
{
	memset(to, 0, sizeof(*to));
	tacit_device_address(run->setup.seed, device, &to->to);
	to->registration_id = tacit_device_registration(device);
	to->type = ITEM_RATCHET;
	to->suite = SUITE_SIGNAL_V3;
}

static enum status
tacit_submit(
    struct driver_line *d, uint32_t device, struct bytes payload, uint64_t tag)
{
	struct recipient to;
	struct submit submit = { .recipients = &to, .recipients_count = 1 };

	name_recipient(d->run, device, &to);
	to.payload = payload;
	return ask_submit(d, &submit, tag);
}

static enum status
tacit_submit_group(struct driver_line *d, uint32_t first, uint32_t count,
    struct bytes payload, uint64_t tag)
{
	struct submit submit = { .shared = payload, .recipients_count = count };
	struct recipient *to;
	enum status st;

	if (count > LIMIT_RECIPIENTS)
		return STATUS_BAD_INPUT;
	to = calloc(count, sizeof(*to));
	if (to == NULL)
		return STATUS_NOMEM;
	for (uint32_t i = 0; i < count; i++) {
		name_recipient(d->run, first + i, &to[i]);
		to[i].type = ITEM_SENDER_KEY;
	}
	submit.recipients = to;
	st = ask_submit(d, &submit, tag);
	free(to);
	return st;
}

static enum status
tacit_receive(struct driver_line *d)
{
	const struct request r = { .id = RECEIVE_ID, .kind = REQUEST_RECEIVE };

	return tacit_line_ask(d->line, &r);
}

static enum status
tacit_settle(struct driver_line *d)
{
	const struct request r = { .id = SETTLE_ID,
		.kind = REQUEST_PREKEY_STATUS };
	enum status st = acknowledge(d);

	return st == STATUS_OK ? tacit_line_ask(d->line, &r) : st;
}

static void
tacit_disconnect(struct driver_line *d)
{
	if (d == NULL || d->closed)
		return;
	tacit_line_close(d->line);
	d->closed = true;
	if (!d->in_call)
		line_free(d);
}

static void
tacit_traffic(
    const struct driver_line *d, uint64_t *sent_bytes, uint64_t *received_bytes)
{
	tacit_line_traffic(d->line, sent_bytes, received_bytes);
}

const struct driver driver_tacit = {
	.name = "tacit",
	.ok_means = "the message is on disk: its log was flushed",
	.open = tacit_open,
	.close = tacit_close,
	.prepare = tacit_prepare,
	.connect = tacit_connect,
	.submit = tacit_submit,
	.submit_group = tacit_submit_group,
	.receive = tacit_receive,
	.settle = tacit_settle,
	.disconnect = tacit_disconnect,
	.traffic = tacit_traffic,
};
