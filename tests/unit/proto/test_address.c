#include "proto/address.h"
#include "tests/support/test.h"

static void
names_outside_the_grammar_are_refused(void **state)
{
	static const char *const bad[] = { "", "a", ".ab", "-ab", "_ab", "Ab",
		"a b", "a/b", "al\xc3\xaf", "a\nb", "../etc",
		"abcdefghijklmnopqrstuvwxyz1234567" };
	struct account_name name = { "kept" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_status(STATUS_BAD_INPUT,
		    account_name_parse(bytes_text(bad[i]), &name));
	assert_status(
	    STATUS_BAD_INPUT, account_name_parse(BYTES("ali\0ce"), &name));
	assert_status(STATUS_BAD_INPUT, account_name_parse(BYTES_NONE, &name));
	assert_string_equal(name.text, "kept");
}

static void
names_of_the_grammar_are_taken_to_the_last_byte(void **state)
{
	static const char *const good[] = { "ab", "0x", "a.b_c-d",
		"abcdefghijklmnopqrstuvwxyz123456" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct account_name name;

		memset(&name, 0xff, sizeof(name));
		assert_status(
		    STATUS_OK, account_name_parse(bytes_text(good[i]), &name));
		assert_bytes(bytes_text(good[i]), account_name_bytes(&name));
	}
}

static void
addresses_differ_by_account_and_by_device(void **state)
{
	struct address a = { { "alice" }, 1 };
	struct address b = a;

	(void)state;
	assert_true(address_equal(&a, &b));
	b.device = 2;
	assert_false(address_equal(&a, &b));
	b = (struct address){ { "bob" }, 1 };
	assert_false(address_equal(&a, &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_outside_the_grammar_are_refused),
		cmocka_unit_test(
		    names_of_the_grammar_are_taken_to_the_last_byte),
		cmocka_unit_test(addresses_differ_by_account_and_by_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
