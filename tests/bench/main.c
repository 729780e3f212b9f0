/*
 * tacit-bench - a load program that speaks the real protocols over TLS, many
 * devices from one thread.  docs/benchmarks.md says what each job means.
 *
 * Exit code: 0 when every job ran and every message arrived once, 1 when not,
 * 2 for a wrong command line.
 */
#include <math.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/start.h"

static const struct job {
	const char *name;
	job_function *run;
	bool needs_server;
} jobs[] = {
	{ "submit", job_submit, true },
	{ "drain", job_drain, true },
	{ "online", job_online, true },
	{ "fanout", job_fanout, true },
	{ "deep", job_deep, true },
	{ "idle", job_idle, true },
	{ "register", job_register, true },
	{ "limits", job_limits, false },
};

bool
bench_open(struct bench *b, const struct options *o)
{
	struct driver_setup setup = { .target = o->target, .seed = o->seed };
	enum status st;

	memset(b, 0, sizeof(*b));
	b->options = o;
	b->driver = driver_find(o->driver);
	b->probe.pid = (pid_t)o->pid;
	b->probe.metrics = o->metrics[0] != '\0' ? o->metrics : NULL;
	b->probe.data = o->data[0] != '\0' ? o->data : NULL;
	if (b->driver == NULL) {
		fprintf(stderr, "tacit-bench: no driver %s\n", o->driver);
		return false;
	}
	if (uv_loop_init(&b->loop) != 0)
		return false;
	setup.loop = &b->loop;
	st = b->driver->open(&setup, &b->run);
	if (st == STATUS_OK)
		return true;
	fprintf(stderr, "tacit-bench: --target %s: %s\n", o->target,
	    status_name(st));
	(void)!uv_loop_close(&b->loop);
	return false;
}

void
bench_close(struct bench *b)
{
	b->driver->close(b->run);
	(void)uv_run(&b->loop, UV_RUN_DEFAULT);
	(void)!uv_loop_close(&b->loop);
}

bool
bench_run(struct bench *b)
{
	b->over = false;
	while (!b->over && !b->failed && uv_run(&b->loop, UV_RUN_ONCE) != 0)
		;
	if (!b->over && !b->failed)
		bench_fail(b, "nothing more can happen");
	return !b->failed;
}

void
bench_over(struct bench *b)
{
	b->over = true;
}

void
bench_fail(struct bench *b, const char *format, ...)
{
	va_list more;

	if (b->failed)
		return; /* what follows a failure tells nothing new */
	b->failed = true;
	fprintf(stderr, "tacit-bench: ");
	va_start(more, format);
	vfprintf(stderr, format, more);
	va_end(more);
	fputc('\n', stderr);
}

static void
prepared(void *owner, enum status st)
{
	struct bench *b = owner;

	if (st == STATUS_OK)
		bench_over(b);
	else
		bench_fail(b, "preparing devices: %s", status_name(st));
}

bool
bench_prepare(struct bench *b, uint32_t first, uint64_t count, unsigned roles)
{
	const struct driver_range range = {
		.first = first,
		.count = (uint32_t)count,
		.roles = roles,
		.parallel = (uint32_t)b->options->parallel,
		.done = prepared,
		.owner = b,
	};
	enum status st;

	if (b->options->prepared)
		return true;
	st = b->driver->prepare(b->run, &range);
	if (st != STATUS_OK) {
		prepared(b, st);
		return false;
	}
	return bench_run(b);
}

bool
job_register(struct bench *b)
{
	const struct options *o = b->options;

	return bench_prepare(b, FIRST_SENDER, o->senders, DRIVER_SENDS) &&
	       bench_prepare(
		   b, FIRST_RECIPIENT, o->recipients, DRIVER_RECEIVES) &&
	       bench_prepare(b, FIRST_PAIR, o->pairs * 2,
		   DRIVER_SENDS | DRIVER_RECEIVES) &&
	       bench_prepare(b, FIRST_MEMBER, o->members, DRIVER_RECEIVES) &&
	       bench_prepare(
		   b, FIRST_IDLE, o->devices, DRIVER_SENDS | DRIVER_RECEIVES);
}

static const struct job *
find_job(const char *name)
{
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++)
		if (strcmp(jobs[i].name, name) == 0)
			return &jobs[i];
	fprintf(stderr, "tacit-bench: no job %s\n", name);
	return NULL;
}

static bool
run_job(const struct job *job, const struct options *o)
{
	struct bench b;
	bool ok;

	if (!job->needs_server) {
		b = (struct bench){ .options = o };
		return job->run(&b);
	}
	if (!bench_open(&b, o))
		return false;
	ok = job->run(&b) && !b.failed;
	bench_close(&b);
	return ok;
}

int
main(int argc, char **argv)
{
	static struct options options;
	struct start start;
	bool ok = true;
	int at = 0;
	enum status st = options_read(&options, argc, argv, &at);

	if (st != STATUS_OK)
		return st == STATUS_CLOSED ? 0 : 2;
	for (int i = at; i < argc; i++)
		if (find_job(argv[i]) == NULL)
			return 2;
	if (at == argc) {
		fprintf(stderr, "tacit-bench: which job?  See --help.\n");
		return 2;
	}
	if (sodium_init() < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    !start_relay(&start, &options))
		return 1;
	for (int i = at; ok && i < argc; i++)
		ok = run_job(find_job(argv[i]), &options);
	ok = stop_relay(&start) && ok;
	return ok ? 0 : 1;
}
