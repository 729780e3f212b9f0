/* What a group costs its members while its log cannot be written to. */
#include "tests/support/test.h"
#include "tests/support/world/saga.h"

enum { ALICE, BOB, CAROL, PEOPLE };

static struct actor *
at(struct saga *g, size_t n)
{
	return &g->s->actors[n];
}

static enum tacit_code
do_it(struct saga *g, size_t n, enum act act, uint32_t whom)
{
	return saga_run(g, at(g, n), act, whom);
}

static void
done(struct saga *g, size_t n, enum act act, uint32_t whom)
{
	assert_int_equal(do_it(g, n, act, whom), TACIT_DONE);
}

/* All that is on its way arrives. */
static void
settle(struct saga *g)
{
	for (int i = 0; i < 3; i++)
		for (size_t n = ALICE; n < PEOPLE; n++)
			(void)do_it(g, n, ACT_RECEIVE, 0);
}

static int
set_up(void **state)
{
	struct saga *g = calloc(1, sizeof(*g));

	assert_non_null(g);
	g->s = stage_new(12, PEOPLE);
	done(g, ALICE, ACT_CREATE, 1U << BOB | 1U << CAROL);
	done(g, ALICE, ACT_PROMOTE, 1U << BOB);
	settle(g);
	*state = g;
	return 0;
}

static int
tear_down(void **state)
{
	struct saga *g = *state;

	stage_free(g->s);
	free(g);
	return 0;
}

/*
 * After a leave each try makes a key for everybody.  That ends, and what a
 * client does by itself waits until the log is another.
 */
static void
a_locked_log_floods_nobody(void **state)
{
	struct saga *g = *state;
	const struct toy_mailbox *alice =
	    &toy_find(g->s->toy, at(g, ALICE)->name)->mailbox;
	struct view v;
	uint64_t before;

	done(g, CAROL, ACT_LEAVE, 0);
	settle(g);
	g->s->toy->chains[0].token.raw[0] ^= 1;
	before = alice->head;
	assert_int_not_equal(do_it(g, BOB, ACT_RENAME, 7), TACIT_DONE);
	assert_in_range(alice->head, before + 1, before + 3);
	(void)do_it(g, BOB, ACT_LEAVE, 0);
	settle(g);
	before = alice->head;
	settle(g);
	assert_int_equal(alice->head, before);
	done(g, ALICE, ACT_ADOPT, 0);
	settle(g);
	saga_look(g, at(g, BOB), &v);
	assert_string_equal(v.standing, "left");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_locked_log_floods_nobody, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
