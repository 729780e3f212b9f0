/* Replies, reactions, edits and deletions between two. */
#include <stdio.h>

#include "tests/unit/core/words_said.h"

/* alice has said hello to bob: her place of it, and his. */
struct hello {
	uint64_t hers;
	uint64_t his;
};

static struct hello
begin_hello(struct cores *c)
{
	struct hello h;

	say(&c->alice, &c->bob, "hello");
	h.hers = last_n(&c->alice);
	h.his = last_n(&c->bob);
	say(&c->bob, &c->alice, "hi");
	return h;
}

static void
its_author_edits_a_message_at_both_ends(void **state)
{
	struct cores *c = *state;
	struct hello h = begin_hello(c);
	struct shown shown;

	say_about(&c->alice, &c->bob, MESSAGE_EDIT, "hello, bob", h.hers);
	say_about(&c->alice, &c->bob, MESSAGE_EDIT, "hello, Bob", h.hers);
	shown = shown_at(&c->bob, h.his);
	assert_string_equal(shown.text, "hello, Bob");
	assert_int_equal(shown.edits, 2);
	shown = shown_at(&c->alice, h.hers);
	assert_string_equal(shown.text, "hello, Bob");
	assert_int_equal(quarantined(&c->bob, QUARANTINE_UNDECRYPTABLE), 0);
}

static void
nobody_edits_or_deletes_what_another_said(void **state)
{
	struct cores *c = *state;
	struct hello h = begin_hello(c);
	struct shown shown;

	say_about(&c->bob, &c->alice, MESSAGE_EDIT, "I hate bob", h.his);
	say_about(&c->bob, &c->alice, MESSAGE_DELETION, "", h.his);
	for (int i = 0; i < 2; i++) {
		shown = i == 0 ? shown_at(&c->alice, h.hers)
			       : shown_at(&c->bob, h.his);
		assert_string_equal(shown.text, "hello");
		assert_int_equal(shown.edits, 0);
		assert_false(shown.deleted);
		assert_false(shown.has_deletion);
	}
}

static void
a_deletion_erases_the_text_and_all_edits_at_both_ends(void **state)
{
	struct cores *c = *state;
	struct hello h = begin_hello(c);
	uint64_t hers, his;

	say_about(&c->alice, &c->bob, MESSAGE_EDIT, "hello, bob", h.hers);
	hers = last_n(&c->alice);
	his = last_n(&c->bob);
	say_about(&c->alice, &c->bob, MESSAGE_DELETION, "", h.hers);
	assert_true(is_bare(&c->alice, h.hers));
	assert_true(is_bare(&c->alice, hers));
	assert_true(is_bare(&c->bob, h.his));
	assert_true(is_bare(&c->bob, his));
	assert_true(shown_at(&c->bob, h.his).deleted);
	assert_true(shown_at(&c->bob, h.his).has_deletion);
	/* Nothing brings it back. */
	say_about(&c->alice, &c->bob, MESSAGE_EDIT, "once more", h.hers);
	assert_true(is_bare(&c->alice, last_n(&c->alice)));
	assert_true(is_bare(&c->bob, last_n(&c->bob)));
}

static void
what_comes_before_its_original_waits_for_it(void **state)
{
	struct cores *c = *state;
	struct parcel p[4];
	struct shown shown;
	uint64_t hers, his;

	begin_hello(c);
	p[0] = write_to(&c->alice, &c->bob, "first");
	hers = last_n(&c->alice);
	p[1] = write_about(&c->alice, &c->bob, MESSAGE_EDIT, "newer", hers);
	p[2] = write_about(&c->alice, &c->bob, MESSAGE_EDIT, "newest", hers);
	p[3] = write_about(&c->alice, &c->bob, MESSAGE_REACTION, "!", hers);
	for (size_t i = 4; i-- > 0;)
		assert_status(STATUS_OK, take(&c->bob, &p[i]));
	his = same_message(&c->bob, &c->alice, hers);
	shown = shown_at(&c->bob, his);
	assert_string_equal(shown.text, "newest");
	assert_int_equal(shown.edits, 2);
	assert_string_equal(shown.reaction, "!");
	for (size_t i = 0; i < 4; i++)
		parcel_clear(&p[i]);
}

static void
a_deletion_that_comes_first_erases_the_original_when_it_comes(void **state)
{
	struct cores *c = *state;
	struct parcel p[3];
	uint64_t hers, his;

	begin_hello(c);
	p[0] = write_to(&c->alice, &c->bob, "first");
	hers = last_n(&c->alice);
	p[1] = write_about(&c->alice, &c->bob, MESSAGE_EDIT, "newer", hers);
	p[2] = write_about(&c->alice, &c->bob, MESSAGE_DELETION, "", hers);
	assert_status(STATUS_OK, take(&c->bob, &p[2]));
	assert_status(STATUS_OK, take(&c->bob, &p[1]));
	assert_true(is_bare(&c->bob, last_n(&c->bob)));
	assert_status(STATUS_OK, take(&c->bob, &p[0]));
	his = same_message(&c->bob, &c->alice, hers);
	assert_true(is_bare(&c->bob, his));
	assert_true(shown_at(&c->bob, his).deleted);
	assert_int_equal(heard(&c->bob, "first"), 0);
	assert_int_equal(heard(&c->bob, "newer"), 0);
	/* As it was known before: replayed it is not there again. */
	assert_status(STATUS_OK, take(&c->bob, &p[0]));
	assert_int_equal(heard(&c->bob, "first"), 0);
	for (size_t i = 0; i < 3; i++)
		parcel_clear(&p[i]);
}

static void
of_an_authors_reactions_the_newest_stands_whatever_comes_when(void **state)
{
	struct cores *c = *state;
	struct hello h = begin_hello(c);
	struct parcel p[3];
	size_t rows;

	p[0] = write_about(&c->bob, &c->alice, MESSAGE_REACTION, "+1", h.his);
	p[1] = write_about(&c->bob, &c->alice, MESSAGE_REACTION, "-1", h.his);
	p[2] = write_about(&c->bob, &c->alice, MESSAGE_REACTION, "0", h.his);
	assert_string_equal(shown_at(&c->bob, h.his).reaction, "0");
	for (size_t i = 3; i-- > 0;) {
		assert_status(STATUS_OK, take(&c->alice, &p[i]));
		assert_status(STATUS_OK, take(&c->alice, &p[i]));
		assert_int_equal(shown_at(&c->alice, h.hers).reactions, 1);
		assert_string_equal(shown_at(&c->alice, h.hers).reaction, "0");
		parcel_clear(&p[i]);
	}
	rows = rows_of(&c->alice, VAULT_WORDS);
	for (int i = 0; i < 100; i++)
		say_about(&c->bob, &c->alice, MESSAGE_REACTION,
		    i % 2 == 0 ? "x" : "y", h.his);
	assert_int_equal(rows_of(&c->alice, VAULT_WORDS), rows);
	assert_int_equal(shown_at(&c->alice, h.hers).reactions, 1);
	say_about(&c->bob, &c->alice, MESSAGE_REACTION, "", h.his);
	assert_int_equal(shown_at(&c->alice, h.hers).reactions, 0);
	assert_int_equal(shown_at(&c->bob, h.his).reactions, 0);
}

static void
of_many_edits_the_newest_are_kept(void **state)
{
	struct cores *c = *state;
	struct hello h = begin_hello(c);
	uint64_t first = 0, hers = 0;
	char text[8];

	for (unsigned i = 0; i < 20; i++) {
		snprintf(text, sizeof(text), "no %u", i);
		say_about(&c->alice, &c->bob, MESSAGE_EDIT, text, h.hers);
		if (i == 0) {
			first = last_n(&c->bob);
			hers = last_n(&c->alice);
		}
	}
	assert_int_equal(shown_at(&c->bob, h.his).edits, WORDS_EDITS_MAX);
	assert_int_equal(shown_at(&c->alice, h.hers).edits, WORDS_EDITS_MAX);
	assert_string_equal(shown_at(&c->bob, h.his).text, "no 19");
	assert_true(is_bare(&c->bob, first));
	assert_true(is_bare(&c->alice, hers));
}

/* Of types 2 to 4 nothing is the target of 3 or 4. */
static void
there_are_no_edits_of_edits_and_no_deletions_of_deletions(void **state)
{
	struct cores *c = *state;
	struct hello h = begin_hello(c);
	uint64_t edit, reaction, deletion, n;

	say_about(&c->alice, &c->bob, MESSAGE_EDIT, "edited", h.hers);
	edit = last_n(&c->alice);
	say_about(&c->alice, &c->bob, MESSAGE_REACTION, "+1", h.hers);
	reaction = last_n(&c->alice);
	say_about(&c->alice, &c->bob, MESSAGE_EDIT, "of an edit", edit);
	say_about(&c->alice, &c->bob, MESSAGE_EDIT, "of one", reaction);
	say_about(&c->alice, &c->bob, MESSAGE_DELETION, "", edit);
	deletion = last_n(&c->alice);
	say_about(&c->alice, &c->bob, MESSAGE_DELETION, "", reaction);
	say_about(&c->alice, &c->bob, MESSAGE_DELETION, "", deletion);
	say_about(&c->alice, &c->bob, MESSAGE_REACTION, "?", deletion);
	n = same_message(&c->bob, &c->alice, edit);
	assert_false(is_bare(&c->bob, n));
	assert_int_equal(shown_at(&c->bob, n).edits, 0);
	assert_string_equal(shown_at(&c->bob, h.his).text, "edited");
	assert_string_equal(shown_at(&c->bob, h.his).reaction, "+1");
	assert_string_equal(shown_at(&c->alice, h.hers).reaction, "+1");
}

static void
a_reply_names_what_it_answers(void **state)
{
	struct cores *c = *state;
	struct hello h = begin_hello(c);
	struct history_entry e, about;
	struct step s;

	say_about(&c->bob, &c->alice, MESSAGE_TEXT, "to you, too", h.his);
	e = entry_at(&c->alice, &s, last_n(&c->alice));
	assert_int_equal(e.type, MESSAGE_TEXT);
	assert_true(e.has_target);
	assert_status(STATUS_OK,
	    words_find(&s, s.arena, &e.conversation, &e.target, &about));
	assert_int_equal(about.n, h.hers);
	step_abort(&s);
	assert_string_equal(shown_at(&c->alice, h.hers).text, "hello");
}

static void
a_message_of_another_conversation_is_not_found(void **state)
{
	struct cores *c = *state;
	struct hello h = begin_hello(c);
	struct history_entry e;
	struct step s;

	say(&c->alice, &c->carol, "to carol");
	say_about(&c->alice, &c->carol, MESSAGE_DELETION, "", h.hers);
	assert_false(is_bare(&c->alice, h.hers));
	e = entry_at(&c->carol, &s, last_n(&c->carol));
	assert_int_equal(e.type, MESSAGE_DELETION);
	assert_status(STATUS_NOT_FOUND,
	    words_find(&s, s.arena, &e.conversation, &e.target, &e));
	step_abort(&s);
}

/* Not even its author's, as nobody knows what that would be about. */
static void
a_deletion_that_names_another_body_erases_nothing(void **state)
{
	struct cores *c = *state;
	struct hello h = begin_hello(c);
	struct message_target target = target_at(&c->alice, h.hers);
	uint64_t order = 0;
	struct parcel p;

	target.hash.raw[7] ^= 1;
	assert_status(STATUS_OK, compose_target(&c->alice, "bob", NULL,
				     MESSAGE_DELETION, "", &target, &order));
	assert_status(STATUS_OK, seal(&c->alice, order));
	p = parcel_of(&c->alice, order);
	assert_status(STATUS_OK, take(&c->bob, &p));
	parcel_clear(&p);
	assert_false(is_bare(&c->alice, h.hers));
	assert_false(is_bare(&c->bob, h.his));
	assert_false(shown_at(&c->bob, h.his).has_deletion);
}

/* Whoever has the name under another key is somebody else. */
static void
another_account_key_of_that_name_changes_nothing(void **state)
{
	struct cores *c = *state;
	struct hello h = begin_hello(c);
	struct history_entry e, about;
	struct step s;

	about = entry_at(&c->bob, &s, h.his);
	e = about;
	e.type = MESSAGE_EDIT;
	assert_null(words_refuse(&e, &about));
	e.from_key.raw[0] ^= 1;
	assert_non_null(words_refuse(&e, &about));
	e.type = MESSAGE_DELETION;
	assert_non_null(words_refuse(&e, &about));
	e.type = MESSAGE_REACTION;
	assert_null(words_refuse(&e, &about));
	e.signature = SIGNATURE_INVALID;
	assert_non_null(words_refuse(&e, &about));
	step_abort(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(its_author_edits_a_message_at_both_ends),
		cores_test(nobody_edits_or_deletes_what_another_said),
		cores_test(
		    a_deletion_erases_the_text_and_all_edits_at_both_ends),
		cores_test(what_comes_before_its_original_waits_for_it),
		cores_test(
		    a_deletion_that_comes_first_erases_the_original_when_it_comes),
		cores_test(
		    of_an_authors_reactions_the_newest_stands_whatever_comes_when),
		cores_test(of_many_edits_the_newest_are_kept),
		cores_test(
		    there_are_no_edits_of_edits_and_no_deletions_of_deletions),
		cores_test(a_reply_names_what_it_answers),
		cores_test(a_message_of_another_conversation_is_not_found),
		cores_test(a_deletion_that_names_another_body_erases_nothing),
		cores_test(another_account_key_of_that_name_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
