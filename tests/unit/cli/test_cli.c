#include "tests/unit/cli/fake_tacit.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void
expect_usage(struct run r, const char *part)
{
	assert_int_equal(r.code, 2);
	assert_string_equal(r.out, "");
	assert_non_null(strstr(r.err, "tacit: "));
	if (strstr(r.err, part) == NULL)
		fail_msg("`%s` is not in: %s", part, r.err);
}

static void
what_is_not_understood_is_a_usage_error(void **state)
{
	(void)state;
	expect_usage(run_with("", NULL), "Say a command");
	expect_usage(run("frobnicate"), "no command `frobnicate`");
	expect_usage(run("a\x1b[2J"), "no command `a\\x1b[2J`");
	expect_usage(run("group"), "wants to know what to do");
	expect_usage(run("group", "frobnicate"), "no `frobnicate`");
	expect_usage(run("contacts", "alice"), "no `alice`");
	expect_usage(run("--frobnicate", "status"), "`--frobnicate`");
	expect_usage(run("status", "-x"), "No option -x");
	expect_usage(run("--qui", "status"), "Write the option out: --quiet");
	expect_usage(run("history", "a", "--lim", "3"), "out: --limit");
	expect_usage(run("history", "a", "--lim=3"), "out: --limit");
	expect_usage(run("history", "a", "--limi", "--limi"), "out: --limit");
	expect_usage(
	    run("status", "extra"), "Too many arguments: tacit status\n");
	expect_usage(run("trust"), "Too few");
	expect_usage(run("status", "--timeout"), "wants its T");
	expect_usage(run("status", "--json=1"), "takes no value");
	expect_usage(run("status", "--timeout", "soon"), "30s");
	expect_usage(run("history", "alice", "--limit", "0"), "at least 1");
	expect_usage(run("history", "alice", "--limit", "-5"), "at least 1");
	expect_usage(run("history", "alice", "--since", "x"), "2026-11-21");
	expect_usage(run("history"), "Say whose");
	expect_usage(run("history", "-g", "friends", "x"), "Say whose");
	expect_usage(run("receive", "--follow", "--wait", "1s"), "--follow");
	expect_usage(run("trust", "\xff"), "UTF-8");
}

static void
later_releases_are_named_as_such(void **state)
{
	(void)state;
	expect_usage(run("daemon", "--to", "x"), "not in this release");
	expect_usage(run("file", "save"), "not in this release");
	expect_usage(
	    run("send", "alice", "--file", "x"), "not in this release");
	expect_usage(run("receive", "--cursor", "x"), "not in this release");
}

static void
errors_are_json_when_asked_even_before_options_are_read(void **state)
{
	struct run r = run("--frobnicate", "--json");

	(void)state;
	assert_int_equal(r.code, 2);
	assert_ptr_equal(
	    strstr(r.err, "{\"error\":{\"code\":\"usage\",\"message\":"),
	    r.err);
}

static void
every_code_of_the_library_is_the_exit_code(void **state)
{
	static const char *const names[] = { NULL, "failed", "usage",
		"unreachable", "not-found", "key-changed", "passphrase",
		"refused", "not-allowed", "damaged", "wrong-relay", "exists",
		"nothing-came", "disk-full" };
	char code[64];

	(void)state;
	for (int i = TACIT_FAILED; i <= TACIT_DISK_FULL; i++) {
		struct run r;

		fake.answer = (enum tacit_code)i;
		r = run("trust", "alice", "--json");
		assert_int_equal(r.code, i);
		snprintf(code, sizeof(code), "{\"code\":\"%s\"", names[i]);
		assert_non_null(strstr(r.err, code));
	}
}

static void
a_profile_is_named_once(void **state)
{
	(void)state;
	expect_usage(
	    run("--profile", "a", "--home", "/b", "status"), "not by both");
	setenv("TACIT_HOME", "/elsewhere", 1);
	expect_usage(run("--profile", "a", "status"), "not by both");
	assert_int_equal(run("status", "--home", "/here").code, 0);
	assert_string_equal(fake.dir, "/here");
	assert_int_equal(run("status").code, 0);
	assert_string_equal(fake.dir, "/elsewhere");
	setenv("TACIT_PROFILE", "work", 1);
	expect_usage(run("status"), "not by both");
	unsetenv("TACIT_HOME");
	assert_int_equal(run("status").code, 0);
	assert_string_equal(fake.dir, "/nowhere/.local/share/tacit/work");
	setenv("TACIT_PROFILE", "", 1);
	setenv("XDG_DATA_HOME", "relative", 1);
	assert_int_equal(run("status").code, 0);
	assert_string_equal(fake.dir, "/nowhere/.local/share/tacit/default");
	setenv("XDG_DATA_HOME", "/data", 1);
	assert_int_equal(run("status", "--profile", "x").code, 0);
	assert_string_equal(fake.dir, "/data/tacit/x");
}

static void
a_profile_name_stays_below_its_directory(void **state)
{
	(void)state;
	expect_usage(run("status", "--profile", ".."), "profile name");
	expect_usage(run("status", "--profile", "a/b"), "profile name");
	expect_usage(run("status", "--profile", ""), "profile name");
	expect_usage(run("status", "--profile=-x"), "profile name");
	expect_usage(run("status", "--home="), "directory");
}

static void
status_tells_what_is_known_when_the_relay_is_away(void **state)
{
	struct run r;

	(void)state;
	fake.answer = TACIT_UNREACHABLE;
	r = run("status", "--json");
	assert_int_equal(r.code, 3);
	assert_non_null(strstr(r.out, "\"account\":\"bob\""));
	assert_non_null(strstr(r.out, "\"reached\":false"));
	assert_null(strstr(r.out, "prekeys_at_relay"));
	assert_null(strstr(r.out, "refused"));
}

/* An account that is removed, or a device that was replaced. */
static void
status_tells_a_relay_that_refuses_from_one_that_is_away(void **state)
{
	struct run r;

	(void)state;
	fake.answer = TACIT_REFUSED;
	r = run("status", "--json");
	assert_int_equal(r.code, 7);
	assert_non_null(strstr(r.out, "\"reached\":false"));
	assert_non_null(strstr(r.out, "\"refused\":\"it went wrong\""));
	r = run("status");
	assert_int_equal(r.code, 7);
	assert_non_null(strstr(r.out, "127.0.0.1:4433 (refused)"));
}

static void
receive_stops_when_nobody_reads(void **state)
{
	struct cli_streams streams = { STDIN_FILENO, NULL, NULL };
	char *argv[] = { (char *)(uintptr_t) "tacit",
		(char *)(uintptr_t) "receive", NULL };
	char *err = NULL;
	size_t err_len;
	int ends[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	fake_event(fake_message("alice", "one"));
	fake_event(fake_message("alice", "two"));
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	streams.out = fdopen(ends[1], "w");
	streams.err = open_memstream(&err, &err_len);
	assert_int_equal(cli_main(2, argv, &streams), 1);
	fclose(streams.out);
	fclose(streams.err);
	assert_int_equal(fake.flushed, 0);
	assert_string_equal(err, ""); /* whoever left knows why */
	free(err);
}

static void
a_full_disk_behind_standard_output_is_said(void **state)
{
	struct cli_streams streams = { STDIN_FILENO, NULL, NULL };
	char *argv[] = { (char *)(uintptr_t) "tacit",
		(char *)(uintptr_t) "receive", NULL };
	char *err = NULL;
	size_t err_len;

	(void)state;
	fake_event(fake_message("alice", "one"));
	streams.out = fopen("/dev/full", "w");
	if (streams.out == NULL)
		skip();
	streams.err = open_memstream(&err, &err_len);
	assert_int_equal(cli_main(2, argv, &streams), 13);
	fclose(streams.out);
	fclose(streams.err);
	assert_non_null(strstr(err, "Standard output cannot be written"));
	free(err);
}

static void
receive_passes_its_options_on(void **state)
{
	struct run r;

	(void)state;
	fake_event(fake_message("alice", "hi"));
	r = run("receive", "--wait", "2s", "--limit", "5");
	assert_int_equal(r.code, 0);
	assert_int_equal(fake.receive.wait_ms, 2000);
	assert_int_equal(fake.receive.limit, 5);
	assert_int_equal(fake.flushed, 1);
	fake.answer = TACIT_NOTHING_CAME;
	assert_int_equal(run("receive", "--wait", "2s").code, 12);
}

static void
ctrl_c_ends_following_with_130(void **state)
{
	struct run r = run("receive", "--follow");

	(void)state;
	assert_int_equal(r.code, 130);
	assert_true(fake.receive.follow);
	assert_string_equal(r.err, "tacit: The relay is away.\n");
	r = run("receive", "--follow", "--quiet");
	assert_string_equal(r.err, "");
	r = run("receive", "--follow", "--json");
	assert_string_equal(
	    r.err, "{\"note\":{\"message\":\"The relay is away.\"}}\n");
}

static void
history_options_reach_the_library(void **state)
{
	(void)state;
	assert_int_equal(run("history", "alice").code, 0);
	assert_int_equal(fake.history.limit, 50);
	assert_int_equal(fake.history.kind, TACIT_DIRECT);
	assert_int_equal(run("history", "-g", "friends", "--limit", "3",
			     "--since", "2026-11-21", "--until",
			     "2026-11-21T14:00:00Z", "--search", "eight")
			     .code,
	    0);
	assert_int_equal(fake.history.kind, TACIT_GROUP);
	assert_string_equal(fake.with, "friends");
	assert_string_equal(fake.search, "eight");
	assert_int_equal(fake.history.limit, 3);
	assert_int_equal(fake.history.since_ms, 1795219200000);
	assert_int_equal(fake.history.until_ms, 1795269600000);
	expect_usage(run("history", "alice", "--search", ""), "--search");
	expect_usage(run("history", "alice", "--since", "1h", "--until", "2h"),
	    "later than");
}

static void
checking_the_history_names_what_is_damaged(void **state)
{
	struct run r = run("history", "--verify");

	(void)state;
	assert_int_equal(r.code, 0);
	assert_string_equal(fake.with, "");
	assert_non_null(strstr(r.out, "verdict       sound\n"));
	fake.answer = TACIT_DAMAGED;
	r = run("history", "-g", "friends", "--verify");
	assert_int_equal(r.code, TACIT_DAMAGED);
	assert_string_equal(fake.with, "friends");
	assert_int_equal(fake.history.kind, TACIT_GROUP);
	assert_non_null(strstr(r.out,
	    "DAMAGED n 41, alice/alice, id 00112233445566778899aabbccddeeff: "
	    "the text is not what was signed\n"));
	assert_non_null(
	    strstr(r.out, "DAMAGED n 43: the entry does not open\n"));
	assert_non_null(strstr(r.out, "verdict       DAMAGED\n"));
	fake.answer = TACIT_NOT_FOUND;
	assert_int_equal(run("history", "eve", "--verify").code, 4);
	expect_usage(
	    run("history", "--verify", "--limit", "3"), "looks at all");
	expect_usage(run("history", "x", "-g", "y", "--verify"), "Say whose");
}

static void
a_search_goes_through_all_or_one_conversation(void **state)
{
	struct tacit_event event = fake_message("bob", "at eight");

	(void)state;
	event.own = true;
	event.state = TACIT_READ;
	fake_event(event);
	assert_string_equal(run("search", "eight").out,
	    "[2026-11-21 14:03:22] bob (to alice): at eight\n");
	assert_string_equal(fake.search, "eight");
	assert_string_equal(fake.with, "");
	assert_int_equal(fake.history.limit, 50);
	assert_string_equal(run("search", "eight", "alice").out,
	    "[2026-11-21 14:03:22] bob: at eight\n");
	assert_string_equal(fake.with, "alice");
	assert_int_equal(fake.history.kind, TACIT_DIRECT);
	assert_int_equal(run("search", "eight", "-g", "friends", "--limit", "3",
			     "--since", "2026-11-21")
			     .code,
	    0);
	assert_int_equal(fake.history.kind, TACIT_GROUP);
	assert_int_equal(fake.history.limit, 3);
	assert_int_equal(fake.history.since_ms, 1795219200000);
	expect_usage(run("search"), "TEXT");
	expect_usage(run("search", ""), "what to look for");
	expect_usage(run("search", "x", "alice", "-g", "friends"), "Say where");
	expect_usage(
	    run("search", "x", "--since", "1h", "--until", "2h"), "later than");
}

static void
group_commands_reach_the_library(void **state)
{
	(void)state;
	assert_int_equal(
	    run("group", "create", "friends", "alice", "carol").code, 0);
	assert_string_equal(fake.group, "friends");
	assert_int_equal(fake.names_count, 2);
	assert_string_equal(fake.names[1], "carol");
	assert_int_equal(run("group", "add", "friends", "dave").code, 0);
	assert_int_equal(fake.act, TACIT_GROUP_ADD);
	assert_int_equal(
	    run("group", "add", "--history", "7d", "friends", "eve").code, 0);
	assert_true(fake.history_ms == INT64_C(7) * 24 * 3600 * 1000);
	assert_int_equal(
	    run("group", "add", "--history", "x", "friends", "eve").code, 2);
	assert_int_equal(run("group", "remove", "friends", "dave").code, 0);
	assert_int_equal(fake.act, TACIT_GROUP_REMOVE);
	assert_int_equal(run("group", "promote", "friends", "dave").code, 0);
	assert_int_equal(fake.act, TACIT_GROUP_PROMOTE);
	assert_int_equal(run("group", "demote", "friends", "dave").code, 0);
	assert_int_equal(fake.act, TACIT_GROUP_DEMOTE);
	assert_int_equal(run("group", "leave", "friends").code, 0);
	assert_int_equal(run("group", "rename", "friends", "pals").code, 0);
	assert_string_equal(fake.name, "pals");
	fake.answer = TACIT_NOT_ALLOWED;
	assert_int_equal(run("group", "add", "friends", "eve").code, 8);
}

static void
adopting_reaches_the_library(void **state)
{
	(void)state;
	fake.group_changed = 1;
	assert_int_equal(run("group", "adopt", "friends").code, 0);
	assert_string_equal(fake.group, "friends");
	assert_string_equal(fake.name, "");
	assert_int_equal(
	    run("group", "adopt", "friends", "--from", "bob").code, 0);
	assert_string_equal(fake.name, "bob");
	expect_usage(run("group", "adopt"), "GROUP");
	fake.answer = TACIT_NOT_ALLOWED;
	assert_int_equal(run("group", "adopt", "friends").code, 8);
}

static void
settings_of_a_group_reach_the_library(void **state)
{
	(void)state;
	assert_int_equal(
	    run("group", "set", "friends", "--timer", "7d").code, 0);
	assert_int_equal(fake.settings.who_may_add, TACIT_MAY_ADD_AS_IS);
	assert_true(fake.settings.has_timer);
	assert_int_equal(fake.settings.timer_s, 7 * 24 * 3600);
	assert_int_equal(run("group", "set", "friends", "--timer", "off",
			     "--who-may-add", "members")
			     .code,
	    0);
	assert_int_equal(fake.settings.who_may_add, TACIT_MEMBERS_MAY_ADD);
	assert_true(fake.settings.has_timer);
	assert_int_equal(fake.settings.timer_s, 0);
	assert_int_equal(
	    run("group", "set", "friends", "--who-may-add", "admins").code, 0);
	assert_int_equal(fake.settings.who_may_add, TACIT_ADMINS_MAY_ADD);
	assert_false(fake.settings.has_timer);
	expect_usage(run("group", "set", "friends"), "what to set");
	expect_usage(
	    run("group", "set", "friends", "--timer", "367d"), "at most 366d");
	expect_usage(run("group", "set", "friends", "--timer", "0s"), "`off`");
	expect_usage(
	    run("group", "set", "friends", "--who-may-add", "x"), "`members`");
}

static void
links_into_a_group_reach_the_library(void **state)
{
	struct run r;

	(void)state;
	assert_int_equal(run("group", "link", "friends").code, 0);
	assert_int_equal(fake.link_wish.uses, 1);
	assert_int_equal(fake.link_wish.expires_ms, 0);
	assert_int_equal(run("group", "link", "friends", "--uses", "0",
			     "--expires", "7d", "--label", "flyer")
			     .code,
	    0);
	assert_int_equal(fake.link_wish.uses, 0);
	assert_true(fake.link_wish.expires_ms > 0);
	assert_string_equal(fake.label, "flyer");
	expect_usage(run("group", "link", "friends", "--uses", "x"), "--uses");
	assert_int_equal(run("group", "link", "list", "friends").code, 0);
	assert_string_equal(fake.group, "friends");
	assert_int_equal(
	    run("group", "link", "revoke", "friends", "1f2e3d4c").code, 0);
	assert_string_equal(fake.id, "1f2e3d4c");
	expect_usage(run("group", "link", "a", "b"), "group link list");
	r = run_with("tacit://x/g#y\n", "group", "join", "-", NULL);
	assert_int_equal(r.code, 0);
	assert_string_equal(fake.link, "tacit://x/g#y");
	assert_false(fake.join.must);
	fake.standing = "asked";
	r = run("group", "join", "tacit://x/g#y", "--wait", "1m");
	assert_true(fake.join.must);
	assert_int_equal(fake.join.wait_ms, 60000);
	assert_non_null(strstr(r.err, "takes you in by itself"));
	assert_non_null(strstr(r.out, "members unknown"));
	assert_null(strstr(r.out, "add people"));
}

static void
colour_is_not_for_files(void **state)
{
	(void)state;
	setenv("TERM", "xterm", 1);
	fake_event(fake_message("alice", "hi"));
	assert_null(strchr(run("receive").out, '\x1b'));
}

static void
a_proxy_comes_from_the_option_or_the_environment(void **state)
{
	(void)state;
	assert_int_equal(run("status").code, 0);
	assert_string_equal(fake.proxy, "");
	setenv("TACIT_PROXY", "socks5h://127.0.0.1:9050", 1);
	assert_int_equal(run("status").code, 0);
	assert_string_equal(fake.proxy, "socks5h://127.0.0.1:9050");
	assert_int_equal(run("check", "tacit://relay.example/").code, 0);
	assert_string_equal(fake.proxy, "socks5h://127.0.0.1:9050");
	assert_int_equal(run("status", "--proxy", "socks5h://[::1]:1").code, 0);
	assert_string_equal(fake.proxy, "socks5h://[::1]:1");
	assert_int_equal(run("status", "--proxy", "").code, 0);
	assert_string_equal(fake.proxy, "");
	/* What is in the environment is inherited by everything. */
	setenv("TACIT_PROXY", "socks5h://a:secret@127.0.0.1:9050", 1);
	assert_int_equal(run("status").code, 2);
	assert_int_equal(
	    run("status", "--proxy", "socks5h://a:b@127.0.0.1:9050").code, 0);
	unsetenv("TACIT_PROXY");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_is_not_understood_is_a_usage_error),
		TEST(later_releases_are_named_as_such),
		TEST(errors_are_json_when_asked_even_before_options_are_read),
		TEST(every_code_of_the_library_is_the_exit_code),
		TEST(a_profile_is_named_once),
		TEST(a_profile_name_stays_below_its_directory),
		TEST(status_tells_what_is_known_when_the_relay_is_away),
		TEST(status_tells_a_relay_that_refuses_from_one_that_is_away),
		TEST(receive_stops_when_nobody_reads),
		TEST(a_full_disk_behind_standard_output_is_said),
		TEST(receive_passes_its_options_on),
		TEST(ctrl_c_ends_following_with_130),
		TEST(history_options_reach_the_library),
		TEST(checking_the_history_names_what_is_damaged),
		TEST(a_search_goes_through_all_or_one_conversation),
		TEST(group_commands_reach_the_library),
		TEST(adopting_reaches_the_library),
		TEST(settings_of_a_group_reach_the_library),
		TEST(links_into_a_group_reach_the_library),
		TEST(colour_is_not_for_files),
		TEST(a_proxy_comes_from_the_option_or_the_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
