/*
 * job_remove.c - the last member of the list is removed and a message written,
 * until that lies in the mailbox of all who are left.  Then some of them look.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/bench/clients/large.h"
#include "tests/bench/clients/meter.h"

static const char text[] = "said after the removal";

struct removal {
	struct run *run;
	struct large large;
	uint64_t victim;
	double remove_ms;
	double all_ms;
	double cpu_ms;
	struct meter removing;
	struct meter sending;
};

static bool
take_last(const struct tacit_group *g, void *arg)
{
	struct removal *j = arg;

	for (size_t i = 0; i < g->members_count; i++) {
		const char *name = g->members[i].account;
		uint64_t number = strtoull(name + 1, NULL, 10);

		if (number > j->victim)
			j->victim = number;
	}
	return true;
}

static bool
remove_and_say(struct removal *j)
{
	char name[PEOPLE_NAME_BYTES];
	const char *names[] = { name };
	struct tacit *t = j->large.founder;
	double began_cpu_ms = run_cpu_ms();
	int64_t began_us = clock_mono_us();
	struct tacit_error e;
	size_t changed = 0;

	people_name(LARGE_KIND, j->victim, name);
	meter_reset();
	tacit_group_change(
	    t, TACIT_GROUP_REMOVE, j->large.group, names, 1, &changed, &e);
	if (e.code != TACIT_DONE || changed != 1)
		return run_failed("remove %s: %s", name, e.message);
	j->removing = *meter_read();
	j->remove_ms = (double)(clock_mono_us() - began_us) / 1e3;
	meter_reset();
	if (!people_say(t, j->large.group, text))
		return false;
	j->sending = *meter_read();
	j->all_ms = (double)(clock_mono_us() - began_us) / 1e3;
	j->cpu_ms = run_cpu_ms() - began_cpu_ms;
	return true;
}

static bool
counts_are_right(const struct removal *j)
{
	const struct meter *m = &j->sending;
	uint64_t left = j->large.members - 2; /* not the founder, not the one */

	if (j->removing.control_submits != 1 || j->removing.controls != left)
		return run_failed("the log key went to %u of %u in %u submits",
		    (unsigned)j->removing.controls, (unsigned)left,
		    (unsigned)j->removing.control_submits);
	if (m->uploads != 1 || m->submits != 1)
		return run_failed("a message made %u submits, %u uploads",
		    (unsigned)m->submits, (unsigned)m->uploads);
	if (m->handed != left || m->readers != left)
		return run_failed("%u keys handed out and %u readers; %u left",
		    (unsigned)m->handed, (unsigned)m->readers, (unsigned)left);
	return true;
}

static bool
find_text(const struct tacit_event *event, void *arg)
{
	uint64_t *found = arg;

	if (event->notice == NULL && event->text_len == sizeof(text) - 1 &&
	    memcmp(event->text, text, event->text_len) == 0)
		++*found;
	return true;
}

/* How often it is in the history of that member, who fetches first. */
static bool
look(struct removal *j, uint64_t number, uint64_t *found)
{
	const struct tacit_history how = {
		.kind = TACIT_GROUP,
		.with = j->large.group,
	};
	struct tacit *t = people_open(j->run, LARGE_KIND, number);
	struct tacit_error e = { 0 };
	bool ok = t != NULL && people_receive(t, NULL, NULL);

	*found = 0;
	if (ok && tacit_history(t, &how, find_text, found, &e) != TACIT_DONE)
		ok = run_failed("history: %s", e.message);
	tacit_close(t);
	return ok;
}

/* Evenly among those who are left; and the one who is not. */
static bool
some_look(struct removal *j, uint64_t before)
{
	uint64_t sample = j->run->options->sample, found = 0;
	uint64_t last = j->victim - 1;

	if (sample > last)
		sample = last;
	for (uint64_t i = 0; i < sample; i++) {
		uint64_t number = last - i * (last / sample);

		if (!look(j, number, &found))
			return false;
		if (found != before + 1)
			return run_failed("member %u has it %u times",
			    (unsigned)number, (unsigned)found);
	}
	if (!look(j, j->victim, &found))
		return false;
	if (found != before)
		return run_failed("the removed member has read it");
	return true;
}

static void
report(const struct removal *j)
{
	struct table *t = j->run->table;
	struct result r;

	result_begin(&r, "tacit", "group-remove");
	r.note = "counts are of the message; remove_ of the removal before it";
	result_add(&r, "members", "before", 0, (double)j->large.members);
	result_add(&r, "wall_ms", "ms, removal and message", 0, j->all_ms);
	result_add(&r, "remove_wall_ms", "ms of it, removal", 0, j->remove_ms);
	result_add(&r, "cpu_ms", "ms of CPU, both", 0, j->cpu_ms);
	result_add(&r, "remove_uploaded_bytes", "bytes inside TLS", 0,
	    (double)j->removing.bytes);
	result_add(&r, "remove_control_submits", "submits of log keys", 0,
	    (double)j->removing.control_submits);
	result_add(&r, "remove_controls", "log keys handed out", 0,
	    (double)j->removing.controls);
	result_add(
	    &r, "remove_appends", "entries", 0, (double)j->removing.appends);
	result_add(&r, "remove_asymmetric",
	    "agreements, key pairs, signatures, checks", 0,
	    (double)(j->removing.agreements + j->removing.key_pairs +
		     j->removing.signatures + j->removing.verifications));
	meter_report(&r, &j->sending);
	result_print(&r, j->run->options->json);
	table_at_most(t,
	    large_is_fetched(j->run)
		? "remove one and send, everybody has fetched before"
		: "remove one and send, to the last mailbox",
	    1000, j->all_ms, 0, "ms");
	table_exactly(t, "  sender keys in the one submit of the message",
	    (double)(j->large.members - 2), (double)j->sending.handed);
	table_exactly(t, "  submits that carry the new log key", 1,
	    (double)j->removing.control_submits);
}

/* Nobody has said it yet in this group, unless in a run before this one. */
static bool
count_before(struct removal *j, uint64_t *before)
{
	const struct tacit_history how = {
		.kind = TACIT_GROUP,
		.with = j->large.group,
	};
	struct tacit_error e;

	*before = 0;
	if (tacit_history(j->large.founder, &how, find_text, before, &e) !=
	    TACIT_DONE)
		return run_failed("history: %s", e.message);
	return true;
}

static bool
carry_out(struct removal *j)
{
	struct tacit_error e;
	uint64_t before = 0;

	if (!large_hand_out(&j->large) || !count_before(j, &before))
		return false;
	tacit_group(j->large.founder, j->large.group, take_last, j, &e);
	if (j->victim < 2)
		return run_failed("nobody is left to be removed");
	if (!remove_and_say(j) || !counts_are_right(j))
		return false;
	report(j);
	large_close(&j->large);
	return some_look(j, before);
}

bool
job_remove(struct run *r)
{
	struct removal j = { .run = r };
	bool ok = large_open(r, &j.large) && carry_out(&j);

	large_close(&j.large);
	return ok;
}
