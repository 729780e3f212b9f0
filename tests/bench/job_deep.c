/*
 * job_deep.c - one device comes back to a very full mailbox while others talk:
 * how soon its first message is there, and what the others notice.
 *
 * A relay takes so many for one device only if it is told to:
 * --relay-option mailbox_items=200000.
 */
#include <math.h>
#include <stdio.h>

#include "tests/bench/mail.h"
#include "tests/bench/talk.h"

enum { MESSAGES_USUAL = 100000, QUIET_MS = 3000, AFTER_MS = 1000 };

struct deep {
	struct mail mail; /* one mailbox */
	struct talk talk;
	struct crowd reader; /* of one */
	uv_timer_t clock;
	size_t talked_before; /* samples taken when the reader came */
	size_t talked_until;  /* and when it had everything */
	int64_t came_ns;
	int64_t ready_ns;
	int64_t first_ns; /* 0: not yet */
	int64_t last_ns;
};

static void
reader_ready(void *owner)
{
	struct crowd_member *m = owner;
	struct deep *j = m->crowd->setup.owner;
	enum status st = j->mail.bench->driver->receive(m->line);

	j->ready_ns = probe_now_ns();
	if (st != STATUS_OK)
		bench_fail(j->mail.bench, "receive: %s", status_name(st));
}

static void
reader_arrived(void *owner, struct bytes payload)
{
	struct crowd_member *m = owner;
	struct deep *j = m->crowd->setup.owner;
	struct mark mark;
	enum status st;

	if (!ledger_note(&j->mail.ledger, m->at, payload, &mark))
		return;
	if (j->first_ns == 0)
		j->first_ns = probe_now_ns();
	if (j->mail.ledger.awaited[0] > 0)
		return;
	st = j->mail.bench->driver->settle(m->line);
	if (st != STATUS_OK)
		bench_fail(j->mail.bench, "settle: %s", status_name(st));
}

static void
after(uv_timer_t *clock)
{
	struct deep *j = clock->data;

	talk_stop(&j->talk);
}

static void
reader_settled(void *owner)
{
	struct crowd_member *m = owner;
	struct deep *j = m->crowd->setup.owner;

	j->last_ns = probe_now_ns();
	j->talked_until = j->talk.from_due.count;
	crowd_leave(m);
	(void)uv_timer_start(&j->clock, after, AFTER_MS, 0);
}

static void
come(uv_timer_t *clock)
{
	struct deep *j = clock->data;

	j->talked_before = j->talk.from_due.count;
	j->came_ns = probe_now_ns();
	crowd_begin(&j->reader);
}

static bool
disturb(struct deep *j)
{
	struct bench *b = j->mail.bench;
	const struct crowd_setup setup = {
		.first = FIRST_DEEP,
		.count = 1,
		.parallel = 1,
		.events = { .ready = reader_ready,
		    .accepted = crowd_refuse_accepted,
		    .arrived = reader_arrived,
		    .settled = reader_settled },
		.owner = j,
	};
	bool ok;

	if (!crowd_init(&j->reader, b, &setup) || !talk_begin(&j->talk))
		return false;
	(void)uv_timer_init(&b->loop, &j->clock);
	j->clock.data = j;
	(void)uv_timer_start(&j->clock, come, QUIET_MS, 0);
	ok = bench_run(b);
	if (ok && j->last_ns == 0) {
		bench_fail(b, "deep: --seconds were over before the mailbox");
		ok = false;
	}
	uv_close((uv_handle_t *)&j->clock, NULL);
	return ok && talk_is_right(&j->talk) &&
	       ledger_is_right(&j->mail.ledger, j->mail.messages);
}

static void
report(struct deep *j)
{
	const struct options *o = j->mail.bench->options;
	struct samples quiet = { .ns = j->talk.from_due.ns,
		.count = j->talked_before };
	struct samples busy = { .ns = j->talk.from_due.ns + j->talked_before,
		.count = j->talked_until - j->talked_before };
	double took_s = (double)(j->last_ns - j->came_ns) / 1e9;
	struct result r;

	result_begin(&r, j->mail.bench->driver->name, "deep");
	r.note = j->mail.bench->driver->ok_means;
	result_add(&r, "messages", "in one mailbox", 0, j->mail.messages);
	result_add(&r, "payload_bytes", "bytes", 0, (double)o->size_bytes);
	result_add(&r, "login_ms", "ms to connect and authenticate", 3,
	    (double)(j->ready_ns - j->came_ns) / 1e6);
	result_add(&r, "first_ms", "ms from asking to the first message", 3,
	    (double)(j->first_ns - j->ready_ns) / 1e6);
	result_add(&r, "seconds", "s to have everything", 3, took_s);
	result_add(&r, "messages_per_s", "messages/s", 0,
	    ratio(j->mail.messages, took_s));
	result_add(&r, "others_rate_per_s", "messages/s between others", 0,
	    (double)o->rate);
	result_add(
	    &r, "others_before_p50_ms", "ms", 3, samples_at_ms(&quiet, 0.5));
	result_add(
	    &r, "others_before_p99_ms", "ms", 3, samples_at_ms(&quiet, 0.99));
	result_add(
	    &r, "others_during", "messages meanwhile", 0, (double)busy.count);
	result_add(
	    &r, "others_during_p50_ms", "ms", 3, samples_at_ms(&busy, 0.5));
	result_add(
	    &r, "others_during_p99_ms", "ms", 3, samples_at_ms(&busy, 0.99));
	result_print(&r, o->json);
}

bool
job_deep(struct bench *b)
{
	uint64_t wanted = b->options->messages;
	struct deep j = { 0 };
	bool ok = mail_set_up(&j.mail, b, FIRST_DEEP, 1,
		      (uint32_t)(wanted > 0 ? wanted : MESSAGES_USUAL)) &&
		  talk_set_up(&j.talk, b) && mail_fill(&j.mail) && disturb(&j);

	if (ok)
		report(&j);
	crowd_clear(&j.reader);
	talk_clear(&j.talk);
	mail_clear(&j.mail);
	return ok;
}
