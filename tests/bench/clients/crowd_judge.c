/*
 * crowd_judge.c - what everybody has in the end: a ledger with a place for each
 * (receiver, sender, number), filled in from the receivers' histories alone.
 */
#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "tests/bench/clients/crowd.h"
#include "tests/bench/clients/workers.h"

/* Lines that tell of a message which is not there as it should be. */
static const char *const alarms[] = { "gap", "refused", "undecryptable" };

enum { ALARMS = sizeof(alarms) / sizeof(alarms[0]), TOLD_MAX = 20 };

struct ledger {
	_Atomic uint64_t alarm[ALARMS];
	_Atomic uint64_t strange; /* nobody wrote this, or not so */
	_Atomic uint64_t late;    /* behind a later one of the same sender */
	_Atomic uint64_t unsent;  /* the sender does not know it as stored */
	_Atomic uint64_t told;    /* lines on stderr */
	uint8_t seen[];           /* by receiver, sender, number */
};

struct judging {
	struct crowd *crowd;
	struct ledger *ledger;
	size_t bytes;
	uint64_t receiver;
	uint64_t last[CROWD_MEMBERS_MAX]; /* number, by sender */
};

struct verdict {
	uint64_t once;
	uint64_t missing;
	uint64_t more; /* than once */
	uint64_t own_wrong;
};

static uint8_t *
place(const struct judging *j, uint64_t receiver, uint64_t sender,
    uint64_t number)
{
	const struct plan *p = &j->crowd->plan;

	return &j->ledger->seen[(receiver * p->members + sender) * p->messages +
				number - 1];
}

static void
tell(struct judging *j, const struct tacit_event *event, const char *what)
{
	if (atomic_fetch_add(&j->ledger->told, 1) < TOLD_MAX)
		run_failed("crowd: receiver %u, entry %" PRIu64 ": %s (%s %s)",
		    (unsigned)j->receiver, event->n, what,
		    event->from != NULL ? event->from : "-",
		    event->detail != NULL ? event->detail : "");
}

static void
take_notice(struct judging *j, const struct tacit_event *event)
{
	for (size_t i = 0; i < ALARMS; i++) {
		if (strcmp(event->notice, alarms[i]) != 0)
			continue;
		atomic_fetch_add(&j->ledger->alarm[i], 1);
		tell(j, event, event->notice);
	}
}

static bool
is_settled(enum tacit_state state)
{
	return state == TACIT_STORED || state == TACIT_DELIVERED ||
	       state == TACIT_READ;
}

/* Who says that it said what, by the text; false: not one of ours. */
static bool
read_text(const struct judging *j, const struct tacit_event *event,
    uint64_t *sender, uint64_t *number)
{
	const struct plan *p = &j->crowd->plan;
	char text[64], name[PEOPLE_NAME_BYTES];
	int used = 0;

	if (event->text_len >= sizeof(text) || event->from == NULL)
		return false;
	memcpy(text, event->text, event->text_len);
	text[event->text_len] = '\0';
	if (sscanf(text, "c%" SCNu64 " says %" SCNu64 "%n", sender, number,
		&used) != 2 ||
	    text[used] != '\0' || *sender >= p->members || *number < 1 ||
	    *number > p->messages)
		return false;
	people_name(CROWD_KIND, *sender, name);
	return strcmp(name, event->from) == 0 &&
	       strcmp(event->signature, "valid") == 0;
}

static bool
take_entry(const struct tacit_event *event, void *arg)
{
	struct judging *j = arg;
	uint64_t sender, number;
	uint8_t *seen;

	if (event->notice != NULL) {
		take_notice(j, event);
		return true;
	}
	if (!read_text(j, event, &sender, &number) ||
	    event->own != (sender == j->receiver)) {
		atomic_fetch_add(&j->ledger->strange, 1);
		tell(j, event, "strange");
		return true;
	}
	seen = place(j, j->receiver, sender, number);
	if (*seen < UINT8_MAX)
		++*seen;
	if (event->own && !is_settled(event->state))
		atomic_fetch_add(&j->ledger->unsent, 1);
	if (number <= j->last[sender])
		atomic_fetch_add(&j->ledger->late, 1);
	else
		j->last[sender] = number;
	return true;
}

static bool
read_history(void *arg, uint64_t receiver)
{
	struct judging *j = arg;
	const struct tacit_history how = {
		.kind = TACIT_GROUP,
		.with = j->crowd->group,
	};
	struct tacit *t = people_open(j->crowd->run, CROWD_KIND, receiver);
	struct tacit_error e = { 0 };
	bool ok = t != NULL;

	j->receiver = receiver;
	memset(j->last, 0, sizeof(j->last));
	if (ok && tacit_history(t, &how, take_entry, j, &e) != TACIT_DONE)
		ok = run_failed("crowd: history: %s", e.message);
	tacit_close(t);
	return ok;
}

static struct verdict
count(const struct judging *j)
{
	const struct plan *p = &j->crowd->plan;
	struct verdict v = { 0 };

	for (uint64_t to = 0; to < p->members; to++) {
		for (uint64_t from = 0; from < p->members; from++) {
			for (uint64_t n = 1; n <= p->messages; n++) {
				uint8_t seen = *place(j, to, from, n);

				if (from == to)
					v.own_wrong += seen != 1;
				else if (seen == 0)
					v.missing++;
				else if (seen == 1)
					v.once++;
				else
					v.more++;
			}
		}
	}
	return v;
}

static void
report(const struct judging *j, const struct verdict *v, double wanted,
    double rounds_s, double reading_s)
{
	const struct crowd *c = j->crowd;
	const struct ledger *l = j->ledger;
	struct table *t = c->run->table;
	double cpu_us = (double)atomic_load(&c->tally->cpu_us);
	struct result r;

	result_begin(&r, "tacit", "group-crowd");
	result_add(&r, "seed", "", 0, (double)c->plan.seed);
	result_add(&r, "members", "", 0, (double)c->plan.members);
	result_add(&r, "messages", "of each", 0, (double)c->plan.messages);
	result_add(
	    &r, "turns", "while somebody was there", 0, (double)c->turns);
	result_add(&r, "killed", "of them, with kill -9", 0, (double)c->killed);
	result_add(&r, "too_late", "were over before they were killed", 0,
	    (double)c->too_late);
	result_add(&r, "deliveries", "wanted", 0, wanted);
	result_add(&r, "once", "found exactly once", 0, (double)v->once);
	result_add(&r, "missing", "", 0, (double)v->missing);
	result_add(&r, "more", "found more than once", 0, (double)v->more);
	result_add(&r, "strange", "that nobody wrote so", 0,
	    (double)atomic_load(&l->strange));
	result_add(&r, "late", "behind a later one of the same sender", 0,
	    (double)atomic_load(&l->late));
	for (size_t i = 0; i < ALARMS; i++)
		result_add(&r, alarms[i], "lines", 0,
		    (double)atomic_load(&l->alarm[i]));
	result_add(&r, "own_wrong", "not once with their sender", 0,
	    (double)v->own_wrong);
	result_add(&r, "own_unsent", "not stored, says their sender", 0,
	    (double)atomic_load(&l->unsent));
	result_add(&r, "rounds_s", "s, writing and fetching", 1, rounds_s);
	result_add(
	    &r, "deliveries_per_s", "in that time", 0, wanted / rounds_s);
	result_add(
	    &r, "cpu_us", "us of clients' CPU a delivery", 0, cpu_us / wanted);
	result_add(&r, "reading_s", "s, reading the histories", 1, reading_s);
	result_print(&r, c->run->options->json);
	table_exactly(t, "crowd: deliveries that are there exactly once",
	    wanted, (double)v->once);
	table_exactly(t, "  more than once", 0, (double)v->more);
	table_exactly(t, "  gaps and lines of refusal", 0,
	    (double)(atomic_load(&l->alarm[0]) + atomic_load(&l->alarm[1]) +
		     atomic_load(&l->alarm[2])));
}

static bool
is_good(const struct ledger *l, const struct verdict *v)
{
	uint64_t alarmed = 0;

	for (size_t i = 0; i < ALARMS; i++)
		alarmed += atomic_load(&l->alarm[i]);
	return v->missing == 0 && v->more == 0 && v->own_wrong == 0 &&
	       alarmed == 0 && atomic_load(&l->strange) == 0 &&
	       atomic_load(&l->unsent) == 0;
}

bool
crowd_judge(struct crowd *c, double rounds_s)
{
	const struct plan *p = &c->plan;
	struct judging j = { .crowd = c };
	double wanted = (double)(p->members * (p->members - 1) * p->messages);
	int64_t began_ms = clock_mono_ms();
	struct verdict v;
	bool ok;

	j.bytes = sizeof(*j.ledger) + p->members * p->members * p->messages;
	j.ledger = mmap(NULL, j.bytes, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (j.ledger == MAP_FAILED)
		return run_failed("crowd: out of memory");
	ok =
	    workers_run(c->run->options->workers, p->members, read_history, &j);
	if (ok) {
		v = count(&j);
		report(&j, &v, wanted, rounds_s,
		    (double)(clock_mono_ms() - began_ms) / 1e3);
		ok = is_good(j.ledger, &v) ||
		     run_failed("crowd: not everything once, see above");
	}
	munmap(j.ledger, j.bytes);
	return ok;
}
