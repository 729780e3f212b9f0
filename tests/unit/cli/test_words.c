/* react, edit, delete, replies, and what is shown of them. */
#include <string.h>

#include "tests/unit/cli/fake_tacit.h"

#define TIME "[2026-11-21 14:03:22] "
#define ID   "00112233445566778899aabbccddeeff"

enum { NOON_S = 1795269802 };

static const int64_t noon_ms = NOON_S * INT64_C(1000) + 123;
static const int64_t later_ms = NOON_S * INT64_C(1000) + 30123;

static struct tacit_quote
quote_of(const char *from, const char *text)
{
	return (struct tacit_quote){
		.id = ID,
		.from = from,
		.here = true,
		.sent_ms = noon_ms,
		.text = text,
		.text_len = strlen(text),
	};
}

static void
show(
    struct tacit_event event, const struct tacit_words *w, const char *expected)
{
	struct run r;

	event.words = w;
	fake.events_count = 0;
	fake_event(event);
	r = run("receive");
	assert_string_equal(r.out, expected);
	assert_int_equal(r.code, 0);
}

static void
a_reply_stands_under_one_line_of_what_it_answers(void **state)
{
	struct tacit_quote q = quote_of("bob", "at eight?\nor later");
	struct tacit_words w = { .word = TACIT_TEXT, .about = &q };

	(void)state;
	show(fake_message("alice", "yes"), &w,
	    "-- > " TIME "bob: at eight?...\n" TIME "alice: yes\n");
	q.from_alias = "bobby";
	q.deleted = true;
	q.text = "";
	q.text_len = 0;
	show(fake_message("alice", "yes"), &w,
	    "-- > " TIME "bobby (deleted)\n" TIME "alice: yes\n");
	q.deleted = false;
	q.disappeared = true;
	show(fake_group_message("alice", "yes"), &w,
	    "-- > " TIME "bobby (disappeared)\n" TIME "friends/alice: yes\n");
	q = (struct tacit_quote){ .id = ID, .from = "bob", .text = "" };
	show(fake_message("alice", "yes"), &w,
	    "-- > bob (not here)\n" TIME "alice: yes\n");
}

static void
a_long_text_is_quoted_by_its_beginning(void **state)
{
	/* 60 characters, of which ten have two bytes. */
#define SIXTY                                                                  \
	"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"     \
	"\xc3\xa4\xc3\xa4"                                                     \
	"01234567890123456789012345678901234567890123456789"
	struct tacit_quote q = quote_of("bob", SIXTY "and more");
	struct tacit_words w = { .word = TACIT_TEXT, .about = &q };

	(void)state;
	show(fake_message("alice", "yes"), &w,
	    "-- > " TIME "bob: " SIXTY "...\n" TIME "alice: yes\n");
	q = quote_of("bob", SIXTY);
	show(fake_message("alice", "yes"), &w,
	    "-- > " TIME "bob: " SIXTY "\n" TIME "alice: yes\n");
}

/* Where a text begins a line of its own, that is indented. */
static void
no_text_forges_a_quote_or_a_reaction(void **state)
{
	struct tacit_quote q =
	    quote_of("bob", "x\x1b[2J\r-- > \xe2\x80\xae\tbob: y");
	struct tacit_words w = { .word = TACIT_TEXT, .about = &q };

	(void)state;
	show(fake_message("alice", "-- > bob: no\n-- + x bob\n"), &w,
	    "-- > " TIME "bob: x\\x1b[2J\\x0d-- > \\u202e\\x09bob: y\n" TIME
	    "alice: -- > bob: no\n    -- + x bob\n    \n");
}

static void
reactions_stand_under_their_message_each_sign_once(void **state)
{
	const struct tacit_reaction reactions[] = {
		{ .from = "bob", .text = "+1", .text_len = 2 },
		{ .from = "carol", .text = "\xe2\x9d\xa4", .text_len = 3 },
		{ .from = "dave",
		    .from_alias = "d",
		    .text = "+1",
		    .text_len = 2 },
	};
	struct tacit_words w = {
		.word = TACIT_TEXT, .reactions = reactions, .reactions_count = 3
	};

	(void)state;
	show(fake_message("alice", "lunch?"), &w,
	    TIME "alice: lunch?\n-- + +1 bob, d; \xe2\x9d\xa4 carol\n");
}

/* A peer's client may call anything a reaction. */
static void
what_is_no_emoji_stands_in_quotes_and_escaped(void **state)
{
	const struct tacit_reaction reactions[] = {
		{ .from = "mallory", .text = "+1 bob, carol", .text_len = 13 },
		{ .from = "mallory",
		    .text = "\n-- alice left",
		    .text_len = 14 },
		{ .from = "mallory", .text = "\x1b[2J\xff", .text_len = 5 },
	};
	struct tacit_words w = {
		.word = TACIT_TEXT, .reactions = reactions, .reactions_count = 3
	};
	struct tacit_quote q = quote_of("bob", "hi");
	struct tacit_event event = fake_message("mallory", "a: b\n-- c");

	(void)state;
	show(fake_message("alice", "x"), &w,
	    TIME "alice: x\n-- + \"+1 bob, carol\" mallory; "
		 "\"\\x0a-- alice left\" mallory; \"\\x1b[2J\\xff\" mallory\n");
	w = (struct tacit_words){ .word = TACIT_REACTION, .about = &q };
	show(event, &w,
	    "-- " TIME "mallory reacted \"a\\x3a b\\x0a-- c\" to the message "
	    "of " TIME "bob: hi\n");
}

/* Who reacted stands behind the sign, so no sign may look like a name. */
static void
no_sign_looks_like_those_who_gave_it(void **state)
{
	static const char *const texts[] = {
		"ok\" alice; \"no", "a\\\" bob", "\xf0\x9f\x91\x8d,bob",
		"\xf0\x9f\x91\x8d\xe2\xa0\x80mona", /* a blank of braille */
		"no\xe2\x80\x9d dave",              /* a quotation mark */
		"\xf0\x9f\x91\x8d\xef\xb8\x8f",     /* what it is for */
	};
	struct tacit_reaction reactions[6];
	struct tacit_words w = {
		.word = TACIT_TEXT, .reactions = reactions, .reactions_count = 6
	};

	(void)state;
	for (size_t i = 0; i < 6; i++)
		reactions[i] = (struct tacit_reaction){ .from = "mallory",
			.text = texts[i],
			.text_len = strlen(texts[i]) };
	show(fake_message("alice", "x"), &w,
	    TIME "alice: x\n"
		 "-- + \"ok\\x22 alice; \\x22no\" mallory; "
		 "\"a\\x5c\\x22 bob\" mallory; "
		 "\"\xf0\x9f\x91\x8d,bob\" mallory; "
		 "\"\xf0\x9f\x91\x8d\xe2\xa0\x80mona\" mallory; "
		 "\"no\\u201d dave\" mallory; "
		 "\xf0\x9f\x91\x8d\xef\xb8\x8f mallory\n");
}

static void
what_was_done_to_a_message_is_a_line_of_its_own(void **state)
{
	struct tacit_quote q = quote_of("bob", "hi");
	struct tacit_words w = { .word = TACIT_REACTION, .about = &q };
	struct tacit_event event = fake_group_message("alice", "+1");

	(void)state;
	show(event, &w,
	    "-- " TIME "friends/alice reacted +1 to the message of " TIME
	    "bob: hi\n");
	show(fake_message("alice", ""), &w,
	    "-- " TIME "alice took back a reaction to the message of " TIME
	    "bob: hi\n");
	w.word = TACIT_EDIT;
	q.from = "alice";
	show(fake_message("alice", "one\ntwo"), &w,
	    "-- " TIME "alice edited the message of " TIME
	    "alice: one\n    two\n");
	w.word = TACIT_DELETION;
	q = quote_of("alice", "");
	q.deleted = true;
	show(fake_message("alice", ""), &w,
	    "-- " TIME "alice deleted the message of " TIME
	    "alice (deleted)\n");
	q = (struct tacit_quote){ .id = ID, .from = "alice", .text = "" };
	show(fake_message("alice", ""), &w,
	    "-- " TIME "alice deleted a message of alice (not here)\n");
}

/*
 * Deleted with the message that they are about, they are not what they seem
 * without their text.
 */
static void
what_a_deletion_erased_is_not_called_taken_back(void **state)
{
	struct tacit_quote q = quote_of("bob", "");
	struct tacit_words w = { .word = TACIT_REACTION, .about = &q };
	struct tacit_event event = fake_message("alice", "");

	(void)state;
	q.deleted = true;
	event.disappeared = true;
	show(event, &w,
	    "-- " TIME "alice reacted to the message of " TIME
	    "bob (deleted)\n");
	w.word = TACIT_EDIT;
	q.from = "alice";
	show(event, &w,
	    "-- " TIME "alice edited the message of " TIME "alice (deleted)\n");
}

static void
what_changes_nothing_says_why(void **state)
{
	struct tacit_quote q = quote_of("bob", "hi");
	struct tacit_words w = {
		.word = TACIT_DELETION,
		.about = &q,
		.ignored = "the message is somebody else's",
	};
	struct tacit_event event = fake_message("mallory", "");

	(void)state;
	show(event, &w,
	    "-- " TIME "mallory (ignored: the message is somebody else's) "
	    "deleted the message of " TIME "bob: hi\n");
	event.signature = "invalid";
	w.ignored = NULL;
	show(event, &w,
	    "-- " TIME
	    "mallory (SIGNATURE INVALID) deleted the message of " TIME
	    "bob: hi\n");
}

static void
a_message_says_that_it_was_edited_or_deleted(void **state)
{
	const struct tacit_earlier earlier = { noon_ms, "old\ntext", 8 };
	struct tacit_words w = {
		.word = TACIT_TEXT,
		.edited_ms = later_ms,
		.earlier = &earlier,
		.earlier_count = 1,
	};
	struct tacit_event event = fake_message("alice", "new");
	struct run r;

	(void)state;
	show(event, &w, TIME "alice (edited 2026-11-21 14:03:52): new\n");
	w.edit_state = TACIT_QUEUED;
	show(event, &w,
	    TIME "alice (edited 2026-11-21 14:03:52, edit queued): new\n");
	event.words = &w;
	fake_event(event);
	r = run("history", "alice", "--long");
	assert_non_null(strstr(r.out, ": new\n-- was " TIME "old\n    text\n"));
	w = (struct tacit_words){ .word = TACIT_TEXT, .deleted_ms = later_ms };
	show(fake_message("alice", ""), &w, TIME "alice (deleted)\n");
	w.deletion_state = TACIT_QUEUED;
	show(fake_message("alice", ""), &w,
	    TIME "alice (deleted, deletion queued)\n");
	w = (struct tacit_words){
		.word = TACIT_TEXT, .deleted_ms = later_ms, .deleted_here = true
	};
	show(fake_message("alice", ""), &w, TIME "alice (deleted here)\n");
}

static void
a_message_of_a_later_release_is_a_line(void **state)
{
	struct tacit_words w = { .word = TACIT_LATER_WORD, .type = 77 };

	(void)state;
	show(fake_message("alice", ""), &w,
	    TIME "alice (a message of a later release)\n");
}

static void
react_takes_a_sign_or_takes_it_back(void **state)
{
	(void)state;
	assert_int_equal(run("react", "0011aabb", "+1").code, 0);
	assert_int_equal(fake.acted.word, TACIT_REACTION);
	assert_string_equal(fake.id, "0011aabb");
	assert_string_equal(fake.sent_texts[0], "+1");
	assert_int_equal(run("react", "0011aabb", "--remove").code, 0);
	assert_int_equal(fake.acted.text_len, 0);
	assert_int_equal(run("react", "0011aabb").code, 2);
	assert_int_equal(run("react", "0011aabb", "+1", "--remove").code, 2);
	assert_int_equal(run("react").code, 2);
	fake.answer = TACIT_NOT_FOUND;
	assert_int_equal(run("react", "0011aabb", "+1").code, 4);
}

static void
edit_takes_its_text_from_the_line_or_from_standard_input(void **state)
{
	(void)state;
	assert_int_equal(run("edit", "0011aabb", "e\xcc\x81").code, 0);
	assert_int_equal(fake.acted.word, TACIT_EDIT);
	/* A text is what was typed, in whatever form. */
	assert_string_equal(fake.sent_texts[0], "e\xcc\x81");
	assert_int_equal(run_input("typed\n", "edit", "0011aabb").code, 0);
	assert_string_equal(fake.sent_texts[0], "typed");
	assert_int_equal(run_input("", "edit", "0011aabb").code, 2);
	assert_int_equal(run("edit", "0011aabb", "").code, 2);
	assert_int_equal(
	    run("edit", "0011aabb", "x", "--queue", "--wait", "5s").code, 2);
	assert_int_equal(
	    run("edit", "0011aabb", "x", "--queue", "--id", "aabb").code, 0);
	assert_true(fake.acted.queue_only);
	fake.answer = TACIT_NOT_ALLOWED;
	assert_int_equal(run("edit", "0011aabb", "x").code, 8);
}

static void
delete_is_for_everyone_unless_it_is_local(void **state)
{
	(void)state;
	assert_int_equal(run("delete", "0011aabb").code, 0);
	assert_int_equal(fake.acted.word, TACIT_DELETION);
	assert_int_equal(fake.deletions, 0);
	assert_int_equal(run("delete", "--local", "0011aabb").code, 0);
	assert_int_equal(fake.deletions, 1);
	assert_int_equal(run("delete", "--local", "--queue", "00").code, 2);
	assert_int_equal(fake.deletions, 1);
}

static void
send_says_what_it_answers(void **state)
{
	(void)state;
	assert_int_equal(
	    run("send", "alice", "yes", "--reply", "0011aabb").code, 0);
	assert_string_equal(fake.reply_to, "0011aabb");
	assert_int_equal(run("send", "alice", "yes").code, 0);
	assert_string_equal(fake.reply_to, "");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_reply_stands_under_one_line_of_what_it_answers),
		TEST(a_long_text_is_quoted_by_its_beginning),
		TEST(no_text_forges_a_quote_or_a_reaction),
		TEST(reactions_stand_under_their_message_each_sign_once),
		TEST(what_is_no_emoji_stands_in_quotes_and_escaped),
		TEST(no_sign_looks_like_those_who_gave_it),
		TEST(what_was_done_to_a_message_is_a_line_of_its_own),
		TEST(what_a_deletion_erased_is_not_called_taken_back),
		TEST(what_changes_nothing_says_why),
		TEST(a_message_says_that_it_was_edited_or_deleted),
		TEST(a_message_of_a_later_release_is_a_line),
		TEST(react_takes_a_sign_or_takes_it_back),
		TEST(edit_takes_its_text_from_the_line_or_from_standard_input),
		TEST(delete_is_for_everyone_unless_it_is_local),
		TEST(send_says_what_it_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
