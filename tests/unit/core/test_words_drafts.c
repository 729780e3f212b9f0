/* Edits, deletions and replies while what they are about has not left. */
#include "tests/unit/core/words_said.h"

static enum outbox_state
state_of_row(struct party *p, uint64_t order, char text[64])
{
	struct outbox_row row;
	struct step s = begin(p);

	assert_status(STATUS_OK, outbox_get(s.txn, order, s.arena, &row));
	put_text(text, row.content);
	step_abort(&s);
	return row.state;
}

static enum message_state
state_of(struct party *p, uint64_t n)
{
	struct step s;
	enum message_state state = entry_at(p, &s, n).state;

	step_abort(&s);
	return state;
}

static void
a_draft_is_simply_changed(void **state)
{
	struct cores *c = *state;
	uint64_t first = compose(&c->alice, "bob", "a typo");
	uint64_t n = last_n(&c->alice);
	uint64_t order = 0;
	struct parcel p;
	char text[64];

	assert_status(STATUS_OK, compose_about(&c->alice, "bob", NULL,
				     MESSAGE_EDIT, "no typo", n, &order));
	assert_int_equal(order, first);
	assert_int_equal(last_n(&c->alice), n);
	assert_int_equal(state_of_row(&c->alice, order, text), OUTBOX_DRAFT);
	assert_string_equal(text, "no typo");
	assert_string_equal(shown_at(&c->alice, n).text, "no typo");
	assert_int_equal(shown_at(&c->alice, n).edits, 0);
	assert_false(shown_at(&c->alice, n).erased);
	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	assert_status(STATUS_OK, seal(&c->alice, order));
	p = parcel_of(&c->alice, order);
	assert_status(STATUS_OK, take(&c->bob, &p));
	assert_int_equal(heard(&c->bob, "no typo"), 1);
	parcel_clear(&p);
}

static void
a_draft_that_is_deleted_never_leaves(void **state)
{
	struct cores *c = *state;
	uint64_t order = compose(&c->alice, "bob", "never mind");
	uint64_t n = last_n(&c->alice);
	uint64_t at = 99;

	assert_status(STATUS_OK, compose_about(&c->alice, "bob", NULL,
				     MESSAGE_DELETION, "", n, &at));
	assert_int_equal(at, 0);
	assert_int_equal(outbox_rows(&c->alice), 0);
	assert_true(is_bare(&c->alice, n));
	assert_true(shown_at(&c->alice, n).deleted);
	assert_int_equal(state_of(&c->alice, n), STATE_FAILED);
	assert_status(STATUS_NOT_FOUND, seal(&c->alice, order));
	/* There is nothing left to say otherwise. */
	assert_status(STATUS_DENIED,
	    compose_about(&c->alice, "bob", NULL, MESSAGE_EDIT, "or", n, &at));
	assert_status(STATUS_OK, compose_about(&c->alice, "bob", NULL,
				     MESSAGE_DELETION, "", n, &at));
	assert_int_equal(outbox_rows(&c->alice), 0);
}

/* Sealed, it may be anywhere: what changes it follows it. */
static void
what_is_sealed_is_followed_by_its_edit(void **state)
{
	struct cores *c = *state;
	struct parcel p[2];
	uint64_t first, second = 0;
	uint64_t n;

	say(&c->alice, &c->bob, "hello");
	first = compose(&c->alice, "bob", "a typo");
	n = last_n(&c->alice);
	assert_status(STATUS_OK, seal(&c->alice, first));
	assert_status(STATUS_OK, compose_about(&c->alice, "bob", NULL,
				     MESSAGE_EDIT, "no typo", n, &second));
	assert_true(second > first);
	assert_status(STATUS_OK, seal(&c->alice, second));
	p[0] = parcel_of(&c->alice, first);
	p[1] = parcel_of(&c->alice, second);
	assert_status(STATUS_OK, take(&c->bob, &p[0]));
	assert_status(STATUS_OK, take(&c->bob, &p[1]));
	assert_string_equal(
	    shown_at(&c->bob, same_message(&c->bob, &c->alice, n)).text,
	    "no typo");
	parcel_clear(&p[0]);
	parcel_clear(&p[1]);
}

/* A reply is written before its target has a body that could be hashed. */
static void
what_answers_a_draft_leaves_behind_it(void **state)
{
	struct cores *c = *state;
	uint64_t first = compose(&c->alice, "bob", "one");
	uint64_t n = last_n(&c->alice);
	uint64_t reply = 0, reaction = 0;
	struct history_entry e, about;
	struct parcel p[3];
	struct step s;

	assert_status(STATUS_OK, compose_about(&c->alice, "bob", NULL,
				     MESSAGE_TEXT, "two", n, &reply));
	assert_status(STATUS_OK, compose_about(&c->alice, "bob", NULL,
				     MESSAGE_REACTION, "!", n, &reaction));
	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	assert_status(STATUS_CONFLICT, seal(&c->alice, reply));
	assert_status(STATUS_OK, seal(&c->alice, first));
	assert_status(STATUS_OK, seal(&c->alice, reply));
	assert_status(STATUS_OK, seal(&c->alice, reaction));
	p[0] = parcel_of(&c->alice, first);
	p[1] = parcel_of(&c->alice, reply);
	p[2] = parcel_of(&c->alice, reaction);
	for (size_t i = 0; i < 3; i++) {
		assert_status(STATUS_OK, take(&c->bob, &p[i]));
		parcel_clear(&p[i]);
	}
	n = same_message(&c->bob, &c->alice, n);
	assert_string_equal(shown_at(&c->bob, n).reaction, "!");
	e = entry_at(&c->bob, &s, n + 1);
	assert_status(STATUS_OK,
	    words_find(&s, s.arena, &e.conversation, &e.target, &about));
	assert_int_equal(about.n, n);
	step_abort(&s);
}

static void
what_answers_a_draft_fails_when_that_is_deleted(void **state)
{
	struct cores *c = *state;
	uint64_t n, reply = 0, order = 0;

	compose(&c->alice, "bob", "one");
	n = last_n(&c->alice);
	assert_status(STATUS_OK, compose_about(&c->alice, "bob", NULL,
				     MESSAGE_TEXT, "two", n, &reply));
	assert_status(STATUS_OK, compose_about(&c->alice, "bob", NULL,
				     MESSAGE_DELETION, "", n, &order));
	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	assert_status(STATUS_DENIED, seal(&c->alice, reply));
	assert_int_equal(outbox_rows(&c->alice), 0);
	assert_int_equal(state_of(&c->alice, last_n(&c->alice)), STATE_FAILED);
}

/* For this profile alone; what is still to leave leaves. */
static void
a_draft_that_is_erased_here_leaves_and_keeps_no_salt(void **state)
{
	struct cores *c = *state;
	uint64_t order = compose(&c->alice, "bob", "not for my disk");
	uint64_t n = last_n(&c->alice);
	struct history_entry e;
	struct parcel p;
	struct step s;

	e = entry_at(&c->alice, &s, n);
	assert_status(STATUS_OK, words_erase(&s, &e, true));
	commit(&s);
	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	assert_status(STATUS_OK, seal(&c->alice, order));
	assert_true(is_bare(&c->alice, n));
	p = parcel_of(&c->alice, order);
	assert_status(STATUS_OK, take(&c->bob, &p));
	assert_int_equal(heard(&c->bob, "not for my disk"), 1);
	parcel_clear(&p);
}

/* It reached nobody: what was said before stands. */
static void
an_edit_that_was_given_up_changes_nothing(void **state)
{
	struct cores *c = *state;
	struct shown shown;
	uint64_t n, order = 0;
	struct step s;

	say(&c->alice, &c->bob, "hello");
	n = last_n(&c->alice);
	assert_status(STATUS_OK, compose_about(&c->alice, "bob", NULL,
				     MESSAGE_EDIT, "not this", n, &order));
	assert_string_equal(shown_at(&c->alice, n).text, "not this");
	s = begin(&c->alice);
	assert_status(STATUS_OK, messenger_fail(&s, order, "cancelled"));
	commit(&s);
	shown = shown_at(&c->alice, n);
	assert_string_equal(shown.text, "hello");
	assert_int_equal(shown.edits, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(a_draft_is_simply_changed),
		cores_test(a_draft_that_is_deleted_never_leaves),
		cores_test(an_edit_that_was_given_up_changes_nothing),
		cores_test(what_is_sealed_is_followed_by_its_edit),
		cores_test(what_answers_a_draft_leaves_behind_it),
		cores_test(what_answers_a_draft_fails_when_that_is_deleted),
		cores_test(
		    a_draft_that_is_erased_here_leaves_and_keeps_no_salt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
