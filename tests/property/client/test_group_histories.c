/*
 * Histories of groups, drawn from a seed: several people act at once over a
 * relay that loses requests and answers, and are killed between any two
 * commits.  In the end all members have to agree, and everybody has to have
 * what was said to them, once.
 *
 *   SEED=N       one history, said in full with TRACE=1
 *   HISTORIES=N  so many, from SEED or from 1 on
 */
#include <stdio.h>

#include "base/number.h"
#include "tests/support/test.h"
#include "tests/support/world/saga.h"

enum { HISTORIES = 40, DEEDS_MIN = 12, DEEDS_MORE = 40, HOUR_MS = 3600000 };

static const struct {
	enum act act;
	unsigned weight;
} WEIGHTS[] = {
	{ ACT_SEND, 30 },
	{ ACT_QUEUE, 5 },
	{ ACT_RECEIVE, 20 },
	{ ACT_RETRY, 3 },
	{ ACT_ADD, 12 },
	{ ACT_REMOVE, 8 },
	{ ACT_PROMOTE, 8 },
	{ ACT_DEMOTE, 4 },
	{ ACT_RENAME, 4 },
	{ ACT_LEAVE, 4 },
	{ ACT_SETTINGS, 3 },
	{ ACT_ADOPT, 1 },
};

static uint64_t running; /* the seed; 0: none */

static enum act
draw_act(struct stage *s)
{
	unsigned at = 0;
	unsigned sum = 0;

	for (size_t i = 0; i < sizeof(WEIGHTS) / sizeof(*WEIGHTS); i++)
		sum += WEIGHTS[i].weight;
	at = (unsigned)stage_draw(s, sum);
	for (size_t i = 0;; i++) {
		if (at < WEIGHTS[i].weight)
			return WEIGHTS[i].act;
		at -= WEIGHTS[i].weight;
	}
}

/* One person mostly, now and then several. */
static uint32_t
draw_people(struct stage *s)
{
	uint32_t people = 1U << stage_draw(s, s->actors_count);

	if (stage_happens(s, 250))
		people |= 1U << stage_draw(s, s->actors_count);
	return people;
}

static void
draw_faults(struct stage *s)
{
	unsigned level = (unsigned)stage_draw(s, 4);

	if (level == 0)
		return;
	s->faults = (struct faults){
		.cut_before = 6 * level,
		.cut_after = 6 * level,
		.mute = 2 * level,
		.unavailable = 8 * level,
		.unclear = 8 * level,
		.kill = 3 * level,
	};
}

static void
begin_one(struct saga *g, struct deed *deeds)
{
	struct stage *s = g->s;
	size_t i = (size_t)stage_draw(s, s->actors_count);
	struct actor *a = &s->actors[i];

	if (a->busy)
		return;
	deeds[i] = (struct deed){
		.saga = g,
		.act = draw_act(s),
		.whom = draw_people(s),
	};
	if (s->faults.kill > 0 && stage_happens(s, 100)) {
		a->crash_in = 1 + (unsigned)stage_draw(s, 12);
		a->crash_keeps = stage_draw(s, 2) == 0;
	}
	stage_begin(s, a, saga_do, &deeds[i]);
}

/* A group of some, with more than one admin mostly. */
static void
found(struct saga *g)
{
	struct stage *s = g->s;
	uint32_t others = (1U << s->actors_count) - 2;
	uint32_t members = others & (uint32_t)stage_draw(s, UINT32_MAX);

	if (saga_run(g, &s->actors[0], ACT_CREATE, members) != TACIT_DONE)
		saga_complain(g, "no group came about");
	members &= (uint32_t)stage_draw(s, UINT32_MAX);
	if (members != 0 &&
	    saga_run(g, &s->actors[0], ACT_PROMOTE, members) != TACIT_DONE)
		saga_complain(g, "nobody can be made an admin");
}

/* Until all that was begun is over. */
static void
live(struct saga *g)
{
	struct deed deeds[STAGE_ACTORS];
	struct stage *s = g->s;
	size_t left = DEEDS_MIN + (size_t)stage_draw(s, DEEDS_MORE);
	unsigned haste = 20 + (unsigned)stage_draw(s, 300);
	bool busy = true;

	while (busy || left > 0) {
		if (left > 0 && (!busy || stage_happens(s, haste))) {
			begin_one(g, deeds);
			left--;
			if (stage_happens(s, 30))
				stage_wait(
				    s, (int64_t)stage_draw(s, 50 * HOUR_MS));
		}
		busy = stage_turn(s);
	}
}

static bool
history_holds(uint64_t seed)
{
	struct saga *g = calloc(1, sizeof(*g));
	bool holds;

	assert_non_null(g);
	running = seed;
	g->s = stage_new(seed, 2 + (size_t)(seed * 2654435761U % 7));
	found(g);
	draw_faults(g->s);
	live(g);
	saga_quiet(g);
	saga_judge(g);
	holds = g->complaint[0] == '\0';
	if (!holds)
		print_error(
		    "SEED=%llu: %s\n", (unsigned long long)seed, g->complaint);
	stage_free(g->s);
	free(g);
	running = 0;
	return holds;
}

static uint64_t
setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	uint64_t v = otherwise;

	if (text != NULL)
		assert_status(STATUS_OK, number_parse(text, 1, UINT64_MAX, &v));
	return v;
}

static void
all_members_agree_in_the_end_and_have_what_was_said_once(void **state)
{
	uint64_t first = setting("SEED", 1);
	uint64_t count =
	    setting("HISTORIES", getenv("SEED") != NULL ? 1 : HISTORIES);
	uint64_t wrong = 0;

	(void)state;
	for (uint64_t i = 0; i < count; i++)
		wrong += !history_holds(first + i);
	assert_int_equal(wrong, 0);
}

/* Each of them once showed what was wrong with the client. */
static void
histories_that_went_wrong_once_go_well(void **state)
{
	static const uint64_t seeds[] = { 57, 124, 5090, 11235, 21886 };
	uint64_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
		wrong += !history_holds(seeds[i]);
	assert_int_equal(wrong, 0);
}

/* Also what ended the process says which history it was. */
static int
name_the_seed(void **state)
{
	(void)state;
	if (running != 0)
		print_error("SEED=%llu\n", (unsigned long long)running);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    all_members_agree_in_the_end_and_have_what_was_said_once),
		cmocka_unit_test(histories_that_went_wrong_once_go_well),
	};

	return cmocka_run_group_tests(tests, NULL, name_the_seed);
}
