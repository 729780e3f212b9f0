/* Who comes back to a group, and who has gone already. */
#include "tests/unit/core/group_world.h"

enum { JUNK_BYTES = 50 * 1024, JUNK_ENTRIES = 5 };

static void
add(struct world *w, const char *whom)
{
	assert_int_equal(wish(w, &w->c->alice, ENTRY_ADD, whom, 0), TACIT_DONE);
}

static void
drop(struct world *w, const char *whom)
{
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_REMOVE, whom, 0), TACIT_DONE);
}

/* So long a log that no message could hold it. */
static void
lengthen(struct world *w)
{
	struct buf *junk = unknown_fields(JUNK_BYTES);

	for (int i = 0; i < JUNK_ENTRIES; i++)
		append_sealed(w, &w->c->alice, buf_view(junk));
	buf_free(junk);
	read_log(w, &w->c->alice);
}

static void
one_who_was_away_comes_back_to_a_long_log(void **state)
{
	struct world *w = *state;
	struct party *carol = &w->c->carol;
	unsigned detail;

	add(w, "bob");
	add(w, "carol");
	lengthen(w);
	drop(w, "carol");
	tell(w, &w->c->alice, "not for carol");
	lengthen(w);
	add(w, "carol");
	read_log(w, carol); /* in the drain that brought the invitation */
	assert_int_equal(standing(w, carol), GROUP_MEMBER);
	assert_int_equal(notices(carol, NOTICE_MEMBER_REMOVED, &detail), 1);
	assert_int_equal(notices(carol, NOTICE_MEMBER_ADDED, &detail), 2);
	assert_int_equal(record_of(w, carol).length, w->length);
	tell(w, &w->c->alice, "for carol again");
	assert_int_equal(heard(carol, "not for carol"), 0);
	assert_int_equal(heard(carol, "for carol again"), 1);
	tell(w, carol, "back");
	assert_int_equal(heard(&w->c->alice, "back"), 1);
}

static void
an_invitation_to_a_group_that_one_is_in_changes_nothing(void **state)
{
	struct world *w = *state;
	struct party *carol = &w->c->carol;
	struct account_name name = name_of("carol");
	struct group_record g;
	struct step s;

	add(w, "carol");
	lengthen(w);
	g = record_of(w, &w->c->alice);
	s = begin(&w->c->alice);
	assert_status(STATUS_OK, group_invite_send(&s, &g, &name));
	commit(&s);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_int_equal(standing(w, carol), GROUP_MEMBER);
	assert_int_equal(record_of(w, carol).length, w->length);
	tell(w, carol, "hello");
	assert_int_equal(heard(&w->c->alice, "hello"), 1);
}

static void
a_member_with_a_new_key_is_admitted_again_by_an_add(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct party *fresh = &w->c->eve;
	struct account_name bob = name_of("bob");
	struct group_key_id before, after;
	struct step s;

	add(w, "bob");
	add(w, "carol");
	tell(w, alice, "to the old bob");
	/* The name has another owner, whom alice accepts. */
	party_register(&w->c->bob, "robert");
	party_register(fresh, "bob");
	assert_status(STATUS_UNTRUSTED, meet(alice, fresh));
	s = begin(alice);
	assert_status(STATUS_OK, peers_trust(&s, &bob));
	commit(&s);
	before = record_of(w, alice).log_key;
	add(w, "bob");
	/* The one who lost the name reads no more of the log. */
	after = record_of(w, alice).log_key;
	assert_memory_not_equal(&before, &after, sizeof(before));
	assert_int_equal(standing(w, fresh), GROUP_MEMBER);
	tell(w, alice, "to the new bob");
	assert_int_equal(heard(fresh, "to the new bob"), 1);
	assert_int_equal(heard(&w->c->carol, "to the new bob"), 0);
	read_log(w, &w->c->carol);
	assert_int_equal(heard(&w->c->carol, "to the new bob"), 1);
	tell(w, fresh, "here I am");
	assert_int_equal(heard(alice, "here I am"), 1);
}

static void
a_name_with_another_key_gets_no_log_key(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct party *fresh = &w->c->eve;
	struct account_name bob = name_of("bob");
	struct step s;

	add(w, "bob");
	add(w, "carol");
	party_register(&w->c->bob, "robert");
	party_register(fresh, "bob");
	assert_status(STATUS_UNTRUSTED, meet(alice, fresh));
	s = begin(alice);
	assert_status(STATUS_OK, peers_trust(&s, &bob));
	commit(&s);
	/* Accepted as a correspondent, which is no seat in the group. */
	w->deaf = fresh;
	drop(w, "carol");
	w->deaf = NULL;
	assert_null(w->missed_payload);
}

static void
leaving_what_one_was_removed_from_is_done_already(void **state)
{
	struct world *w = *state;
	struct party *carol = &w->c->carol;
	size_t length;

	add(w, "bob");
	add(w, "carol");
	drop(w, "carol");
	length = w->length;
	/* carol reads of it in the very act. */
	assert_int_equal(wish(w, carol, ENTRY_LEAVE, NULL, 0), TACIT_DONE);
	assert_int_equal(standing(w, carol), GROUP_REMOVED);
	assert_int_equal(wish(w, carol, ENTRY_LEAVE, NULL, 0), TACIT_DONE);
	assert_int_equal(w->length, length);
	assert_int_equal(
	    wish(w, carol, ENTRY_ROLE, "bob", ROLE_ADMIN), TACIT_NOT_ALLOWED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(one_who_was_away_comes_back_to_a_long_log),
		world_test(
		    an_invitation_to_a_group_that_one_is_in_changes_nothing),
		world_test(a_member_with_a_new_key_is_admitted_again_by_an_add),
		world_test(a_name_with_another_key_gets_no_log_key),
		world_test(leaving_what_one_was_removed_from_is_done_already),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
