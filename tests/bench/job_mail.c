/*
 * job_mail.c - submit and drain: S senders fill the mailboxes of R recipients
 * that are away, who then come back, fetch and acknowledge everything.
 *
 * Both jobs do both; they differ in which half they tell about.  So every
 * submit that was measured has been seen to arrive once, and every drain has
 * mailboxes of the same kind before it.
 */
#include "tests/bench/mail.h"

enum { MESSAGES_USUAL = 400000 };

struct mail_job {
	struct mail mail;
	struct crowd recipients;
	struct stretch draining;
};

static void
recipient_ready(void *owner)
{
	struct crowd_member *m = owner;
	struct mail_job *j = m->crowd->setup.owner;
	const struct driver *driver = j->mail.bench->driver;
	enum status st = driver->receive(m->line);

	/* Fewer messages than recipients: some get none. */
	if (st == STATUS_OK && j->mail.ledger.awaited[m->at] == 0)
		st = driver->settle(m->line);
	if (st != STATUS_OK)
		bench_fail(j->mail.bench, "receive: %s", status_name(st));
}

static void
recipient_arrived(void *owner, struct bytes payload)
{
	struct crowd_member *m = owner;
	struct mail_job *j = m->crowd->setup.owner;
	struct mark mark;
	enum status st;

	if (!ledger_note(&j->mail.ledger, m->at, payload, &mark) ||
	    j->mail.ledger.awaited[m->at] > 0)
		return;
	st = j->mail.bench->driver->settle(m->line);
	if (st != STATUS_OK)
		bench_fail(j->mail.bench, "settle: %s", status_name(st));
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
drain(struct mail_job *j)
{
	struct bench *b = j->mail.bench;
	const struct crowd_setup setup = {
		.first = j->mail.first,
		.count = j->mail.recipients,
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
	return ledger_is_right(&j->mail.ledger, j->mail.messages);
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
run(struct bench *b, bool tell_submit)
{
	uint64_t wanted = b->options->messages;
	struct mail_job j = { 0 };
	bool ok = mail_set_up(&j.mail, b, FIRST_RECIPIENT,
		      (uint32_t)b->options->recipients,
		      (uint32_t)(wanted > 0 ? wanted : MESSAGES_USUAL)) &&
		  mail_fill(&j.mail) && drain(&j);

	if (ok && tell_submit)
		report(&j.mail, "submit", &j.mail.filling);
	else if (ok)
		report(&j.mail, "drain", &j.draining);
	crowd_clear(&j.recipients);
	mail_clear(&j.mail);
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
