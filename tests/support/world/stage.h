/*
 * stage.h - people with real profiles and the real library, a relay in memory,
 * and one generator that decides who goes on next.
 *
 * Everybody has a thread, of which one runs at a time: it hands over where the
 * client would wait for the relay, and the stage draws who is next, an answer
 * of the relay or a client that has something to read.  So calls of several
 * clients overlap really, and the same seed brings the same order again.  The
 * clock stands still until nobody can go on without it.
 */
#ifndef TACIT_TESTS_SUPPORT_WORLD_STAGE_H
#define TACIT_TESTS_SUPPORT_WORLD_STAGE_H

#include <pthread.h>
#include <semaphore.h>

#include "client/core/tacit.h"
#include "tests/support/world/toy.h"

enum { STAGE_ACTORS = 8, ACTOR_NAME_BYTES = 16 };

struct actor;
typedef void actor_job(struct actor *a, void *arg);

struct actor {
	struct stage *stage;
	char name[ACTOR_NAME_BYTES];
	char *dir;
	struct tacit *t; /* NULL until needed, and after a crash */
	pthread_t thread;
	sem_t go;
	bool busy;
	bool quit;
	actor_job *job;
	void *arg;
	/* Where it waits for the relay. */
	bool waiting;
	bool wants_write;
	bool late;
	int64_t deadline_ms;
	struct channel *near; /* borrowed while it waits */
	struct toy_line *line;
	uint64_t serial;
	/*
	 * So many commits from now the process ends, or 0: after the last of
	 * them, or just before it.
	 */
	unsigned crash_in;
	bool crash_keeps;
	bool crashed; /* nothing is done, stored or said any more */
	unsigned crashes;
};

/* What goes wrong, in so many of a thousand; zeros: nothing. */
struct faults {
	unsigned cut_before;  /* a request is lost, and the line */
	unsigned cut_after;   /* it is done, the answer and the line are lost */
	unsigned mute;        /* it is done, and the line says no more */
	unsigned unavailable; /* nothing is done: "the same id again" */
	unsigned unclear;     /* it is done, and the answer is the same */
	unsigned kill;        /* whoever waits is killed */
};

struct stage {
	struct toy *toy;
	struct actor actors[STAGE_ACTORS];
	size_t actors_count;
	struct faults faults;
	uint64_t random;
	int64_t wall_ms;
	int64_t mono_ms;
	sem_t back;
	char *dir;
	bool trace;
};

/* `count` people, registered: alice, bob, carol ... */
struct stage *stage_new(uint64_t seed, size_t count);
void stage_free(struct stage *s);

uint64_t stage_draw(struct stage *s, uint64_t below);
bool stage_happens(struct stage *s, unsigned per_mille);
void stage_wait(struct stage *s, int64_t ms); /* time passes */

/* An idle actor begins; stage_turn() goes on with everybody. */
void stage_begin(struct stage *s, struct actor *a, actor_job *job, void *arg);

/* One thing happens.  False: nobody does anything any more. */
bool stage_turn(struct stage *s);

/* One job alone, until it is over. */
void stage_run(struct stage *s, struct actor *a, actor_job *job, void *arg);

struct actor *stage_actor(struct stage *s, const char *name);

/* The open profile of the actor whose job this is; NULL: it cannot be opened.
 */
struct tacit *actor_tacit(struct actor *a);

void stage_note(struct stage *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
