/*
 * plan.h - who of the crowd is there when, and who is killed: all of it follows
 * from a seed, so that a run can be had again.
 */
#ifndef TACIT_TESTS_BENCH_CLIENTS_PLAN_H
#define TACIT_TESTS_BENCH_CLIENTS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plan {
	uint64_t seed;
	uint64_t members;
	uint64_t messages; /* of each member */
	uint64_t rounds;   /* even; everybody is there in half of them */
	uint64_t kills;    /* of 100 turns */
};

/*
 * Who is there in a round, in the order of their turns; order has room for all
 * members.
 */
void plan_round(
    const struct plan *p, uint64_t round, uint64_t *order, size_t *count);

/* How many messages a member has written when that turn is over. */
uint64_t plan_written(const struct plan *p, uint64_t member, uint64_t round);

/*
 * When in that turn its process is killed, as a share of how long turns take;
 * below 0: not at all.
 */
double plan_kill(const struct plan *p, uint64_t member, uint64_t round);

/* Whether it writes its messages one by one, or all with one call. */
bool plan_one_by_one(const struct plan *p, uint64_t member, uint64_t round);

#endif
