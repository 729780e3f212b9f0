/* The commands of tacit-relay and what they exit with (tacit-relay(8)). */
#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/link.h"
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

/* The command line in words; standard output lands in f->out. */
static int
run(struct fixture *f, const char *const *words)
{
	const char *argv[WORDS_MAX + 2] = { TACIT_RELAY_BIN };

	for (size_t i = 0; words[i] != NULL && i < WORDS_MAX; i++)
		argv[i + 1] = words[i];
	return run_program(argv, f->out, sizeof(f->out));
}

#define RUN(f, ...) run((f), (const char *const[]){ __VA_ARGS__, NULL })

static void
wrong_usage_exits_with_2_and_prints_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(2, RUN(f, "dance"));
	assert_int_equal(2, RUN(f, "serve", "--bogus"));
	assert_int_equal(2, RUN(f, "serve", "--uses", "3"));
	assert_int_equal(2, RUN(f, "serve", "extra"));
	assert_int_equal(2, RUN(f, "serve", "--listen", "everywhere"));
	assert_int_equal(2, RUN(f, "serve", "--listen", "[::]:0"));
	assert_int_equal(2, RUN(f, "serve", "--workers", "1000"));
	assert_int_equal(2, RUN(f, "serve", "--config", "/nonexistent"));
	assert_int_equal(2, run(f, (const char *const[]){ NULL }));
	assert_string_equal("", f->out);
}

static void
help_lists_every_command(void **state)
{
	static const char *const commands[] = { "serve", "init", "link",
		"invite", "users", "stats", "backup", "restore", "doctor",
		"reload", "rotate-key" };
	struct fixture *f = *state;

	assert_int_equal(0, RUN(f, "--help"));
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		char line[32];

		snprintf(line, sizeof(line), "\n  %s ", commands[i]);
		assert_non_null(strstr(f->out, line));
	}
}

static void
without_a_relay_there_is_no_link_and_no_invitation(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(1, RUN(f, "link"));
	assert_int_equal(1, RUN(f, "invite"));
	assert_string_equal("", f->out);
}

static void
init_makes_one_relay_and_not_two(void **state)
{
	struct fixture *f = *state;
	char first[OUT_BYTES];

	assert_int_equal(
	    0, RUN(f, "init", "--listen", "127.0.0.1:0", "--json"));
	memcpy(first, f->out, sizeof(first));
	assert_non_null(strstr(first, "{\"type\":\"link\",\"link\":\"tacit:"));
	assert_int_equal(11, RUN(f, "init"));
	assert_int_equal(0, RUN(f, "link", "--json"));
	assert_string_equal(first, f->out);
}

/* Else what it wrote could lie where the serving relay does not look. */
static void
an_administrator_sees_no_more_of_the_database_than_the_relay(void **state)
{
	struct fixture *f = *state;
	char path[512], text[512] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/relay.conf", f->dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("listen = 127.0.0.1:0\nmap_mib = 32\n", file);
	fclose(file);
	assert_int_equal(0, RUN(f, "init", "--config", path));
	snprintf(path, sizeof(path), "%s/relay.state", f->dir);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	assert_non_null(strstr(text, "map_mib = 32\n"));
	assert_int_equal(0, RUN(f, "invite"));
}

static void
a_link_names_the_host_that_was_given(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(0, RUN(f, "init", "--listen", "0.0.0.0:0", "--host",
				"chat.example.org:443"));
	assert_int_equal(0, RUN(f, "link"));
	assert_non_null(strstr(f->out, "tacit://chat.example.org:443/#pin="));
}

static void
serving_on_several_addresses_prints_two_lines(void **state)
{
	static const char *const more[] = { "--listen", "[::1]:0", "--listen",
		"127.0.0.1:0", NULL };
	struct fixture *f = *state;
	struct relay_process relay;
	char rest;

	assert_true(relay_process_start(&relay, TACIT_RELAY_BIN, f->dir, more));
	assert_memory_equal("tacit://[::1]:", relay.link, 14);
	assert_int_equal(0, kill(relay.pid, SIGTERM));
	assert_int_equal(0, read(relay.out, &rest, 1)); /* nothing more */
	assert_int_equal(0, relay_process_stop(&relay));
}

static void
a_mistake_in_the_configuration_stops_before_anything_is_made(void **state)
{
	struct fixture *f = *state;
	char path[512], keys[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/conf", f->dir);
	snprintf(keys, sizeof(keys), "%s/identity.key", f->dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("workers = 2\nwrokers = 3\n", file);
	fclose(file);
	assert_int_equal(2, RUN(f, "serve", "--config", path));
	assert_int_not_equal(0, access(keys, F_OK));
}

static void
an_invitation_of_ones_own_text_is_repeatable(void **state)
{
	struct fixture *f = *state;
	char path[512];
	struct link link;
	const char *why;
	FILE *file;

	snprintf(path, sizeof(path), "%s/code", f->dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("open-sesame\nnot this\n", file);
	fclose(file);
	assert_int_equal(0, RUN(f, "init", "--listen", "127.0.0.1:0"));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(0, RUN(f, "invite", "--code-file", path));
		assert_status(
		    STATUS_OK, link_parse(bytes_text(f->out), &link, &why));
		assert_string_equal("open-sesame", link.join_code);
	}
	assert_int_equal(2, RUN(f, "invite", "--uses", "0"));
	assert_int_equal(2, RUN(f, "invite", "--expires", "soon"));
	assert_int_equal(0, truncate(path, 0));
	assert_int_equal(2, RUN(f, "invite", "--code-file", path));
}

/* docs/json.md, "tacit-relay". */
static void
json_has_the_documented_members(void **state)
{
	static const char *const link_members[] = { "{\"type\":\"link\",",
		"\"link\":\"tacit://127.0.0.1:", "}\n" };
	static const char *const invite_members[] = { "{\"type\":\"invite\",",
		"\"link\":\"tacit://127.0.0.1:", ",join=", "\"uses\":3,",
		"\"expires_at\":\"2", "\"label\":\"friends\"", "}\n" };
	struct fixture *f = *state;

	assert_int_equal(
	    0, RUN(f, "init", "--json", "--listen", "127.0.0.1:0"));
	for (size_t i = 0; i < 3; i++)
		assert_non_null(strstr(f->out, link_members[i]));
	assert_int_equal(0, RUN(f, "link", "--json"));
	for (size_t i = 0; i < 3; i++)
		assert_non_null(strstr(f->out, link_members[i]));
	assert_int_equal(0, RUN(f, "invite", "--json", "--uses", "3",
				"--expires", "7d", "--label", "friends"));
	for (size_t i = 0; i < 7; i++)
		assert_non_null(strstr(f->out, invite_members[i]));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(wrong_usage_exits_with_2_and_prints_nothing),
		CASE(help_lists_every_command),
		CASE(without_a_relay_there_is_no_link_and_no_invitation),
		CASE(init_makes_one_relay_and_not_two),
		CASE(
		    an_administrator_sees_no_more_of_the_database_than_the_relay),
		CASE(a_link_names_the_host_that_was_given),
		CASE(serving_on_several_addresses_prints_two_lines),
		CASE(
		    a_mistake_in_the_configuration_stops_before_anything_is_made),
		CASE(json_has_the_documented_members),
		CASE(an_invitation_of_ones_own_text_is_repeatable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
