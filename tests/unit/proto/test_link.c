#include <sodium.h>

#include "proto/link.h"
#include "tests/support/test.h"

#define PIN "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static enum status
parse(const char *text, struct link *l)
{
	const char *why = NULL;
	enum status st = link_parse(bytes_text(text), l, &why);

	if (st != STATUS_OK)
		assert_non_null(why);
	return st;
}

static void
what_is_no_link_is_refused_with_a_sentence(void **state)
{
	static const char *const bad[] = { "", " ", "tacit", "http://host/",
		"tacit://", "tacit:///", "tacit://:4433/", "tacit://host:/",
		"tacit://host:0/", "tacit://host:65536/", "tacit://host:44x/",
		"tacit://host:+1/", "tacit://ho st/", "tacit://-host/",
		"tacit://user@host/", "tacit://host/path", "tacit://host/?q=1",
		"tacit://[::1/", "tacit://[]/", "tacit://[host]/",
		"tacit://[::1]x/", "tacit://::1/", "tacit://ho\033[2Jst/",
		"tacit://host/#pin=", "tacit://host/#pin=AAAA",
		"tacit://host/#pin=" PIN "A", "tacit://host/#pin=" PIN "=",
		"tacit://host/#pin=" PIN ",pin=" PIN,
		"tacit://host/#join=", "tacit://host/#join=abc",
		"tacit://host/#join=abc%", "tacit://host/#join=abc%4",
		"tacit://host/#join=abcd%zz", "tacit://host/#join=abcd%00",
		"tacit://host/#join=abcd%0a", "tacit://host/#join=abcd%ff",
		"tacit://host/#join=ab%20cd",
		"tacit://host/#join=abcd,join=efgh",
		"tacit://host/#join=abcd%2Cef" };
	struct link l = { .port = 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_status(STATUS_BAD_INPUT, parse(bad[i], &l));
	assert_int_equal(l.port, 7); /* out left untouched */
}

static void
a_link_that_is_too_long_is_refused(void **state)
{
	char text[LIMIT_LINK_BYTES + 2];
	struct link l;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text, "tacit://", 8);
	assert_status(STATUS_BAD_INPUT, parse(text, &l));
	text[8 + LIMIT_HOST_BYTES + 1] = '\0';
	assert_status(STATUS_BAD_INPUT, parse(text, &l));
	text[8 + LIMIT_HOST_BYTES] = '\0';
	assert_status(STATUS_OK, parse(text, &l));
}

static void
one_character_of_a_pin_changes_the_pin(void **state)
{
	struct link a, b;

	(void)state;
	assert_status(STATUS_OK, parse("tacit://h/#pin=" PIN, &a));
	assert_status(
	    STATUS_OK, parse("tacit://h/#pin="
			     "BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
			   &b));
	assert_int_equal(a.pin.raw[0], 0);
	assert_int_equal(a.pin.raw[31], 31);
	assert_int_equal(b.pin.raw[0], 4);
}

static void
all_parts_are_read_and_unknown_ones_skipped(void **state)
{
	struct link l;

	(void)state;
	assert_status(
	    STATUS_OK, parse(" tacit://relay.example:5000/#new=1,pin=" PIN
			     ",join=caf%C3%A9-1,x\n",
			   &l));
	assert_string_equal(l.host, "relay.example");
	assert_int_equal(l.port, 5000);
	assert_true(l.has_pin);
	assert_string_equal(l.join_code, "caf\xc3\xa9-1");
	assert_status(STATUS_OK, parse("tacit://[2001:db8::1]:1/", &l));
	assert_string_equal(l.host, "2001:db8::1");
	assert_false(l.has_pin);
	assert_string_equal(l.join_code, "");
	assert_status(STATUS_OK, parse("tacit://127.0.0.1", &l));
	assert_int_equal(l.port, LINK_DEFAULT_PORT);
}

static void
formatted_links_read_back_the_same(void **state)
{
	static const char *const links[] = { "tacit://relay.example:4433/",
		"tacit://relay.example:4433/#pin=" PIN,
		"tacit://relay.example:1/#pin=" PIN ",join=caf%C3%A9~%27%24x",
		"tacit://[::1]:65535/#join=a.b_c-d" };
	char text[LIMIT_LINK_BYTES + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		struct link l;

		assert_status(STATUS_OK, parse(links[i], &l));
		assert_status(STATUS_OK, link_format(&l, text));
		assert_string_equal(text, links[i]);
		link_clear(&l);
		assert_true(sodium_is_zero((void *)&l, sizeof(l)));
	}
}

static void
the_longest_link_still_fits(void **state)
{
	struct link l = { .port = 1, .has_pin = true }, again;
	char text[LIMIT_LINK_BYTES + 1];

	(void)state;
	memset(l.host, 'h', LIMIT_HOST_BYTES);
	memset(l.join_code, '!', LIMIT_JOIN_CODE_BYTES);
	assert_status(STATUS_OK, link_format(&l, text));
	assert_status(STATUS_OK, parse(text, &again));
	assert_memory_equal(&again, &l, sizeof(l));
}

static void
join_codes_are_printable_and_of_bounded_length(void **state)
{
	char longest[LIMIT_JOIN_CODE_BYTES + 2];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	assert_false(link_is_join_code(BYTES_OF(longest)));
	assert_true(
	    link_is_join_code(bytes_view(longest, LIMIT_JOIN_CODE_BYTES)));
	assert_false(link_is_join_code(BYTES("abc")));
	assert_false(link_is_join_code(BYTES("ab cd")));
	assert_false(link_is_join_code(BYTES("ab,cd")));
	assert_false(link_is_join_code(BYTES("ab\tcd")));
	assert_false(link_is_join_code(BYTES("ab\0cd")));
	assert_false(link_is_join_code(BYTES("ab\xff"
					     "cd")));
	assert_false(link_is_join_code(BYTES("ab\xe2\x80\xaezz"))); /* RLO */
	assert_false(link_is_join_code(BYTES("ab\xc2\xa0zz")));     /* NBSP */
	assert_true(link_is_join_code(BYTES("gr\xc3\xbc\xc3\x9f"
					    "e")));
}

static void
running_out_of_memory_formats_nothing(void **state)
{
	struct link l;
	char text[LIMIT_LINK_BYTES + 1];
	enum status st = STATUS_NOMEM;

	(void)state;
	assert_status(STATUS_OK, parse("tacit://h/#pin=" PIN, &l));
	for (size_t n = 1; st == STATUS_NOMEM; n++) {
		alloc_fail_nth(n);
		st = link_format(&l, text);
		alloc_fail_nth(0);
	}
	assert_status(STATUS_OK, st);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_link_is_refused_with_a_sentence),
		cmocka_unit_test(a_link_that_is_too_long_is_refused),
		cmocka_unit_test(one_character_of_a_pin_changes_the_pin),
		cmocka_unit_test(all_parts_are_read_and_unknown_ones_skipped),
		cmocka_unit_test(formatted_links_read_back_the_same),
		cmocka_unit_test(the_longest_link_still_fits),
		cmocka_unit_test(
		    join_codes_are_printable_and_of_bounded_length),
		cmocka_unit_test(running_out_of_memory_formats_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
