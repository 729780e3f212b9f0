/* Links into a group: what they admit, and what has no effect. */
#include "tests/unit/core/roster_fixture.h"

enum { HOUR_MS = 3600 * 1000 };

static const int64_t noon_ms = INT64_C(1795269802123);

static struct group_entry_body
link_body(const struct fixture *f, uint8_t id, uint64_t uses, int64_t for_ms)
{
	struct group_entry_body b = next_body(f, ENTRY_LINK);

	b.at_ms = noon_ms;
	b.has_link = true;
	b.link.raw[0] = id;
	b.link_hash.raw[0] = 9;
	b.link_uses = uses;
	b.link_expires_ms = for_ms == 0 ? 0 : noon_ms + for_ms;
	b.link_label = BYTES("flyer");
	return b;
}

static bool
make_link(struct fixture *f, int who, uint8_t id, uint64_t uses, int64_t for_ms)
{
	assert_status(STATUS_OK, apply(f, who, link_body(f, id, uses, for_ms)));
	return f->effect.effective;
}

static bool
revoke(struct fixture *f, int who, uint8_t id)
{
	struct group_entry_body b = next_body(f, ENTRY_UNLINK);

	b.has_link = true;
	b.link.raw[0] = id;
	assert_status(STATUS_OK, apply(f, who, b));
	return f->effect.effective;
}

/* whom by a link, after_ms after noon; why not, or NULL. */
static const char *
admit(struct fixture *f, int who, uint8_t id, int whom, int64_t after_ms)
{
	struct group_member m = member(f, whom, ROLE_MEMBER);
	struct group_entry_body b = next_body(f, ENTRY_ADD);

	b.at_ms = noon_ms + after_ms;
	b.has_link = true;
	b.link.raw[0] = id;
	b.members = &m;
	b.members_count = 1;
	assert_status(STATUS_OK, apply(f, who, b));
	return f->effect.effective ? NULL : f->effect.why_not;
}

static void
a_link_admits_as_many_as_it_says(void **state)
{
	struct fixture *f = *state;

	found(f);
	assert_true(make_link(f, ALICE, 1, 2, 0));
	assert_int_equal(roster_links(f->r), 1);
	assert_string_equal(roster_link_at(f->r, 0)->label, "flyer");
	assert_null(admit(f, ALICE, 1, BOB, 0));
	assert_null(admit(f, ALICE, 1, CAROL, 0));
	assert_string_equal(admit(f, ALICE, 1, DAVE, 0), "its link is used up");
	assert_false(is_in(f, DAVE));
	assert_int_equal(roster_link_at(f->r, 0)->used, 2);
	/* An admin still may, without the link. */
	assert_true(act(f, ALICE, ENTRY_ADD, DAVE, ROLE_MEMBER));
}

/* Two admins redeem the last use at once: the relay's order decides. */
static void
the_last_use_admits_one_of_two(void **state)
{
	struct fixture *f = *state;

	found(f);
	assert_true(act(f, ALICE, ENTRY_ADD, BOB, ROLE_ADMIN));
	assert_true(make_link(f, ALICE, 1, 1, 0));
	assert_null(admit(f, BOB, 1, CAROL, 0));
	assert_string_equal(admit(f, ALICE, 1, DAVE, 0), "its link is used up");
	assert_true(is_in(f, CAROL));
	assert_false(is_in(f, DAVE));
}

static void
only_an_admin_makes_revokes_and_adds_by_a_link(void **state)
{
	struct fixture *f = *state;
	struct group_entry_body b;

	found(f);
	assert_true(act(f, ALICE, ENTRY_ADD, BOB, ROLE_MEMBER));
	assert_false(make_link(f, BOB, 1, 0, 0));
	assert_string_equal(f->effect.why_not, "its author is not an admin");
	assert_false(make_link(f, DAVE, 1, 0, 0));
	assert_true(make_link(f, ALICE, 1, 0, 0));
	assert_false(revoke(f, BOB, 1));
	assert_string_equal(
	    admit(f, BOB, 1, CAROL, 0), "only an admin adds by a link");
	/* Nor where members may add: it would use up what is not theirs. */
	b = next_body(f, ENTRY_SETTINGS);
	b.who_may_add = ROLE_MEMBER;
	assert_status(STATUS_OK, apply(f, ALICE, b));
	assert_string_equal(
	    admit(f, BOB, 1, CAROL, 0), "only an admin adds by a link");
	assert_string_equal(
	    admit(f, DAVE, 1, DAVE, 0), "its author is not a member");
	assert_int_equal(roster_link_at(f->r, 0)->used, 0);
}

static void
a_link_that_is_unknown_revoked_or_expired_admits_nobody(void **state)
{
	struct fixture *f = *state;

	found(f);
	assert_true(make_link(f, ALICE, 1, 0, HOUR_MS));
	assert_string_equal(admit(f, ALICE, 2, BOB, 0), "its link is unknown");
	assert_null(admit(f, ALICE, 1, BOB, HOUR_MS - 1));
	assert_string_equal(
	    admit(f, ALICE, 1, CAROL, HOUR_MS), "its link is expired");
	assert_true(make_link(f, ALICE, 3, 0, 0));
	assert_true(revoke(f, ALICE, 3));
	assert_string_equal(
	    admit(f, ALICE, 3, CAROL, 0), "its link is revoked");
	assert_false(revoke(f, ALICE, 3));
	assert_string_equal(f->effect.why_not, "its link is revoked already");
	assert_false(revoke(f, ALICE, 4));
	assert_string_equal(f->effect.why_not, "its link is unknown");
	assert_false(make_link(f, ALICE, 3, 0, 0));
	assert_false(make_link(f, ALICE, 5, 0, -HOUR_MS));
	assert_string_equal(f->effect.why_not, "it is expired when it is made");
}

static void
a_link_makes_no_admin_and_replaces_no_key(void **state)
{
	struct fixture *f = *state;
	struct group_member two[2] = { member(f, BOB, ROLE_MEMBER),
		member(f, CAROL, ROLE_MEMBER) };
	struct group_entry_body b;
	struct person impostor;

	found(f);
	assert_true(make_link(f, ALICE, 1, 0, 0));
	b = next_body(f, ENTRY_ADD);
	b.has_link = true;
	b.link.raw[0] = 1;
	b.members = two;
	b.members_count = 2;
	assert_status(STATUS_OK, apply(f, ALICE, b));
	assert_false(f->effect.effective);
	two[0].role = ROLE_ADMIN;
	b = next_body(f, ENTRY_ADD);
	b.has_link = true;
	b.link.raw[0] = 1;
	b.members = two;
	b.members_count = 1;
	assert_status(STATUS_OK, apply(f, ALICE, b));
	assert_string_equal(
	    f->effect.why_not, "a link takes in one ordinary member at a time");
	assert_null(admit(f, ALICE, 1, BOB, 0));
	assert_string_equal(
	    admit(f, ALICE, 1, BOB, 0), "everyone named is a member already");
	person_make(&impostor, "bob");
	person_clear(&f->people[BOB]);
	f->people[BOB] = impostor;
	assert_string_equal(
	    admit(f, ALICE, 1, BOB, 0), "a link replaces nobody's key");
	assert_int_equal(roster_link_at(f->r, 0)->used, 1);
}

static void
who_was_put_out_does_not_come_back_by_an_older_link(void **state)
{
	struct fixture *f = *state;

	found(f);
	assert_true(make_link(f, ALICE, 1, 0, 0));
	assert_null(admit(f, ALICE, 1, BOB, 0));
	assert_true(act(f, ALICE, ENTRY_REMOVE, BOB, 0));
	assert_string_equal(admit(f, ALICE, 1, BOB, 0),
	    "its link is older than the removal of who comes by it");
	assert_true(make_link(f, ALICE, 2, 0, 0));
	assert_null(admit(f, ALICE, 2, BOB, 0));
	/* Who left by themselves may. */
	assert_true(act_alone(f, BOB, ENTRY_LEAVE));
	assert_null(admit(f, ALICE, 2, BOB, 0));
}

static void
links_are_bounded_and_dead_ones_give_way(void **state)
{
	struct fixture *f = *state;

	found(f);
	for (uint8_t i = 0; i < LIMIT_GROUP_LINKS; i++)
		assert_true(make_link(f, ALICE, i, 1, 0));
	assert_false(make_link(f, ALICE, 200, 1, 0));
	assert_string_equal(
	    f->effect.why_not, "the group has as many links as it may have");
	assert_true(revoke(f, ALICE, 7));
	assert_true(make_link(f, ALICE, 200, 1, 0));
	assert_int_equal(roster_links(f->r), LIMIT_GROUP_LINKS);
	assert_string_equal(admit(f, ALICE, 7, BOB, 0), "its link is unknown");
	assert_null(admit(f, ALICE, 200, BOB, 0));
	assert_true(make_link(f, ALICE, 201, 1, 0));
	assert_false(make_link(f, ALICE, 202, 1, 0));
}

static void
a_link_that_is_misshapen_is_no_entry(void **state)
{
	struct fixture *f = *state;
	struct group_entry_body b;
	char label[LIMIT_LINK_LABEL_BYTES + 1];

	found(f);
	b = link_body(f, 1, 0, 0);
	b.has_link = false;
	assert_status(STATUS_OK, apply(f, ALICE, b));
	assert_true(f->effect.malformed);
	b = link_body(f, 1, 0, 0);
	b.link_expires_ms = -1;
	assert_status(STATUS_OK, apply(f, ALICE, b));
	assert_true(f->effect.malformed);
	memset(label, 'x', sizeof(label));
	b = link_body(f, 1, 0, 0);
	b.link_label = BYTES_OF(label);
	assert_status(STATUS_OK, apply(f, ALICE, b));
	assert_true(f->effect.malformed);
	b = next_body(f, ENTRY_UNLINK);
	assert_status(STATUS_OK, apply(f, ALICE, b));
	assert_true(f->effect.malformed);
	assert_int_equal(roster_links(f->r), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_link_admits_as_many_as_it_says),
		TEST(the_last_use_admits_one_of_two),
		TEST(only_an_admin_makes_revokes_and_adds_by_a_link),
		TEST(a_link_that_is_unknown_revoked_or_expired_admits_nobody),
		TEST(a_link_makes_no_admin_and_replaces_no_key),
		TEST(who_was_put_out_does_not_come_back_by_an_older_link),
		TEST(links_are_bounded_and_dead_ones_give_way),
		TEST(a_link_that_is_misshapen_is_no_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
