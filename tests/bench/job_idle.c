/*
 * job_idle.c - N devices that are connected and authenticated and have nothing
 * to say: what each costs the server in memory, and what connecting costs.
 *
 * The connections are held by processes of their own (idle_child.h), since a
 * process has only so many descriptors.  Memory is a difference of the
 * server's resident set, so the server should be fresh: one that has just
 * registered N devices has memory to reuse (docs/benchmarks.md).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/idle_child.h"

enum {
	PROCESSES_MAX = 100,
	DEVICES_PER_PROCESS = 15000,
	DEVICES_PER_SOURCE = 10000, /* of 28,232 ephemeral ports */
	SPARE_DESCRIPTORS = 100,
};

struct child {
	pid_t pid;
	int fd;
};

struct idle_job {
	struct bench *bench;
	struct child children[PROCESSES_MAX];
	uint32_t processes;
	uint32_t devices;
};

static bool
begin_child(struct idle_job *j, uint32_t n)
{
	uint32_t from = (uint32_t)((uint64_t)j->devices * n / j->processes);
	uint32_t to = (uint32_t)((uint64_t)j->devices * (n + 1) / j->processes);
	const struct idle_range range = {
		.first = FIRST_IDLE + from,
		.count = to - from,
		.sources = 1 + j->devices / DEVICES_PER_SOURCE,
	};
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return false;
	fflush(NULL);
	j->children[n].pid = fork();
	j->children[n].fd = ends[0];
	if (j->children[n].pid == 0) {
		for (uint32_t i = 0; i <= n; i++)
			close(j->children[i].fd);
		_exit(idle_child(j->bench->options, &range, ends[1]));
	}
	close(ends[1]);
	return j->children[n].pid > 0;
}

/* All of them at once; the sum of what they report. */
static bool
order(struct idle_job *j, enum idle_order what, struct idle_report *sum)
{
	const uint8_t byte = (uint8_t)what;

	*sum = (struct idle_report){ .ok = 1 };
	for (uint32_t i = 0; i < j->processes; i++)
		if (write(j->children[i].fd, &byte, 1) != 1)
			return false;
	for (uint32_t i = 0; i < j->processes; i++) {
		struct idle_report r;

		if (recv(j->children[i].fd, &r, sizeof(r), MSG_WAITALL) !=
			sizeof(r) ||
		    r.ok == 0) {
			fprintf(stderr, "tacit-bench: idle: order %c failed\n",
			    byte);
			return false;
		}
		sum->count += r.count;
		sum->median_ms += r.median_ms / j->processes;
		sum->most_ms = fmax(sum->most_ms, r.most_ms);
	}
	return true;
}

struct idle_found {
	double took_s;
	struct probe_sample before;
	struct probe_sample after;
	struct probe_sample held_after; /* --hold-s later */
	struct idle_report served;
	uint32_t held; /* connected at the end */
};

static bool
measure(struct idle_job *j, struct idle_found *found)
{
	const struct options *o = j->bench->options;
	const struct probe *probe = &j->bench->probe;
	struct idle_report r;
	double began_s;

	if (o->prepared == 0 && !order(j, IDLE_PREPARE, &r))
		return false;
	probe_take(probe, &found->before);
	began_s = probe_now_s();
	if (!order(j, IDLE_CONNECT, &r))
		return false;
	found->took_s = probe_now_s() - began_s;
	probe_take(probe, &found->after);
	if (o->hold_s > 0) {
		/* The children look after their connections meanwhile. */
		sleep((unsigned)o->hold_s);
		probe_take(probe, &found->held_after);
	}
	if (o->serve != 0 && !order(j, IDLE_SERVE, &found->served))
		return false;
	if (!order(j, IDLE_COUNT, &r))
		return false;
	found->held = r.count;
	if (found->held == j->devices)
		return order(j, IDLE_QUIT, &r);
	fprintf(stderr, "tacit-bench: %u of %u devices are still connected\n",
	    found->held, j->devices);
	return false;
}

static void
report(const struct idle_job *j, const struct idle_found *f)
{
	const struct options *o = j->bench->options;
	double cpu_s = f->after.cpu_s - f->before.cpu_s;
	struct result r;

	result_begin(&r, j->bench->driver->name, "idle");
	result_add(&r, "devices", "connected, all held", 0, f->held);
	result_add(&r, "processes", "of this program", 0, j->processes);
	result_add(&r, "rss_bytes_per_device", "bytes of the server", 0,
	    (f->after.rss_bytes - f->before.rss_bytes) / j->devices);
	result_add(&r, "rss_before_bytes", "bytes", 0, f->before.rss_bytes);
	result_add(&r, "rss_after_bytes", "bytes", 0, f->after.rss_bytes);
	result_add(&r, "seconds", "s to connect them", 3, f->took_s);
	result_add(&r, "connects_per_s", "connects/s", 0,
	    ratio(j->devices, f->took_s));
	result_add(&r, "cpu_ms_per_connect", "ms of the server's CPU", 3,
	    cpu_s * 1000 / j->devices);
	if (o->hold_s > 0) {
		result_add(&r, "held_s", "s, silent", 0, (double)o->hold_s);
		result_add(&r, "held_rss_bytes_per_device", "bytes after that",
		    0,
		    (f->held_after.rss_bytes - f->before.rss_bytes) /
			j->devices);
		result_add(&r, "held_cpu_ms_per_s", "ms of CPU a second", 3,
		    (f->held_after.cpu_s - f->after.cpu_s) * 1000 /
			(double)o->hold_s);
	}
	if (o->serve != 0) {
		result_add(&r, "served_messages",
		    "messages between them meanwhile", 0, f->served.count);
		result_add(&r, "served_median_ms", "ms, all sent at once", 3,
		    f->served.median_ms);
		result_add(&r, "served_max_ms", "ms", 3, f->served.most_ms);
	}
	result_print(&r, o->json);
}

bool
job_idle(struct bench *b)
{
	const struct options *o = b->options;
	struct idle_job j = { .bench = b, .devices = (uint32_t)o->devices };
	struct idle_found found = { 0 };
	bool ok = true;

	/* It would stop taking connections, and all would wait. */
	if (probe_descriptors(&b->probe) <
	    (double)o->devices + SPARE_DESCRIPTORS) {
		fprintf(stderr,
		    "tacit-bench: the server may have %.0f files open, too "
		    "few for %u devices (ulimit -n)\n",
		    probe_descriptors(&b->probe), j.devices);
		return false;
	}
	j.processes = (uint32_t)o->processes;
	if (j.processes == 0)
		j.processes = 1 + (j.devices - 1) / DEVICES_PER_PROCESS;
	if (j.processes > j.devices / 2)
		j.processes = j.devices / 2;
	for (uint32_t i = 0; ok && i < j.processes; i++)
		ok = begin_child(&j, i);
	ok = ok && measure(&j, &found);
	for (uint32_t i = 0; i < j.processes; i++) {
		int state = 0;

		if (j.children[i].pid <= 0)
			continue;
		close(j.children[i].fd); /* ends it, if nothing has */
		waitpid(j.children[i].pid, &state, 0);
		ok = ok && WIFEXITED(state) && WEXITSTATUS(state) == 0;
	}
	if (ok)
		report(&j, &found);
	return ok;
}
