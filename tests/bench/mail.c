#include "tests/bench/mail.h"

#include <stdlib.h>
#include <string.h>

enum { SIZE_MAX_BYTES = 64 * 1024 };

bool
mail_set_up(struct mail *j, struct bench *b, uint32_t first,
    uint32_t recipients, uint32_t messages)
{
	const struct options *o = b->options;

	j->bench = b;
	j->first = first;
	j->recipients = recipients;
	j->messages = messages;
	j->payload = calloc(1, SIZE_MAX_BYTES);
	if (j->payload == NULL || !ledger_init(&j->ledger, messages,
				      (uint32_t)o->senders, recipients)) {
		bench_fail(b, "out of memory");
		return false;
	}
	memset(j->payload, 0xa5, SIZE_MAX_BYTES);
	return bench_prepare(b, FIRST_SENDER, o->senders, DRIVER_SENDS) &&
	       bench_prepare(b, first, recipients, DRIVER_RECEIVES);
}

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
	mark.to = j->given % j->recipients;
	ledger_write(&j->ledger, &mark, j->payload);
	st = j->bench->driver->submit(m->line, j->first + mark.to,
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

bool
mail_fill(struct mail *j)
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

void
mail_clear(struct mail *j)
{
	crowd_clear(&j->senders);
	ledger_clear(&j->ledger);
	free(j->payload);
	j->payload = NULL;
}
