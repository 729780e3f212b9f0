/* register with a recovery key, recover, devices: what is asked and printed. */
#include "tests/unit/cli/fake_tacit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char *dir;
static char path[512];

static int
setup(void **state)
{
	fake_setup(state);
	dir = scratch_dir_new();
	assert_non_null(dir);
	snprintf(path, sizeof(path), "%s/key", dir);
	return 0;
}

static int
teardown(void **state)
{
	scratch_dir_remove(dir);
	return fake_teardown(state);
}

static void
read_key(char *text, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t got;

	assert_non_null(f);
	got = fread(text, 1, size - 1, f);
	text[got] = '\0';
	fclose(f);
}

static void
a_recovery_key_goes_into_a_file_that_nobody_else_reads(void **state)
{
	char text[256];
	struct stat st;

	(void)state;
	for (int i = 0; i < 2; i++) /* taken up again: the same key */
		assert_int_equal(
		    run("register", "bob", "--relay", "tacit://r/",
			"--no-passphrase", "--recovery-key-file", path)
			.code,
		    0);
	read_key(text, sizeof(text));
	assert_int_equal(strlen(text), strlen(fake_recovery_key) + 1);
	assert_memory_equal(text, fake_recovery_key, strlen(fake_recovery_key));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
a_file_that_is_there_is_not_written_over(void **state)
{
	char text[256];
	FILE *f = fopen(path, "w");

	(void)state;
	assert_non_null(f);
	fputs("my memoirs\n", f);
	fclose(f);
	assert_int_equal(run("register", "bob", "--relay", "tacit://r/",
			     "--no-passphrase", "--recovery-key-file", path)
			     .code,
	    1);
	read_key(text, sizeof(text));
	assert_string_equal(text, "my memoirs\n");
	assert_string_equal(fake.name, "");
}

static void
scripts_get_none_unless_they_ask(void **state)
{
	struct run r;

	(void)state;
	r = run("register", "bob", "--relay", "tacit://r/", "--no-passphrase");
	assert_int_equal(r.code, 0);
	assert_null(strstr(r.err, "AAAA-BBBB"));
	assert_int_equal(
	    run("register", "bob", "--relay", "tacit://r/", "--no-passphrase",
		"--recovery-key-file", path, "--no-recovery-key")
		.code,
	    2);
}

/* Neither a passphrase nor a key is asked for: what is missing is usage, 2. */
static void
that_there_is_a_profile_is_said_before_anything_is_asked(void **state)
{
	struct run r;

	(void)state;
	fake.may_begin = TACIT_EXISTS;
	r = run("register", "bob", "--relay", "tacit://r/");
	assert_int_equal(r.code, TACIT_EXISTS);
	assert_non_null(strstr(r.err, "there is one already"));
	r = run("recover", "bob", "--relay", "tacit://r/");
	assert_int_equal(r.code, TACIT_EXISTS);
	assert_string_equal(fake.name, "");
}

static void
recover_takes_the_key_from_a_file_and_never_from_an_argument(void **state)
{
	FILE *f = fopen(path, "w");
	struct run r;

	(void)state;
	assert_non_null(f);
	fprintf(f, "%s\n", fake_recovery_key);
	fclose(f);
	r = run("recover", "bob", "--relay", "tacit://r/", "--no-passphrase",
	    "--recovery-key-file", path, "--json");
	assert_int_equal(r.code, 0);
	assert_non_null(strstr(r.out, "\"type\":\"recovered\""));
	assert_memory_equal(
	    fake.recovery_key, fake_recovery_key, strlen(fake_recovery_key));
	r = run("recover", "bob", "--relay", "tacit://r/", "--no-passphrase");
	assert_int_equal(r.code, 2);
	assert_non_null(strstr(r.err, "--recovery-key-file"));
	assert_int_equal(run("recover", "bob", "--no-passphrase",
			     "--recovery-key-file", path)
			     .code,
	    2);
	assert_int_equal(
	    run("recover", "bob", "--relay", "tacit://r/", "--no-passphrase",
		"--recovery-key-file", "/nonexistent/key")
		.code,
	    2);
}

static void
devices_are_listed_for_people_and_for_programs(void **state)
{
	struct run r = run("devices");

	(void)state;
	assert_int_equal(r.code, 0);
	assert_non_null(strstr(r.out, "bob/2  3f2a 90c1 77b0 e5d4"));
	assert_non_null(strstr(r.out, "(this one)"));
	r = run("devices", "alice");
	assert_int_equal(r.code, 0);
	assert_non_null(strstr(r.out, "alice/2"));
	assert_null(strstr(r.out, "(this one)"));
	r = run("devices", "--json");
	assert_non_null(strstr(r.out, "\"type\":\"device\""));
	assert_non_null(
	    strstr(r.out, "\"fingerprint\":\"3f2a 90c1 77b0 e5d4\""));
	assert_non_null(strstr(r.out, "\"this\":true"));
}

#define DEVICE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static void
a_recovery_key_is_made_later_and_taken_away(void **state)
{
	char text[256];
	struct run r = run("recovery-key");

	(void)state;
	assert_int_equal(r.code, 0);
	assert_non_null(strstr(r.out, "recovery-key new"));
	r = run("recovery-key", "new");
	assert_int_equal(r.code, 2); /* no terminal, no file */
	assert_non_null(strstr(r.err, "--recovery-key-file"));
	r = run("recovery-key", "new", "--recovery-key-file", path);
	assert_int_equal(r.code, 0);
	assert_string_equal(r.out, "");
	assert_null(strstr(r.err, "Keep")); /* there is nothing to keep */
	read_key(text, sizeof(text));
	assert_memory_equal(text, fake_recovery_key, strlen(fake_recovery_key));
	r = run("--json", "recovery-key");
	assert_string_equal(r.out,
	    "{\"type\":\"recovery-key\",\"recovery_key\":true,"
	    "\"since\":\"2026-11-21T14:03:22.123Z\",\"waits\":false}\n");
	unlink(path);
	r = run("recovery-key", "new", "--recovery-key-file", path);
	assert_non_null(strstr(r.err, "Keep the recovery key that you have"));
	r = run("--json", "recovery-key", "remove");
	assert_string_equal(r.out,
	    "{\"type\":\"recovery-key\",\"recovery_key\":false,"
	    "\"waits\":false}\n");
}

static void
which_recovery_key_works_is_said_when_nobody_knows(void **state)
{
	struct run r;

	(void)state;
	fake.answer = TACIT_UNREACHABLE;
	r = run("recovery-key", "new", "--recovery-key-file", path);
	assert_int_equal(r.code, 3);
	assert_null(strstr(r.err, "works"));
	fake.recovery = (struct tacit_recovery){
		.has = true,
		.waits = true,
		.next_has = true,
	};
	r = run("recovery-key");
	assert_non_null(strstr(r.out, "keep the new one and the one before"));
	fake.recovery.next_has = false;
	r = run("recovery-key");
	assert_non_null(strstr(r.out, "keep it"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DEVICE(a_recovery_key_is_made_later_and_taken_away),
		DEVICE(which_recovery_key_works_is_said_when_nobody_knows),
		DEVICE(a_recovery_key_goes_into_a_file_that_nobody_else_reads),
		DEVICE(a_file_that_is_there_is_not_written_over),
		DEVICE(scripts_get_none_unless_they_ask),
		DEVICE(
		    that_there_is_a_profile_is_said_before_anything_is_asked),
		DEVICE(
		    recover_takes_the_key_from_a_file_and_never_from_an_argument),
		DEVICE(devices_are_listed_for_people_and_for_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
