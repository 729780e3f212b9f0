/* Copies of a profile, and its doctor, on the command line. */
#include "tests/unit/cli/fake_tacit.h"

#include <stdio.h>
#include <unistd.h>

static void
a_backup_goes_to_the_file_named(void **state)
{
	struct run r = run("backup", "copy.tacit");

	(void)state;
	assert_int_equal(r.code, 0);
	assert_string_equal(fake.name, "copy.tacit");
	assert_false(fake.mark);
	assert_string_equal(r.out, "");
	assert_non_null(strstr(r.err, "262391 bytes"));
	r = run("--json", "backup", "--force", "copy.tacit");
	assert_true(fake.mark);
	assert_non_null(strstr(r.out, "\"bytes\":262391"));
	assert_int_equal(run("backup").code, 2);
}

static void
standard_output_takes_the_backup_and_nothing_else(void **state)
{
	struct run r = run("--json", "backup", "-");

	(void)state;
	assert_int_equal(r.code, 0);
	assert_string_equal(fake.name, "(descriptor)");
	assert_string_equal(r.out, "");
}

static void
a_backup_that_is_not_made_says_why(void **state)
{
	struct run r;

	(void)state;
	fake.answer = TACIT_EXISTS;
	fake.sentence = "There is a file.";
	r = run("backup", "copy.tacit");
	assert_int_equal(r.code, 11);
	assert_non_null(strstr(r.err, "There is a file."));
}

static void
a_restore_asks_for_the_passphrase_of_the_backup(void **state)
{
	char *dir = scratch_dir_new();
	char file[512];
	struct run r;
	FILE *secret;

	(void)state;
	assert_non_null(dir);
	snprintf(file, sizeof(file), "%s/secret", dir);
	secret = fopen(file, "w");
	assert_non_null(secret);
	fputs("correct horse\n", secret);
	fclose(secret);
	r = run_input("bytes", "--home", dir, "restore", "-");
	assert_int_equal(r.code, 0);
	assert_string_equal(fake.passphrase_got, "");
	assert_string_equal(fake.dir, dir);
	assert_non_null(strstr(r.err, "has no passphrase"));
	fake.needs_passphrase = true;
	r = run_input("bytes", "--home", dir, "restore", "-");
	assert_int_equal(r.code, 6);
	r = run_input("bytes", "--home", dir, "--passphrase-file", file,
	    "--json", "restore", "-");
	assert_int_equal(r.code, 0);
	assert_string_equal(fake.passphrase_got, "correct horse");
	assert_non_null(strstr(r.out, "\"type\":\"restored\""));
	assert_int_equal(
	    run("--home", dir, "restore", "/nowhere/at/all").code, 4);
	scratch_dir_remove(dir);
}

static void
a_doctor_tells_each_finding_and_asks_before_it_gives_up(void **state)
{
	struct run r = run("doctor");

	(void)state;
	assert_int_equal(r.code, 0);
	assert_string_equal(r.out,
	    "files                   ok       Nobody but you may read or "
	    "change them.\n"
	    "prekeys                 mended   Published anew: the relay did "
	    "not hold what it should.\n");
	assert_false(fake.verify);
	assert_false(fake.mark); /* nobody sits at a terminal */
	assert_int_equal(run("doctor", "--repair").code, 0);
	assert_true(fake.mark);
	assert_int_equal(run("doctor", "--check").code, 0);
	assert_true(fake.verify);
	assert_int_equal(run("doctor", "--check", "--repair").code, 2);
	fake.answer = TACIT_DAMAGED;
	fake.sentence = "Something is wrong.";
	r = run("doctor");
	assert_int_equal(r.code, 9);
	assert_non_null(strstr(r.out, "contacts                FAILED"));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_backup_goes_to_the_file_named),
		TEST(standard_output_takes_the_backup_and_nothing_else),
		TEST(a_backup_that_is_not_made_says_why),
		TEST(a_doctor_tells_each_finding_and_asks_before_it_gives_up),
		TEST(a_restore_asks_for_the_passphrase_of_the_backup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
