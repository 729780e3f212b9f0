/*
 * job_first.c - the first message of somebody who has only just joined: there
 * is no session with anybody but the one who invited, and nobody has the key.
 */
#include "base/clock.h"
#include "tests/bench/clients/large.h"
#include "tests/bench/clients/meter.h"

enum { MESSAGES_USUAL = 3 };

struct firsts {
	struct run *run;
	struct large large;
	uint64_t wanted;
	uint64_t done;
	struct samples wall;
	struct samples cpu;
	struct meter last;
};

static bool
note_own(const struct tacit_event *event, void *arg)
{
	bool *wrote = arg;

	*wrote = *wrote || event->own;
	return !*wrote;
}

/* With --data somebody may have written in an earlier run. */
static bool
has_written(struct tacit *t, const char *group)
{
	const struct tacit_history how = { .kind = TACIT_GROUP, .with = group };
	struct tacit_error e;
	bool wrote = false;

	tacit_history(t, &how, note_own, &wrote, &e);
	return wrote;
}

static bool
write_first(struct firsts *j, struct tacit *t)
{
	double began_cpu_ms;
	int64_t began_us;

	meter_reset();
	began_cpu_ms = run_cpu_ms();
	began_us = clock_mono_us();
	if (!people_say(t, j->large.group, "hello to everybody"))
		return false;
	samples_add(&j->wall, (clock_mono_us() - began_us) * 1000);
	samples_add(&j->cpu, (int64_t)((run_cpu_ms() - began_cpu_ms) * 1e6));
	j->last = *meter_read();
	if (j->last.uploads != 1 || j->last.handed != j->large.members - 1 ||
	    j->last.readers != j->large.members - 1)
		return run_failed("%u uploads, %u keys handed out, %u readers",
		    (unsigned)j->last.uploads, (unsigned)j->last.handed,
		    (unsigned)j->last.readers);
	j->done++;
	return true;
}

static bool
let_one_write(struct firsts *j, uint64_t number)
{
	struct tacit *t = people_open(j->run, LARGE_KIND, number);
	bool ok = t != NULL;

	if (ok && !has_written(t, j->large.group))
		ok = people_receive(t, NULL, NULL) && write_first(j, t);
	tacit_close(t);
	return ok;
}

static void
report(struct firsts *j)
{
	struct result r;

	result_begin(&r, "tacit", "group-first");
	r.note = "the last one for counts";
	result_add(&r, "members", "", 0, (double)j->large.members);
	result_add(&r, "messages", "", 0, (double)j->done);
	result_add(&r, "wall_p50_ms", "ms", 0, samples_at_ms(&j->wall, 0.5));
	result_add(&r, "wall_max_ms", "ms", 0, samples_at_ms(&j->wall, 1));
	result_add(
	    &r, "cpu_p50_ms", "ms of CPU", 0, samples_at_ms(&j->cpu, 0.5));
	meter_report(&r, &j->last);
	result_print(&r, j->run->options->json);
	table_at_most(j->run->table, "first message to a group, sessions made",
	    2000, samples_at_ms(&j->wall, 0.5), 0, "ms");
	table_exactly(j->run->table, "  requests for bundles", 1,
	    (double)j->last.bundle_requests);
}

bool
job_first(struct run *r)
{
	struct firsts j = { .run = r };
	bool ok;

	j.wanted = run_number(r->options->messages, MESSAGES_USUAL);
	ok = samples_init(&j.wall, j.wanted) &&
	     samples_init(&j.cpu, j.wanted) && large_open(r, &j.large);
	for (uint64_t i = 1; ok && i < j.large.members && j.done < j.wanted;
	     i++)
		ok = let_one_write(&j, i);
	if (ok && j.done == 0)
		ok = run_failed("everybody has written before");
	if (ok)
		report(&j);
	large_close(&j.large);
	samples_clear(&j.wall);
	samples_clear(&j.cpu);
	return ok;
}
