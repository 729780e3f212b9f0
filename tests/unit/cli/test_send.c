#include "tests/unit/cli/fake_tacit.h"

#include <stdio.h>

static char *
repeated(char c, size_t count, const char *end)
{
	char *text = malloc(count + strlen(end) + 1);

	assert_non_null(text);
	memset(text, c, count);
	memcpy(text + count, end, strlen(end) + 1);
	return text;
}

static void
what_cannot_be_sent_is_refused_before_anything_happens(void **state)
{
	char *long_text = repeated('x', TACIT_TEXT_BYTES + 1, "");
	char *long_line = repeated('x', TACIT_TEXT_BYTES + 1, "\n");

	(void)state;
	assert_int_equal(run("send", "alice", "").code, 2);
	assert_int_equal(run("send", "alice").code, 2);
	assert_int_equal(run_input("\n", "send", "alice").code, 2);
	assert_int_equal(run_input("\xff", "send", "alice").code, 2);
	assert_int_equal(run("send", "alice", "\xc3").code, 2);
	assert_int_equal(run_input(long_text, "send", "alice").code, 2);
	assert_int_equal(run_input(long_line, "send", "alice").code, 2);
	assert_int_equal(run("send", "alice", long_text).code, 2);
	assert_int_equal(run("send").code, 2);
	assert_int_equal(run("send", "alice", "two", "words").code, 2);
	assert_int_equal(run("send", "-g", "friends", "two", "w").code, 2);
	assert_int_equal(run("send", "alice", "x", "--lines").code, 2);
	assert_int_equal(run("send", "alice", "--lines", "--id", "00").code, 2);
	assert_int_equal(
	    run("send", "alice", "x", "--queue", "--wait", "5m").code, 2);
	assert_int_equal(run("send", "alice", "x", "--wait", "0s").code, 2);
	assert_int_equal(run_input("\n\n", "send", "alice", "--lines").code, 2);
	assert_int_equal(fake.sent_count, 0);
	free(long_text);
	free(long_line);
}

static void
a_given_text_leaves_standard_input_alone(void **state)
{
	struct run r = run_input("from stdin", "send", "alice", "from argv");

	(void)state;
	assert_int_equal(r.code, 0);
	assert_string_equal(r.out, "");
	assert_string_equal(r.err, "");
	assert_string_equal(fake.sent_texts[0], "from argv");
	assert_string_equal(fake.to, "alice");
	assert_int_equal(fake.send.kind, TACIT_DIRECT);
}

static void
standard_input_loses_one_line_end_and_no_more(void **state)
{
	char *most = repeated('x', TACIT_TEXT_BYTES, "\n");

	(void)state;
	assert_int_equal(run_input("a\nb\n\n", "send", "alice").code, 0);
	assert_string_equal(fake.sent_texts[0], "a\nb\n");
	assert_int_equal(run_input(most, "send", "alice").code, 0);
	assert_int_equal(fake.send.text_len, TACIT_TEXT_BYTES);
	free(most);
}

static void
options_reach_the_library_wherever_they_stand(void **state)
{
	(void)state;
	assert_int_equal(run("--timeout", "5s", "send", "-g", "friends", "hi",
			     "--id", "00ff", "--now", "--wait", "5m", "--json")
			     .code,
	    0);
	assert_int_equal(fake.send.kind, TACIT_GROUP);
	assert_string_equal(fake.to, "friends");
	assert_string_equal(fake.id, "00ff");
	assert_true(fake.send.now);
	assert_int_equal(fake.send.wait_ms, 300000);
	assert_int_equal(fake.timeout_ms, 5000);
	assert_int_equal(
	    run("send", "--queue", "alice", "--", "--not-an-option").code, 0);
	assert_true(fake.send.queue_only);
	assert_string_equal(fake.sent_texts[1], "--not-an-option");
}

static void
names_are_composed_and_texts_left_as_they_are(void **state)
{
	(void)state;
	assert_int_equal(run("send", "Zoe\xcc\x88", "e\xcc\x88").code, 0);
	assert_string_equal(fake.to, "Zo\xc3\xab");
	assert_string_equal(fake.sent_texts[0], "e\xcc\x88");
	assert_int_equal(run("send", "-g", "Zoe\xcc\x88", "e\xcc\x88").code, 0);
	assert_string_equal(fake.to, "Zo\xc3\xab");
	assert_string_equal(fake.sent_texts[1], "e\xcc\x88");
}

static void
each_line_is_a_message_in_order(void **state)
{
	static char lines[1000 * 8];
	char expected[16];
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		len += (size_t)snprintf(
		    lines + len, sizeof(lines) - len, "n%d\n", i);
	lines[len - 1] = '\0'; /* the last without a line end */
	assert_int_equal(run_input(lines, "send", "alice", "--lines").code, 0);
	assert_int_equal(fake.sent_count, 1000);
	assert_int_equal(fake.sends, 4);
	for (int i = 0; i < 1000; i++) {
		snprintf(expected, sizeof(expected), "n%d", i);
		assert_string_equal(fake.sent_texts[i], expected);
	}
}

static void
a_bad_line_stops_after_those_before_it(void **state)
{
	struct run r =
	    run_input("a\n\nb\n\xff\nc\n", "send", "alice", "--lines");

	(void)state;
	assert_int_equal(r.code, 2);
	assert_int_equal(fake.sent_count, 2);
	assert_non_null(strstr(r.err, "Line 4 of standard input"));
}

static void
lines_are_all_queued_when_the_relay_is_away(void **state)
{
	static char lines[600 * 2 + 1];
	struct run r;

	(void)state;
	for (size_t i = 0; i < 600; i++)
		memcpy(lines + i * 2, "x\n", 2);
	fake.answer = TACIT_UNREACHABLE;
	fake.sent_state = TACIT_QUEUED;
	r = run_input(lines, "send", "alice", "--lines");
	assert_int_equal(r.code, 3);
	assert_string_equal(r.err, "tacit: it went wrong\n");
	assert_int_equal(fake.sent_count, 600);
	assert_true(fake.send.queue_only); /* not waited for again */
	fake.answer = TACIT_DISK_FULL;
	fake.sends = 0;
	fake.sent_count = 0;
	assert_int_equal(run_input(lines, "send", "alice", "--lines").code, 13);
	assert_int_equal(fake.sends, 1);
}

static void
a_queued_message_is_printed_although_the_relay_is_away(void **state)
{
	struct run r;

	(void)state;
	fake.answer = TACIT_UNREACHABLE;
	fake.sent_state = TACIT_QUEUED;
	r = run("send", "alice", "hi", "--json");
	assert_int_equal(r.code, 3);
	assert_non_null(strstr(r.out, "\"state\":\"queued\""));
	assert_string_equal(r.err, "{\"error\":{\"code\":\"unreachable\","
				   "\"message\":\"it went wrong\"}}\n");
}

static void
who_did_not_get_it_is_named(void **state)
{
	struct run r;

	(void)state;
	fake.refused[0] = "carol\x1b[2J";
	fake.refused_count = 1;
	r = run("send", "-g", "friends", "hi");
	assert_int_equal(r.code, 0);
	assert_string_equal(r.err,
	    "tacit: carol\\x1b[2J did not get the message: the mailbox is "
	    "full, and it is tried again, or the key has changed (tacit "
	    "contacts)\n");
	fake.answer = TACIT_REFUSED;
	fake.retry_after_ms = 1500;
	r = run("send", "-g", "friends", "hi", "--quiet");
	assert_int_equal(r.code, 7);
	assert_string_equal(r.err, "tacit: it went wrong (try again in 2 s)\n");
	r = run("send", "-g", "friends", "hi", "--json");
	assert_non_null(strstr(r.err, "\"retry_after_ms\":1500"));
	assert_non_null(strstr(r.out, "\"refused\":[\"carol\\u001B[2J\"]"));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_cannot_be_sent_is_refused_before_anything_happens),
		TEST(a_given_text_leaves_standard_input_alone),
		TEST(standard_input_loses_one_line_end_and_no_more),
		TEST(options_reach_the_library_wherever_they_stand),
		TEST(names_are_composed_and_texts_left_as_they_are),
		TEST(each_line_is_a_message_in_order),
		TEST(a_bad_line_stops_after_those_before_it),
		TEST(lines_are_all_queued_when_the_relay_is_away),
		TEST(a_queued_message_is_printed_although_the_relay_is_away),
		TEST(who_did_not_get_it_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
