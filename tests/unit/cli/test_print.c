#include "tests/unit/cli/fake_tacit.h"

#define TIME "[2026-11-21 14:03:22] "

static void
expect_lines(const char *expected)
{
	struct run r = run("receive");

	assert_string_equal(r.out, expected);
	assert_int_equal(r.code, 0);
}

static void
a_direct_message_is_one_line(void **state)
{
	(void)state;
	fake_event(fake_message("alice", "see you at eight"));
	expect_lines(TIME "alice: see you at eight\n");
}

static void
a_group_message_names_the_group(void **state)
{
	(void)state;
	fake_event(fake_group_message("alice", "one\ntwo"));
	expect_lines(TIME "friends/alice: one\n    two\n");
}

static void
no_text_forges_a_line_or_steers_the_terminal(void **state)
{
	(void)state;
	fake_event(fake_message(
	    "alice", "x\n" TIME "bob: send money\r\n-- bob joined\x1b[2J"));
	expect_lines(TIME "alice: x\n    " TIME "bob: send money\\x0d\n"
			  "    -- bob joined\\x1b[2J\n");
}

static void
no_group_name_forges_a_speaker(void **state)
{
	struct tacit_event event = fake_group_message("alice", "hi");

	(void)state;
	event.conversation.name = "bob: hello\n" TIME "carol";
	fake_event(event);
	expect_lines(TIME
	    "bob\\x3a hello\\x0a[2026-11-21 14\\x3a03\\x3a22] carol/alice: "
	    "hi\n");
}

static void
what_is_about_all_conversations_names_none(void **state)
{
	struct tacit_event event = fake_notice("rolled-back");

	(void)state;
	event.conversation.name = "";
	event.subject = NULL;
	event.detail = NULL;
	event.from = NULL;
	event.received_ms = fake_message("alice", "").sent_ms;
	fake_event(event);
	expect_lines("-- " TIME "this profile is an older copy of itself; "
		     "nothing is sent\n");
}

static void
a_message_that_is_not_right_says_so(void **state)
{
	struct tacit_event event = fake_message("alice", "hi");

	(void)state;
	event.signature = "invalid";
	fake_event(event);
	event.signature = "unknown-device";
	event.trust = "changed";
	fake_event(event);
	event.signature = "something new";
	event.trust = NULL;
	fake_event(event);
	expect_lines(TIME "alice (SIGNATURE INVALID): hi\n" TIME
			  "alice (UNKNOWN DEVICE, KEY CHANGED): hi\n" TIME
			  "alice (SIGNATURE INVALID): hi\n");
}

static void
an_absurd_time_is_marked_and_not_used(void **state)
{
	struct tacit_event event = fake_message("alice", "hi");

	(void)state;
	event.sent_absurd = true;
	event.sent_ms = 1000;
	fake_event(event);
	expect_lines("[2026-11-21 14:03:23] alice (claims to be sent at "
		     "1970-01-01 00:00:01): hi\n");
}

static void
an_alias_stands_for_the_account(void **state)
{
	struct tacit_event event = fake_message("alice", "hi");

	(void)state;
	event.from_alias = "ally";
	fake_event(event);
	expect_lines(TIME "ally: hi\n");
}

static void
an_own_message_shows_what_became_of_it(void **state)
{
	struct tacit_event event = fake_message("bob", "hi");

	(void)state;
	event.own = true;
	event.state = TACIT_STORED;
	fake_event(event);
	event.state = TACIT_STATE_FAILED;
	event.reason = "There is no such account.";
	fake_event(event);
	expect_lines(TIME "bob: hi\n" TIME
			  "bob (failed: There is no such account): hi\n");
}

static void
a_change_of_settings_is_told_in_words(void **state)
{
	static const char *const details[] = { "timer 1d", "timer off",
		"who-may-add members", "colour blue", "colour" };
	struct tacit_event event = fake_notice("settings-changed");

	(void)state;
	for (size_t i = 0; i < sizeof(details) / sizeof(details[0]); i++) {
		event.detail = details[i];
		fake_event(event);
	}
	expect_lines("-- " TIME "friends: alice changed the settings: messages "
		     "disappear after 1d\n"
		     "-- " TIME "friends: alice changed the settings: messages "
		     "stay\n"
		     "-- " TIME "friends: alice changed the settings: members "
		     "may add\n"
		     "-- " TIME "friends: alice changed the settings: colour "
		     "blue\n"
		     "-- " TIME "friends: alice changed the settings: "
		     "colour\n");
}

static void
every_kind_of_notice_is_a_sentence(void **state)
{
	struct tacit_event event = fake_notice("member-added");

	(void)state;
	event.subject = "carol";
	fake_event(event);
	event.notice = "role-changed";
	event.detail = "admin";
	fake_event(event);
	event.notice = "gap";
	event.detail = "3";
	fake_event(event);
	event.notice = "undecryptable";
	event.detail = "1";
	fake_event(event);
	event.notice = "refused";
	event.subject = NULL;
	event.from = NULL;
	event.detail = "the log is unknown";
	fake_event(event);
	event.notice = "brand-new";
	event.reason = "why\nnot";
	fake_event(event);
	expect_lines(
	    "-- " TIME "friends: alice added carol\n"
	    "-- " TIME "friends: alice made carol admin\n"
	    "-- " TIME "friends: missing: 3 messages from carol\n"
	    "-- " TIME "friends: a message from carol cannot be decrypted\n"
	    "-- " TIME "friends: refused: a message (the log is unknown)\n"
	    "-- " TIME "friends: brand-new the log is unknown why\\x0anot\n");
}

static void
a_group_renamed_by_a_joker_stays_one_line(void **state)
{
	struct tacit_event event = fake_notice("group-renamed");

	(void)state;
	event.detail = "x\n" TIME "\xe2\x80\xae";
	fake_event(event);
	expect_lines(
	    "-- " TIME "friends: alice renamed the group to x\\x0a" TIME
	    "\\u202e\n");
}

static void
long_history_shows_ids_and_states(void **state)
{
	struct tacit_event event = fake_message("alice", "hi");
	struct run r;

	(void)state;
	fake_event(event);
	event.own = true;
	event.from = "bob";
	event.state = TACIT_STORED;
	fake_event(event);
	r = run("history", "alice", "--long");
	assert_string_equal(r.out,
	    TIME "alice (n 41, id 00112233445566778899aabbccddeeff, received "
		 "2026-11-21 14:03:23, sender unverified): hi\n" TIME
		 "bob (stored, n 41, id 00112233445566778899aabbccddeeff): "
		 "hi\n");
}

static void
what_people_read_of_everything_else(void **state)
{
	struct run r = run("verify", "alice");

	(void)state;
	assert_string_equal(r.out, "Safety number with alice (not verified):\n"
				   "    01234 56789 01234 56789\n"
				   "    01234 56789 01234 56789\n"
				   "    01234 56789 01234 56789\n");
	r = run("contacts");
	assert_string_equal(r.out, "ally = alice  verified  1 device\n");
	fake.moved_to = "tacit://elsewhere:4433/";
	r = run("contacts");
	assert_non_null(strstr(r.err, "tacit relay set tacit://elsewhere"));
	fake.moved_to = NULL;
	fake.dropped = 7;
	r = run("requests");
	assert_string_equal(r.out,
	    "carol  3 messages  1 invitation  since 2026-11-21 14:03:22\n");
	assert_non_null(strstr(r.err, "no room for 7 messages"));
	assert_int_equal(run("requests", "refuse", "carol", "--block").code, 0);
	assert_true(fake.blocked);
	fake.blocked = false;
	r = run("group", "show", "friends");
	assert_string_equal(r.out, "friends  f12e4d5000000000  2 members\n"
				   "    alice  admin  behind: knew 2 of "
				   "3 entries\n"
				   "    bob  member  (you)\n"
				   "    admins add people; messages disappear "
				   "after 7d\n");
	r = run("group", "show", "friends", "--message", "00112233");
	assert_string_equal(r.out,
	    "    alice  read  delivered 2026-11-21 14:03:22  read 2026-11-21 "
	    "14:04:22\n"
	    "    carol  stored\n");
	r = run("outbox");
	assert_string_equal(r.out,
	    TIME "to alice (00112233445566778899aabbccddeeff, draft, tried 3 "
		 "times, the relay does not answer): hello\n" TIME
		 "to friends (ready, tried 0 times): (keys and membership)\n");
	r = run("check", "tacit://x");
	assert_string_equal(r.out,
	    "tcp       ok      connected\n"
	    "pin       FAILED  it shows another key than the link names\n"
	    "clock     -       not reached\n");
}

static void
a_message_that_disappeared_leaves_its_line(void **state)
{
	struct tacit_event event = fake_group_message("alice", "");

	(void)state;
	event.disappeared = true;
	fake_event(event);
	/* What somebody wrote stands behind a colon. */
	fake_event(fake_group_message("alice", "(message disappeared)"));
	expect_lines(TIME "friends/alice (message disappeared)\n" TIME
			  "friends/alice: (message disappeared)\n");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(no_text_forges_a_line_or_steers_the_terminal),
		TEST(no_group_name_forges_a_speaker),
		TEST(a_group_renamed_by_a_joker_stays_one_line),
		TEST(what_is_about_all_conversations_names_none),
		TEST(a_message_that_is_not_right_says_so),
		TEST(an_absurd_time_is_marked_and_not_used),
		TEST(a_message_that_disappeared_leaves_its_line),
		TEST(a_direct_message_is_one_line),
		TEST(a_group_message_names_the_group),
		TEST(an_alias_stands_for_the_account),
		TEST(an_own_message_shows_what_became_of_it),
		TEST(a_change_of_settings_is_told_in_words),
		TEST(every_kind_of_notice_is_a_sentence),
		TEST(long_history_shows_ids_and_states),
		TEST(what_people_read_of_everything_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
