/*
 * large.h - the group that create, send, first and remove work on: number 0
 * of the people "m" made it, and the others may never have looked.
 */
#ifndef TACIT_TESTS_BENCH_CLIENTS_LARGE_H
#define TACIT_TESTS_BENCH_CLIENTS_LARGE_H

#include "tests/bench/clients/people.h"

enum { LARGE_KIND = 'm', LARGE_MEMBERS = 1000 };

struct large {
	struct tacit *founder;
	uint64_t members; /* with the founder */
	char group[PEOPLE_NAME_BYTES];
};

/*
 * Make the people and the group as far as they are missing; making the group
 * is a result of its own.  The founder has caught up.
 */
bool large_open(struct run *r, struct large *l);
void large_close(struct large *l);

/*
 * The founder writes a message nobody measures, after which every device of the
 * group has its sender key.
 */
bool large_hand_out(struct large *l);

/* Everybody has fetched since, so sessions are answered; kept in the run's
 * directory. */
bool large_note_fetched(const struct run *r);
bool large_is_fetched(const struct run *r);

#endif
