/*
 * job_direct.c - two who write to each other: what waits is fetched by one
 * process, and one process writes while another receives.
 */
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "tests/bench/clients/people.h"
#include "tests/bench/clients/workers.h"

enum {
	DIRECT_KIND = 'd',
	READER = 0,
	WRITER = 1,
	DIRECT_USUAL = 10000,
	PAIR_USUAL = 50000,
};

struct talking {
	struct run *run;
	uint64_t messages;
	char reader[PEOPLE_NAME_BYTES];
	uint64_t good;
	uint64_t bad;
};

static double
children_cpu_ms(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

/* What a stretch took the process that reads, and the relay. */
struct stretch {
	int64_t began_us;
	double cpu_ms;
	double writer_cpu_ms; /* 0: it had written before */
	double wall_s;
	struct probe_sample before;
	struct probe_sample after;
};

static void
stretch_begin(struct stretch *s, const struct run *r)
{
	probe_take(&r->probe, &s->before);
	s->cpu_ms = run_cpu_ms();
	s->began_us = clock_mono_us();
}

static void
stretch_end(struct stretch *s, const struct run *r)
{
	s->wall_s = (double)(clock_mono_us() - s->began_us) / 1e6;
	s->cpu_ms = run_cpu_ms() - s->cpu_ms;
	probe_take(&r->probe, &s->after);
}

static void
report(const struct talking *j, const struct stretch *s, const char *job,
    const char *note, const char *row)
{
	double messages = (double)j->messages;
	struct result r;

	result_begin(&r, "tacit", job);
	r.note = note;
	result_add(&r, "messages", "", 0, messages);
	result_add(&r, "messages_per_s", "messages/s", 0, messages / s->wall_s);
	result_add(&r, "cpu_us", "us of the reader's CPU a message", 0,
	    s->cpu_ms * 1e3 / messages);
	if (s->writer_cpu_ms > 0)
		result_add(&r, "writer_cpu_us",
		    "us of the writer's CPU a message", 0,
		    s->writer_cpu_ms * 1e3 / messages);
	result_add(&r, "relay_cpu_us", "us of the relay's CPU a message", 0,
	    (s->after.cpu_s - s->before.cpu_s) * 1e6 / messages);
	result_print(&r, j->run->options->json);
	table_at_least(j->run->table, row, 5000, messages / s->wall_s, 0, "/s");
}

/* Everything has come when false. */
static bool
take(const struct tacit_event *event, void *arg)
{
	struct talking *j = arg;

	if (event->notice == NULL && strcmp(event->signature, "valid") == 0)
		j->good++;
	else
		j->bad++;
	return j->good < j->messages;
}

static bool
is_whole(const struct talking *j)
{
	if (j->good == j->messages && j->bad == 0)
		return true;
	return run_failed("%u messages and %u other lines came, %u were sent",
	    (unsigned)j->good, (unsigned)j->bad, (unsigned)j->messages);
}

/* What an earlier run left comes first. */
static bool
settle(void *arg, uint64_t number)
{
	struct talking *j = arg;
	struct tacit *t = people_open(j->run, DIRECT_KIND, number);
	bool ok = t != NULL && people_receive(t, NULL, NULL);

	tacit_close(t);
	return ok;
}

static bool
say_all(void *arg, uint64_t number)
{
	struct talking *j = arg;
	struct tacit *t = people_open(j->run, DIRECT_KIND, number);
	bool ok = t != NULL &&
		  people_say_many(t, TACIT_DIRECT, j->reader, j->messages);

	tacit_close(t);
	return ok;
}

/* A session with an answer in it, as between any two who have talked. */
static bool
greet(void *arg, uint64_t number)
{
	struct talking *j = arg;
	struct talking hello = { .run = j->run, .messages = 1 };

	people_name(
	    DIRECT_KIND, number == READER ? WRITER : READER, hello.reader);
	return say_all(&hello, number) &&
	       settle(&hello, number == READER ? WRITER : READER);
}

static bool
prepare(struct talking *j)
{
	people_name(DIRECT_KIND, READER, j->reader);
	return people_make(j->run, DIRECT_KIND, 2) &&
	       workers_run(1, 2, settle, j) && workers_run(1, 2, greet, j) &&
	       workers_run(1, 2, settle, j);
}

static bool
fetch(struct talking *j)
{
	struct stretch s = { .began_us = 0 };
	struct tacit *t = people_open(j->run, DIRECT_KIND, READER);
	bool ok = t != NULL;

	stretch_begin(&s, j->run);
	ok = ok && people_receive(t, take, j);
	stretch_end(&s, j->run);
	tacit_close(t);
	if (!ok || !is_whole(j))
		return false;
	report(j, &s, "direct-receive",
	    "connecting included; one process, one thread",
	    "direct messages that waited, one process");
	return true;
}

bool
job_direct(struct run *r)
{
	struct talking j = { .run = r };
	pid_t writer;
	int state = 0;

	j.messages = run_number(r->options->messages, DIRECT_USUAL);
	if (!prepare(&j))
		return false;
	writer = worker_start(say_all, &j, WRITER);
	if (writer < 0 || waitpid(writer, &state, 0) != writer || state != 0)
		return run_failed("the messages were not all written");
	return fetch(&j);
}

static bool
follow(struct talking *j, struct tacit *t)
{
	const struct tacit_receive how = { .follow = true };
	struct tacit_error e;

	tacit_receive(t, &how, take, j, &e);
	if (e.code != TACIT_DONE)
		return run_failed("receive: %s", e.message);
	return is_whole(j);
}

/* CPU of the child that was waited for. */
static double
wait_for(pid_t child, double children_before_ms)
{
	int state = 0;

	waitpid(child, &state, 0);
	return children_cpu_ms() - children_before_ms;
}

bool
job_pair(struct run *r)
{
	struct talking j = { .run = r };
	struct stretch s = { .began_us = 0 };
	struct tacit *t = NULL;
	pid_t writer = -1;
	double children_ms;
	bool ok;

	j.messages = run_number(r->options->messages, PAIR_USUAL);
	ok = prepare(&j);
	children_ms = children_cpu_ms();
	if (ok)
		/* Forked before the profile is opened here. */
		writer = worker_start(say_all, &j, WRITER);
	stretch_begin(&s, r);
	if (writer > 0)
		t = people_open(r, DIRECT_KIND, READER);
	ok = t != NULL && follow(&j, t);
	stretch_end(&s, r);
	tacit_close(t);
	if (writer > 0 && !ok)
		kill(writer, SIGKILL);
	if (writer > 0)
		s.writer_cpu_ms = wait_for(writer, children_ms);
	if (ok)
		report(&j, &s, "direct-pair",
		    "from the start of the process that writes to the last "
		    "message shown; both connect in it",
		    "one process writes, one receives, end to end");
	return ok;
}
