/* job_create.c - one makes a group of all the others at once. */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/bench/clients/large.h"
#include "tests/bench/clients/meter.h"

static void
report(struct run *r, const struct large *l, double wall_ms, double cpu_ms)
{
	struct result result;

	result_begin(&result, "tacit", "group-create");
	result_add(&result, "members", "", 0, (double)l->members);
	result_add(&result, "wall_ms", "ms", 0, wall_ms);
	result_add(&result, "cpu_ms", "ms of CPU", 0, cpu_ms);
	meter_report(&result, meter_read());
	result_print(&result, r->options->json);
}

static bool
make_people(struct run *r, uint64_t count)
{
	int64_t began_ms = clock_mono_ms();

	if (!people_make(r, LARGE_KIND, count))
		return false;
	fprintf(stderr, "tacit-clients: %u profiles in %.1f s\n",
	    (unsigned)count, (double)(clock_mono_ms() - began_ms) / 1e3);
	return true;
}

bool
large_open(struct run *r, struct large *l)
{
	uint64_t count = run_number(r->options->members, LARGE_MEMBERS);
	double began_cpu_ms;
	int64_t began_us;
	bool fresh = false;

	*l = (struct large){ 0 };
	if (count < 4)
		return run_failed("this takes 4 members");
	if (!make_people(r, count))
		return false;
	l->founder = people_open(r, LARGE_KIND, 0);
	if (l->founder == NULL)
		return false;
	people_group_name(LARGE_KIND, l->group);
	meter_reset();
	began_cpu_ms = run_cpu_ms();
	began_us = clock_mono_us();
	if (!people_group(l->founder, LARGE_KIND, count, &fresh))
		return false;
	l->members = count;
	if (fresh)
		report(r, l, (double)(clock_mono_us() - began_us) / 1e3,
		    run_cpu_ms() - began_cpu_ms);
	if (!people_receive(l->founder, NULL, NULL))
		return false;
	l->members = people_group_size(l->founder, l->group);
	return l->members > 0;
}

void
large_close(struct large *l)
{
	tacit_close(l->founder);
	l->founder = NULL;
}

bool
large_hand_out(struct large *l)
{
	return people_say(l->founder, l->group, "keys for everybody");
}

static void
fetched_path(const struct run *r, char path[CONFIG_TEXT_BYTES + 16])
{
	snprintf(path, CONFIG_TEXT_BYTES + 16, "%.255s/fetched", r->dir);
}

bool
large_note_fetched(const struct run *r)
{
	char path[CONFIG_TEXT_BYTES + 16];
	FILE *f;

	fetched_path(r, path);
	f = fopen(path, "we");
	return f != NULL && fclose(f) == 0;
}

bool
large_is_fetched(const struct run *r)
{
	char path[CONFIG_TEXT_BYTES + 16];

	fetched_path(r, path);
	return access(path, F_OK) == 0;
}

bool
job_create(struct run *r)
{
	struct large l;
	bool ok = large_open(r, &l);

	large_close(&l);
	return ok;
}
