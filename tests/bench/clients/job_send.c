/*
 * job_send.c - messages to a group where every device has the key: what one
 * costs its sender, and what leaves.
 *
 * A message is one call of tacit_send(): it connects, proves who it is, catches
 * up, commits, submits and waits for the relay's OK.
 */

#include "base/clock.h"
#include "tests/bench/clients/large.h"
#include "tests/bench/clients/meter.h"

enum { MESSAGES_USUAL = 20 };

static const char text[] = "a message that looks like something people say";

struct sending {
	struct run *run;
	struct large large;
	uint64_t messages;
	struct meter sums;
	double cpu_ms;
	struct samples wall;
	struct samples cpu; /* in ns as well */
	struct probe_sample before;
	struct probe_sample after;
};

/* What the issue of a group stands on: no key, one upload. */
static bool
is_as_promised(const struct sending *j, const struct meter *m)
{
	if (m->uploads != 1 || m->submits != 1)
		return run_failed("a message made %u submits, %u uploads",
		    (unsigned)m->submits, (unsigned)m->uploads);
	if (m->handed != 0 || m->controls != 0 || m->bundle_requests != 0)
		return run_failed("an unchanged group was handed %u keys",
		    (unsigned)m->handed);
	if (m->readers != j->large.members - 1)
		return run_failed("the message went to %u devices of %u",
		    (unsigned)m->readers, (unsigned)(j->large.members - 1));
	return true;
}

static bool
send_one(struct sending *j)
{
	double began_cpu_ms;
	int64_t began_us;

	meter_reset();
	began_cpu_ms = run_cpu_ms();
	began_us = clock_mono_us();
	if (!people_say(j->large.founder, j->large.group, text))
		return false;
	samples_add(&j->wall, (clock_mono_us() - began_us) * 1000);
	samples_add(&j->cpu, (int64_t)((run_cpu_ms() - began_cpu_ms) * 1e6));
	j->sums.open_cpu_ms += meter_read()->open_cpu_ms;
	j->sums.drain_cpu_ms += meter_read()->drain_cpu_ms;
	return is_as_promised(j, meter_read());
}

static void
report(struct sending *j)
{
	double messages = (double)j->messages;
	double cpu_ms = samples_at_ms(&j->cpu, 0.5);
	struct meter m = *meter_read();
	struct table *t = j->run->table;
	struct result r;

	m.open_cpu_ms = j->sums.open_cpu_ms / messages;
	m.drain_cpu_ms = j->sums.drain_cpu_ms / messages;
	result_begin(&r, "tacit", "group-send");
	r.note = "one message, the last for counts; CPU to connect and to "
		 "catch up is a mean, and part of cpu_p50_ms";
	result_add(&r, "members", "", 0, (double)j->large.members);
	result_add(&r, "messages", "", 0, messages);
	result_add(&r, "cpu_p50_ms", "ms of CPU, the whole call", 2, cpu_ms);
	result_add(&r, "cpu_max_ms", "ms of CPU", 2, samples_at_ms(&j->cpu, 1));
	result_add(&r, "wall_p50_ms", "ms", 2, samples_at_ms(&j->wall, 0.5));
	meter_report(&r, &m);
	result_add(&r, "relay_written_bytes", "bytes a message, by the relay",
	    0, (j->after.written_bytes - j->before.written_bytes) / messages);
	result_add(&r, "relay_cpu_ms", "ms of the relay's CPU a message", 2,
	    (j->after.cpu_s - j->before.cpu_s) * 1e3 / messages);
	result_print(&r, j->run->options->json);
	table_at_most(
	    t, "send to a group, keys known: sender CPU", 5, cpu_ms, 2, "ms");
	table_at_most(t, "  without connecting and catching up", 5,
	    cpu_ms - m.open_cpu_ms - m.drain_cpu_ms, 2, "ms");
	table_at_most(t, "  uploaded", 65536, (double)m.upload_bytes, 0, "B");
	table_exactly(t, "  uploads", 1, (double)m.uploads);
	table_exactly(t, "  sender keys handed out", 0, (double)m.handed);
	table_at_most(t, "  written by the relay", 65536,
	    (j->after.written_bytes - j->before.written_bytes) / messages, 0,
	    "B");
}

static bool
send_all(struct sending *j)
{
	if (!large_hand_out(&j->large))
		return false;
	probe_take(&j->run->probe, &j->before);
	for (uint64_t i = 0; i < j->messages; i++)
		if (!send_one(j))
			return false;
	probe_take(&j->run->probe, &j->after);
	report(j);
	return true;
}

bool
job_send(struct run *r)
{
	struct sending j = { .run = r };
	bool ok;

	j.messages = run_number(r->options->messages, MESSAGES_USUAL);
	ok = samples_init(&j.wall, j.messages) &&
	     samples_init(&j.cpu, j.messages) && large_open(r, &j.large) &&
	     send_all(&j);
	large_close(&j.large);
	samples_clear(&j.wall);
	samples_clear(&j.cpu);
	return ok;
}
