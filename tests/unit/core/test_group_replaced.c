/* A member has another device: whose turn it is to do something about it. */
#include "tests/unit/core/group_world.h"
#include "tests/unit/core/replaced.h"

enum { MINUTE = 60 * 1000 };

static void
add(struct world *w, const char *whom)
{
	assert_int_equal(wish(w, &w->c->alice, ENTRY_ADD, whom, 0), TACIT_DONE);
}

static void
make_admin(struct world *w, const char *whom)
{
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ROLE, whom, ROLE_ADMIN), TACIT_DONE);
}

/* Minutes from now until p does something; -1: it does nothing. */
static int64_t
turn_of(struct world *w, struct party *p)
{
	struct group_record g = record_of(w, p);
	int64_t left;

	if (g.lost_count == 0)
		return -1;
	assert_int_equal(g.lost_count, 1);
	left = g.lost[0].due_ms - clock_wall_ms();
	return left <= 0 ? 0 : (left + MINUTE - 1) / MINUTE;
}

static void
admins_take_turns_and_members_leave_it_to_them(void **state)
{
	struct world *w = *state;
	unsigned detail;

	add(w, "bob");
	add(w, "carol");
	add(w, "eve");
	make_admin(w, "bob");
	assert_status(STATUS_OK, meet(&w->c->bob, &w->c->carol));
	assert_status(STATUS_OK, meet(&w->c->eve, &w->c->carol));
	read_log(w, &w->c->bob);
	read_log(w, &w->c->eve);
	replace_device(&w->c->carol);
	learn(&w->c->alice, &w->c->carol);
	learn(&w->c->bob, &w->c->carol);
	learn(&w->c->eve, &w->c->carol);
	assert_int_equal(turn_of(w, &w->c->alice), 0);
	assert_int_equal(turn_of(w, &w->c->bob), 2);
	assert_int_equal(turn_of(w, &w->c->eve), -1);
	assert_true(record_of(w, &w->c->alice).sender_key_stale);
	assert_true(record_of(w, &w->c->eve).sender_key_stale ||
		    !record_of(w, &w->c->eve).has_sender_key);
	assert_int_equal(
	    notices(&w->c->bob, NOTICE_DEVICE_CHANGED, &detail), 1);
	assert_int_equal(
	    notices(&w->c->bob, NOTICE_IDENTITY_CHANGED, &detail), 0);
}

static void
the_only_admin_is_brought_back_by_members(void **state)
{
	struct world *w = *state;

	add(w, "bob");
	add(w, "carol");
	replace_device(&w->c->alice);
	learn(&w->c->bob, &w->c->alice);
	learn(&w->c->carol, &w->c->alice);
	assert_int_equal(turn_of(w, &w->c->bob), 0);
	assert_int_equal(turn_of(w, &w->c->carol), 10);
}

static void
whose_devices_change_over_and_over_is_not_followed_for_ever(void **state)
{
	struct world *w = *state;
	struct group_key_id key, now;

	add(w, "bob");
	key = record_of(w, &w->c->alice).log_key;
	for (int i = 0; i < 6; i++) {
		struct step s;
		struct group_record g;

		replace_device(&w->c->bob);
		learn(&w->c->alice, &w->c->bob);
		assert_int_equal(turn_of(w, &w->c->alice), i < 3 ? 0 : -1);
		s = begin(&w->c->alice); /* as when it has been done */
		assert_status(STATUS_OK, group_get(s.txn, &w->group, &g));
		g.lost_count = 0;
		assert_status(STATUS_OK, group_put(s.txn, &g));
		commit(&s);
	}
	now = record_of(w, &w->c->alice).log_key;
	assert_memory_equal(&key, &now, sizeof(key));
}

static void
who_is_no_member_concerns_no_group(void **state)
{
	struct world *w = *state;

	add(w, "bob");
	assert_status(STATUS_OK, meet(&w->c->alice, &w->c->eve));
	replace_device(&w->c->eve);
	learn(&w->c->alice, &w->c->eve);
	assert_int_equal(turn_of(w, &w->c->alice), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(admins_take_turns_and_members_leave_it_to_them),
		world_test(the_only_admin_is_brought_back_by_members),
		world_test(
		    whose_devices_change_over_and_over_is_not_followed_for_ever),
		world_test(who_is_no_member_concerns_no_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
