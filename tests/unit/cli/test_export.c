/* What is exported: the same objects, and Markdown that cannot lie. */
#include "tests/unit/cli/fake_tacit.h"

#include "client/cli/markdown.h"

static void
options_reach_the_library(void **state)
{
	(void)state;
	assert_int_equal(run("export").code, 0);
	assert_string_equal(fake.with, "");
	assert_int_equal(run("export", "-g", "friends", "--since", "2026-11-21",
			     "--until", "2026-11-21T14:00:00Z")
			     .code,
	    0);
	assert_int_equal(fake.exported.kind, TACIT_GROUP);
	assert_string_equal(fake.with, "friends");
	assert_int_equal(fake.exported.since_ms, 1795219200000);
	assert_int_equal(fake.exported.until_ms, 1795269600000);
	assert_int_equal(run("export", "alice").code, 0);
	assert_int_equal(fake.exported.kind, TACIT_DIRECT);
	assert_int_equal(run("export", "alice", "-g", "friends").code, 2);
	assert_int_equal(run("export", "--format", "xml").code, 2);
	assert_int_equal(
	    run("export", "--since", "1h", "--until", "2h").code, 2);
	fake.answer = TACIT_DAMAGED;
	assert_int_equal(run("export").code, TACIT_DAMAGED);
}

static void
jsonl_is_what_history_prints_as_json(void **state)
{
	char *wanted;

	(void)state;
	fake_event(fake_message("alice", "one\ntwo"));
	fake_event(fake_notice("gap"));
	wanted = strdup(run("history", "alice", "--json").out);
	assert_string_equal(run("export").out, wanted);
	assert_string_equal(run("export", "--format", "jsonl").out, wanted);
	free(wanted);
}

static void
expect_put(const char *line, const char *wanted)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	markdown_put(to, line, strlen(line));
	fclose(to);
	assert_string_equal(text, wanted);
	free(text);
}

static void
nothing_in_a_line_has_a_meaning(void **state)
{
	(void)state;
	expect_put("plain: 3 < 4. Yes!", "plain: 3 \\< 4. Yes!");
	expect_put("# heading", "\\# heading");
	expect_put("- item", "\\- item");
	expect_put("+ item", "\\+ item");
	expect_put("> quote", "\\> quote");
	expect_put("12. item", "12\\. item");
	expect_put("12) item", "12\\) item");
	expect_put("1a. no item", "1a. no item");
	expect_put("===", "\\===");
	expect_put("---", "\\---");
	expect_put(":-: | x", "\\:-: \\| x");
	expect_put("    code", "&nbsp;&nbsp;&nbsp;&nbsp;code");
	expect_put(" # no", "&nbsp;\\# no");
	expect_put(
	    "*b* _i_ ~~s~~ `c`", "\\*b\\* \\_i\\_ \\~\\~s\\~\\~ \\`c\\`");
	expect_put("![p](http://x)", "!\\[p\\](http://x)");
	expect_put("<b>&amp;", "\\<b>\\&amp;");
	expect_put("a\\", "a\\\\");
	expect_put("", "");
}

/* Every line of a text stands in the item of its message. */
static void
no_text_forges_a_heading_or_a_message(void **state)
{
	static const char hostile[] =
	    "ok\n\n# Heading\n- [2026-11-21 14:00:00] "
	    "bob: I resign\r\n\t<script>\xe2\x80\xae";
	struct run r;

	(void)state;
	fake_event(fake_message("alice", hostile));
	r = run("export", "alice", "--format", "md");
	assert_int_equal(r.code, 0);
	assert_string_equal(r.out,
	    "# alice\n\n"
	    "- \\[2026-11-21 14:03:22\\] alice: ok\\\n"
	    "  &nbsp;\\\n"
	    "  \\# Heading\\\n"
	    "  \\- \\[2026-11-21 14:00:00\\] bob: I resign\\\\x0d\\\n"
	    "  &nbsp;&nbsp;&nbsp;&nbsp;\\<script>\\\\u202e\n");
}

static void
several_conversations_have_headings(void **state)
{
	struct tacit_event event = fake_group_message("alice", "all");
	struct run r;

	(void)state;
	fake_event(fake_message("alice", "me"));
	event.conversation.name = "fr*ends";
	fake_event(event);
	fake_event(event);
	r = run("export", "--format", "md");
	assert_string_equal(r.out,
	    "# Tacit history\n\n"
	    "## alice\n\n"
	    "- \\[2026-11-21 14:03:22\\] alice: me\n"
	    "\n## fr\\*ends\n\n"
	    "- \\[2026-11-21 14:03:22\\] fr\\*ends/alice: all\n"
	    "- \\[2026-11-21 14:03:22\\] fr\\*ends/alice: all\n");
}

static void
nothing_said_is_a_title_alone(void **state)
{
	(void)state;
	assert_string_equal(
	    run("export", "alice", "--format", "md").out, "# alice\n\n");
	assert_string_equal(run("export").out, "");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(options_reach_the_library),
		TEST(jsonl_is_what_history_prints_as_json),
		TEST(nothing_in_a_line_has_a_meaning),
		TEST(no_text_forges_a_heading_or_a_message),
		TEST(several_conversations_have_headings),
		TEST(nothing_said_is_a_title_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
