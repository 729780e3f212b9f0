/* Who may do what to a group, and what everyone makes of it. */
#include "tests/unit/core/roster_fixture.h"

static void
the_first_entry_must_create_the_group(void **state)
{
	struct fixture *f = *state;

	assert_status(
	    STATUS_CONFLICT, apply(f, ALICE, next_body(f, ENTRY_ADD)));
	assert_int_equal(roster_length(f->r), 0);
	found(f);
	assert_int_equal(roster_admins(f->r), 1);
	assert_false(act_alone(f, ALICE, ENTRY_CREATE));
}

static void
a_stranger_changes_nothing_but_counts_in_the_chain(void **state)
{
	struct fixture *f = *state;
	struct hash before;

	found(f);
	before = *roster_head(f->r);
	assert_false(act(f, DAVE, ENTRY_ADD, DAVE, ROLE_ADMIN));
	assert_string_equal(f->effect.why_not, "its author is not a member");
	assert_int_equal(roster_length(f->r), 2);
	assert_memory_not_equal(&before, roster_head(f->r), sizeof(before));
	assert_false(is_in(f, DAVE));
}

static void
a_member_who_is_no_admin_only_leaves(void **state)
{
	struct fixture *f = *state;

	found(f);
	assert_true(act(f, ALICE, ENTRY_ADD, BOB, ROLE_MEMBER));
	assert_false(act(f, BOB, ENTRY_ADD, CAROL, ROLE_MEMBER));
	assert_false(act(f, BOB, ENTRY_REMOVE, ALICE, 0));
	assert_false(act(f, BOB, ENTRY_ROLE, BOB, ROLE_ADMIN));
	assert_false(act_alone(f, BOB, ENTRY_RENAME));
	assert_true(act_alone(f, BOB, ENTRY_LEAVE));
	assert_true(f->effect.shrinks);
	assert_true(f->effect.leaver_knows_key);
	assert_false(is_in(f, BOB));
}

static void
the_last_admin_stays_until_another_is_named(void **state)
{
	struct fixture *f = *state;

	found(f);
	assert_true(act(f, ALICE, ENTRY_ADD, BOB, ROLE_MEMBER));
	assert_false(act_alone(f, ALICE, ENTRY_LEAVE));
	assert_false(act(f, ALICE, ENTRY_ROLE, ALICE, ROLE_MEMBER));
	assert_true(act(f, ALICE, ENTRY_ROLE, BOB, ROLE_ADMIN));
	assert_true(act_alone(f, ALICE, ENTRY_LEAVE));
	assert_int_equal(roster_count(f->r), 1);
	assert_true(act_alone(f, BOB, ENTRY_LEAVE));
	assert_int_equal(roster_count(f->r), 0);
}

static void
repeating_an_act_has_no_second_effect(void **state)
{
	struct fixture *f = *state;

	found(f);
	assert_true(act(f, ALICE, ENTRY_ADD, BOB, ROLE_MEMBER));
	assert_false(act(f, ALICE, ENTRY_ADD, BOB, ROLE_MEMBER));
	assert_true(act(f, ALICE, ENTRY_REMOVE, BOB, 0));
	assert_false(act(f, ALICE, ENTRY_REMOVE, BOB, 0));
	assert_int_equal(roster_count(f->r), 1);
}

static void
the_same_name_with_another_key_is_not_a_member(void **state)
{
	struct fixture *f = *state;
	struct person impostor;

	found(f);
	assert_true(act(f, ALICE, ENTRY_ADD, BOB, ROLE_ADMIN));
	person_make(&impostor, "bob");
	person_clear(&f->people[BOB]);
	f->people[BOB] = impostor;
	assert_false(act(f, BOB, ENTRY_ADD, CAROL, ROLE_MEMBER));
	/* An admin's entry re-admits the name with its new key. */
	assert_true(act(f, ALICE, ENTRY_ADD, BOB, ROLE_MEMBER));
	assert_true(f->effect.shrinks);
	assert_int_equal(roster_count(f->r), 2);
	assert_false(act(f, BOB, ENTRY_ADD, CAROL, ROLE_MEMBER));
}

static void
an_entry_signed_by_the_wrong_device_has_no_effect(void **state)
{
	struct fixture *f = *state;

	found(f);
	f->people[ALICE].device_secret = f->people[BOB].device_secret;
	assert_false(act(f, ALICE, ENTRY_ADD, BOB, ROLE_MEMBER));
	assert_int_equal(f->effect.proof, PROOF_BAD);
	assert_int_equal(roster_length(f->r), 2);
}

static void
an_entry_with_someone_elses_device_list_has_no_effect(void **state)
{
	struct fixture *f = *state;
	struct person mix;

	found(f);
	mix = f->people[ALICE];
	mix.list_body = f->people[BOB].list_body;
	mix.list_signature = f->people[BOB].list_signature;
	f->people[DAVE].address = f->people[ALICE].address;
	struct person dave = f->people[DAVE];
	f->people[DAVE] = mix;
	assert_false(act(f, DAVE, ENTRY_ADD, BOB, ROLE_MEMBER));
	f->people[DAVE] = dave;
}

static void
nonsense_counts_and_has_no_effect(void **state)
{
	struct fixture *f = *state;

	found(f);
	assert_status(STATUS_OK, roster_apply(f->r, BYTES("\xff\xff nonsense"),
				     PROOF_UNCHECKED, f->a, &f->effect));
	assert_true(f->effect.malformed);
	assert_int_equal(roster_length(f->r), 2);
	assert_true(act(f, ALICE, ENTRY_ADD, BOB, ROLE_MEMBER));
}

static void
another_log_is_noticed_and_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct group_entry_body b;

	found(f);
	b = next_body(f, ENTRY_RENAME);
	b.name = BYTES("fork");
	b.previous.raw[0] ^= 1;
	assert_status(STATUS_CONFLICT, apply(f, ALICE, b));
	assert_int_equal(roster_length(f->r), 1);
	/* A stranger cannot freeze a group so. */
	assert_status(STATUS_OK, apply(f, DAVE, b));
	assert_false(f->effect.effective);
}

static void
an_entry_of_another_group_or_place_has_no_effect(void **state)
{
	struct fixture *f = *state;
	struct group_entry_body b;

	found(f);
	b = next_body(f, ENTRY_RENAME);
	b.name = BYTES("x");
	b.group.raw[3] ^= 1;
	assert_status(STATUS_OK, apply(f, ALICE, b));
	assert_false(f->effect.effective);
	b = next_body(f, ENTRY_RENAME);
	b.name = BYTES("x");
	b.index++;
	assert_status(STATUS_OK, apply(f, ALICE, b));
	assert_false(f->effect.effective);
}

static void
an_unknown_type_by_a_member_asks_for_an_update(void **state)
{
	struct fixture *f = *state;

	found(f);
	assert_status(STATUS_NOT_FOUND, apply(f, ALICE, next_body(f, 99)));
	assert_int_equal(roster_length(f->r), 1);
	assert_status(STATUS_OK, apply(f, DAVE, next_body(f, 99)));
	assert_false(f->effect.effective);
}

static void
a_removal_bounds_what_is_accepted_of_the_removed(void **state)
{
	struct fixture *f = *state;
	struct group_member bob = member(f, BOB, 0);
	struct last_seq last = { f->people[BOB].address, 5 };
	struct group_entry_body b;
	uint64_t seq = 0;

	found(f);
	assert_true(act(f, ALICE, ENTRY_ADD, BOB, ROLE_MEMBER));
	assert_false(roster_bound(f->r, 2, &f->people[BOB].address,
	    &f->people[BOB].account_key, &seq));
	b = next_body(f, ENTRY_REMOVE);
	b.members = &bob;
	b.members_count = 1;
	b.last = &last;
	b.last_count = 1;
	assert_status(STATUS_OK, apply(f, ALICE, b));
	assert_true(roster_bound(f->r, 2, &f->people[BOB].address,
	    &f->people[BOB].account_key, &seq));
	assert_int_equal(seq, 5);
	/* Re-admitted later, what is written since is not bound. */
	assert_true(act(f, ALICE, ENTRY_ADD, BOB, ROLE_MEMBER));
	assert_false(roster_bound(f->r, 4, &f->people[BOB].address,
	    &f->people[BOB].account_key, &seq));
}

static void
membership_is_known_for_every_length_of_the_log(void **state)
{
	struct fixture *f = *state;
	const struct account_name *bob = &f->people[BOB].address.account;
	const struct sign_public *key = &f->people[BOB].account_key;
	struct hash head;

	found(f);
	assert_true(act(f, ALICE, ENTRY_ADD, BOB, ROLE_MEMBER));
	assert_true(act(f, ALICE, ENTRY_REMOVE, BOB, 0));
	assert_true(act(f, ALICE, ENTRY_ADD, BOB, ROLE_MEMBER));
	assert_false(roster_was_member(f->r, 1, bob, key));
	assert_true(roster_was_member(f->r, 2, bob, key));
	assert_false(roster_was_member(f->r, 3, bob, key));
	assert_true(roster_was_member(f->r, 4, bob, key));
	assert_false(
	    roster_was_member(f->r, 4, bob, &f->people[CAROL].account_key));
	assert_status(STATUS_OK, roster_head_at(f->r, 4, &head));
	assert_memory_equal(&head, roster_head(f->r), sizeof(head));
	assert_status(STATUS_NOT_FOUND, roster_head_at(f->r, 5, &head));
	assert_status(STATUS_NOT_FOUND, roster_head_at(f->r, 0, &head));
}

/* A group without an admin could never change again. */
static void
the_last_admin_cannot_be_replaced_by_a_new_key(void **state)
{
	struct fixture *f = *state;
	struct group_member m;
	struct group_entry_body b;

	found(f);
	assert_true(act(f, ALICE, ENTRY_ADD, BOB, ROLE_MEMBER));
	m = member(f, ALICE, ROLE_MEMBER);
	m.account_key.raw[0] ^= 1;
	b = next_body(f, ENTRY_ADD);
	b.members = &m;
	b.members_count = 1;
	assert_status(STATUS_OK, apply(f, ALICE, b));
	assert_false(f->effect.effective);
	assert_int_equal(roster_admins(f->r), 1);
}

static void
where_members_may_add_they_make_no_admins_and_replace_no_key(void **state)
{
	struct fixture *f = *state;
	struct group_entry_body b;
	struct person impostor;

	found(f);
	assert_true(act(f, ALICE, ENTRY_ADD, BOB, ROLE_MEMBER));
	b = next_body(f, ENTRY_SETTINGS);
	b.who_may_add = ROLE_MEMBER;
	assert_status(STATUS_OK, apply(f, ALICE, b));
	assert_false(act(f, BOB, ENTRY_ADD, CAROL, ROLE_ADMIN));
	person_make(&impostor, "alice");
	person_clear(&f->people[DAVE]);
	f->people[DAVE] = impostor; /* alice by name, with another key */
	assert_false(act(f, BOB, ENTRY_ADD, DAVE, ROLE_MEMBER));
	assert_int_equal(roster_admins(f->r), 1);
	assert_true(act(f, BOB, ENTRY_ADD, CAROL, ROLE_MEMBER));
}

static void
a_stored_verdict_stands_in_for_the_signature(void **state)
{
	struct fixture *f = *state;
	struct group_entry_body b;
	struct hash hash;
	struct buf *entry;

	found(f);
	b = next_body(f, ENTRY_RENAME);
	b.name = BYTES("new");
	entry = person_entry(&f->people[ALICE], b, &hash);
	assert_status(STATUS_OK,
	    roster_apply(f->r, buf_view(entry), PROOF_BAD, f->a, &f->effect));
	assert_false(f->effect.effective);
	assert_bytes(BYTES("other"), roster_name(f->r));
	buf_free(entry);
}

static void
a_log_ends_at_its_limit_and_says_so(void **state)
{
	struct fixture *f = *state;
	struct arena *a = NULL;
	struct roster_effect effect;

	assert_true(act_alone(f, ALICE, ENTRY_CREATE));
	assert_status(STATUS_OK, arena_new(LIMIT_ARENA_BYTES, &a));
	while (roster_length(f->r) < LIMIT_CHAIN_ENTRIES) {
		arena_reset(a);
		assert_status(STATUS_OK, roster_apply(f->r, BYTES("rubbish"),
					     PROOF_BAD, a, &effect));
	}
	assert_status(STATUS_FULL,
	    roster_apply(f->r, BYTES("rubbish"), PROOF_BAD, a, &effect));
	assert_int_equal(roster_length(f->r), LIMIT_CHAIN_ENTRIES);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_entry_must_create_the_group),
		TEST(a_stranger_changes_nothing_but_counts_in_the_chain),
		TEST(a_member_who_is_no_admin_only_leaves),
		TEST(the_last_admin_stays_until_another_is_named),
		TEST(repeating_an_act_has_no_second_effect),
		TEST(the_same_name_with_another_key_is_not_a_member),
		TEST(an_entry_signed_by_the_wrong_device_has_no_effect),
		TEST(an_entry_with_someone_elses_device_list_has_no_effect),
		TEST(nonsense_counts_and_has_no_effect),
		TEST(another_log_is_noticed_and_changes_nothing),
		TEST(an_entry_of_another_group_or_place_has_no_effect),
		TEST(an_unknown_type_by_a_member_asks_for_an_update),
		TEST(a_removal_bounds_what_is_accepted_of_the_removed),
		TEST(membership_is_known_for_every_length_of_the_log),
		TEST(
		    where_members_may_add_they_make_no_admins_and_replace_no_key),
		TEST(the_last_admin_cannot_be_replaced_by_a_new_key),
		TEST(a_stored_verdict_stands_in_for_the_signature),
		TEST(a_log_ends_at_its_limit_and_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
