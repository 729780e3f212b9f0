/* The shapes of docs/json.md: each example there is a line that is printed. */
#include "tests/unit/cli/fake_tacit.h"

#include <jansson.h>
#include <stdio.h>

static char *
read_document(const char *name)
{
	char path[512];
	char *text = calloc(1, 128 * 1024);
	FILE *from;

	snprintf(path, sizeof(path), "%s/%s", TACIT_SOURCE_DIR, name);
	from = fopen(path, "r");
	assert_non_null(text);
	assert_non_null(from);
	assert_true(fread(text, 1, 128 * 1024 - 1, from) > 0);
	fclose(from);
	return text;
}

/* Every line of output is one object, and stands in the document. */
static void
expect_documented(const char *output)
{
	char *document = read_document("docs/json.md");
	char *lines = strdup(output);
	char *rest = lines;
	char *line;
	size_t count = 0;

	while ((line = strsep(&rest, "\n")) != NULL && line[0] != '\0') {
		json_t *parsed = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

		assert_true(json_is_object(parsed));
		json_decref(parsed);
		if (strstr(document, line) == NULL)
			fail_msg("not in docs/json.md: %s", line);
		count++;
	}
	assert_true(count > 0);
	free(lines);
	free(document);
}

static void
messages_and_notices_are_as_documented(void **state)
{
	struct tacit_event event = fake_message("alice", "see you at eight");

	(void)state;
	event.from_alias = "ally";
	fake_event(event);
	fake_event(fake_group_message("alice", "hello all"));
	event = fake_message("bob", "on my way");
	event.own = true;
	event.state = TACIT_STORED;
	fake_event(event);
	event.sent_absurd = true;
	event.state = TACIT_STATE_FAILED;
	event.reason = "there is no account alice";
	fake_event(event);
	event = fake_group_message("alice", "");
	event.expires_ms = event.received_ms + 60 * 1000;
	event.disappeared = true;
	fake_event(event);
	event = fake_notice("member-added");
	event.subject = "carol";
	fake_event(event);
	event.notice = "role-changed";
	event.detail = "admin";
	fake_event(event);
	event = fake_notice("gap");
	event.subject = event.from;
	event.detail = "3";
	fake_event(event);
	expect_documented(run("receive", "--json").out);
}

static void
changes_of_state_are_as_documented(void **state)
{
	const struct tacit_state_change change = {
		.id = "00112233445566778899aabbccddeeff",
		.state = TACIT_READ,
		.to = fake_message("alice", "").conversation,
		.time_ms = INT64_C(1795269802123),
	};

	(void)state;
	fake.change = &change;
	expect_documented(run("receive", "--states", "--json").out);
}

static void
actions_are_as_documented(void **state)
{
	(void)state;
	expect_documented(run("send", "alice", "hi", "--json").out);
	fake.sent_state = TACIT_QUEUED;
	fake.refused[0] = "carol";
	fake.refused_count = 1;
	expect_documented(run("send", "-g", "friends", "hi", "--json").out);
	fake.sent_state = TACIT_STORED;
	fake.refused_count = 0;
	expect_documented(run("outbox", "retry", "--json").out);
	expect_documented(run("register", "bob", "--relay", "x",
	    "--no-passphrase", "--json", "--home", "/home/bob/tacit")
			      .out);
	fake.trust_changed = true;
	expect_documented(run("trust", "alice", "--json").out);
	expect_documented(run("account", "delete", "--yes", "bob", "--json",
	    "--home", "/home/bob/tacit")
			      .out);
	expect_documented(run("verify", "alice", "--json").out);
	expect_documented(
	    run("verify", "alice", "--mark", "--compare", "1", "--json").out);
	fake.group_changed = 1;
	expect_documented(
	    run("group", "add", "friends", "carol", "--json").out);
	expect_documented(
	    run("group", "set", "friends", "--timer", "7d", "--json").out);
	expect_documented(run("group", "link", "friends", "--json").out);
	expect_documented(
	    run("group", "link", "list", "friends", "--json").out);
	expect_documented(
	    run("group", "link", "revoke", "friends", "1f2e3d4c", "--json")
		.out);
	expect_documented(run("group", "leave", "friends", "--json").out);
	expect_documented(
	    run("contacts", "rename", "alice", "ally", "--json").out);
	expect_documented(run("outbox", "cancel", "00112233", "--json").out);
}

static void
a_check_of_the_history_is_as_documented(void **state)
{
	(void)state;
	expect_documented(run("history", "--verify", "--json").out);
	fake.answer = TACIT_DAMAGED;
	expect_documented(run("history", "--verify", "--json").out);
}

static void
proofs_are_as_documented(void **state)
{
	char *proof;

	(void)state;
	for (int i = 0; i < 2; i++) {
		fake.proof_of_group = i == 1;
		proof = strdup(run("export", "--proof", "00112233").out);
		expect_documented(proof);
		expect_documented(
		    run_input(proof, "export", "--check", "-", "--json").out);
		free(proof);
	}
}

static void
listings_are_as_documented(void **state)
{
	(void)state;
	expect_documented(
	    run("status", "--json", "--home", "/home/bob/tacit").out);
	expect_documented(run("relay", "set", "tacit://x", "--json").out);
	fake.moved_to = "tacit://elsewhere:4433/#pin=K3vcO0Xl";
	expect_documented(run("relay", "--json").out);
	fake.moved_to = NULL;
	expect_documented(run("requests", "--json").out);
	expect_documented(run("requests", "accept", "carol", "--json").out);
	expect_documented(run("contacts", "block", "alice", "--json").out);
	fake.blocked = false;
	expect_documented(run("contacts", "--json").out);
	fake.setting_changed = true;
	expect_documented(
	    run("contacts", "set", "alice", "--timer", "1d", "--json").out);
	fake.contact_changed = true;
	expect_documented(run("contacts", "show", "alice", "--json").out);
	expect_documented(run("group", "list", "--json").out);
	expect_documented(
	    run("group", "show", "friends", "--message", "00112233", "--json")
		.out);
	expect_documented(
	    run("group", "log", "friends", "--verify", "--json").out);
	expect_documented(run("outbox", "--json").out);
	expect_documented(run("config", "--json").out);
	expect_documented(
	    run("config", "set", "receipts", "none", "--json").out);
	expect_documented(run("check", "tacit://x", "--json").out);
}

static void
copies_are_as_documented(void **state)
{
	(void)state;
	expect_documented(run("--json", "backup", "bob.backup").out);
	expect_documented(
	    run("--json", "--home", "/home/bob/tacit", "restore", "-").out);
	expect_documented(run("--json", "doctor").out);
}

static void
doubts_about_a_log_are_as_documented(void **state)
{
	static const char *const bob[] = { "bob" };
	struct tacit_log_entry log[2] = { 0 };

	(void)state;
	log[0].index = 3;
	log[0].hash =
	    "9a0b1c2d3e4f50617283940516273849a0b1c2d3e4f506172839405162738495";
	log[0].author = "alice";
	log[0].author_key =
	    "1f2e3d4c5b6a79880123456789abcdef1f2e3d4c5b6a79880123456789abcdef";
	log[0].device = 1;
	log[0].at_ms = 1795269802123;
	log[0].act = "remove";
	log[0].subjects = bob;
	log[0].subjects_count = 1;
	log[0].why_not = log[0].unproven = "its signature is wrong";
	log[1].index = 4;
	log[1].hash = log[1].author = log[1].author_key = "";
	log[1].act = "unknown";
	log[1].damage = "it cannot be opened";
	fake.log = log;
	fake.log_count = 2;
	expect_documented(
	    run("group", "log", "friends", "--verify", "--json").out);
}

static void
errors_and_notes_are_as_documented(void **state)
{
	(void)state;
	fake.answer = TACIT_REFUSED;
	fake.sentence = "The mailbox of alice is full.";
	fake.retry_after_ms = 30000;
	expect_documented(run("send", "alice", "hi", "--json").err);
	fake.answer = TACIT_DONE;
	expect_documented(run("receive", "--follow", "--json").err);
}

/* Byte by byte, what a peer wrote comes back out of a JSON parser. */
static void
hostile_text_is_one_line_of_ascii_controls_escaped(void **state)
{
	static const char hostile[] =
	    "a\n\"b\"\x1b[2J\x7f\xc2\x9b\xe2\x80\xae\xe2\x80\xa8\xc3\xbc";
	struct run r;
	json_t *parsed;

	(void)state;
	fake_event(fake_message("alice", hostile));
	r = run("receive", "--json");
	assert_ptr_equal(strchr(r.out, '\n'), r.out + strlen(r.out) - 1);
	assert_null(strchr(r.out, '\x1b'));
	assert_null(strchr(r.out, '\x7f'));
	assert_null(strstr(r.out, "\xc2\x9b"));
	assert_null(strstr(r.out, "\xe2\x80"));
	assert_non_null(strstr(r.out, "\xc3\xbc"));
	parsed = json_loads(r.out, 0, NULL);
	assert_string_equal(
	    json_string_value(json_object_get(parsed, "text")), hostile);
	json_decref(parsed);
}

static void
bytes_that_are_no_utf8_are_replaced(void **state)
{
	struct run r;

	(void)state;
	fake_event(fake_message("alice", "a\xff\xed\xa0\x80z"));
	r = run("receive", "--json");
	assert_int_equal(r.code, 0);
	assert_non_null(strstr(r.out,
	    "\"text\":\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\""));
}

/* Every allocation of ours fails once; the run fails or prints it all. */
static void
lack_of_memory_never_prints_half_a_line(void **state)
{
	struct run r;
	size_t n = 0;

	(void)state;
	do {
		fake_setup(NULL);
		fake_event(fake_message("alice", "a\xff"));
		alloc_fail_nth(++n);
		r = run("receive", "--json");
		assert_true(r.code == 0 || r.code == 1);
		if (r.code == 0)
			assert_non_null(strstr(r.out, "\"text\""));
	} while (alloc_failed());
	alloc_fail_nth(0);
	assert_true(n > 1);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(hostile_text_is_one_line_of_ascii_controls_escaped),
		TEST(bytes_that_are_no_utf8_are_replaced),
		TEST(lack_of_memory_never_prints_half_a_line),
		TEST(messages_and_notices_are_as_documented),
		TEST(changes_of_state_are_as_documented),
		TEST(actions_are_as_documented),
		TEST(a_check_of_the_history_is_as_documented),
		TEST(proofs_are_as_documented),
		TEST(listings_are_as_documented),
		TEST(copies_are_as_documented),
		TEST(doubts_about_a_log_are_as_documented),
		TEST(errors_and_notes_are_as_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
