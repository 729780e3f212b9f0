/*
 * talks.h - what people say to each other two by two, over a relay that may do
 * as it likes: whether everything arrives once, or is told as missing.
 *
 * What was to arrive follows from what was sent; the code under test is asked
 * only what it has.
 */
#ifndef TACIT_TESTS_SUPPORT_WORLD_TALKS_H
#define TACIT_TESTS_SUPPORT_WORLD_TALKS_H

#include "tests/support/world/stage.h"

enum {
	TALKS_SAID_MAX = 512,
	TALKS_ID_BYTES = 33,
	TALKS_COMPLAINT_BYTES = 512,
};

struct talks_said {
	char id[TALKS_ID_BYTES];
	size_t by;
	size_t to;
	size_t epoch;  /* how often its sender had been put back by then */
	bool composed; /* it is in its sender's history */
	bool over;     /* its sender was told that it does not arrive */
};

struct talks {
	struct stage *s;
	struct talks_said said[TALKS_SAID_MAX];
	size_t said_count;
	size_t lost;          /* judged: never came, and was told of */
	size_t sessions_lost; /* by ACT_FORGET and by being killed */
	size_t rewinds;
	size_t epochs[STAGE_ACTORS];
	bool has_copy[STAGE_ACTORS];
	bool behind[STAGE_ACTORS]; /* an old copy, which it was not told yet */
	int64_t since_ms;
	char complaint[TALKS_COMPLAINT_BYTES]; /* the first; or empty */
};

struct talks *talks_new(uint64_t seed, size_t people);
void talks_free(struct talks *t);

void talks_complain(struct talks *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

enum talk_act {
	TALK_SEND,
	TALK_QUEUE, /* to be sent by what comes later */
	TALK_RECEIVE,
	TALK_RETRY,
	TALK_FORGET, /* one end loses the session */
	TALK_COPY,   /* of its profile, in the place of an older one */
	TALK_REWIND, /* to that, and TALK_REPAIR */
	TALK_REPAIR, /* of an old copy: it goes on as another device */
	TALK_ACTS_COUNT,
};

/* arg: a struct talk_deed, which outlives the job. */
struct talk_deed {
	struct talks *talks;
	enum talk_act act;
	size_t to;
	enum tacit_code code;
};
void talks_do(struct actor *a, void *deed);

/* A deed alone, from beginning to end. */
enum tacit_code talks_run(
    struct talks *t, size_t who, enum talk_act act, size_t to);

/* The last three of those; for talks_do() (talks_rewind.c). */
enum tacit_code talks_copy(struct talks *t, struct actor *a);
enum tacit_code talks_rewind(struct talks *t, struct actor *a);
enum tacit_code talks_repair(struct talks *t, struct actor *a);

/* What one has of what the other said. */
struct talk_view {
	size_t messages; /* with one of our ids */
	size_t missing;  /* told as missing, and not come since */
	size_t unread;   /* told as not to be decrypted, and not come since */
	size_t notices;  /* lines that are not messages */
};
void talks_look(struct talks *t, size_t who, size_t from, struct talk_view *v);

/* Is this message (place in `said`) in its receiver's history, how often? */
size_t talks_count(struct talks *t, size_t said);

/* Everybody receives a few times, with so long between. */
void talks_settle(struct talks *t, int64_t wait_ms, int rounds);

/*
 * The relay is honest from here on: all that is due comes, then each says one
 * thing more to each.  Complains unless those arrive, everything else is there
 * once or told as missing, and neither prekeys nor mail were used without end.
 */
void talks_judge(struct talks *t);

#endif
