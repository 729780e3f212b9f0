/* What an admin puts right, and a relay cannot hinder. */
#include "tests/property/client/lying.h"

static void
an_admin_puts_a_parted_group_right(void **state)
{
	struct saga *g = *state;

	part(g);
	account(g, BOB)->view = 0;
	done(g, ALICE, ACT_ADOPT, 0);
	assert_healed(g);
}

/* The relay goes on lying: nothing in the new chain can be told two ways. */
static void
a_parted_group_is_put_right_under_a_relay_that_goes_on(void **state)
{
	struct saga *g = *state;

	part(g);
	done(g, CAROL, ACT_ADOPT, 0);
	assert_healed(g);
}

static void
two_who_put_it_right_at_once_come_to_one_group(void **state)
{
	struct saga *g = *state;

	part(g);
	account(g, BOB)->view = 0;
	done(g, ALICE, ACT_ADOPT, 0);
	done(g, BOB, ACT_ADOPT, 0);
	assert_healed(g);
}

/* A token that nobody has, as from an admin who did not hand it out. */
static void
a_locked_log_is_put_right(void **state)
{
	struct saga *g = *state;

	chain_of(g, 0)->token.raw[0] ^= 1;
	assert_int_not_equal(do_it(g, BOB, ACT_RENAME, 7), TACIT_DONE);
	done(g, BOB, ACT_ADOPT, 0);
	done(g, BOB, ACT_RENAME, 8);
	assert_healed(g);
}

/* Also by an admin who has only been told of it. */
static void
a_locked_log_is_put_right_by_who_has_not_written_to_it(void **state)
{
	struct saga *g = *state;

	chain_of(g, 0)->token.raw[0] ^= 1;
	done(g, ALICE, ACT_ADOPT, 0);
	done(g, ALICE, ACT_RENAME, 8);
	assert_healed(g);
}

/* Nothing is wrong: the log stays where it is, under a new key. */
static void
a_sound_log_that_is_adopted_stays(void **state)
{
	struct saga *g = *state;

	done(g, BOB, ACT_ADOPT, 0);
	assert_int_equal(g->s->toy->chains_count, 1);
	done(g, ALICE, ACT_RENAME, 8);
	assert_healed(g);
}

/* The one who wants to go says so once, and is gone when there is a log again.
 */
static void
a_frozen_group_is_left_when_it_is_put_right(void **state)
{
	struct saga *g = *state;

	part(g);
	done(g, CAROL, ACT_LEAVE, 0);
	assert_true(stands(g, CAROL, "leaving"));
	assert_int_equal(do_it(g, CAROL, ACT_SEND, 0), TACIT_NOT_ALLOWED);
	account(g, BOB)->view = 0;
	done(g, ALICE, ACT_ADOPT, 0);
	settle(g);
	assert_true(stands(g, CAROL, "left"));
	assert_true(stands(g, ALICE, "member") && stands(g, BOB, "member"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LIE(an_admin_puts_a_parted_group_right),
		LIE(a_parted_group_is_put_right_under_a_relay_that_goes_on),
		LIE(two_who_put_it_right_at_once_come_to_one_group),
		LIE(a_locked_log_is_put_right),
		LIE(a_locked_log_is_put_right_by_who_has_not_written_to_it),
		LIE(a_sound_log_that_is_adopted_stays),
		LIE(a_frozen_group_is_left_when_it_is_put_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
