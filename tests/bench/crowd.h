/*
 * crowd.h - many devices that connect, a limited number at a time.
 *
 * A member connects; it holds one of the `parallel` places until the job calls
 * crowd_settled() or crowd_leave() for it, and then the next one begins.
 */
#ifndef TACIT_TESTS_BENCH_CROWD_H
#define TACIT_TESTS_BENCH_CROWD_H

#include "tests/bench/bench.h"

struct crowd;

struct crowd_member {
	struct crowd *crowd;
	uint32_t at;              /* place in the crowd, from 0 */
	bool holds;               /* one of the places for connecting */
	struct driver_line *line; /* NULL: not connected */
};

struct crowd_setup {
	uint32_t first; /* device of the member in place 0 */
	uint64_t count;
	uint64_t parallel;
	uint32_t sources; /* 127.0.0.1 and how many after it; 0: any */

	/*
	 * What the job hears; the owner of each is a struct crowd_member.  A
	 * failure need not be set: then it ends the job.
	 */
	struct driver_events events;
	void *owner; /* the job */
};

struct crowd {
	struct bench *bench;
	struct crowd_setup setup;
	struct crowd_member *members;
	uint64_t begun;
	uint64_t places;    /* taken */
	uint64_t connected; /* members with a line */
};

/* false: out of memory.  Nobody connects before crowd_begin(). */
bool crowd_init(
    struct crowd *c, struct bench *b, const struct crowd_setup *setup);
void crowd_begin(struct crowd *c);

/* Everybody is disconnected.  Fine on zeros. */
void crowd_clear(struct crowd *c);

/* The member stays; its place for connecting is free. */
void crowd_settled(struct crowd_member *m);

/* The member is disconnected, and so is its place for connecting free. */
void crowd_leave(struct crowd_member *m);

/* Everyone has connected, and nobody holds a place any more. */
bool crowd_is_complete(const struct crowd *c);

/* Events that a job does not expect, or for which it has nothing to do. */
void crowd_ignore_settled(void *member);
void crowd_refuse_accepted(void *member, uint64_t tag);
void crowd_refuse_arrived(void *member, struct bytes payload);

#endif
