/*
 * job_fetch.c - everybody in the large group comes and fetches what waits, then
 * the founder reads what that sent back.  From then on the founder's sessions
 * are answered: what is said in them carries no device list and no key
 * exchange.
 */
#include <stdatomic.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "tests/bench/clients/large.h"
#include "tests/bench/clients/meter.h"
#include "tests/bench/clients/workers.h"

struct fetching {
	struct run *run;
	struct tacit *founder;
	struct fetching_tally {
		_Atomic uint64_t shown;
		_Atomic uint64_t cpu_us;
	} * tally; /* shared between processes */
	double wall_ms;
	double back_wall_ms;
	double back_cpu_ms;
};

static bool
count(const struct tacit_event *event, void *arg)
{
	struct fetching *j = arg;

	(void)event;
	atomic_fetch_add(&j->tally->shown, 1);
	return true;
}

/* Number 0 is the founder, whose turn comes afterwards. */
static bool
fetch_one(void *arg, uint64_t number)
{
	struct fetching *j = arg;
	double began_ms = run_cpu_ms();
	struct tacit *t = people_open(j->run, LARGE_KIND, number + 1);
	bool ok = t != NULL && people_receive(t, count, j);

	tacit_close(t);
	atomic_fetch_add(
	    &j->tally->cpu_us, (uint64_t)((run_cpu_ms() - began_ms) * 1000));
	return ok;
}

/* No profile may be open while processes are made, so this has one too. */
static bool
say(void *arg, uint64_t number)
{
	struct fetching *j = arg;
	struct large l;
	bool ok = large_open(j->run, &l) && large_hand_out(&l);

	(void)number;
	large_close(&l);
	return ok;
}

static bool
fetch_all(struct fetching *j, uint64_t members)
{
	int64_t began_us = clock_mono_us();
	double began_cpu_ms;

	if (!workers_run(j->run->options->workers, members - 1, fetch_one, j))
		return false;
	j->wall_ms = (double)(clock_mono_us() - began_us) / 1e3;
	j->founder = people_open(j->run, LARGE_KIND, 0);
	if (j->founder == NULL)
		return false;
	meter_reset();
	began_cpu_ms = run_cpu_ms();
	began_us = clock_mono_us();
	if (!people_receive(j->founder, NULL, NULL))
		return false;
	j->back_wall_ms = (double)(clock_mono_us() - began_us) / 1e3;
	j->back_cpu_ms = run_cpu_ms() - began_cpu_ms;
	return true;
}

static void
report(const struct fetching *j, uint64_t members)
{
	double shown = (double)atomic_load(&j->tally->shown);
	double others = (double)members - 1;
	struct result r;

	result_begin(&r, "tacit", "group-fetch");
	r.note = "counts are of the founder, who reads what came back";
	result_add(&r, "members", "", 0, (double)members);
	result_add(&r, "shown", "entries, to all others", 0, shown);
	result_add(&r, "wall_ms", "ms, all others", 0, j->wall_ms);
	result_add(&r, "member_cpu_ms", "ms of CPU, each of them", 1,
	    (double)atomic_load(&j->tally->cpu_us) / 1e3 / others);
	result_add(&r, "back_wall_ms", "ms, the founder", 0, j->back_wall_ms);
	result_add(
	    &r, "back_cpu_ms", "ms of CPU, the founder", 0, j->back_cpu_ms);
	meter_report(&r, meter_read());
	result_print(&r, j->run->options->json);
}

bool
job_fetch(struct run *r)
{
	struct fetching j = { .run = r };
	uint64_t members = run_number(r->options->members, LARGE_MEMBERS);
	bool ok;

	j.tally = mmap(NULL, sizeof(*j.tally), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (j.tally == MAP_FAILED)
		return run_failed("out of memory");
	ok = workers_run(1, 1, say, &j) && fetch_all(&j, members) &&
	     large_note_fetched(r);
	if (ok)
		report(&j, members);
	tacit_close(j.founder);
	return ok;
}
