/* Proofs as files: written, read again, and refused when they are none. */
#include "tests/unit/cli/fake_tacit.h"

#include <stdio.h>

static void
a_proof_is_read_as_it_was_written(void **state)
{
	struct run r = run("export", "--proof", "00112233");
	char *written;

	(void)state;
	assert_int_equal(r.code, 0);
	assert_string_equal(fake.id, "00112233");
	assert_non_null(strstr(r.out, "\"kind\":\"direct\""));
	written = strdup(r.out);
	r = run_input(written, "export", "--check", "-");
	assert_int_equal(r.code, 0);
	assert_string_equal(fake.signature, "signature");
	assert_string_equal(fake.to, "key");
	free(written);
	fake.proof_of_group = true;
	written = strdup(run("export", "--proof", "00112233").out);
	r = run_input(written, "export", "--check", "-");
	assert_int_equal(r.code, 0);
	assert_string_equal(fake.to, "group");
	free(written);
}

static void
people_are_told_what_it_proves_and_what_not(void **state)
{
	char *written = strdup(run("export", "--proof", "00112233").out);
	struct run r = run_input(written, "export", "--check", "-");

	(void)state;
	assert_non_null(strstr(r.out, "proof         valid\n"));
	assert_non_null(strstr(r.out, "signed by     alice\n"));
	assert_non_null(strstr(r.out, "to            bob\n"));
	assert_non_null(strstr(r.out, "2026-11-21 14:03:22"));
	assert_non_null(strstr(r.out, "text          I owe you 5\n"));
	assert_non_null(strstr(r.out, "does not prove who holds"));
	free(written);
}

static void
no_proof_is_exit_1_and_says_why(void **state)
{
	static const char *const hostile[] = {
		"",
		"null",
		"[]",
		"{}",
		"{\"type\":\"proof\",\"version\":1}",
		/* No kind, odd digits, capitals, no string, a device too far.
		 */
		"{\"type\":\"proof\",\"version\":1,\"device\":1,\"body\":\"\"}",
		"{\"type\":\"proof\",\"version\":1,\"kind\":\"direct\","
		"\"device\":1,\"body\":\"abc\"}",
		"{\"type\":\"proof\",\"version\":1,\"kind\":\"direct\","
		"\"device\":1,\"body\":\"AB\"}",
		"{\"type\":\"proof\",\"version\":1,\"kind\":\"direct\","
		"\"device\":1,\"body\":7}",
		"{\"type\":\"proof\",\"version\":1,\"kind\":\"direct\","
		"\"device\":4294967296}",
		"{\"type\":\"proof\",\"type\":\"proof\",\"version\":1}",
	};
	struct run r;

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		r = run_input(hostile[i], "export", "--check", "-");
		assert_int_equal(r.code, 1);
		assert_non_null(strstr(r.err, "no proof"));
		assert_string_equal(r.out, "");
	}
	r = run_input(
	    "{\"type\":\"proof\",\"version\":2}", "export", "--check", "-");
	assert_int_equal(r.code, 1);
	assert_non_null(strstr(r.err, "later release"));
	r = run("export", "--check", "/nowhere/proof");
	assert_int_equal(r.code, 1);
	assert_non_null(strstr(r.err, "cannot be opened"));
}

static void
more_than_a_proof_can_be_is_not_read(void **state)
{
	char *long_text = calloc(1024 * 1024 + 100, 1);
	struct run r;

	(void)state;
	assert_non_null(long_text);
	memset(long_text, ' ', 1024 * 1024 + 99);
	r = run_input(long_text, "export", "--check", "-");
	assert_int_equal(r.code, 1);
	assert_non_null(strstr(r.err, "too long"));
	free(long_text);
}

static void
what_the_library_refuses_is_not_shown(void **state)
{
	char *written = strdup(run("export", "--proof", "00112233").out);
	struct run r;

	(void)state;
	fake.answer = TACIT_FAILED;
	fake.sentence = "This proves nothing: the content.";
	r = run_input(written, "export", "--check", "-");
	assert_int_equal(r.code, 1);
	assert_string_equal(r.out, "");
	fake.answer = TACIT_NOT_FOUND;
	r = run("export", "--proof", "00112233");
	assert_int_equal(r.code, 4);
	assert_string_equal(r.out, "");
	free(written);
}

static void
a_proof_stands_alone(void **state)
{
	(void)state;
	assert_int_equal(run("export", "--proof", "0011", "alice").code, 2);
	assert_int_equal(
	    run("export", "--proof", "0011", "--check", "-").code, 2);
	assert_int_equal(
	    run("export", "--check", "-", "--format", "md").code, 2);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_proof_is_read_as_it_was_written),
		TEST(people_are_told_what_it_proves_and_what_not),
		TEST(no_proof_is_exit_1_and_says_why),
		TEST(more_than_a_proof_can_be_is_not_read),
		TEST(what_the_library_refuses_is_not_shown),
		TEST(a_proof_stands_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
