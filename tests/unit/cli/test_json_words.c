/* What docs/json.md says of messages about messages is what is printed. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/cli/fake_tacit.h"

#define ID  "ffeeddccbbaa99887766554433221100"
#define KEY "9a0b1c2d3e4f50617283940516273849a0b1c2d3e4f506172839405162738495"

enum { DOCUMENT_BYTES = 256 * 1024 };

static void
expect_documented(struct tacit_event event, const struct tacit_words *w)
{
	char *document = calloc(1, DOCUMENT_BYTES);
	FILE *from = fopen(TACIT_SOURCE_DIR "/docs/json.md", "r");
	json_t *parsed;
	struct run r;

	assert_non_null(document);
	assert_non_null(from);
	assert_true(fread(document, 1, DOCUMENT_BYTES - 1, from) > 0);
	fclose(from);
	event.words = w;
	fake.events_count = 0;
	fake_event(event);
	r = run("receive", "--json");
	parsed = json_loads(r.out, JSON_REJECT_DUPLICATES, NULL);
	assert_true(json_is_object(parsed));
	json_decref(parsed);
	if (strstr(document, r.out) == NULL)
		fail_msg("not in docs/json.md: %s", r.out);
	free(document);
}

static void
messages_about_messages_are_as_documented(void **state)
{
	const int64_t noon_ms = fake_message("alice", "").sent_ms;
	struct tacit_quote q = {
		.id = ID,
		.from = "bob",
		.here = true,
		.sent_ms = noon_ms - 60000,
		.text = "at eight?",
		.text_len = 9,
	};
	struct tacit_words w = { .word = TACIT_REACTION, .about = &q };

	(void)state;
	expect_documented(fake_message("alice", "+1"), &w);
	q.from = "alice";
	q.text = "at nine";
	q.text_len = 7;
	w.word = TACIT_EDIT;
	expect_documented(fake_message("alice", "at nine"), &w);
	q.text = "";
	q.text_len = 0;
	q.deleted = true;
	w.word = TACIT_DELETION;
	expect_documented(fake_message("alice", ""), &w);
	q.from = "bob";
	q.text = "at eight?";
	q.text_len = 9;
	q.deleted = false;
	w.ignored = "the message is somebody else's";
	expect_documented(fake_message("alice", ""), &w);
}

static void
what_was_said_about_a_message_is_as_documented(void **state)
{
	const int64_t noon_ms = fake_message("alice", "").sent_ms;
	const struct tacit_quote q = {
		.id = ID,
		.from = "bob",
		.here = true,
		.sent_ms = noon_ms - 60000,
		.text = "at eight?",
		.text_len = 9,
	};
	const struct tacit_earlier earlier = { noon_ms, "at nein", 7 };
	const struct tacit_reaction reaction = {
		.from = "bob",
		.from_key = KEY,
		.own = true,
		.sent_ms = noon_ms + 90000,
		.text = "+1",
		.text_len = 2,
		.state = TACIT_STORED,
	};
	struct tacit_words w = {
		.word = TACIT_TEXT,
		.about = &q,
		.edited_ms = noon_ms + 60000,
		.earlier = &earlier,
		.earlier_count = 1,
		.reactions = &reaction,
		.reactions_count = 1,
	};
	struct tacit_event own = fake_message("bob", "");

	(void)state;
	expect_documented(fake_message("alice", "at nine"), &w);
	w = (struct tacit_words){
		.word = TACIT_TEXT,
		.deleted_ms = noon_ms + 60000,
		.deletion_state = TACIT_STORED,
	};
	own.own = true;
	own.state = TACIT_READ;
	expect_documented(own, &w);
	w = (struct tacit_words){ .word = TACIT_LATER_WORD, .type = 77 };
	expect_documented(fake_message("alice", ""), &w);
}

static void
acts_are_as_documented(void **state)
{
	char document[96];
	struct run r;

	(void)state;
	r = run("react", ID, "+1", "--json");
	assert_non_null(strstr(r.out, "{\"type\":\"sent\",\"id\":\""));
	r = run("delete", "--local", ID, "--json");
	snprintf(document, sizeof(document),
	    "{\"type\":\"deleted\",\"id\":\"%s\"}\n", ID);
	assert_string_equal(r.out, document);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(messages_about_messages_are_as_documented),
		TEST(what_was_said_about_a_message_is_as_documented),
		TEST(acts_are_as_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
