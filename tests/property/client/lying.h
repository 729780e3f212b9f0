/*
 * lying.h - a group of three over a relay that lies, and what they see.
 */
#ifndef TACIT_TESTS_PROPERTY_CLIENT_LYING_H
#define TACIT_TESTS_PROPERTY_CLIENT_LYING_H

#include <stdio.h>

#include "tests/support/test.h"
#include "tests/support/world/saga.h"

enum { ALICE, BOB, CAROL, DAVE, PEOPLE };

#define BIT(n) (1U << (n))

static inline struct actor *
at(struct saga *g, size_t n)
{
	return &g->s->actors[n];
}

static inline struct toy_account *
account(struct saga *g, size_t n)
{
	return toy_find(g->s->toy, at(g, n)->name);
}

static inline enum tacit_code
do_it(struct saga *g, size_t n, enum act act, uint32_t whom)
{
	return saga_run(g, at(g, n), act, whom);
}

static inline void
done(struct saga *g, size_t n, enum act act, uint32_t whom)
{
	assert_int_equal(do_it(g, n, act, whom), TACIT_DONE);
}

/* All that is on its way arrives. */
static inline void
settle(struct saga *g)
{
	for (int i = 0; i < 3; i++)
		for (size_t n = 0; n < g->s->actors_count; n++)
			(void)do_it(g, n, ACT_RECEIVE, 0);
}

static inline size_t
messages(struct saga *g, size_t n)
{
	return saga_count(g, at(g, n), NULL);
}

static inline size_t
notices(struct saga *g, size_t n, const char *kind)
{
	return saga_count(g, at(g, n), kind);
}

static inline bool
stands(struct saga *g, size_t n, const char *standing)
{
	struct view v;

	saga_look(g, at(g, n), &v);
	stage_note(g->s, "%s is %s (%s) at %llu", at(g, n)->name, v.standing,
	    v.reason, (unsigned long long)v.length);
	return v.known && strcmp(v.standing, standing) == 0;
}

static inline struct toy_chain *
chain_of(struct saga *g, size_t view)
{
	for (size_t i = 0; i < g->s->toy->chains_count; i++)
		if (g->s->toy->chains[i].view == view)
			return &g->s->toy->chains[i];
	fail_msg("there is no chain");
	return NULL;
}

/* alice, bob and carol, both admins beside alice, and all know each other. */
static inline int
set_up(void **state)
{
	struct saga *g = calloc(1, sizeof(*g));

	assert_non_null(g);
	g->s = stage_new(11, PEOPLE);
	done(g, ALICE, ACT_CREATE, BIT(BOB) | BIT(CAROL));
	done(g, ALICE, ACT_PROMOTE, BIT(BOB) | BIT(CAROL));
	settle(g);
	for (size_t n = ALICE; n <= CAROL; n++) {
		done(g, n, ACT_SEND, 0);
		settle(g);
	}
	for (size_t n = ALICE; n <= CAROL; n++)
		assert_int_equal(messages(g, n), 3);
	*state = g;
	return 0;
}

static inline int
tear_down(void **state)
{
	struct saga *g = *state;

	stage_free(g->s);
	free(g);
	return 0;
}

/* Everybody has what everybody says from here on. */
static inline void
assert_healed(struct saga *g)
{
	saga_quiet(g);
	assert_string_equal(g->complaint, "");
	for (size_t n = ALICE; n <= CAROL; n++) {
		size_t before[3];

		for (size_t k = ALICE; k <= CAROL; k++)
			before[k] = messages(g, k);
		done(g, n, ACT_SEND, 0);
		settle(g);
		for (size_t k = ALICE; k <= CAROL; k++)
			assert_int_equal(messages(g, k), before[k] + 1);
	}
}

/*
 * bob was shown a log of his own; his first message told the others, and what
 * they answered told him.
 */
static inline void
part(struct saga *g)
{
	toy_fork(g->s->toy, 1);
	account(g, BOB)->view = 1;
	done(g, ALICE, ACT_RENAME, 1);
	done(g, BOB, ACT_RENAME, 2);
	settle(g);
	done(g, BOB, ACT_SEND, 0);
	settle(g);
	for (size_t n = ALICE; n <= CAROL; n++)
		assert_true(stands(g, n, "frozen"));
}

#define LIE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
