/*
 * job_receive.c - one process takes in what waits for it in a group: decrypted,
 * verified, sealed in its history, shown.
 */
#include <string.h>

#include "base/clock.h"
#include "tests/bench/clients/people.h"
#include "tests/bench/clients/workers.h"

enum { RECEIVE_KIND = 'r', MESSAGES_USUAL = 20000 };

struct receiving {
	struct run *run;
	uint64_t senders;
	uint64_t each; /* messages of one sender */
	char group[PEOPLE_NAME_BYTES];
	uint64_t good;
	uint64_t bad;
};

static bool
write_all(void *arg, uint64_t at)
{
	struct receiving *j = arg;
	struct tacit *t = people_open(j->run, RECEIVE_KIND, at + 1);
	bool ok = t != NULL && people_receive(t, NULL, NULL) &&
		  people_say_many(t, TACIT_GROUP, j->group, j->each);

	tacit_close(t);
	return ok;
}

static bool
take(const struct tacit_event *event, void *arg)
{
	struct receiving *j = arg;

	if (event->notice == NULL && strcmp(event->signature, "valid") == 0)
		j->good++;
	else
		j->bad++;
	return true;
}

static void
report(struct receiving *j, double wall_s, double cpu_ms,
    const struct probe_sample *before, const struct probe_sample *after)
{
	double messages = (double)j->good;
	struct result r;

	result_begin(&r, "tacit", "group-receive");
	r.note = "connecting included; one process, one thread";
	result_add(&r, "senders", "", 0, (double)j->senders);
	result_add(&r, "messages", "", 0, messages);
	result_add(&r, "messages_per_s", "messages/s", 0, messages / wall_s);
	result_add(
	    &r, "cpu_us", "us of CPU a message", 0, cpu_ms * 1e3 / messages);
	result_add(&r, "relay_cpu_us", "us of the relay's CPU a message", 0,
	    (after->cpu_s - before->cpu_s) * 1e6 / messages);
	result_print(&r, j->run->options->json);
	table_at_least(j->run->table, "receive, one process", 4000,
	    messages / wall_s, 0, "/s");
}

static bool
receive_all(struct receiving *j)
{
	struct probe_sample before, after;
	struct tacit *t = people_open(j->run, RECEIVE_KIND, 0);
	double began_cpu_ms, wall_s;
	int64_t began_us;
	bool ok = t != NULL;

	probe_take(&j->run->probe, &before);
	began_cpu_ms = run_cpu_ms();
	began_us = clock_mono_us();
	ok = ok && people_receive(t, take, j);
	wall_s = (double)(clock_mono_us() - began_us) / 1e6;
	began_cpu_ms = run_cpu_ms() - began_cpu_ms;
	probe_take(&j->run->probe, &after);
	tacit_close(t);
	if (!ok)
		return false;
	if (j->good != j->senders * j->each)
		return run_failed("%u messages came, %u were sent",
		    (unsigned)j->good, (unsigned)(j->senders * j->each));
	report(j, wall_s, began_cpu_ms, &before, &after);
	return true;
}

/* Number 0 receives, the others write.  What an earlier run left comes first.
 */
static bool
prepare(void *arg, uint64_t number)
{
	struct receiving *j = arg;
	struct tacit *t = people_open(j->run, RECEIVE_KIND, number);
	bool ok = t != NULL && people_receive(t, NULL, NULL) &&
		  people_group(t, RECEIVE_KIND, j->senders + 1, NULL);

	tacit_close(t);
	return ok;
}

bool
job_receive(struct run *r)
{
	struct receiving j = { .run = r, .senders = r->options->senders };
	uint64_t messages = run_number(r->options->messages, MESSAGES_USUAL);

	j.each = (messages + j.senders - 1) / j.senders;
	people_group_name(RECEIVE_KIND, j.group);
	return people_make(r, RECEIVE_KIND, j.senders + 1) &&
	       workers_run(1, 1, prepare, &j) &&
	       workers_run(r->options->workers, j.senders, write_all, &j) &&
	       receive_all(&j);
}
