/*
 * crowd.h - many who all write to one group, are away half of the time, and
 * are killed now and then: the parts of job_crowd.
 *
 * A turn is a process that opens a profile, fetches, writes, fetches and ends.
 * Rounds of turns follow plan.h; what is done is kept in a file, so that a run
 * with --data that was ended goes on where it was.  Message ids follow from
 * sender and number: a turn that was killed is made again with the same ones.
 */
#ifndef TACIT_TESTS_BENCH_CLIENTS_CROWD_H
#define TACIT_TESTS_BENCH_CLIENTS_CROWD_H

#include "tests/bench/clients/people.h"
#include "tests/bench/clients/plan.h"

enum { CROWD_KIND = 'c', CROWD_MEMBERS_MAX = 256, CROWD_MESSAGES_MAX = 1000 };

/* What processes of turns tell; in shared memory. */
struct crowd_tally {
	_Atomic uint64_t shown;  /* entries that were shown */
	_Atomic uint64_t waits;  /* rows of outboxes, at the end of turns */
	_Atomic uint64_t cpu_us; /* of turns that were not killed */
};

struct crowd {
	struct run *run;
	struct plan plan;
	char group[PEOPLE_NAME_BYTES];
	uint64_t round; /* the present one; plan.rounds: all write the rest */
	/* Messages that a finished turn has written, by member. */
	uint64_t written[CROWD_MEMBERS_MAX];
	struct crowd_tally *tally;
	FILE *progress;
	bool *done; /* by round and member */
	uint64_t turns;
	uint64_t killed;
	uint64_t too_late; /* to be killed: the turn was over before */
	double mean_ms;    /* of a turn that was not killed */
};

/* One turn of a member; a worker_fn on struct crowd. */
bool crowd_turn(void *arg, uint64_t member);

/*
 * Take up what DIR/crowd says was done, or begin it.  false: there is a crowd
 * of another plan, or the file cannot be had.
 */
bool crowd_progress_open(struct crowd *c);
bool crowd_progress_has(const struct crowd *c, uint64_t round, uint64_t member);
/* killed: what the turn wrote is not known, so the next one writes it again. */
bool crowd_progress_add(
    struct crowd *c, uint64_t round, uint64_t member, bool killed);
void crowd_progress_close(struct crowd *c);

/*
 * Read everybody's history, count, print.  rounds_s: what all rounds took; NAN
 * when some are of an earlier run.  false: not everything once.
 */
bool crowd_judge(struct crowd *c, double rounds_s);

#endif
