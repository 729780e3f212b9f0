/* What members, outsiders, the removed and a lying relay get of a group. */
#include "tests/unit/core/group_world.h"

static void
everyone_in_the_group_reads_what_is_said(void **state)
{
	struct world *w = *state;

	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	read_log(w, &w->c->bob);
	assert_status(STATUS_OK, speak(w, &w->c->alice, "hello"));
	assert_status(STATUS_OK, speak(w, &w->c->bob, "hi"));
	assert_int_equal(heard(&w->c->bob, "hello"), 1);
	assert_int_equal(heard(&w->c->carol, "hello"), 1);
	assert_int_equal(heard(&w->c->alice, "hi"), 1);
	assert_int_equal(heard(&w->c->carol, "hi"), 1);
}

static void
a_second_message_carries_no_key_material(void **state)
{
	struct world *w = *state;

	wish(w, &w->c->alice, ENTRY_ADD, "bob", 0);
	wish(w, &w->c->alice, ENTRY_ADD, "carol", 0);
	assert_status(STATUS_OK, speak(w, &w->c->alice, "one"));
	assert_int_equal(w->key_payloads, 2);
	assert_int_equal(w->shared_rows, 1);
	assert_status(STATUS_OK, speak(w, &w->c->alice, "two"));
	assert_int_equal(w->key_payloads, 0);
	assert_int_equal(w->shared_rows, 1);
}

/* Give every ciphertext the group ever saw to p. */
static void
give_spied(struct world *w, struct party *p, size_t from)
{
	for (size_t i = from; i < w->spied_count; i++)
		take_item(p, &w->spied[i]);
}

static void
an_outsider_with_every_ciphertext_reads_nothing(void **state)
{
	struct world *w = *state;

	wish(w, &w->c->alice, ENTRY_ADD, "bob", 0);
	assert_status(STATUS_OK, speak(w, &w->c->alice, "secret"));
	assert_int_equal(w->spied_count, 1);
	give_spied(w, &w->c->eve, 0);
	assert_int_equal(heard(&w->c->eve, "secret"), 0);
}

static void
a_removed_member_reads_nothing_sent_after(void **state)
{
	struct world *w = *state;
	size_t before;

	wish(w, &w->c->alice, ENTRY_ADD, "bob", 0);
	wish(w, &w->c->alice, ENTRY_ADD, "carol", 0);
	read_log(w, &w->c->bob);
	tell(w, &w->c->alice, "before");
	tell(w, &w->c->bob, "before too");
	before = w->spied_count;
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_REMOVE, "carol", 0), TACIT_DONE);
	read_log(w, &w->c->bob);
	read_log(w, &w->c->carol);
	assert_int_equal(standing(w, &w->c->carol), GROUP_REMOVED);
	assert_status(STATUS_OK, speak(w, &w->c->alice, "after"));
	assert_int_equal(w->key_payloads, 1); /* a new sender key for bob */
	assert_status(STATUS_OK, speak(w, &w->c->bob, "after"));
	give_spied(w, &w->c->carol, before);
	assert_int_equal(heard(&w->c->carol, "before"), 1);
	assert_int_equal(heard(&w->c->carol, "before too"), 1);
	assert_int_equal(heard(&w->c->carol, "after"), 0);
	assert_int_equal(heard(&w->c->bob, "after"), 1);
	assert_int_equal(heard(&w->c->alice, "after"), 1);
	assert_status(STATUS_DENIED, speak(w, &w->c->carol, "let me"));
}

static void
a_removed_member_cannot_read_the_log_that_follows(void **state)
{
	struct world *w = *state;
	struct chain_tail tail = { 0 };
	struct bytes entry;
	struct group_record g;
	struct step s;

	wish(w, &w->c->alice, ENTRY_ADD, "carol", 0);
	wish(w, &w->c->alice, ENTRY_REMOVE, "carol", 0);
	read_log(w, &w->c->carol);
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	s = begin(&w->c->carol);
	assert_status(STATUS_OK, group_get(s.txn, &w->group, &g));
	g.standing = GROUP_MEMBER; /* a client that does not obey */
	assert_status(STATUS_OK, group_put(s.txn, &g));
	entry = buf_view(w->chain[3]);
	tail.chain = g.chain;
	tail.from = 3;
	tail.length = 4;
	tail.entries = &entry;
	tail.entries_count = 1;
	assert_status(STATUS_AGAIN, group_take_tail(&s, &w->group, &tail));
	step_abort(&s);
}

static void
after_a_leave_the_next_entry_is_sealed_from_the_leaver(void **state)
{
	struct world *w = *state;
	struct group_record g;
	struct step s;

	wish(w, &w->c->alice, ENTRY_ADD, "bob", 0);
	wish(w, &w->c->alice, ENTRY_ADD, "carol", 0);
	read_log(w, &w->c->bob);
	assert_int_equal(
	    wish(w, &w->c->carol, ENTRY_LEAVE, NULL, 0), TACIT_DONE);
	assert_int_equal(standing(w, &w->c->carol), GROUP_LEFT);
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ROLE, "bob", ROLE_ADMIN), TACIT_DONE);
	assert_status(STATUS_OK, sync_log(w, &w->c->bob));
	s = begin(&w->c->bob);
	assert_status(STATUS_OK, group_get(s.txn, &w->group, &g));
	assert_int_equal(g.length, w->length);
	assert_false(g.log_key_stale);
	step_abort(&s);
	s = begin(&w->c->carol);
	{
		struct group_secret secret;

		assert_status(STATUS_NOT_FOUND,
		    group_secret_get(s.txn, &g, &g.log_key, &secret));
	}
	step_abort(&s);
}

static void
a_new_member_reads_nothing_sent_before(void **state)
{
	struct world *w = *state;

	wish(w, &w->c->alice, ENTRY_ADD, "bob", 0);
	tell(w, &w->c->alice, "early");
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	give_spied(w, &w->c->carol, 0);
	assert_int_equal(heard(&w->c->carol, "early"), 0);
	tell(w, &w->c->alice, "late");
	assert_int_equal(heard(&w->c->carol, "late"), 1);
	/* The key that carol has now does not open what was before it. */
	give_spied(w, &w->c->carol, 0);
	assert_int_equal(heard(&w->c->carol, "early"), 0);
}

static void
what_the_removed_says_after_is_refused_and_shown(void **state)
{
	struct world *w = *state;
	unsigned detail;

	wish(w, &w->c->alice, ENTRY_ADD, "bob", 0);
	wish(w, &w->c->alice, ENTRY_ADD, "carol", 0);
	read_log(w, &w->c->bob);
	tell(w, &w->c->carol, "while in");
	wish(w, &w->c->alice, ENTRY_REMOVE, "carol", 0);
	read_log(w, &w->c->bob);
	/* carol has not read of it and writes on under the old head. */
	assert_status(STATUS_OK, speak(w, &w->c->carol, "still here"));
	assert_int_equal(heard(&w->c->bob, "while in"), 1);
	assert_int_equal(heard(&w->c->bob, "still here"), 0);
	assert_int_equal(notices(&w->c->bob, NOTICE_REFUSED, &detail), 1);
	assert_int_equal(notices(&w->c->alice, NOTICE_REFUSED, &detail), 1);
}

static void
say_what_waits(struct party *p)
{
	struct step s = begin(p);

	assert_status(STATUS_OK, group_tell_held(&s));
	commit(&s);
}

static void
a_message_ahead_of_our_log_waits_for_it(void **state)
{
	struct world *w = *state;
	unsigned detail;

	wish(w, &w->c->alice, ENTRY_ADD, "bob", 0);
	tell(w, &w->c->alice, "one");
	wish(w, &w->c->alice, ENTRY_ADD, "carol", 0);
	tell(w, &w->c->alice, "two");
	assert_int_equal(heard(&w->c->bob, "two"), 0);
	assert_int_equal(quarantined(&w->c->bob, QUARANTINE_LOG_BEHIND), 1);
	/* A relay that withholds the log is noticed, in one line. */
	say_what_waits(&w->c->bob);
	say_what_waits(&w->c->bob);
	assert_int_equal(notices(&w->c->bob, NOTICE_GAP, &detail), 1);
	assert_status(STATUS_OK, sync_log(w, &w->c->bob));
	assert_int_equal(heard(&w->c->bob, "two"), 1);
	assert_int_equal(quarantined(&w->c->bob, QUARANTINE_LOG_BEHIND), 0);
}

static void
a_message_whose_key_comes_late_is_told_and_then_read(void **state)
{
	struct world *w = *state;
	unsigned detail;

	wish(w, &w->c->alice, ENTRY_ADD, "bob", 0);
	w->deaf = &w->c->bob;
	tell(w, &w->c->alice, "first");
	w->deaf = NULL;
	give_spied(w, &w->c->bob, 0); /* the message without its key */
	assert_int_equal(quarantined(&w->c->bob, QUARANTINE_NO_SENDER_KEY), 1);
	assert_int_equal(notices(&w->c->bob, NOTICE_UNDECRYPTABLE, &detail), 1);
	assert_int_equal(heard(&w->c->bob, "first"), 0);
	/* Trying again in vain says nothing more. */
	read_log(w, &w->c->bob);
	assert_int_equal(notices(&w->c->bob, NOTICE_UNDECRYPTABLE, &detail), 1);
	assert_int_equal(detail, 1);
	take_item(&w->c->bob, &w->missed);
	assert_int_equal(heard(&w->c->bob, "first"), 1);
	assert_int_equal(quarantined(&w->c->bob, QUARANTINE_NO_SENDER_KEY), 0);
}

static void
a_member_shown_another_log_freezes_the_group(void **state)
{
	struct world *w = *state;
	struct buf *truth;
	size_t at;
	unsigned detail;

	wish(w, &w->c->alice, ENTRY_ADD, "bob", 0);
	wish(w, &w->c->alice, ENTRY_ROLE, "bob", ROLE_ADMIN);
	tell(w, &w->c->alice, "fine");
	at = w->length;
	wish(w, &w->c->alice, ENTRY_ADD, "carol", 0);
	truth = w->chain[at];
	/* The relay hides that entry from bob, and takes another one of his. */
	w->length = at;
	assert_int_equal(wish(w, &w->c->bob, ENTRY_ADD, "eve", 0), TACIT_DONE);
	assert_status(STATUS_OK, speak(w, &w->c->bob, "who is here?"));
	assert_int_equal(standing(w, &w->c->alice), GROUP_FROZEN);
	assert_true(notices(&w->c->alice, NOTICE_REFUSED, &detail) >= 1);
	assert_status(STATUS_DENIED, speak(w, &w->c->alice, "hello?"));
	buf_free(truth);
}

static void
rubbish_in_the_chain_stops_nobody(void **state)
{
	struct world *w = *state;

	wish(w, &w->c->alice, ENTRY_ADD, "bob", 0);
	append(w, BYTES("rubbish"));
	assert_status(STATUS_OK, sync_log(w, &w->c->alice));
	assert_status(STATUS_OK, sync_log(w, &w->c->bob));
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	assert_status(STATUS_OK, sync_log(w, &w->c->bob));
	assert_status(STATUS_OK, speak(w, &w->c->carol, "here"));
	assert_int_equal(heard(&w->c->bob, "here"), 1);
	assert_int_equal(standing(w, &w->c->bob), GROUP_MEMBER);
}

/* What only a member can write: a signed entry that no key has sealed. */
static void
append_unsealed_rename(struct world *w, struct party *p, const char *name)
{
	struct group_entry_body body;
	struct buf *entry = NULL;
	struct hash hash;
	struct roster *r;
	struct step s = begin(p);

	assert_status(STATUS_OK, group_roster(&s, &w->group, &r));
	group_body_start(&s, &body);
	body.type = ENTRY_RENAME;
	body.has_group = true;
	body.group = w->group;
	body.index = w->length;
	body.previous = *roster_head(r);
	body.name = bytes_text(name);
	assert_status(STATUS_OK, group_entry_make(&s, &body, &entry, &hash));
	append(w, buf_view(entry));
	buf_free(entry);
	step_abort(&s);
}

static void
assert_group_is_called(struct world *w, struct party *p, const char *name)
{
	struct roster *r;
	struct step s = begin(p);

	assert_status(STATUS_OK, group_roster(&s, &w->group, &r));
	assert_bytes(bytes_text(name), roster_name(r));
	step_abort(&s);
}

static void
an_entry_without_a_seal_counts_and_changes_no_key(void **state)
{
	struct world *w = *state;

	wish(w, &w->c->alice, ENTRY_ADD, "bob", 0);
	append_unsealed_rename(w, &w->c->alice, "open");
	assert_status(STATUS_OK, sync_log(w, &w->c->bob));
	assert_group_is_called(w, &w->c->bob, "open");
	assert_status(STATUS_OK, sync_log(w, &w->c->alice));
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	assert_status(STATUS_OK, sync_log(w, &w->c->bob));
	assert_status(STATUS_OK, speak(w, &w->c->carol, "here"));
	assert_int_equal(heard(&w->c->bob, "here"), 1);
}

static void
a_removed_member_has_no_key_to_invite_with(void **state)
{
	struct world *w = *state;
	struct group_record g;
	struct account_name carol = name_of("carol");
	struct step s;

	wish(w, &w->c->alice, ENTRY_ADD, "bob", 0);
	tell(w, &w->c->alice, "all three");
	wish(w, &w->c->alice, ENTRY_REMOVE, "bob", 0);
	read_log(w, &w->c->bob);
	s = begin(&w->c->bob);
	assert_status(STATUS_OK, group_get(s.txn, &w->group, &g));
	assert_status(STATUS_NOT_FOUND, group_invite_send(&s, &g, &carol));
	step_abort(&s);
}

static void
only_admins_change_the_group(void **state)
{
	struct world *w = *state;

	wish(w, &w->c->alice, ENTRY_ADD, "bob", 0);
	assert_int_equal(
	    wish(w, &w->c->bob, ENTRY_ADD, "carol", 0), TACIT_NOT_ALLOWED);
	assert_int_equal(
	    wish(w, &w->c->bob, ENTRY_REMOVE, "alice", 0), TACIT_NOT_ALLOWED);
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_LEAVE, NULL, 0), TACIT_NOT_ALLOWED);
	assert_int_equal(w->length, 2);
}

static void
one_who_comes_back_reads_on_from_there(void **state)
{
	struct world *w = *state;

	wish(w, &w->c->alice, ENTRY_ADD, "bob", 0);
	wish(w, &w->c->alice, ENTRY_ADD, "carol", 0);
	tell(w, &w->c->alice, "one");
	wish(w, &w->c->alice, ENTRY_REMOVE, "carol", 0);
	read_log(w, &w->c->carol);
	tell(w, &w->c->alice, "two");
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	assert_int_equal(standing(w, &w->c->carol), GROUP_MEMBER);
	tell(w, &w->c->alice, "three");
	assert_int_equal(heard(&w->c->carol, "one"), 1);
	assert_int_equal(heard(&w->c->carol, "two"), 0);
	assert_int_equal(heard(&w->c->carol, "three"), 1);
	assert_status(STATUS_OK, speak(w, &w->c->carol, "back"));
	assert_int_equal(heard(&w->c->alice, "back"), 1);
}

static void
what_overtakes_the_invitation_back_waits_for_it(void **state)
{
	struct world *w = *state;

	wish(w, &w->c->alice, ENTRY_ADD, "bob", 0);
	wish(w, &w->c->alice, ENTRY_ADD, "carol", 0);
	wish(w, &w->c->alice, ENTRY_REMOVE, "carol", 0);
	read_log(w, &w->c->carol);
	w->deaf = &w->c->carol;
	wish(w, &w->c->alice, ENTRY_ADD, "carol", 0);
	w->deaf = NULL;
	read_log(w, &w->c->bob);
	tell(w, &w->c->bob, "welcome back");
	assert_int_equal(standing(w, &w->c->carol), GROUP_REMOVED);
	assert_int_equal(heard(&w->c->carol, "welcome back"), 0);
	bring_item(w, &w->c->carol, &w->missed); /* the invitation */
	assert_int_equal(standing(w, &w->c->carol), GROUP_MEMBER);
	assert_int_equal(heard(&w->c->carol, "welcome back"), 1);
}

static void
removed_and_added_again_while_away_is_in_again(void **state)
{
	struct world *w = *state;

	wish(w, &w->c->alice, ENTRY_ADD, "bob", 0);
	wish(w, &w->c->alice, ENTRY_ADD, "carol", 0);
	wish(w, &w->c->alice, ENTRY_REMOVE, "carol", 0);
	tell(w, &w->c->alice, "not for carol");
	wish(w, &w->c->alice, ENTRY_ADD, "carol", 0);
	assert_int_equal(standing(w, &w->c->carol), GROUP_MEMBER);
	read_log(w, &w->c->carol);
	assert_int_equal(standing(w, &w->c->carol), GROUP_MEMBER);
	tell(w, &w->c->alice, "for carol again");
	assert_int_equal(heard(&w->c->carol, "not for carol"), 0);
	assert_int_equal(heard(&w->c->carol, "for carol again"), 1);
	assert_status(STATUS_OK, speak(w, &w->c->carol, "back"));
	assert_int_equal(heard(&w->c->alice, "back"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(everyone_in_the_group_reads_what_is_said),
		world_test(a_second_message_carries_no_key_material),
		world_test(an_outsider_with_every_ciphertext_reads_nothing),
		world_test(a_removed_member_reads_nothing_sent_after),
		world_test(a_removed_member_cannot_read_the_log_that_follows),
		world_test(
		    after_a_leave_the_next_entry_is_sealed_from_the_leaver),
		world_test(a_new_member_reads_nothing_sent_before),
		world_test(what_the_removed_says_after_is_refused_and_shown),
		world_test(a_message_ahead_of_our_log_waits_for_it),
		world_test(
		    a_message_whose_key_comes_late_is_told_and_then_read),
		world_test(a_member_shown_another_log_freezes_the_group),
		world_test(rubbish_in_the_chain_stops_nobody),
		world_test(an_entry_without_a_seal_counts_and_changes_no_key),
		world_test(a_removed_member_has_no_key_to_invite_with),
		world_test(only_admins_change_the_group),
		world_test(one_who_comes_back_reads_on_from_there),
		world_test(what_overtakes_the_invitation_back_waits_for_it),
		world_test(removed_and_added_again_while_away_is_in_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
