/* Those who were removed and go on, and members who act beyond their rights. */
#include "tests/unit/core/group_hostile.h"

/* ---- Those who were removed ------------------------------------------- */

static void
the_removed_is_refused_under_any_head(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct party *carol = &w->c->carol;
	struct group_record old, now;
	struct hash made_up = { { 7 } };

	begin_three(w);
	old = record_of(w, carol);
	drop(w, "carol");
	read_log(w, bob);
	now = record_of(w, bob);
	say_under(w, carol, bob, "the old head", old.length, &old.head);
	assert_int_equal(refused(bob), 1);
	say_under(w, carol, bob, "the new head", now.length, &now.head);
	assert_int_equal(refused(bob), 2);
	say_under(w, carol, bob, "no head", now.length, &made_up);
	assert_int_equal(refused(bob), 3);
	say_under(w, carol, bob, "no old head", old.length, &made_up);
	assert_int_equal(refused(bob), 4);
	say_under(w, carol, bob, "ahead", now.length + 2, &made_up);
	assert_int_equal(heard(bob, "the old head"), 0);
	assert_int_equal(heard(bob, "the new head"), 0);
	assert_int_equal(heard(bob, "no head"), 0);
	assert_int_equal(heard(bob, "no old head"), 0);
	assert_int_equal(heard(bob, "ahead"), 0);
	/* Nor does one who is out freeze those who are in. */
	assert_int_equal(standing(w, bob), GROUP_MEMBER);
	/* When the log has got there, it is judged. */
	assert_int_equal(quarantined(bob, QUARANTINE_LOG_BEHIND), 1);
	add(w, "eve");
	drop(w, "eve");
	read_log(w, bob);
	assert_int_equal(quarantined(bob, QUARANTINE_LOG_BEHIND), 0);
	assert_int_equal(refused(bob), 5);
	assert_int_equal(standing(w, bob), GROUP_MEMBER);
}

static void
the_removed_cannot_speak_by_a_number_used_before(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct party *carol = &w->c->carol;
	struct sender_state before;
	struct group_record old;

	begin_three(w);
	old = record_of(w, carol);
	before = chain_of(w, carol);
	tell(w, carol, "the last true word");
	drop(w, "carol");
	read_log(w, bob);
	/* That number is within what the removal allows. */
	rewind_chain(w, carol, &before);
	say_under(w, carol, bob, "backdated", old.length, &old.head);
	assert_int_equal(heard(bob, "the last true word"), 1);
	assert_int_equal(heard(bob, "backdated"), 0);
	assert_int_equal(refused(bob), 1);
}

static void
the_removed_reads_neither_log_nor_words_that_follow(void **state)
{
	struct world *w = *state;
	struct party *carol = &w->c->carol;
	size_t from;

	begin_three(w);
	drop(w, "carol");
	read_log(w, carol);
	from = w->spied_count;
	add(w, "eve");
	read_log(w, &w->c->bob);
	tell(w, &w->c->alice, "after");
	tell(w, &w->c->bob, "after");
	tell(w, &w->c->eve, "after");
	assert_int_equal(w->spied_count, from + 3);
	for (size_t i = 0; i < w->spied_count; i++)
		take_item(carol, &w->spied[i]);
	assert_int_equal(heard(carol, "after"), 0);
	assert_int_equal(heard(carol, "bob is here"), 1);
	/* The log of eve's coming is closed to carol, and eve to what was. */
	assert_int_equal(record_of(w, carol).length, w->length - 1);
	for (size_t i = 0; i < w->spied_count; i++)
		take_item(&w->c->eve, &w->spied[i]);
	assert_int_equal(heard(&w->c->eve, "bob is here"), 0);
	assert_int_equal(heard(&w->c->eve, "after"), 2);
}

/* ---- Members without rights ------------------------------------------- */

static struct group_member
member(const struct party *p, uint32_t role)
{
	return (struct group_member){
		.account = p->core.self.address.account,
		.account_key = p->core.self.account_key,
		.role = role,
	};
}

/* An entry of p, whatever it may; at the end of the chain, or elsewhere. */
static struct buf *
entry_of(struct world *w, struct party *p, uint32_t type,
    const struct group_member *m, bool new_key)
{
	struct group_entry_body body;
	struct buf *entry = NULL;
	struct hash hash;
	struct roster *r;
	struct step s = begin(p);

	assert_status(STATUS_OK, group_roster(&s, &w->group, &r));
	group_body_start(&s, &body);
	body.has_group = true;
	body.group = w->group;
	body.index = roster_length(r);
	body.previous = *roster_head(r);
	body.type = type;
	body.members = m;
	body.members_count = m != NULL;
	body.name = BYTES("mine now");
	body.who_may_add = ROLE_MEMBER;
	body.timer_s = 1;
	body.has_next_key = new_key;
	if (new_key)
		random_bytes(body.next_key.raw, sizeof(body.next_key.raw));
	assert_status(STATUS_OK, group_entry_make(&s, &body, &entry, &hash));
	step_abort(&s);
	return entry;
}

static void
a_member_without_rights_changes_nothing_by_appending(void **state)
{
	const uint32_t types[] = { ENTRY_ADD, ENTRY_REMOVE, ENTRY_ROLE,
		ENTRY_RENAME, ENTRY_SETTINGS, ENTRY_REKEY };
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct party *all[] = { &w->c->alice, bob, &w->c->carol };
	struct group_key_id key;
	struct roster *r;
	struct step s;

	begin_three(w);
	key = record_of(w, &w->c->alice).log_key;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct group_member m =
		    types[i] == ENTRY_ADD    ? member(&w->c->eve, ROLE_ADMIN)
		    : types[i] == ENTRY_ROLE ? member(bob, ROLE_ADMIN)
					     : member(&w->c->alice, 0);
		struct buf *entry = entry_of(w, bob, types[i], &m, true);

		append_sealed(w, bob, buf_view(entry));
		buf_free(entry);
		for (size_t k = 0; k < 3; k++)
			assert_status(STATUS_OK, sync_log(w, all[k]));
	}
	for (size_t k = 0; k < 3; k++) {
		struct group_record g = record_of(w, all[k]);

		assert_int_equal(g.standing, GROUP_MEMBER);
		assert_int_equal(g.length, w->length);
		assert_memory_equal(&g.log_key, &key, sizeof(key));
		s = begin(all[k]);
		assert_status(STATUS_OK, group_roster(&s, &w->group, &r));
		assert_int_equal(roster_count(r), 3);
		assert_int_equal(roster_admins(r), 1);
		assert_int_equal(roster_timer_s(r), 0);
		assert_true(bytes_equal(roster_name(r), BYTES("friends")));
		step_abort(&s);
	}
	add(w, "eve");
	tell(w, &w->c->alice, "all is well");
	assert_int_equal(heard(&w->c->eve, "all is well"), 1);
}

/* ---- Two for one place ------------------------------------------------ */

static void
of_two_entries_for_one_place_the_second_has_no_effect(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct group_member carol = member(&w->c->carol, 0);
	struct party *all[] = { &w->c->alice, bob, &w->c->carol };
	struct buf *one, *two;
	struct roster *r;
	struct step s;

	begin_three(w);
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ROLE, "bob", ROLE_ADMIN), TACIT_DONE);
	read_log(w, bob);
	one = entry_of(w, bob, ENTRY_SETTINGS, NULL, false);
	two = entry_of(w, bob, ENTRY_REMOVE, &carol, false);
	append_sealed(w, bob, buf_view(one));
	append_sealed(w, bob, buf_view(two));
	for (size_t i = 0; i < 3; i++)
		assert_status(STATUS_OK, sync_log(w, all[i]));
	for (size_t i = 0; i < 3; i++) {
		s = begin(all[i]);
		assert_status(STATUS_OK, group_roster(&s, &w->group, &r));
		assert_int_equal(roster_count(r), 3);
		assert_int_equal(roster_length(r), w->length);
		step_abort(&s);
	}
	buf_free(one);
	buf_free(two);
}

static void
two_entries_for_one_place_shown_to_two_are_found_at_the_first_word(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct party *carol = &w->c->carol;
	struct group_member m;
	struct buf *one, *two, *swap;
	size_t at;

	begin_three(w);
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ROLE, "bob", ROLE_ADMIN), TACIT_DONE);
	read_log(w, bob);
	read_log(w, carol);
	m = member(&w->c->eve, ROLE_MEMBER);
	one = entry_of(w, bob, ENTRY_SETTINGS, NULL, false);
	two = entry_of(w, bob, ENTRY_ADD, &m, false);
	at = w->length;
	append_sealed(w, bob, buf_view(one));
	assert_status(STATUS_OK, sync_log(w, &w->c->alice));
	/* The relay helps: carol is shown the other one. */
	swap = w->chain[at];
	w->length = at;
	append_sealed(w, bob, buf_view(two));
	assert_status(STATUS_OK, sync_log(w, carol));
	buf_free(swap);
	assert_int_equal(standing(w, carol), GROUP_MEMBER);
	assert_status(STATUS_OK, meet(carol, &w->c->eve));
	w->deaf = &w->c->eve;
	tell(w, carol, "the timer is off, I think");
	assert_int_equal(standing(w, &w->c->alice), GROUP_FROZEN);
	assert_status(STATUS_DENIED, speak(w, &w->c->alice, "is it?"));
	buf_free(one);
	buf_free(two);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(the_removed_is_refused_under_any_head),
		world_test(the_removed_cannot_speak_by_a_number_used_before),
		world_test(the_removed_reads_neither_log_nor_words_that_follow),
		world_test(
		    a_member_without_rights_changes_nothing_by_appending),
		world_test(
		    of_two_entries_for_one_place_the_second_has_no_effect),
		world_test(
		    two_entries_for_one_place_shown_to_two_are_found_at_the_first_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
