/*
 * saga.h - one group and all that is said in it: who was to have what, and
 * whether they have it.
 *
 * The truth is not asked of the code under test: the log is folded here again,
 * from what its entries say, and what is expected follows from that alone.
 */
#ifndef TACIT_TESTS_SUPPORT_WORLD_SAGA_H
#define TACIT_TESTS_SUPPORT_WORLD_SAGA_H

#include "tests/support/world/stage.h"

enum {
	SAID_MAX = 512,
	SAGA_ID_BYTES = 65,
	SAID_ID_BYTES = 33,
	SAGA_LOG_MAX = 512,
	COMPLAINT_BYTES = 512,
};

/* A message, and the heads under which it may have been written. */
struct said {
	char id[SAID_ID_BYTES];
	size_t by;
	uint64_t from; /* entries that its sender had when it wrote */
	uint64_t to;   /* and when the relay was known to have it */
	bool composed; /* it is in its sender's history */
	bool stored;   /* the relay has it, as its sender knows */
	bool failed;
};

struct saga {
	struct stage *s;
	char group[SAGA_ID_BYTES];
	const char *title; /* as it is made; NULL: friends */
	struct said said[SAID_MAX];
	size_t said_count;
	/* who[i] & 1 << n: actor n was a member under a log of i entries. */
	uint32_t who[SAGA_LOG_MAX];
	uint64_t length;
	uint32_t removed;                /* at some time, by somebody */
	char complaint[COMPLAINT_BYTES]; /* the first thing wrong; or empty */
};

/* Only the first is kept. */
void saga_complain(struct saga *g, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Jobs of actors: what they do ends with a look at what became of it. */
enum act {
	ACT_SEND,
	ACT_QUEUE, /* to be sent by what comes later */
	ACT_RECEIVE,
	ACT_RETRY,
	ACT_ADD,
	ACT_REMOVE,
	ACT_PROMOTE,
	ACT_DEMOTE,
	ACT_RENAME,
	ACT_LEAVE,
	ACT_SETTINGS,
	ACT_ADOPT,
	ACT_TAKE_UP, /* the log that one other offers */
	ACT_CREATE,
	ACTS_COUNT,
};

struct deed {
	struct saga *saga;
	enum act act;
	uint32_t whom; /* actors, a bit each */
	enum tacit_code code;
};

/* arg: a struct deed, which outlives the job. */
void saga_do(struct actor *a, void *deed);

/* A deed alone, from beginning to end. */
enum tacit_code saga_run(
    struct saga *g, struct actor *a, enum act act, uint32_t whom);

size_t saga_number(const struct saga *g, const struct actor *a);

/* What an actor knows of the group. */
struct view {
	bool known;
	char standing[16];
	char reason[256];
	uint64_t length;
	char head[SAGA_ID_BYTES];
	char name[128];
	uint32_t members;
	uint32_t admins;
	uint8_t log_key[16];
};
void saga_look(struct saga *g, struct actor *a, struct view *v);

/* How many lines of a kind of notice an actor has, in this group or anywhere;
 * of messages: kind NULL. */
size_t saga_count(struct saga *g, struct actor *a, const char *notice);

/* Rows of an actor's outbox. */
size_t saga_waits(struct saga *g, struct actor *a);

/*
 * Everybody receives, a few times and with hours between, until all members
 * agree about the group and nothing waits in an outbox; complains if they do
 * not come to that.
 */
void saga_quiet(struct saga *g);

/* Complains unless everybody has what they are to have, and no more. */
void saga_judge(struct saga *g);

#endif
