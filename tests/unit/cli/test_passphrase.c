#include "tests/unit/cli/fake_tacit.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* A file with this content; unlinked by the caller. */
static void
write_file(char path[32], const char *content, size_t len)
{
	int fd;

	snprintf(path, 32, "/tmp/tacit-pass-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, len), (ssize_t)len);
	close(fd);
}

static struct run
status_with_file(const char *content, size_t len)
{
	char path[32];
	struct run r;

	write_file(path, content, len);
	r = run("status", "--passphrase-file", path);
	unlink(path);
	return r;
}

static void
nothing_prompts_without_a_terminal(void **state)
{
	struct run r;

	(void)state;
	fake.needs_passphrase = true;
	fake.passphrase = "secret";
	r = run_input("secret\n", "status");
	assert_int_equal(r.code, 6);
	assert_non_null(strstr(r.err, "--passphrase-file"));
	r = run_input("secret\n", "register", "bob", "--relay", "tacit://x");
	assert_int_equal(r.code, 6); /* an unfinished one has its own */
	fake.needs_passphrase = false;
	r = run_input("secret\n", "register", "bob", "--relay", "tacit://x");
	assert_int_equal(r.code, 2);
	assert_non_null(strstr(r.err, "--no-passphrase"));
	assert_string_equal(fake.name, "");
}

static void
the_first_line_of_the_file_counts(void **state)
{
	(void)state;
	fake.needs_passphrase = true;
	fake.passphrase = "two words ";
	assert_int_equal(status_with_file("two words \nmore", 15).code, 0);
	assert_int_equal(status_with_file("two words ", 10).code, 0);
	assert_int_equal(status_with_file("wrong\n", 6).code, 6);
	assert_int_equal(status_with_file("", 0).code, 6);
	assert_int_equal(status_with_file("\nx", 2).code, 6);
	assert_int_equal(
	    run("status", "--passphrase-file", "/nowhere/x").code, 6);
}

static void
an_endless_file_is_not_read_for_ever(void **state)
{
	(void)state;
	fake.needs_passphrase = true;
	fake.passphrase = "x";
	assert_int_equal(
	    run("status", "--passphrase-file", "/dev/zero").code, 2);
}

static void
the_environment_names_a_file_and_options_overrule_it(void **state)
{
	char path[32];

	(void)state;
	write_file(path, "secret\n", 7);
	fake.needs_passphrase = true;
	fake.passphrase = "secret";
	setenv("TACIT_PASSPHRASE_FILE", path, 1);
	assert_int_equal(run("status").code, 0);
	assert_int_equal(
	    run_input("other\n", "status", "--passphrase-fd", "99").code, 6);
	assert_int_equal(
	    run("status", "--passphrase-file", "/nowhere/x").code, 6);
	assert_int_equal(
	    run("status", "--passphrase-file", path, "--passphrase-fd", "0")
		.code,
	    2);
	assert_int_equal(run("status", "--passphrase-fd", "x").code, 2);
	unlink(path);
}

static void
a_descriptor_gives_one_line_and_keeps_the_rest(void **state)
{
	int ends[2];
	char number[16];
	char rest[8] = "";

	(void)state;
	fake.needs_passphrase = true;
	fake.passphrase = "secret";
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "secret\nrest", 11), 11);
	snprintf(number, sizeof(number), "%d", ends[0]);
	assert_int_equal(run("status", "--passphrase-fd", number).code, 0);
	assert_string_equal(fake.passphrase_got, "secret");
	assert_int_equal(read(ends[0], rest, sizeof(rest)), 4);
	assert_memory_equal(rest, "rest", 4);
	close(ends[0]);
	close(ends[1]);
}

static void
register_takes_its_link_and_its_options(void **state)
{
	char dir[] = "/tmp/tacit-home-XXXXXX";
	char home[64];
	struct run r;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(home, sizeof(home), "%s/a/b", dir);
	r = run_input("tacit://h/#pin=p,join=code\nrest", "--home", home,
	    "register", "bob", "--relay", "-", "--no-passphrase");
	assert_int_equal(r.code, 0);
	assert_string_equal(fake.link, "tacit://h/#pin=p,join=code");
	assert_string_equal(fake.name, "bob");
	assert_string_equal(
	    r.err, "tacit: bob is registered at 127.0.0.1:4433\n");
	assert_int_equal(access(dir, F_OK), 0);
	snprintf(home, sizeof(home), "%s/a", dir);
	assert_int_equal(rmdir(home), 0); /* the parent was made, not more */
	rmdir(dir);
	assert_int_equal(run("register", "bob", "--no-passphrase").code, 2);
	assert_int_equal(
	    run_input("", "register", "bob", "--relay", "-", "--no-passphrase")
		.code,
	    2);
	assert_int_equal(run("register", "bob", "--relay", "x",
			     "--no-passphrase", "--passphrase-fd", "0")
			     .code,
	    2);
}

/* The other side of the terminal: waits for each prompt, then types. */
static pid_t
type_into(int master, const char *const *prompts, const char *const *answers)
{
	pid_t child = fork();
	char seen[2048] = "";
	size_t len = 0;

	if (child != 0)
		return child;
	for (size_t i = 0; prompts[i] != NULL; i++) {
		while (strstr(seen, prompts[i]) == NULL) {
			ssize_t got =
			    read(master, seen + len, sizeof(seen) - 1 - len);

			if (got <= 0)
				_exit(1);
			len += (size_t)got;
			seen[len] = '\0';
		}
		if (write(master, answers[i], strlen(answers[i])) < 0)
			_exit(1);
	}
	/* Whatever was typed must never have been shown. */
	_exit(strstr(seen, "secret") != NULL);
}

static int
run_on_terminal(const char *const *words, const char *const *prompts,
    const char *const *answers)
{
	struct cli_streams streams;
	char *argv[8] = { (char *)(uintptr_t) "tacit" };
	struct termios after;
	int master;
	int argc = 1;
	int status = 1;
	int code;
	pid_t child;

	assert_int_equal(openpty(&master, &streams.in, NULL, NULL, NULL), 0);
	streams.out = fopen("/dev/null", "w");
	streams.err = fdopen(dup(streams.in), "w");
	for (; words[argc - 1] != NULL; argc++)
		argv[argc] = strdup(words[argc - 1]);
	child = type_into(master, prompts, answers);
	code = cli_main(argc, argv, &streams);
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	assert_int_equal(tcgetattr(streams.in, &after), 0);
	assert_true((after.c_lflag & ECHO) != 0); /* as before */
	for (int i = 1; i < argc; i++)
		free(argv[i]);
	fclose(streams.out);
	fclose(streams.err);
	close(streams.in);
	close(master);
	return code;
}

static void
a_terminal_is_asked_without_echo(void **state)
{
	static const char *const words[] = { "status", NULL };
	static const char *const prompts[] = { "Passphrase: ", NULL };
	static const char *const answers[] = { "secret\n" };

	(void)state;
	fake.needs_passphrase = true;
	fake.passphrase = "secret";
	assert_int_equal(run_on_terminal(words, prompts, answers), 0);
	assert_string_equal(fake.passphrase_got, "secret");
}

static void
a_new_passphrase_is_asked_for_twice(void **state)
{
	static const char *const words[] = { "register", "bob", "--relay", "x",
		NULL };
	static const char *const prompts[] = {
		"New passphrase: ", "The same again: ", NULL
	};
	static const char *const and_a_key[] = { "New passphrase: ",
		"The same again: ", "[Y/n] ", "AAAA-BBBB",
		"Press Enter when you have it on paper. ", NULL };
	static const char *const same[] = { "secret\n", "secret\n", "\n", "",
		"\n" };
	static const char *const other[] = { "secret\n", "typo\n" };

	(void)state;
	setenv("TACIT_HOME", "/tmp", 1);
	assert_int_equal(run_on_terminal(words, prompts, other), 6);
	assert_string_equal(fake.name, "");
	assert_int_equal(run_on_terminal(words, and_a_key, same), 0);
	assert_string_equal(fake.passphrase_got, "secret");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(nothing_prompts_without_a_terminal),
		TEST(the_first_line_of_the_file_counts),
		TEST(an_endless_file_is_not_read_for_ever),
		TEST(the_environment_names_a_file_and_options_overrule_it),
		TEST(a_descriptor_gives_one_line_and_keeps_the_rest),
		TEST(register_takes_its_link_and_its_options),
		TEST(a_terminal_is_asked_without_echo),
		TEST(a_new_passphrase_is_asked_for_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
