/* Where a relay's settings come from: command line, file, last time. */
#include "tests/support/test.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/support/relay_process.h"

enum { WORDS_MAX = 10, OUT_BYTES = 32 * 1024 };

struct fixture {
	char *dir;
	char out[OUT_BYTES];
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL || (f->dir = scratch_dir_new()) == NULL)
		return -1;
	setenv("TACIT_RELAY_DATA", f->dir, 1);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	scratch_dir_remove(f->dir);
	free(f);
	return 0;
}

/* The command line in words; what it prints, errors too, lands in f->out. */
static int
run(struct fixture *f, const char *const *words)
{
	const char *argv[WORDS_MAX + 5] = { "/bin/sh", "-c",
		"exec \"$0\" \"$@\" 2>&1", TACIT_RELAY_BIN };

	for (size_t i = 0; words[i] != NULL && i < WORDS_MAX; i++)
		argv[i + 4] = words[i];
	return run_program(argv, f->out, sizeof(f->out));
}

#define RUN(f, ...) run((f), (const char *const[]){ __VA_ARGS__, NULL })

static void
write_conf(struct fixture *f, const char *text)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/relay.conf", f->dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void
an_unknown_key_is_named_with_file_and_line(void **state)
{
	struct fixture *f = *state;

	write_conf(f, "listen = 127.0.0.1:0\n\nmailbox_itmes = 3\n");
	assert_int_equal(2, RUN(f, "init"));
	assert_non_null(strstr(f->out, "relay.conf:3: "));
	assert_non_null(strstr(f->out, "mailbox_itmes"));
	write_conf(f, "listen = 127.0.0.1:0\nmailbox_items = 0\n");
	assert_int_equal(2, RUN(f, "init"));
	assert_non_null(strstr(f->out, "relay.conf:2: "));
	write_conf(f, "[relay]\nlisten = 127.0.0.1:0\n");
	assert_int_equal(2, RUN(f, "init"));
	assert_int_equal(2, RUN(f, "init", "--mailbox-itmes", "3"));
	assert_int_equal(2, RUN(f, "init", "--mailbox_items", "3"));
	assert_int_equal(2, RUN(f, "link", "--mailbox-items", "3"));
	assert_non_null(strstr(f->out, "--mailbox-items does not belong"));
}

static void
the_command_line_goes_before_the_file_and_that_before_last_time(void **state)
{
	struct fixture *f = *state;

	write_conf(f, "listen = 127.0.0.1:0\nhost = file.example.org\n");
	assert_int_equal(0, RUN(f, "init"));
	assert_non_null(strstr(f->out, "tacit://file.example.org:"));
	assert_int_equal(0, RUN(f, "link"));
	assert_non_null(strstr(f->out, "tacit://file.example.org:"));
	write_conf(f, "log_level = warn\n");
	assert_int_equal(2, RUN(f, "serve", "--listen", "127.0.0.1:0", "--host",
				"line.example.org", "--workers", "x"));
	assert_int_equal(0, RUN(f, "link"));
	assert_non_null(strstr(f->out, "tacit://file.example.org:"));
}

static void
every_setting_is_an_option_that_help_shows(void **state)
{
	static const char *const some[] = { "--listen", "--mailbox-items",
		"--connections-per-source", "--handshake-timeout",
		"--log-level", "--map-mib" };
	struct fixture *f = *state;

	assert_int_equal(0, RUN(f, "--help"));
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		assert_non_null(strstr(f->out, some[i]));
	assert_int_equal(
	    0, RUN(f, "init", "--listen", "127.0.0.1:0", "--mailbox-items", "7",
		   "--handshake-timeout", "5s", "--map-mib", "64"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_unknown_key_is_named_with_file_and_line),
		CASE(
		    the_command_line_goes_before_the_file_and_that_before_last_time),
		CASE(every_setting_is_an_option_that_help_shows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
