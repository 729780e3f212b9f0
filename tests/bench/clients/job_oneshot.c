/*
 * job_oneshot.c - `tacit send` as people and scripts run it: a process for one
 * message, to somebody there is a session with.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/bench/clients/people.h"
#include "tests/bench/clients/workers.h"

enum { ONESHOT_KIND = 'o', WRITER = 1, RUNS_USUAL = 50 };

struct shots {
	struct run *run;
	char reader[PEOPLE_NAME_BYTES];
	char home[CONFIG_TEXT_BYTES + 64];
	struct samples wall;
	struct samples cpu;
};

static bool
settle(void *arg, uint64_t number)
{
	struct shots *j = arg;
	struct tacit *t = people_open(j->run, ONESHOT_KIND, number);
	bool ok = t != NULL && people_receive(t, NULL, NULL);

	tacit_close(t);
	return ok;
}

static bool
greet(void *arg, uint64_t number)
{
	struct shots *j = arg;
	char to[PEOPLE_NAME_BYTES];
	struct tacit *t = people_open(j->run, ONESHOT_KIND, number);
	bool ok;

	people_name(ONESHOT_KIND, 1 - number, to);
	ok = t != NULL && people_receive(t, NULL, NULL) &&
	     people_say_many(t, TACIT_DIRECT, to, 1);
	tacit_close(t);
	return ok;
}

static int64_t
used_ns(const struct rusage *used)
{
	return (used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1000000000LL +
	       (used->ru_utime.tv_usec + used->ru_stime.tv_usec) * 1000LL;
}

static void
run_tacit(const struct shots *j)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0)
		_exit(1);
	execl(j->run->options->tacit, "tacit", "--home", j->home, "send",
	    j->reader, "a message that looks like something people say",
	    (char *)NULL);
	_exit(1);
}

static bool
shoot(struct shots *j)
{
	int64_t began_us = clock_mono_us();
	struct rusage used;
	int state = 0;
	pid_t pid = fork();

	if (pid == 0)
		run_tacit(j);
	if (pid < 0 || wait4(pid, &state, 0, &used) != pid || state != 0)
		return run_failed("tacit send failed");
	samples_add(&j->wall, (clock_mono_us() - began_us) * 1000);
	samples_add(&j->cpu, used_ns(&used));
	return true;
}

static void
report(struct shots *j, uint64_t runs)
{
	double wall_ms = samples_at_ms(&j->wall, 0.5);
	struct result r;

	result_begin(&r, "tacit", "oneshot");
	r.note = "from fork to the end of the process; no passphrase";
	result_add(&r, "runs", "", 0, (double)runs);
	result_add(&r, "wall_p50_ms", "ms", 2, wall_ms);
	result_add(&r, "wall_p90_ms", "ms", 2, samples_at_ms(&j->wall, 0.9));
	result_add(
	    &r, "cpu_p50_ms", "ms of CPU", 2, samples_at_ms(&j->cpu, 0.5));
	result_print(&r, j->run->options->json);
	table_at_most(j->run->table, "tacit send, a process for one message",
	    12, wall_ms, 1, "ms");
}

bool
job_oneshot(struct run *r)
{
	struct shots j = { .run = r };
	uint64_t runs = run_number(r->options->messages, RUNS_USUAL);
	char name[PEOPLE_NAME_BYTES];
	bool ok;

	if (r->options->tacit[0] == '\0')
		return run_failed("oneshot: --tacit: which program?");
	people_name(ONESHOT_KIND, 0, j.reader);
	people_name(ONESHOT_KIND, WRITER, name);
	snprintf(j.home, sizeof(j.home), "%.255s/people/%s", r->dir, name);
	ok = samples_init(&j.wall, runs) && samples_init(&j.cpu, runs) &&
	     people_make(r, ONESHOT_KIND, 2) && workers_run(1, 2, greet, &j) &&
	     workers_run(1, 2, settle, &j);
	for (uint64_t i = 0; ok && i < runs; i++)
		ok = shoot(&j);
	if (ok)
		report(&j, runs);
	samples_clear(&j.wall);
	samples_clear(&j.cpu);
	return ok;
}
