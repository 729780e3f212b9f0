/* What opens a profile, on the command line. */
#include <unistd.h>

#include "tests/unit/cli/fake_tacit.h"

/* A file with this line; the name is valid until the next. */
static const char *
file_with(const char *line)
{
	static char path[2][40];
	static size_t next;
	char *made = path[next++ % 2];
	int fd;

	snprintf(made, sizeof(path[0]), "/tmp/tacit-ways-XXXXXX");
	fd = mkstemp(made);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, line, strlen(line)), (ssize_t)strlen(line));
	close(fd);
	return made;
}

static void
a_new_passphrase_needs_the_old_one(void **state)
{
	const char *old = file_with("old words\n");
	const char *new = file_with("four quite random words\n");
	struct run r;

	(void)state;
	fake.needs_passphrase = true;
	fake.passphrase = "old words";
	r = run("--passphrase-file", old, "passphrase", "--new-passphrase-file",
	    new);
	assert_int_equal(r.code, 0);
	assert_string_equal(fake.passphrase_set, "four quite random words");
	assert_null(strstr(r.err, "weak"));
	fake.ways_changed = 0;
	r = run("--passphrase-file", new, "passphrase", "--new-passphrase-file",
	    new);
	assert_int_equal(r.code, 6);
	assert_int_equal(fake.ways_changed, 0);
	/* Whatever the keyring would answer. */
	fake.keyring = fake.keyring_opens = true;
	r = run("passphrase", "--new-passphrase-file", new);
	assert_int_equal(r.code, 6);
	assert_int_equal(fake.ways_changed, 0);
	unlink(old);
	unlink(new);
}

static void
a_weak_one_is_warned_of_and_taken(void **state)
{
	const char *new = file_with("aaaaaaaa\n");
	struct run r;

	(void)state;
	r = run("passphrase", "--new-passphrase-file", new);
	assert_int_equal(r.code, 0);
	assert_non_null(strstr(r.err, "that passphrase is weak"));
	assert_null(strstr(r.err, "aaaa")); /* never the passphrase itself */
	assert_string_equal(fake.passphrase_set, "aaaaaaaa");
	r = run("--quiet", "passphrase", "--new-passphrase-file", new);
	assert_string_equal(r.err, "");
	r = run("register", "bob", "--relay", "tacit://x", "--passphrase-file",
	    new);
	assert_int_equal(r.code, 0);
	assert_non_null(strstr(r.err, "that passphrase is weak"));
	unlink(new);
}

static void
the_new_one_comes_from_a_file_or_a_terminal(void **state)
{
	struct run r;

	(void)state;
	r = run_input("new\nnew\n", "passphrase");
	assert_int_equal(r.code, 2);
	assert_non_null(strstr(r.err, "--new-passphrase-file"));
	assert_int_equal(run("passphrase", "--remove", "--keyring").code, 2);
	assert_int_equal(
	    run("passphrase", "--keyring", "--no-keyring").code, 2);
	assert_int_equal(
	    run("passphrase", "--new-passphrase-file", "/nowhere").code, 6);
	assert_int_equal(run("passphrase", "word").code, 2);
	assert_int_equal(fake.ways_changed, 0);
}

static void
what_opens_it_now_is_told(void **state)
{
	struct run r = run("passphrase", "--remove");

	(void)state;
	assert_int_equal(r.code, 0);
	assert_non_null(strstr(r.err, "no passphrase"));
	r = run("--json", "passphrase", "--keyring");
	assert_string_equal(r.out,
	    "{\"type\":\"passphrase\",\"passphrase\":false,"
	    "\"keyring\":true,\"recovery_key\":false}\n");
	fake.answer = TACIT_FAILED;
	fake.sentence = "No desktop keyring answers here.";
	assert_int_equal(run("passphrase", "--keyring").code, 1);
}

static void
the_keyring_is_tried_before_anybody_is_asked(void **state)
{
	const char *file = file_with("words\n");

	(void)state;
	fake.needs_passphrase = true;
	fake.passphrase = "words";
	fake.keyring = true;
	assert_int_equal(run("status").code, 6); /* it does not answer */
	fake.keyring_opens = true;
	assert_int_equal(run("status").code, 0);
	/* What is said goes before it. */
	fake.passphrase_got[0] = '\0';
	assert_int_equal(run("status", "--passphrase-file", file).code, 0);
	assert_string_equal(fake.passphrase_got, "words");
	unlink(file);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_new_passphrase_needs_the_old_one),
		TEST(a_weak_one_is_warned_of_and_taken),
		TEST(the_new_one_comes_from_a_file_or_a_terminal),
		TEST(what_opens_it_now_is_told),
		TEST(the_keyring_is_tried_before_anybody_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
