/*
 * tacit-clients - real clients against a real relay, by the numbers that
 * docs/benchmarks.md gives.
 *
 * Exit code: 0 when every job ran and every count was right (times decide
 * nothing), 1 when not, 2 for a wrong command line.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/clients/run.h"
#include "tests/bench/clients/workers.h"
#include "tests/bench/option_reader.h"
#include "tests/bench/start.h"

#define AT(field) offsetof(struct clients_options, field)

static const char *const no_yes[] = { "no", "yes", NULL };

static const struct config_setting settings[] = {
	{ "relay", CONFIG_TEXT, AT(relay), 0, 0, NULL, "",
	    "tacit-relay program to start", CONFIG_AT_START },
	{ "tacit", CONFIG_TEXT, AT(tacit), 0, 0, NULL, "",
	    "oneshot: tacit program to run", CONFIG_AT_START },
	{ "data", CONFIG_TEXT, AT(data), 0, 0, NULL, "",
	    "directory that is kept: a second run goes on with what is there",
	    CONFIG_AT_START },
	{ "members", CONFIG_NUMBER, AT(members), 0, 1024, NULL, "0",
	    "of the group (0: 1,000; crowd 100)", CONFIG_AT_START },
	{ "messages", CONFIG_NUMBER, AT(messages), 0, 1000000, NULL, "0",
	    "send 20, first 3, receive 20,000, of each in the crowd 100,\n"
	    "direct 10,000, pair 50,000, oneshot 50",
	    CONFIG_AT_START },
	{ "senders", CONFIG_NUMBER, AT(senders), 1, 100, NULL, "4",
	    "receive: members that write", CONFIG_AT_START },
	{ "rounds", CONFIG_NUMBER, AT(rounds), 2, 1000, NULL, "20",
	    "crowd: everybody is away in half of them", CONFIG_AT_START },
	{ "kills", CONFIG_NUMBER, AT(kills), 0, 100, NULL, "10",
	    "crowd: of 100 turns, so many get a kill -9", CONFIG_AT_START },
	{ "seconds", CONFIG_NUMBER, AT(seconds), 0, 3600, NULL, "0",
	    "hammer: so long (0: 60)", CONFIG_AT_START },
	{ "sample", CONFIG_NUMBER, AT(sample), 0, 1024, NULL, "3",
	    "remove: members who look whether they have it", CONFIG_AT_START },
	{ "workers", CONFIG_NUMBER, AT(workers), 1, 16, NULL, "2",
	    "processes at once, of what is not measured, and in the crowd",
	    CONFIG_AT_START },
	{ "seed", CONFIG_NUMBER, AT(seed), 0, UINT32_MAX, NULL, "1",
	    "crowd: who is away when, and who is killed", CONFIG_AT_START },
	{ "json", CONFIG_CHOICE, AT(json), 0, 0, no_yes, "no",
	    "print one JSON object for each result", CONFIG_AT_START },
};

static const struct option_reader reader = {
	.program = "tacit-clients",
	.usage = "usage: tacit-clients --relay PROGRAM [OPTION...] [JOB...]\n\n"
		 "jobs: create send first remove fetch receive crowd direct\n"
		 "      pair oneshot hammer, in the order given (none: all of\n"
		 "      them, remove twice)\n",
	.table = { settings, sizeof(settings) / sizeof(settings[0]) },
};

static const struct job {
	const char *name;
	run_job *run;
	/* What the limits are meant for, at least; 0: any number will do. */
	uint64_t members;
	uint64_t messages;
} jobs[] = {
	{ "create", job_create, 1000, 0 },
	{ "send", job_send, 1000, 0 },
	{ "first", job_first, 1000, 0 },
	{ "remove", job_remove, 1000, 0 },
	{ "fetch", job_fetch, 1000, 0 },
	{ "receive", job_receive, 0, 10000 },
	{ "crowd", job_crowd, 100, 100 },
	{ "direct", job_direct, 0, 10000 },
	{ "pair", job_pair, 0, 10000 },
	{ "oneshot", job_oneshot, 0, 20 },
	{ "hammer", job_hammer, 0, 0 },
};

enum { JOBS = sizeof(jobs) / sizeof(jobs[0]), CHOSEN_MAX = 32 };

/* What is done when nothing is named. */
static const char *const all[] = { "create", "send", "first", "remove", "fetch",
	"remove", "receive", "direct", "pair", "oneshot", "hammer", "crowd" };

/* Jobs by their place in the table, in order. */
struct chosen {
	size_t jobs[CHOSEN_MAX];
	size_t count;
};

/* Of the one child that runs; for the signal handler. */
static volatile sig_atomic_t running;

bool
run_failed(const char *format, ...)
{
	va_list more;

	fprintf(stderr, "tacit-clients: ");
	va_start(more, format);
	vfprintf(stderr, format, more);
	va_end(more);
	fputc('\n', stderr);
	return false;
}

double
run_cpu_ms(void)
{
	struct rusage used;

	if (getrusage(RUSAGE_SELF, &used) != 0)
		return 0;
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
}

uint64_t
run_number(uint64_t asked, uint64_t usual)
{
	return asked > 0 ? asked : usual;
}

/* The job that runs ends, and what follows it tidies up. */
static void
stop(int number)
{
	(void)number;
	if (running > 0)
		kill((pid_t)running, SIGTERM);
}

static bool
run_one(void *arg, uint64_t at)
{
	return jobs[at].run(arg);
}

static bool
run_child(struct run *r, size_t at)
{
	int state = 0;
	pid_t pid = worker_start(run_one, r, at);

	if (pid < 0)
		return run_failed("no process for %s", jobs[at].name);
	running = pid;
	while (waitpid(pid, &state, 0) < 0 && errno == EINTR)
		continue;
	running = 0;
	if (WIFEXITED(state) && WEXITSTATUS(state) == 0)
		return true;
	return run_failed("%s failed", jobs[at].name);
}

/*
 * Profiles remember the port of their relay, so a directory that is kept keeps
 * it as well.
 */
static void
read_listen(const char *dir, char listen[CONFIG_TEXT_BYTES])
{
	char path[CONFIG_TEXT_BYTES + 16];
	FILE *f;

	snprintf(listen, CONFIG_TEXT_BYTES, "127.0.0.1:0");
	snprintf(path, sizeof(path), "%.255s/listen", dir);
	f = fopen(path, "re");
	if (f == NULL)
		return;
	if (fscanf(f, "%63s", listen) != 1)
		snprintf(listen, CONFIG_TEXT_BYTES, "127.0.0.1:0");
	fclose(f);
}

static bool
write_listen(const char *dir, const char *link)
{
	char path[CONFIG_TEXT_BYTES + 16];
	const char *host = strstr(link, "//");
	FILE *f;

	if (host == NULL)
		return false;
	snprintf(path, sizeof(path), "%.255s/listen", dir);
	f = fopen(path, "we");
	if (f == NULL)
		return false;
	fprintf(f, "%.*s\n", (int)strcspn(host + 2, "/#"), host + 2);
	return fclose(f) == 0;
}

/* *temporary: it is ours to remove. */
static bool
choose_dir(const struct clients_options *o, char dir[CONFIG_TEXT_BYTES],
    bool *temporary)
{
	const char *tmp = getenv("TMPDIR");

	*temporary = o->data[0] == '\0';
	if (!*temporary) {
		snprintf(dir, CONFIG_TEXT_BYTES, "%.200s", o->data);
		return mkdir(dir, 0700) == 0 || errno == EEXIST;
	}
	snprintf(dir, CONFIG_TEXT_BYTES, "%.200s/tacit-clients.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	return mkdtemp(dir) != NULL;
}

static bool
start(struct start *s, struct options *o, const struct clients_options *from,
    const char *dir)
{
	memset(o, 0, sizeof(*o));
	memcpy(o->relay, from->relay, sizeof(o->relay));
	read_listen(dir, o->listen);
	snprintf(o->data, sizeof(o->data), "%.240s/relay", dir);
	o->devices = 2000;
	/* One mailbox takes in all of the job `receive`. */
	snprintf(o->relay_option.items[o->relay_option.count++],
	    CONFIG_TEXT_BYTES, "mailbox_items=1000000");
	snprintf(o->relay_option.items[o->relay_option.count++],
	    CONFIG_TEXT_BYTES, "mailbox_mib=1024");
	return start_relay(s, o) && write_listen(dir, o->target);
}

/* Figures of a busy machine say little: who reads them has to know. */
static void
tell_machine(const char *dir)
{
	double load[1] = { 0 };

	(void)!getloadavg(load, 1);
	fprintf(stderr,
	    "tacit-clients: %ld cores, load %.1f at the beginning; in %s\n",
	    sysconf(_SC_NPROCESSORS_ONLN), load[0], dir);
}

static bool
is_full(const struct clients_options *o, const struct job *job)
{
	return (o->members == 0 || o->members >= job->members) &&
	       (o->messages == 0 || o->messages >= job->messages);
}

static bool
run_jobs(struct run *r, const struct chosen *chosen)
{
	bool ok = true, full = true;

	for (size_t i = 0; ok && i < chosen->count; i++) {
		full = full && is_full(r->options, &jobs[chosen->jobs[i]]);
		ok = run_child(r, chosen->jobs[i]);
	}
	if (!r->options->json)
		table_print(r->table, full);
	return ok;
}

static bool
run_all(const struct clients_options *o, const struct chosen *chosen)
{
	static struct options relay;
	char dir[CONFIG_TEXT_BYTES];
	struct run r = { .options = o, .dir = dir, .table = table_new() };
	struct start s = { 0 };
	bool temporary = false, ok = false;

	if (r.table == NULL || !choose_dir(o, dir, &temporary))
		return run_failed("no directory: %s", strerror(errno));
	tell_machine(dir);
	if (start(&s, &relay, o, dir)) {
		r.link = relay.target;
		r.probe = (struct probe){ .pid = (pid_t)relay.pid,
			.metrics = relay.metrics,
			.data = relay.data };
		ok = run_jobs(&r, chosen);
	}
	ok = stop_relay(&s) && ok;
	if (temporary)
		start_remove_tree(dir);
	return ok;
}

static bool
choose_job(struct chosen *chosen, const char *name)
{
	for (size_t j = 0; j < JOBS; j++) {
		if (strcmp(jobs[j].name, name) != 0)
			continue;
		if (chosen->count == CHOSEN_MAX)
			return run_failed("too many jobs");
		chosen->jobs[chosen->count++] = j;
		return true;
	}
	return run_failed("no job %s", name);
}

static bool
choose_jobs(struct chosen *chosen, size_t count, char *const *names)
{
	bool ok = true;

	for (size_t i = 0; ok && i < count; i++)
		ok = choose_job(chosen, names[i]);
	if (count == 0)
		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
			ok = ok && choose_job(chosen, all[i]);
	return ok;
}

int
main(int argc, char **argv)
{
	static struct clients_options options;
	const struct sigaction on_stop = { .sa_handler = stop };
	struct chosen chosen = { 0 };
	int at = 0;
	enum status st = option_reader_read(&reader, &options, argc, argv, &at);

	if (st != STATUS_OK)
		return st == STATUS_CLOSED ? 0 : 2;
	if (!choose_jobs(&chosen, (size_t)(argc - at), argv + at))
		return 2;
	if (options.relay[0] == '\0') {
		run_failed("--relay: which program?  See --help.");
		return 2;
	}
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    sigaction(SIGINT, &on_stop, NULL) != 0 ||
	    sigaction(SIGTERM, &on_stop, NULL) != 0)
		return 1;
	return run_all(&options, &chosen) ? 0 : 1;
}
