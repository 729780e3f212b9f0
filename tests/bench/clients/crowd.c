/* crowd.c - rounds of turns, and the end, when everybody comes once more. */
#include "tests/bench/clients/crowd.h"

#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "tests/bench/clients/workers.h"

enum {
	MEMBERS_USUAL = 100,
	MESSAGES_USUAL = 100,
	SLOTS_MAX = 16,
	PASSES_MAX = 12,
	MEAN_TURNS = 20, /* that count in the mean time of one */
};

struct slot {
	pid_t pid; /* 0: free */
	uint64_t member;
	int64_t began_ms;
	int64_t kill_ms; /* when; 0: never */
	bool killed;
};

struct round {
	struct crowd *crowd;
	struct slot slots[SLOTS_MAX];
	size_t busy;
	bool failed;
};

static bool
start(struct round *r, uint64_t member)
{
	struct crowd *c = r->crowd;
	double share = plan_kill(&c->plan, member, c->round);
	struct slot *s = r->slots;

	while (s->pid != 0)
		s++;
	*s = (struct slot){ .member = member, .began_ms = clock_mono_ms() };
	if (share >= 0)
		s->kill_ms = s->began_ms + 1 + (int64_t)(share * c->mean_ms);
	s->pid = worker_start(crowd_turn, c, member);
	if (s->pid < 0) {
		s->pid = 0;
		return run_failed("crowd: no process");
	}
	r->busy++;
	return true;
}

static bool
finish(struct round *r, struct slot *s, int state)
{
	struct crowd *c = r->crowd;
	bool killed =
	    s->killed && WIFSIGNALED(state) && WTERMSIG(state) == SIGKILL;
	double took_ms = (double)(clock_mono_ms() - s->began_ms);

	if (!killed && !(WIFEXITED(state) && WEXITSTATUS(state) == 0))
		return run_failed("crowd: member %u ended with %#x",
		    (unsigned)s->member, (unsigned)state);
	c->too_late += s->kill_ms != 0 && !killed;
	if (!killed)
		c->mean_ms +=
		    (took_ms - c->mean_ms) / (c->mean_ms > 0 ? MEAN_TURNS : 1);
	s->pid = 0;
	r->busy--;
	return crowd_progress_add(c, c->round, s->member, killed);
}

static bool
look_after(struct round *r, struct slot *s)
{
	int state = 0;
	pid_t ended;

	if (s->kill_ms != 0 && !s->killed && clock_mono_ms() >= s->kill_ms)
		s->killed = kill(s->pid, SIGKILL) == 0;
	ended = waitpid(s->pid, &state, WNOHANG);
	if (ended == 0)
		return true;
	if (ended != s->pid)
		return run_failed("crowd: a process is lost");
	return finish(r, s, state);
}

static bool
run_turns(struct crowd *c, const uint64_t *order, size_t count)
{
	struct round r = { .crowd = c };
	uint64_t most = c->run->options->workers;
	size_t next = 0;
	bool ok = true;

	while (ok && (next < count || r.busy > 0)) {
		if (next < count && r.busy < most) {
			uint64_t member = order[next++];

			if (!crowd_progress_has(c, c->round, member))
				ok = start(&r, member);
			continue;
		}
		clock_sleep_ms(1);
		for (size_t i = 0; ok && i < SLOTS_MAX; i++)
			if (r.slots[i].pid != 0)
				ok = look_after(&r, &r.slots[i]);
	}
	return ok;
}

static bool
run_rounds(struct crowd *c)
{
	uint64_t order[CROWD_MEMBERS_MAX];
	size_t count = 0;

	for (c->round = 0; c->round < c->plan.rounds; c->round++) {
		int64_t began_ms = clock_mono_ms();

		plan_round(&c->plan, c->round, order, &count);
		if (!run_turns(c, order, count))
			return false;
		fprintf(stderr,
		    "tacit-clients: crowd: round %u of %u: %u there, %.1f s; "
		    "%u shown, %u killed so far\n",
		    (unsigned)c->round + 1, (unsigned)c->plan.rounds,
		    (unsigned)count, (double)(clock_mono_ms() - began_ms) / 1e3,
		    (unsigned)atomic_load(&c->tally->shown),
		    (unsigned)c->killed);
	}
	return true;
}

/* Everybody is there, and nobody is killed, until nothing moves any more. */
static bool
come_to_rest(struct crowd *c)
{
	for (int pass = 0; pass < PASSES_MAX; pass++) {
		uint64_t before = atomic_load(&c->tally->shown);

		atomic_store(&c->tally->waits, 0);
		if (!workers_run(c->run->options->workers, c->plan.members,
			crowd_turn, c))
			return false;
		for (uint64_t i = 0; i < c->plan.members; i++)
			c->written[i] = c->plan.messages;
		if (atomic_load(&c->tally->shown) == before &&
		    atomic_load(&c->tally->waits) == 0)
			return true;
	}
	return run_failed("crowd: no rest after %d passes", PASSES_MAX);
}

static bool
make_group(void *arg, uint64_t number)
{
	struct crowd *c = arg;
	struct tacit *t = people_open(c->run, CROWD_KIND, number);
	bool ok =
	    t != NULL && people_group(t, CROWD_KIND, c->plan.members, NULL);

	tacit_close(t);
	return ok;
}

static bool
carry_out(struct crowd *c)
{
	int64_t began_ms;
	bool whole;

	if (!people_make(c->run, CROWD_KIND, c->plan.members) ||
	    !workers_run(1, 1, make_group, c) || !crowd_progress_open(c))
		return false;
	began_ms = clock_mono_ms();
	fprintf(stderr, "tacit-clients: crowd: seed %u, %u turns done before\n",
	    (unsigned)c->plan.seed, (unsigned)c->turns);
	whole = c->turns == 0;
	if (!run_rounds(c) || !come_to_rest(c))
		return false;
	return crowd_judge(
	    c, whole ? (double)(clock_mono_ms() - began_ms) / 1e3 : NAN);
}

bool
job_crowd(struct run *r)
{
	static struct crowd c;
	const struct clients_options *o = r->options;
	bool ok;

	c.run = r;
	c.plan = (struct plan){
		.seed = o->seed,
		.members = run_number(o->members, MEMBERS_USUAL),
		.messages = run_number(o->messages, MESSAGES_USUAL),
		.rounds = o->rounds + o->rounds % 2,
		.kills = o->kills,
	};
	people_group_name(CROWD_KIND, c.group);
	if (c.plan.members > CROWD_MEMBERS_MAX || c.plan.members < 2 ||
	    c.plan.messages > CROWD_MESSAGES_MAX)
		return run_failed("crowd: 2 to %d members, %d messages",
		    CROWD_MEMBERS_MAX, CROWD_MESSAGES_MAX);
	c.tally = mmap(NULL, sizeof(*c.tally), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c.tally == MAP_FAILED)
		return run_failed("crowd: out of memory");
	ok = carry_out(&c);
	crowd_progress_close(&c);
	return ok;
}
