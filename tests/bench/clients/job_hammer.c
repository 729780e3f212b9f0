/*
 * job_hammer.c - two profiles with several processes on each, all of them busy:
 * writers, one that receives, one that reads the history.  In the end every
 * message has come once, nothing is told as missing, and both still talk.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "tests/bench/clients/people.h"
#include "tests/bench/clients/waits.h"
#include "tests/bench/clients/workers.h"

enum {
	HAMMER_KIND = 'h',
	PEOPLE = 2,
	WRITERS = 2,         /* of each */
	ROLES = WRITERS + 2, /* and one that receives, one that reads */
	SECONDS_USUAL = 60,
	SAY_AT_ONCE = 3,
	SAY_BEFORE_REOPEN = 30, /* as commands do, one after the other */
	NUMBERS_MAX = 1 << 20,  /* of one writer */
};

struct hammer {
	struct run *run;
	volatile bool stop;
	int64_t end_us;
	uint64_t said[PEOPLE][WRITERS];
	struct waits waits[PEOPLE][ROLES];
	uint64_t missing;
	uint64_t more; /* than once */
	uint64_t strange;
	uint8_t seen[PEOPLE][WRITERS][NUMBERS_MAX]; /* by who wrote */
};

static bool
is_over(const struct hammer *h)
{
	return h->stop || clock_mono_us() >= h->end_us;
}

static bool
say_three(struct hammer *h, struct tacit *t, uint64_t person, uint64_t writer)
{
	char texts[SAY_AT_ONCE][48], to[PEOPLE_NAME_BYTES];
	struct tacit_send messages[SAY_AT_ONCE];
	struct tacit_error e;
	uint64_t *said = &h->said[person][writer];

	people_name(HAMMER_KIND, 1 - person, to);
	for (size_t i = 0; i < SAY_AT_ONCE; i++) {
		snprintf(texts[i], sizeof(texts[i]), "%" PRIu64 " %" PRIu64,
		    writer, *said + i);
		messages[i] = (struct tacit_send){
			.kind = TACIT_DIRECT,
			.to = to,
			.text = texts[i],
			.text_len = strlen(texts[i]),
		};
	}
	if (tacit_send(t, messages, SAY_AT_ONCE, NULL, NULL, &e) != TACIT_DONE)
		return run_failed("send: %s", e.message);
	*said += SAY_AT_ONCE;
	return true;
}

static bool
write_on(struct hammer *h, uint64_t person, uint64_t writer)
{
	bool ok = true;

	while (ok && !is_over(h)) {
		struct tacit *t = people_open(h->run, HAMMER_KIND, person);

		ok = t != NULL;
		for (int i = 0;
		     ok && !is_over(h) && i < SAY_BEFORE_REOPEN &&
		     h->said[person][writer] + SAY_AT_ONCE < NUMBERS_MAX;
		     i += SAY_AT_ONCE)
			ok = say_three(h, t, person, writer);
		tacit_close(t);
	}
	return ok;
}

static bool
look(const struct tacit_event *event, void *arg)
{
	(void)event;
	(void)arg;
	return true;
}

static bool
read_on(struct hammer *h, uint64_t person)
{
	char with[PEOPLE_NAME_BYTES];
	const struct tacit_history how = {
		.kind = TACIT_DIRECT,
		.with = with,
		.limit = 100,
	};
	struct tacit *t = people_open(h->run, HAMMER_KIND, person);
	struct tacit_error e = { .code = TACIT_DONE };
	bool ok = t != NULL;

	people_name(HAMMER_KIND, 1 - person, with);
	while (ok && !is_over(h))
		ok = tacit_history(t, &how, look, NULL, &e) == TACIT_DONE;
	tacit_close(t);
	return ok || run_failed("history: %s", e.message);
}

static bool
receive_on(struct hammer *h, uint64_t person)
{
	const struct tacit_receive how = { .follow = true, .stop = &h->stop };
	struct tacit *t = people_open(h->run, HAMMER_KIND, person);
	struct tacit_error e = { .code = TACIT_FAILED };

	if (t != NULL)
		tacit_receive(t, &how, look, NULL, &e);
	tacit_close(t);
	return e.code == TACIT_DONE || run_failed("receive: %s", e.message);
}

static bool
work(void *arg, uint64_t number)
{
	struct hammer *h = arg;
	uint64_t person = number / ROLES, role = number % ROLES;
	bool ok;

	waits_reset();
	if (role < WRITERS)
		ok = write_on(h, person, role);
	else if (role == WRITERS)
		ok = receive_on(h, person);
	else
		ok = read_on(h, person);
	h->waits[person][role] = *waits_read();
	return ok;
}

static bool
judge_one(const struct tacit_event *event, void *arg)
{
	struct hammer *h = arg;
	char text[48], first[PEOPLE_NAME_BYTES];
	uint64_t writer, number, person;

	if (event->own)
		return true;
	snprintf(text, sizeof(text), "%.*s", (int)event->text_len,
	    event->text != NULL ? event->text : "");
	if (event->notice != NULL || strcmp(event->signature, "valid") != 0 ||
	    sscanf(text, "%" SCNu64 " %" SCNu64, &writer, &number) != 2 ||
	    writer >= WRITERS || number >= NUMBERS_MAX) {
		h->strange++;
		run_failed("hammer: entry %" PRIu64 ": %s", event->n,
		    event->notice != NULL ? event->notice : text);
		return true;
	}
	people_name(HAMMER_KIND, 0, first);
	person = strcmp(event->from, first) == 0 ? 0 : 1;
	h->more += h->seen[person][writer][number]++ > 0;
	return true;
}

/* Both fetch what is left; what they write then comes, too. */
static bool
judge(void *arg, uint64_t person)
{
	struct hammer *h = arg;
	char with[PEOPLE_NAME_BYTES];
	const struct tacit_history how = {
		.kind = TACIT_DIRECT,
		.with = with,
		.limit = SIZE_MAX,
	};
	struct tacit_error e;
	struct tacit *t = people_open(h->run, HAMMER_KIND, person);
	bool ok = t != NULL && people_receive(t, NULL, NULL);

	people_name(HAMMER_KIND, 1 - person, with);
	if (ok && tacit_history(t, &how, judge_one, h, &e) != TACIT_DONE)
		ok = run_failed("history: %s", e.message);
	tacit_close(t);
	return ok;
}

static bool
last_words(void *arg, uint64_t person)
{
	struct hammer *h = arg;
	struct tacit *t = people_open(h->run, HAMMER_KIND, person);
	bool ok = t != NULL && people_receive(t, NULL, NULL) &&
		  say_three(h, t, person, 0);

	tacit_close(t);
	return ok;
}

static void
count_missing(struct hammer *h)
{
	for (size_t p = 0; p < PEOPLE; p++)
		for (size_t w = 0; w < WRITERS; w++)
			for (uint64_t n = 0; n < h->said[p][w]; n++)
				h->missing += h->seen[p][w][n] == 0;
}

static void
report(const struct hammer *h, double seconds)
{
	struct waits all = { 0 };
	uint64_t said = 0;
	struct result r;

	for (size_t p = 0; p < PEOPLE; p++) {
		for (size_t w = 0; w < WRITERS; w++)
			said += h->said[p][w];
		for (size_t i = 0; i < ROLES; i++) {
			const struct waits *one = &h->waits[p][i];

			all.turns += one->turns;
			all.waited_us += one->waited_us;
			all.kept_us += one->kept_us;
			if (one->longest_wait_us > all.longest_wait_us)
				all.longest_wait_us = one->longest_wait_us;
			if (one->longest_kept_us > all.longest_kept_us)
				all.longest_kept_us = one->longest_kept_us;
		}
	}
	result_begin(&r, "tacit", "hammer");
	r.note = "two profiles, four processes on each; a turn is one "
		 "transaction that writes";
	result_add(&r, "seconds", "", 0, seconds);
	result_add(&r, "messages", "", 0, (double)said);
	result_add(&r, "missing", "", 0, (double)h->missing);
	result_add(&r, "more_than_once", "", 0, (double)h->more);
	result_add(&r, "turns", "", 0, (double)all.turns);
	result_add(&r, "kept_mean_ms", "ms a turn", 2,
	    ratio((double)all.kept_us / 1e3, (double)all.turns));
	result_add(
	    &r, "kept_max_ms", "ms", 1, (double)all.longest_kept_us / 1e3);
	result_add(&r, "wait_mean_ms", "ms for a turn", 2,
	    ratio((double)all.waited_us / 1e3, (double)all.turns));
	result_add(
	    &r, "wait_max_ms", "ms", 1, (double)all.longest_wait_us / 1e3);
	result_print(&r, h->run->options->json);
	table_exactly(h->run->table, "several processes on a profile: missing",
	    0, (double)h->missing);
	table_exactly(h->run->table, "  more than once", 0, (double)h->more);
}

static bool
run_hammer(struct hammer *h, uint64_t seconds)
{
	pid_t pids[PEOPLE * ROLES];
	bool ok = workers_run(1, PEOPLE, last_words, h);

	h->end_us = clock_mono_us() + (int64_t)seconds * 1000000;
	for (uint64_t i = 0; i < PEOPLE * ROLES; i++)
		pids[i] = ok ? worker_start(work, h, i) : -1;
	/* Those that receive go on until all others are done. */
	for (int turn = 0; turn < 2; turn++) {
		for (uint64_t i = 0; i < PEOPLE * ROLES; i++) {
			int state = 0;

			if (pids[i] < 0 ||
			    (i % ROLES == WRITERS) != (turn == 1))
				continue;
			if (waitpid(pids[i], &state, 0) != pids[i] ||
			    state != 0)
				ok = false;
		}
		h->stop = true;
	}
	ok = ok && workers_run(1, PEOPLE, last_words, h) &&
	     workers_run(1, PEOPLE, judge, h);
	count_missing(h);
	if (ok)
		report(h, (double)seconds);
	return ok && h->missing == 0 && h->more == 0 && h->strange == 0;
}

bool
job_hammer(struct run *r)
{
	uint64_t seconds = run_number(r->options->seconds, SECONDS_USUAL);
	struct hammer *h = mmap(NULL, sizeof(*h), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool ok = h != MAP_FAILED;

	if (!ok)
		return run_failed("no memory");
	h->run = r;
	ok = people_make(r, HAMMER_KIND, PEOPLE) && run_hammer(h, seconds);
	munmap(h, sizeof(*h));
	return ok;
}
