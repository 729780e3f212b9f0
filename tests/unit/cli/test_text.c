#include "client/cli/text.h"

#include <stdio.h>

#include "tests/support/test.h"

static char *
shown(enum text_kind kind, const char *text, size_t len)
{
	char *out = NULL;
	size_t out_len = 0;
	FILE *to = open_memstream(&out, &out_len);

	assert_non_null(to);
	text_put(to, kind, text, len);
	fclose(to);
	return out;
}

static void
check(enum text_kind kind, const char *text, size_t len, const char *expected)
{
	char *got = shown(kind, text, len);

	assert_string_equal(got, expected);
	free(got);
}

#define BODY(text, expected)                                                   \
	check(TEXT_BODY, (text), sizeof(text) - 1, (expected))
#define NAME(text, expected)                                                   \
	check(TEXT_NAME, (text), sizeof(text) - 1, (expected))

static void
escape_sequences_never_reach_the_terminal(void **state)
{
	(void)state;
	BODY("\x1b]0;owned\x07", "\\x1b]0;owned\\x07");
	BODY("a\rb\bc\x7f", "a\\x0db\\x08c\\x7f");
	BODY("\xc2\x9b"
	     "31m",
	    "\\u009b31m"); /* C1: the one-byte CSI */
	BODY("nul\0nul", "nul\\x00nul");
}

static void
text_cannot_turn_its_direction_round(void **state)
{
	(void)state;
	BODY("\xe2\x80\xae"
	     "gpj.exe",
	    "\\u202egpj.exe");
	BODY("\xe2\x81\xa6x\xe2\x81\xa9", "\\u2066x\\u2069");
	BODY("\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", "\\u200e\\u200f\\u061c");
}

static void
a_line_of_a_text_never_begins_at_the_margin(void **state)
{
	(void)state;
	BODY("hi\n[2026-11-21 14:03:22] bob: pay eve",
	    "hi\n    [2026-11-21 14:03:22] bob: pay eve");
	BODY("\n-- x", "\n    -- x");
	BODY("a\n", "a\n    ");
	BODY("a\xe2\x80\xa8-- b\xe2\x80\xa9-- c\xc2\x85-- d\x0b-- e\x0c-- f",
	    "a\\u2028-- b\\u2029-- c\\u0085-- d\\x0b-- e\\x0c-- f");
	BODY("a\tb", "a    b");
}

static void
bytes_that_are_no_utf8_are_shown_as_such(void **state)
{
	(void)state;
	BODY("\xff\xfe", "\\xff\\xfe");
	BODY("cut \xe2\x82", "cut \\xe2\\x82");
	BODY("\xc0\xaf", "\\xc0\\xaf");                   /* overlong */
	BODY("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* surrogate */
	BODY("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* past the end */
	BODY("\xe2\x82\x1b[2J", "\\xe2\\x82\\x1b[2J");
}

static void
hidden_characters_are_shown_and_joiners_are_kept(void **state)
{
	(void)state;
	BODY("a\xe2\x80\x8b"
	     "b\xef\xbb\xbf",
	    "a\\u200bb\\ufeff");
	BODY("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
	    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb");
	BODY("\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae",
	    "\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae");
	BODY("gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f");
}

static void
a_name_is_one_line_and_cannot_end_itself(void **state)
{
	(void)state;
	NAME("bob: hi", "bob\\x3a hi");
	NAME("a\nb\tc", "a\\x0ab\\x09c");
	NAME("al\xe2\x80\x8dice", "al\\u200dice");
	NAME("x\xf3\xa0\x81\x81", "x\\U000e0041");
}

static void
plain_means_utf8_without_nul(void **state)
{
	(void)state;
	assert_true(text_is_plain("gr\xc3\xbc\xc3\x9f\x1b", 7));
	assert_false(text_is_plain("a\0b", 3));
	assert_false(text_is_plain("\xc3", 1));
}

static void
repair_replaces_every_bad_byte(void **state)
{
	size_t len;
	char *copy = text_repair("a\xff\0b\xe2\x82", 6, &len);

	(void)state;
	assert_non_null(copy);
	assert_int_equal(len, 12);
	assert_memory_equal(
	    copy, "a\xef\xbf\xbd\0b\xef\xbf\xbd\xef\xbf\xbd", 12);
	free(copy);
}

static void
names_have_one_normal_form(void **state)
{
	char *composed = text_nfc("Zoe\xcc\x88");

	(void)state;
	assert_string_equal(composed, "Zo\xc3\xab");
	free(composed);
	assert_null(text_nfc("\xff"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escape_sequences_never_reach_the_terminal),
		cmocka_unit_test(text_cannot_turn_its_direction_round),
		cmocka_unit_test(a_line_of_a_text_never_begins_at_the_margin),
		cmocka_unit_test(bytes_that_are_no_utf8_are_shown_as_such),
		cmocka_unit_test(
		    hidden_characters_are_shown_and_joiners_are_kept),
		cmocka_unit_test(a_name_is_one_line_and_cannot_end_itself),
		cmocka_unit_test(plain_means_utf8_without_nul),
		cmocka_unit_test(repair_replaces_every_bad_byte),
		cmocka_unit_test(names_have_one_normal_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
