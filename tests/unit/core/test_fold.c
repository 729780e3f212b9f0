#include "client/core/fold.h"
#include "tests/support/test.h"

static bool
finds(const char *text, const char *wanted)
{
	struct buf *a = NULL;
	struct buf *b = NULL;
	bool found;

	assert_status(STATUS_OK, fold_text(bytes_text(text), 4096, &a));
	assert_status(STATUS_OK, fold_text(bytes_text(wanted), 4096, &b));
	found = fold_contains(buf_view(a), buf_view(b));
	buf_free(a);
	buf_free(b);
	return found;
}

static void
what_is_not_utf8_is_compared_as_it_is(void **state)
{
	(void)state;
	assert_true(finds("a\xff\xfe", "\xff"));
	assert_false(finds("a\xff", "\xfe"));
}

static void
a_ceiling_holds(void **state)
{
	struct buf *b = NULL;

	(void)state;
	assert_status(STATUS_FULL, fold_text(BYTES("four"), 3, &b));
	assert_null(b);
	for (size_t n = 1;; n++) {
		enum status st;

		alloc_fail_nth(n);
		st = fold_text(BYTES("four"), 4, &b);
		if (!alloc_failed()) {
			assert_status(STATUS_OK, st);
			break;
		}
		assert_status(STATUS_NOMEM, st);
	}
	alloc_fail_nth(0);
	buf_free(b);
}

static void
case_width_and_composition_make_no_difference(void **state)
{
	(void)state;
	assert_true(finds("Straße nach ÄRGER", "STRASSE"));
	assert_true(finds("nach ÄRGER", "a\xcc\x88rger"));    /* a, diaeresis */
	assert_true(finds("\xef\xbc\xa1\xef\xbc\xa2", "ab")); /* full width */
	assert_true(finds("ΣΊΣΥΦΟΣ", "σίσυφος"));
	assert_true(finds("anything", ""));
	assert_false(finds("", "x"));
	assert_false(finds("abc", "abcd"));
}

static void
a_label_cannot_forge_a_line(void **state)
{
	(void)state;
	assert_true(
	    fold_is_label(BYTES("Bob von nebenan \xf0\x9f\x8c\xb1"), 64));
	assert_false(fold_is_label(BYTES(""), 64));
	assert_false(fold_is_label(BYTES("a\nb"), 64));
	assert_false(fold_is_label(BYTES("a\x1b[2J"), 64));
	assert_false(fold_is_label(BYTES("a\xe2\x80\xae"), 64)); /* override */
	assert_false(fold_is_label(BYTES("a\xe2\x80\xa8"), 64)); /* line */
	assert_false(fold_is_label(BYTES("\xc3"), 64));
	assert_false(fold_is_label(BYTES("four"), 3));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_utf8_is_compared_as_it_is),
		cmocka_unit_test(a_ceiling_holds),
		cmocka_unit_test(a_label_cannot_forge_a_line),
		cmocka_unit_test(case_width_and_composition_make_no_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
