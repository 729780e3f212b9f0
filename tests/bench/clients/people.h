/*
 * people.h - accounts for the jobs: profiles on disk, without passphrase, by a
 * kind and a number, and what jobs do with them.
 *
 * Each kind of job has its own, so that what one left behind does not come
 * into another: "m" for the large group, "r" for receiving, "c" for the crowd,
 * "d" for two who write to each other.
 */
#ifndef TACIT_TESTS_BENCH_CLIENTS_PEOPLE_H
#define TACIT_TESTS_BENCH_CLIENTS_PEOPLE_H

#include "client/core/tacit.h"
#include "tests/bench/clients/run.h"

enum { PEOPLE_NAME_BYTES = 16, PEOPLE_MAX = 1024 };

/* "m0042" */
void people_name(char kind, uint64_t number, char name[PEOPLE_NAME_BYTES]);

/* Register 0 to count - 1, in several processes; who is there stays. */
bool people_make(struct run *r, char kind, uint64_t count);

/* NULL: it cannot be opened; stderr says why. */
struct tacit *people_open(struct run *r, char kind, uint64_t number);

/* What the group of a kind is called, by all who are in it. */
void people_group_name(char kind, char name[PEOPLE_NAME_BYTES]);

/*
 * The group that number 0 of a kind makes of the first `count`, unless there is
 * one.  fresh: NULL, or out: it was made now.
 */
bool people_group(
    struct tacit *founder, char kind, uint64_t count, bool *fresh);

/* How many are in it; 0: it cannot be read. */
uint64_t people_group_size(struct tacit *t, const char *group);

/* Fetch everything; what `show` is told, see tacit_receive(); it may be NULL.
 */
bool people_receive(struct tacit *t, tacit_event_fn *show, void *arg);

/*
 * One text to a group: true when it is in the mailbox of everybody else in the
 * group, on disk.
 */
bool people_say(struct tacit *t, const char *group, const char *text);

/* Different short texts, 500 queued at a time; true when all are stored. */
bool people_say_many(
    struct tacit *t, enum tacit_kind kind, const char *to, uint64_t count);

#endif
