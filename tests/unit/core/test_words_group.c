/* Replies, reactions, edits and deletions in a group, and who lies in them. */
#include "client/core/expiry.h"
#include "tests/unit/core/words_said.h"

enum { TIMER_S = 3600 };

static int
group_setup(void **state)
{
	clock_fake(1780000000000, 1000);
	return world_setup(state);
}

static int
group_teardown(void **state)
{
	int result = world_teardown(state);

	clock_unfake();
	return result;
}

#define group_test(function)                                                   \
	cmocka_unit_test_setup_teardown(function, group_setup, group_teardown)

static void
wait_ms(int64_t ms)
{
	clock_fake(clock_wall_ms() + ms, clock_mono_ms() + ms);
}

/* alice says something to bob and carol; its place at her. */
static uint64_t
begin_said(struct world *w, const char *text)
{
	make_three(w);
	tell(w, &w->c->bob, "bob is here");
	tell(w, &w->c->carol, "carol is here");
	tell(w, &w->c->alice, text);
	return last_n(&w->c->alice);
}

/* What a client of bob's own making says about a message to alice. */
static void
forge(struct world *w, uint32_t type, const char *text,
    const struct message_target *target)
{
	struct group_record g = record_of(w, &w->c->alice);
	struct forged f =
	    honest(&w->c->bob, bytes_text(text), g.length, &g.head);

	f.what.type = type;
	f.what.has_target = true;
	f.what.target = *target;
	say_forged(w, &w->c->bob, &w->c->alice, &f);
}

static void
everybody_reacts_and_only_the_author_edits(void **state)
{
	struct world *w = *state;
	uint64_t n = begin_said(w, "at eight?");
	uint64_t bobs = same_message(&w->c->bob, &w->c->alice, n);
	struct shown shown;

	tell_about(w, &w->c->bob, MESSAGE_REACTION, "+1", bobs);
	tell_about(w, &w->c->carol, MESSAGE_REACTION, "-1",
	    same_message(&w->c->carol, &w->c->alice, n));
	tell_about(w, &w->c->bob, MESSAGE_EDIT, "at nine?", bobs);
	tell_about(w, &w->c->bob, MESSAGE_DELETION, "", bobs);
	shown = shown_at(&w->c->alice, n);
	assert_int_equal(shown.reactions, 2);
	assert_string_equal(shown.text, "at eight?");
	assert_false(shown.deleted);
	tell_about(w, &w->c->alice, MESSAGE_EDIT, "at ten?", n);
	shown = shown_at(&w->c->bob, bobs);
	assert_string_equal(shown.text, "at ten?");
	assert_int_equal(shown.reactions, 2);
	tell_about(w, &w->c->alice, MESSAGE_DELETION, "", n);
	assert_true(is_bare(&w->c->bob, bobs));
	assert_true(
	    is_bare(&w->c->carol, same_message(&w->c->carol, &w->c->alice, n)));
}

/* Whatever of the three is not right, it is about nothing that is here. */
static void
a_target_that_does_not_fit_wholly_is_none(void **state)
{
	struct world *w = *state;
	uint64_t n = begin_said(w, "at eight?");
	struct message_target right = target_at(&w->c->alice, n);
	struct message_target t = right;

	t.hash.raw[0] ^= 1;
	forge(w, MESSAGE_REACTION, "1", &t);
	t = right;
	t.author = name_of("carol");
	forge(w, MESSAGE_REACTION, "2", &t);
	t = right;
	t.id.raw[0] ^= 1;
	forge(w, MESSAGE_REACTION, "3", &t);
	assert_true(is_alone(&w->c->alice, last_n(&w->c->alice)));
	assert_int_equal(shown_at(&w->c->alice, n).reactions, 0);
	forge(w, MESSAGE_EDIT, "I quit", &right);
	assert_true(is_alone(&w->c->alice, last_n(&w->c->alice)));
	forge(w, MESSAGE_DELETION, "", &right);
	assert_string_equal(shown_at(&w->c->alice, n).text, "at eight?");
	forge(w, MESSAGE_REACTION, "4", &right);
	assert_false(is_alone(&w->c->alice, last_n(&w->c->alice)));
	assert_true(is_alone(&w->c->alice, n));
	assert_string_equal(shown_at(&w->c->alice, n).reaction, "4");
}

/* bob says something under the id of alice's message, and edits that. */
static void
a_message_with_somebody_elses_id_is_another(void **state)
{
	struct world *w = *state;
	uint64_t n = begin_said(w, "at eight?");
	struct group_record g = record_of(w, &w->c->alice);
	struct log_place place = { g.length, g.head };
	struct message_target t = target_at(&w->c->alice, n);
	struct saying what = {
		.id = t.id, .type = MESSAGE_TEXT, .content = BYTES("mine")
	};
	struct signed_parts parts;
	struct address bob = w->c->bob.core.self.address;
	struct history_entry e;
	uint64_t seq;
	struct step s = begin(&w->c->bob);

	/* As messenger_file() would: alice gets it under that id. */
	assert_status(STATUS_OK,
	    messenger_sign(&s, &w->group, &what, &place, &parts, &seq));
	step_abort(&s);
	s = begin(&w->c->alice);
	e = (struct history_entry){
		.kind = HISTORY_MESSAGE,
		.conversation_kind = CONVERSATION_GROUP,
		.conversation = w->group,
		.from = bob.account,
		.from_key = w->c->bob.core.self.account_key,
		.device = bob.device,
		.type = MESSAGE_TEXT,
		.id = t.id,
		.text = what.content,
		.body = buf_view(parts.body),
		.signature = SIGNATURE_VALID,
		.trust = TRUST_UNVERIFIED,
		.seq = seq,
	};
	assert_status(STATUS_OK, history_append(s.txn, &e, &e.n));
	commit(&s);
	t.author = bob.account;
	hash_bytes(buf_view(parts.body), &t.hash);
	buf_free(parts.body);
	forge(w, MESSAGE_EDIT, "mine, edited", &t);
	assert_string_equal(shown_at(&w->c->alice, e.n).text, "mine, edited");
	assert_string_equal(shown_at(&w->c->alice, n).text, "at eight?");
	forge(w, MESSAGE_DELETION, "", &t);
	assert_true(is_bare(&w->c->alice, e.n));
	assert_false(is_bare(&w->c->alice, n));
}

static void
an_unsigned_word_changes_nothing(void **state)
{
	struct world *w = *state;
	uint64_t n = begin_said(w, "at eight?");
	struct group_record g = record_of(w, &w->c->alice);
	struct forged f = honest(&w->c->bob, BYTES("+1"), g.length, &g.head);
	size_t rows = rows_of(&w->c->alice, VAULT_WORDS);

	f.bad_signature = true;
	f.what.type = MESSAGE_REACTION;
	f.what.has_target = true;
	f.what.target = target_at(&w->c->alice, n);
	say_forged(w, &w->c->bob, &w->c->alice, &f);
	assert_int_equal(shown_at(&w->c->alice, n).reactions, 0);
	assert_int_equal(rows_of(&w->c->alice, VAULT_WORDS), rows);
}

static void
who_was_removed_edits_nothing_any_more(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct group_record g;
	struct forged f;
	uint64_t n;
	unsigned detail;

	make_three(w);
	tell(w, bob, "mine");
	n = same_message(&w->c->alice, bob, last_n(bob));
	g = record_of(w, &w->c->alice);
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_REMOVE, "bob", 0), TACIT_DONE);
	f = honest(bob, BYTES("rewritten"), g.length, &g.head);
	f.what.type = MESSAGE_EDIT;
	f.what.has_target = true;
	f.what.target = target_at(&w->c->alice, n);
	say_forged(w, bob, &w->c->alice, &f);
	assert_int_equal(notices(&w->c->alice, NOTICE_REFUSED, &detail), 1);
	assert_string_equal(shown_at(&w->c->alice, n).text, "mine");
	f.what.type = MESSAGE_DELETION;
	f.text = BYTES_NONE;
	say_forged(w, bob, &w->c->alice, &f);
	assert_int_equal(notices(&w->c->alice, NOTICE_REFUSED, &detail), 2);
	assert_false(is_bare(&w->c->alice, n));
}

/* They are messages with numbers: what was lost of them comes again. */
static void
lost_words_are_repaired_by_any_member(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	uint64_t n = begin_said(w, "at eight?");
	uint64_t second;
	struct shown shown;

	tell(w, &w->c->alice, "second");
	second = last_n(&w->c->alice);
	w->deaf = bob;
	tell_about(w, &w->c->alice, MESSAGE_EDIT, "at nine?", n);
	tell_about(w, &w->c->alice, MESSAGE_REACTION, "+1", n);
	tell_about(w, &w->c->alice, MESSAGE_REACTION, "", n);
	tell_about(w, &w->c->alice, MESSAGE_DELETION, "", second);
	w->deaf = NULL;
	tell(w, &w->c->alice, "heard");
	shown = shown_at(bob, same_message(bob, &w->c->alice, n));
	assert_string_equal(shown.text, "at eight?");
	w->deaf = &w->c->alice; /* never gets the question */
	ask(w, bob, 0);
	ask(w, bob, 3 * MINUTE_MS);
	w->deaf = NULL;
	assert_status(STATUS_OK, flush(w, &w->c->carol));
	assert_int_equal(gaps_of(bob), 0);
	shown = shown_at(bob, same_message(bob, &w->c->alice, n));
	assert_string_equal(shown.text, "at nine?");
	assert_int_equal(shown.reactions, 0);
	assert_true(is_bare(bob, same_message(bob, &w->c->alice, second)));
}

/* Between two it is the same, but there is one to ask. */
static void
lost_words_between_two_are_repaired(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct party *bob = &w->c->bob;
	struct parcel lost[4];
	struct shown shown;
	uint64_t n, second;

	say(bob, alice, "hi");
	say(alice, bob, "first");
	n = last_n(alice);
	say(alice, bob, "second");
	second = last_n(alice);
	lost[0] = write_about(alice, bob, MESSAGE_EDIT, "edited", n);
	lost[1] = write_about(alice, bob, MESSAGE_REACTION, "+1", n);
	lost[2] = write_about(alice, bob, MESSAGE_DELETION, "", second);
	lost[3] = write_about(alice, bob, MESSAGE_REACTION, "", n);
	for (size_t i = 0; i < 4; i++)
		parcel_clear(&lost[i]);
	say(alice, bob, "heard");
	assert_string_equal(
	    shown_at(bob, same_message(bob, alice, n)).text, "first");
	ask(w, bob, 0);
	for (int i = 0; i < 2; i++) {
		assert_status(STATUS_OK, flush(w, alice));
		assert_status(STATUS_OK, flush(w, bob));
	}
	assert_int_equal(gaps_of(bob), 0);
	shown = shown_at(bob, same_message(bob, alice, n));
	assert_string_equal(shown.text, "edited");
	assert_int_equal(shown.reactions, 0);
	assert_true(is_bare(bob, same_message(bob, alice, second)));
}

/* A member that was told to forget a text gives it to nobody. */
static void
what_was_deleted_is_not_sent_again(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	uint64_t n;

	begin_said(w, "one");
	w->deaf = bob;
	tell(w, &w->c->alice, "lost");
	n = last_n(&w->c->alice);
	w->deaf = NULL;
	tell_about(w, &w->c->alice, MESSAGE_DELETION, "", n);
	ask(w, bob, 0);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	ask(w, bob, 3 * MINUTE_MS);
	assert_status(STATUS_OK, flush(w, &w->c->carol));
	assert_int_equal(heard_last(w, bob, "lost", NULL), 0);
	assert_int_equal(same_message(bob, &w->c->alice, n), 0);
}

static void
set_timer(struct world *w, uint64_t timer_s)
{
	const struct group_wish timed = {
		.type = ENTRY_SETTINGS, .has_timer = true, .timer_s = timer_s
	};

	assert_int_equal(wish_for(w, &w->c->alice, &timed), TACIT_DONE);
	read_log(w, &w->c->bob);
	read_log(w, &w->c->carol);
}

static void
expire(struct party *p)
{
	assert_status(STATUS_OK, expiry_run(&p->core));
}

static void
an_edit_disappears_with_what_it_edits(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	uint64_t first = begin_said(w, "stays");
	uint64_t n, edit, reaction;

	set_timer(w, TIMER_S);
	tell(w, &w->c->alice, "goes");
	n = last_n(&w->c->alice);
	wait_ms(TIMER_S * 1000 / 2);
	set_timer(w, 0);
	tell_about(w, &w->c->alice, MESSAGE_EDIT, "goes soon", n);
	edit = last_n(&w->c->alice);
	tell_about(w, &w->c->alice, MESSAGE_REACTION, "+1", n);
	reaction = last_n(&w->c->alice);
	set_timer(w, TIMER_S);
	tell_about(w, &w->c->alice, MESSAGE_EDIT, "stays on", first);
	assert_string_equal(
	    shown_at(bob, same_message(bob, &w->c->alice, n)).text,
	    "goes soon");
	wait_ms(TIMER_S * 1000 / 2 + 2 * MINUTE_MS);
	expire(&w->c->alice);
	expire(bob);
	assert_true(is_bare(&w->c->alice, n));
	assert_true(is_bare(&w->c->alice, edit));
	assert_true(is_bare(&w->c->alice, reaction));
	assert_true(is_bare(bob, same_message(bob, &w->c->alice, n)));
	assert_true(is_bare(bob, same_message(bob, &w->c->alice, edit)));
	wait_ms(TIMER_S * 1000);
	expire(bob);
	assert_string_equal(
	    shown_at(bob, same_message(bob, &w->c->alice, first)).text,
	    "stays on");
}

/* The original is late: it goes with its edit, which was there before. */
static void
an_edit_that_came_first_waits_as_long_as_its_original_stays(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct item original;
	uint64_t n, edit;

	begin_said(w, "one");
	set_timer(w, TIMER_S);
	w->deaf = bob;
	tell(w, &w->c->alice, "goes");
	w->deaf = NULL;
	n = last_n(&w->c->alice);
	original = w->missed;
	tell_about(w, &w->c->alice, MESSAGE_EDIT, "goes soon", n);
	edit = last_n(&w->c->alice);
	wait_ms(TIMER_S * 1000 / 2);
	take_item(bob, &original);
	assert_string_equal(
	    shown_at(bob, same_message(bob, &w->c->alice, n)).text,
	    "goes soon");
	assert_int_equal(
	    shown_at(bob, same_message(bob, &w->c->alice, n)).expires_ms,
	    shown_at(bob, same_message(bob, &w->c->alice, edit)).expires_ms);
	wait_ms(TIMER_S * 1000 / 2 + 2 * MINUTE_MS);
	expire(bob);
	assert_false(is_bare(bob, same_message(bob, &w->c->alice, edit)));
	wait_ms(TIMER_S * 1000 / 2);
	expire(bob);
	assert_true(is_bare(bob, same_message(bob, &w->c->alice, edit)));
	assert_true(is_bare(bob, same_message(bob, &w->c->alice, n)));
}

static void
an_edit_whose_time_is_over_takes_a_late_original_with_it(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct item original;
	uint64_t n;

	begin_said(w, "one");
	set_timer(w, TIMER_S);
	w->deaf = bob;
	tell(w, &w->c->alice, "an old text");
	w->deaf = NULL;
	n = last_n(&w->c->alice);
	original = w->missed;
	tell_about(w, &w->c->alice, MESSAGE_EDIT, "the last word", n);
	wait_ms(TIMER_S * 1000 + 2 * MINUTE_MS);
	expire(bob);
	take_item(bob, &original);
	assert_true(is_bare(bob, same_message(bob, &w->c->alice, n)));
	assert_int_equal(heard(bob, "an old text"), 0);
}

static void
an_edit_of_what_has_disappeared_is_gone_at_once(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	uint64_t n;

	begin_said(w, "one");
	set_timer(w, TIMER_S);
	tell(w, &w->c->alice, "goes");
	n = last_n(&w->c->alice);
	wait_ms(TIMER_S * 1000 + 2 * MINUTE_MS);
	tell_about(w, &w->c->alice, MESSAGE_EDIT, "back again", n);
	assert_true(is_bare(bob, last_n(bob)));
	assert_true(is_bare(&w->c->alice, last_n(&w->c->alice)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		group_test(everybody_reacts_and_only_the_author_edits),
		group_test(a_target_that_does_not_fit_wholly_is_none),
		group_test(a_message_with_somebody_elses_id_is_another),
		group_test(an_unsigned_word_changes_nothing),
		group_test(who_was_removed_edits_nothing_any_more),
		group_test(lost_words_are_repaired_by_any_member),
		group_test(lost_words_between_two_are_repaired),
		group_test(what_was_deleted_is_not_sent_again),
		group_test(an_edit_disappears_with_what_it_edits),
		group_test(
		    an_edit_that_came_first_waits_as_long_as_its_original_stays),
		group_test(
		    an_edit_whose_time_is_over_takes_a_late_original_with_it),
		group_test(an_edit_of_what_has_disappeared_is_gone_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
