/* A group's log told to a person: every act, every doubt, and a verdict. */
#include "tests/unit/cli/fake_tacit.h"

#define TIME "[2026-11-21 14:03:22] "
#define KEY  "1f2e3d4c5b6a79880123456789abcdef"

static const char *const people[] = { "bob", "carol", "dave" };
static const char *const members[] = { "member", "member", "member" };

static struct tacit_log_entry
entry_of(uint64_t index, const char *author, const char *act)
{
	return (struct tacit_log_entry){
		.index = index,
		.hash = KEY,
		.author = author,
		.author_key = KEY,
		.device = 1,
		.at_ms = 1795269802123,
		.act = act,
		.subjects = people,
		.effective = true,
		.verified = true,
	};
}

static struct tacit_log_entry
about(struct tacit_log_entry entry, size_t count, const char *const *roles)
{
	entry.subjects_count = count;
	entry.roles = roles;
	return entry;
}

static void
expect_log(
    const struct tacit_log_entry *entries, size_t count, const char *expected)
{
	char start[2048];
	struct run r;

	fake.log = entries;
	fake.log_count = count;
	r = run("group", "log", "friends", "--verify");
	snprintf(start, sizeof(start), "%s\n", expected);
	if (strncmp(r.out, start, strlen(start)) != 0)
		fail_msg("this is shown:\n%s", r.out);
}

static void
every_act_is_a_sentence(void **state)
{
	static const char *const mixed[] = { "admin", "member", "member" };
	struct tacit_log_entry log[9];

	(void)state;
	log[0] = entry_of(0, "alice", "create");
	log[0].detail = "friends";
	log[1] = about(entry_of(1, "alice", "add"), 3, members);
	log[2] = about(entry_of(2, "alice", "add"), 2, mixed);
	log[3] = about(entry_of(3, "alice", "remove"), 1, NULL);
	log[3].next_key = "0011223344556677";
	log[4] = entry_of(4, "carol", "leave");
	log[5] = about(entry_of(5, "alice", "role"), 1, members);
	log[5].detail = "admin";
	log[6] = entry_of(6, "alice", "rename");
	log[6].detail = "pals";
	log[7] = entry_of(7, "alice", "settings");
	log[7].who_may_add = "members";
	log[7].timer_s = 7 * 24 * 60 * 60;
	log[8] = entry_of(8, "alice", "adopt");
	log[8].new_seal = true;
	log[8].sealed_by = "8899aabbccddeeff";
	expect_log(log, 9,
	    "   0  " TIME "alice created the group friends\n"
	    "   1  " TIME "alice added bob, carol and dave (members)\n"
	    "   2  " TIME "alice added bob (admin) and carol (member)\n"
	    "   3  " TIME "alice removed bob\n"
	    "      a new log key, 0011223344556677, seals what follows\n"
	    "   4  " TIME "carol left\n"
	    "   5  " TIME "alice made bob admin\n"
	    "   6  " TIME "alice renamed the group to pals\n"
	    "   7  " TIME "alice changed the settings: members may add; "
	    "messages disappear after 7d\n"
	    "   8  " TIME "alice put the log into a new chain\n"
	    "      it is sealed by a new log key, 8899aabbccddeeff\n");
}

static void
what_proves_nothing_is_not_said_of_its_author(void **state)
{
	struct tacit_log_entry log[3];

	(void)state;
	log[0] = about(entry_of(4, "alice", "remove"), 1, NULL);
	log[0].effective = false;
	log[0].unproven = log[0].why_not = "its signature is wrong";
	log[1] = about(entry_of(5, "bob", "remove"), 1, NULL);
	log[1].effective = false;
	log[1].why_not = "its author is not an admin";
	log[1].next_key = "0011223344556677";
	log[2] = entry_of(6, "", "malformed");
	log[2].at_ms = 0;
	log[2].effective = false;
	log[2].unproven = log[2].why_not = "it is malformed";
	expect_log(log, 3,
	    "   4  " TIME "in the name of alice: removed bob\n"
	    "      nobody knows who wrote this: its signature is wrong\n"
	    "   5  " TIME "bob removed bob\n"
	    "      this has no effect: its author is not an admin\n"
	    "   6  bytes that are no entry\n"
	    "      nobody knows who wrote this: it is malformed\n");
}

static void
a_sound_log_ends_in_a_verdict(void **state)
{
	struct run r = run("group", "log", "friends", "--verify");

	(void)state;
	assert_non_null(strstr(r.out, "\nentries  3 entries, 1 without effect\n"
				      "head     9a0b1c2d"));
	assert_non_null(strstr(r.out, "\nverdict  sound: "));
	assert_non_null(strstr(r.out, "\nmembers  alice (admin), bob (you)\n"
				      "behind   alice (2 of 3 entries)\n"));
	r = run("group", "log", "friends");
	assert_non_null(strstr(r.out, "\nverdict  not checked again"));
	assert_int_equal(r.code, 0);
}

static void
a_damaged_log_says_where_and_exits_with_9(void **state)
{
	struct tacit_log_entry log[2];
	struct run r;

	(void)state;
	log[0] = entry_of(0, "", "unknown");
	log[0].damage = "it cannot be opened";
	log[1] = entry_of(1, "alice", "leave");
	log[1].effective = false;
	log[1].why_not = "unknown";
	fake.log = log;
	fake.log_count = 2;
	fake.log_sum = (struct tacit_log_summary){ .entries = 2, .damaged = 1 };
	fake.answer = TACIT_DAMAGED;
	fake.sentence = "this group's log does not check";
	r = run("group", "log", "friends", "--verify");
	assert_int_equal(r.code, 9);
	assert_non_null(strstr(r.out, "   0  DAMAGED: it cannot be opened\n"));
	assert_non_null(strstr(r.out, "\nverdict  DAMAGED: 1 entry is not"));
	assert_null(strstr(r.out, "members  "));
}

static void
no_name_in_a_log_forges_a_line(void **state)
{
	static const char *const joker[] = { "x\n   9  alice left" };
	struct tacit_log_entry log[1];

	(void)state;
	log[0] = entry_of(1, "alice", "rename");
	log[0].detail = "a\nverdict  sound\x1b[2J";
	log[0].subjects = joker;
	log[0].subjects_count = 1;
	expect_log(log, 1,
	    "   1  " TIME "alice renamed the group to x\\x0a   9  alice left "
	    "a\\x0averdict  sound\\x1b[2J\n");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(every_act_is_a_sentence),
		TEST(what_proves_nothing_is_not_said_of_its_author),
		TEST(a_sound_log_ends_in_a_verdict),
		TEST(a_damaged_log_says_where_and_exits_with_9),
		TEST(no_name_in_a_log_forges_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
