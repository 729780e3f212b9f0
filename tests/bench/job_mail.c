/*
 * job_mail.c - submit and drain: S senders fill the mailboxes of R recipients
 * that are away, who then come back, fetch and acknowledge everything.
 *
 * Both jobs do both; they differ in which half they tell about.  So every
 * submit that was measured has been seen to arrive once, and every drain has
 * mailboxes of the same kind before it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/crowd.h"
#include "tests/bench/ledger.h"

enum { MESSAGES_USUAL = 400000, SIZE_MAX_BYTES = 64 * 1024 };

struct stretch {
	double began_s;
	double ended_s;
	struct probe_sample before;
	struct probe_sample after;
};

struct mail {
	struct bench *bench;
	struct ledger ledger;
	struct crowd senders;
	struct crowd recipients;
	uint8_t *payload;
	uint32_t messages;
	uint32_t given; /* to the driver */
	uint32_t accepted;
	uint64_t sent_bytes; /* by senders */
	struct stretch filling;
	struct stretch draining;
};

/* The tag of a submit is the message's number. */
static bool
give_next(struct crowd_member *m)
{
	struct mail *j = m->crowd->setup.owner;
	const struct options *o = j->bench->options;
	struct mark mark = { .number = j->given, .from = m->at };
	enum status st;

	if (j->given == j->messages)
		return false;
	mark.to = (uint32_t)(j->given % o->recipients);
	ledger_write(&j->ledger, &mark, j->payload);
	st = j->bench->driver->submit(m->line, FIRST_RECIPIENT + mark.to,
	    bytes_view(j->payload, o->size_bytes), mark.number);
	if (st != STATUS_OK) {
		bench_fail(j->bench, "submit: %s", status_name(st));
		return false;
	}
	j->given++;
	return true;
}

static void
sender_ready(void *owner)
{
	struct crowd_member *m = owner;

	crowd_settled(m);
	if (crowd_is_complete(m->crowd))
		bench_over(m->crowd->bench);
}

static void
sender_accepted(void *owner, uint64_t tag)
{
	struct crowd_member *m = owner;
	struct mail *j = m->crowd->setup.owner;

	if (tag >= j->given)
		bench_fail(j->bench, "an OK to what was not sent");
	if (++j->accepted == j->messages)
		bench_over(j->bench);
	else
		give_next(m);
}

static void
count_sent(struct mail *j)
{
	for (uint32_t i = 0; i < j->senders.setup.count; i++) {
		uint64_t sent, received;

		j->bench->driver->traffic(
		    j->senders.members[i].line, &sent, &received);
		j->sent_bytes += sent;
	}
}

static bool
fill(struct mail *j)
{
	struct bench *b = j->bench;
	const struct options *o = b->options;
	const struct crowd_setup setup = {
		.first = FIRST_SENDER,
		.count = o->senders,
		.parallel = o->parallel,
		.events = { .ready = sender_ready,
		    .accepted = sender_accepted,
		    .arrived = crowd_refuse_arrived,
		    .settled = crowd_ignore_settled },
		.owner = j,
	};
	if (!crowd_init(&j->senders, b, &setup))
		return false;
	crowd_begin(&j->senders);
	if (!bench_run(b))
		return false;
	probe_take(&b->probe, &j->filling.before);
	j->filling.began_s = probe_now_s();
	for (uint64_t w = 0; w < o->window; w++)
		for (uint32_t i = 0; i < o->senders; i++)
			give_next(&j->senders.members[i]);
	if (!bench_run(b))
		return false;
	j->filling.ended_s = probe_now_s();
	probe_take(&b->probe, &j->filling.after);
	count_sent(j);
	crowd_clear(&j->senders);
	return true;
}

static void
recipient_ready(void *owner)
{
	struct crowd_member *m = owner;
	struct mail *j = m->crowd->setup.owner;
	const struct driver *driver = j->bench->driver;
	enum status st = driver->receive(m->line);

	/* Fewer messages than recipients: some get none. */
	if (st == STATUS_OK && j->ledger.awaited[m->at] == 0)
		st = driver->settle(m->line);
	if (st != STATUS_OK)
		bench_fail(j->bench, "receive: %s", status_name(st));
}

static void
recipient_arrived(void *owner, struct bytes payload)
{
	struct crowd_member *m = owner;
	struct mail *j = m->crowd->setup.owner;
	struct mark mark;
	enum status st;

	if (!ledger_note(&j->ledger, m->at, payload, &mark) ||
	    j->ledger.awaited[m->at] > 0)
		return;
	st = j->bench->driver->settle(m->line);
	if (st != STATUS_OK)
		bench_fail(j->bench, "settle: %s", status_name(st));
}

static void
recipient_settled(void *owner)
{
	struct crowd_member *m = owner;
	struct crowd *c = m->crowd;

	crowd_leave(m);
	if (crowd_is_complete(c))
		bench_over(c->bench);
}

static bool
drain(struct mail *j)
{
	struct bench *b = j->bench;
	const struct crowd_setup setup = {
		.first = FIRST_RECIPIENT,
		.count = b->options->recipients,
		.parallel = b->options->parallel,
		.events = { .ready = recipient_ready,
		    .accepted = crowd_refuse_accepted,
		    .arrived = recipient_arrived,
		    .settled = recipient_settled },
		.owner = j,
	};
	if (!crowd_init(&j->recipients, b, &setup))
		return false;
	probe_take(&b->probe, &j->draining.before);
	j->draining.began_s = probe_now_s();
	crowd_begin(&j->recipients);
	if (!bench_run(b))
		return false;
	j->draining.ended_s = probe_now_s();
	probe_take(&b->probe, &j->draining.after);
	return ledger_is_right(&j->ledger, j->messages);
}

static void
report(const struct mail *j, const char *job, const struct stretch *s)
{
	const struct options *o = j->bench->options;
	double messages = j->messages, took_s = s->ended_s - s->began_s;
	struct result r;

	result_begin(&r, j->bench->driver->name, job);
	r.note = j->bench->driver->ok_means;
	result_add(&r, "senders", "", 0, (double)o->senders);
	result_add(
	    &r, "window", "submits under way each", 0, (double)o->window);
	result_add(&r, "recipients", "", 0, (double)o->recipients);
	result_add(&r, "payload_bytes", "bytes", 0, (double)o->size_bytes);
	result_add(&r, "messages", "", 0, messages);
	result_add(&r, "seconds", "s", 3, took_s);
	result_add(
	    &r, "messages_per_s", "messages/s", 0, ratio(messages, took_s));
	probe_report(&r, &s->before, &s->after, messages);
	if (s == &j->filling)
		result_add(&r, "uploaded_bytes_per_message", "bytes", 0,
		    ratio((double)j->sent_bytes, messages));
	result_print(&r, o->json);
}

static bool
set_up(struct mail *j, struct bench *b)
{
	const struct options *o = b->options;

	j->bench = b;
	j->messages =
	    (uint32_t)(o->messages > 0 ? o->messages : MESSAGES_USUAL);
	j->payload = calloc(1, SIZE_MAX_BYTES);
	if (j->payload == NULL ||
	    !ledger_init(&j->ledger, j->messages, (uint32_t)o->senders,
		(uint32_t)o->recipients)) {
		bench_fail(b, "out of memory");
		return false;
	}
	memset(j->payload, 0xa5, SIZE_MAX_BYTES);
	return bench_prepare(b, FIRST_SENDER, o->senders, DRIVER_SENDS) &&
	       bench_prepare(
		   b, FIRST_RECIPIENT, o->recipients, DRIVER_RECEIVES);
}

static bool
run(struct bench *b, bool tell_submit)
{
	struct mail j = { 0 };
	bool ok = set_up(&j, b) && fill(&j) && drain(&j);

	if (ok && tell_submit)
		report(&j, "submit", &j.filling);
	else if (ok)
		report(&j, "drain", &j.draining);
	crowd_clear(&j.senders);
	crowd_clear(&j.recipients);
	ledger_clear(&j.ledger);
	free(j.payload);
	return ok;
}

bool
job_submit(struct bench *b)
{
	return run(b, true);
}

bool
job_drain(struct bench *b)
{
	return run(b, false);
}
