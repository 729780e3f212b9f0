/* What was lost on the way is asked for, and comes again. */
#include "tests/unit/core/repair_world.h"

static void
the_author_is_asked_first_and_says_it_again(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct history_entry e = { 0 };
	char detail[64] = "";

	make_three(w);
	tell(w, &w->c->alice, "one");
	lose(w, 3);
	assert_int_equal(heard_last(w, bob, "lost", NULL), 0);
	ask(w, bob, 0);
	assert_int_equal(outbox_rows(&w->c->carol), 0);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_int_equal(heard_last(w, bob, "lost", &e), 3);
	assert_int_equal(e.seq, 4);
	assert_int_equal(e.signature, SIGNATURE_VALID);
	assert_string_equal(e.resent_by.text, "alice");
	assert_int_equal(gaps_of(bob), 0);
	assert_int_equal(line_of(w, bob, NOTICE_GAP, detail).repaired, 3);
	/* The chain goes on where it was. */
	tell(w, &w->c->alice, "after");
	assert_int_equal(gaps_of(bob), 0);
	assert_int_equal(heard_last(w, bob, "after", NULL), 1);
}

static void
another_member_helps_when_the_author_does_not(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct history_entry e = { 0 };

	make_three(w);
	tell(w, &w->c->alice, "one");
	lose(w, 2);
	w->deaf = &w->c->alice; /* never gets the question */
	ask(w, bob, 0);
	ask(w, bob, MINUTE_MS);
	assert_int_equal(outbox_rows(&w->c->carol), 0); /* patience */
	ask(w, bob, 3 * MINUTE_MS);
	w->deaf = NULL;
	assert_int_equal(outbox_rows(&w->c->carol), 1);
	assert_status(STATUS_OK, flush(w, &w->c->carol));
	assert_int_equal(heard_last(w, bob, "lost", &e), 2);
	assert_string_equal(e.from.text, "alice");
	assert_string_equal(e.resent_by.text, "carol");
	assert_int_equal(gaps_of(bob), 0);
}

static void
nobody_is_asked_for_ever(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct step s;
	bool due = true;

	make_three(w);
	tell(w, &w->c->alice, "one");
	lose(w, 1);
	for (int64_t day = 0; day < 36; day++) {
		s = begin(bob);
		s.now_ms += day * DAY_MS;
		assert_status(STATUS_OK, repair_ask(&s));
		commit(&s);
	}
	assert_int_equal(outbox_rows(bob), 3);
	s = begin(bob);
	s.now_ms += 36 * (int64_t)DAY_MS;
	assert_status(STATUS_OK, repair_has_due(&s, &due));
	assert_false(due);
	s.now_ms += 2 * (int64_t)DAY_MS;
	assert_status(STATUS_OK, repair_has_due(&s, &due));
	assert_true(due);
	assert_status(STATUS_OK, repair_ask(&s));
	commit(&s);
	assert_int_equal(gaps_of(bob), 0); /* it is forgotten */
	assert_int_equal(outbox_rows(bob), 3);
}

/* More than one answer holds: the rest is asked for at once. */
static void
a_long_gap_is_repaired_in_parts(void **state)
{
	static char text[LIMIT_TEXT_BYTES];
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	size_t rounds = 0;

	memset(text, 'x', sizeof(text) - 1);
	make_three(w);
	tell(w, &w->c->alice, "one");
	w->deaf = bob;
	for (size_t i = 0; i < 20; i++)
		tell(w, &w->c->alice, text);
	w->deaf = NULL;
	tell(w, &w->c->alice, "heard");
	for (; gaps_of(bob) > 0 && rounds < 10; rounds++) {
		ask(w, bob, 0);
		assert_status(STATUS_OK, flush(w, &w->c->alice));
	}
	assert_int_equal(heard_last(w, bob, text, NULL), 20);
	assert_int_equal(rounds, 2);
}

/* bob comes to know a log too late: what was sent again waits for it. */
static void
what_is_ahead_of_the_log_waits_for_it(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct gap g;
	struct step s;

	make_three(w);
	tell(w, &w->c->alice, "one");
	w->deaf = bob;
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "eve", 0), TACIT_DONE);
	tell(w, &w->c->alice, "lost");
	w->deaf = NULL;
	/* As if a later one had come, but not the log. */
	g = (struct gap){
		.kind = GAP_NUMBERS,
		.conversation_kind = CONVERSATION_GROUP,
		.conversation = w->group,
		.author = w->c->alice.core.self.address,
		.author_key = w->c->alice.core.self.account_key,
		.first = 2,
		.last = 3,
		.head_first = 3,
		.head_last = 4,
	};
	s = begin(bob);
	assert_status(STATUS_OK, repair_note_numbers(&s, &g));
	commit(&s);
	ask(w, bob, 0);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_int_equal(heard_last(w, bob, "lost", NULL), 0);
	read_log(w, bob);
	assert_int_equal(heard_last(w, bob, "lost", NULL), 1);
}

/* While an answer about a ciphertext may come, its number is not asked for. */
static void
what_lies_in_quarantine_is_not_asked_for_twice(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct gap g = {
		.kind = GAP_NUMBERS,
		.conversation_kind = CONVERSATION_GROUP,
		.conversation = w->group,
		.author = w->c->alice.core.self.address,
		.author_key = w->c->alice.core.self.account_key,
		.first = 1,
		.last = 1,
	};
	struct step s;

	make_three(w);
	w->deaf = bob;
	tell(w, &w->c->alice, "first");
	w->deaf = NULL;
	tell(w, &w->c->alice, "second");
	s = begin(bob);
	assert_status(STATUS_OK, repair_note_numbers(&s, &g));
	assert_status(STATUS_OK, repair_ask(&s));
	assert_status(STATUS_OK, repair_ask(&s));
	commit(&s);
	assert_int_equal(gaps_of(bob), 2);
	assert_int_equal(outbox_rows(bob), 1);
	s = begin(bob);
	s.now_ms += 40 * (int64_t)MINUTE_MS;
	assert_status(STATUS_OK, repair_ask(&s));
	s.now_ms += 4 * (int64_t)HOUR_MS;
	assert_status(STATUS_OK, repair_ask(&s));
	s.now_ms += 20 * (int64_t)HOUR_MS;
	assert_status(STATUS_OK, repair_ask(&s));
	commit(&s);
	assert_int_equal(outbox_rows(bob), 3);
	/* No answer came: now by its number. */
	s = begin(bob);
	s.now_ms += 50 * (int64_t)HOUR_MS;
	assert_status(STATUS_OK, repair_ask(&s));
	commit(&s);
	assert_int_equal(outbox_rows(bob), 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(the_author_is_asked_first_and_says_it_again),
		world_test(another_member_helps_when_the_author_does_not),
		world_test(nobody_is_asked_for_ever),
		world_test(a_long_gap_is_repaired_in_parts),
		world_test(what_is_ahead_of_the_log_waits_for_it),
		world_test(what_lies_in_quarantine_is_not_asked_for_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
