/* Safety numbers for people: digits, a code to scan, a comparison. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/cli/qr.h"
#include "tests/unit/cli/fake_tacit.h"

#define DIGITS "012345678901234567890123456789012345678901234567890123456789"
#define FULL   "\u2588"
#define UPPER  "\u2580"
#define LOWER  "\u2584"

enum { SIDE = 33, DRAWN_BYTES = 16 * 1024 };

struct drawing {
	bool seen[SIDE + 1][SIDE]; /* what has the colour of the letters */
};

static const char *
take_module(const char *at, bool *upper, bool *lower)
{
	*upper = strncmp(at, FULL, 3) == 0 || strncmp(at, UPPER, 3) == 0;
	*lower = strncmp(at, FULL, 3) == 0 || strncmp(at, LOWER, 3) == 0;
	return at + (*upper || *lower ? 3 : 1);
}

static const char *
pass_over(const char *at, const char *what)
{
	assert_int_equal(strncmp(at, what, strlen(what)), 0);
	return at + strlen(what);
}

static void
read_drawing(
    const char *at, const char *before, const char *after, struct drawing *d)
{
	for (size_t row = 0; row < SIDE; row += 2) {
		at = pass_over(at, before);
		for (size_t column = 0; column < SIDE; column++)
			at = take_module(at, &d->seen[row][column],
			    &d->seen[row + 1][column]);
		at = pass_over(at, after);
	}
	assert_string_equal(at, "");
}

static void
draw(const char *digits, bool coloured, char drawn[DRAWN_BYTES])
{
	struct qr *qr = qr_new(digits);
	FILE *to = fmemopen(drawn, DRAWN_BYTES, "w");

	assert_non_null(qr);
	assert_non_null(to);
	qr_draw(qr, coloured, to);
	assert_int_equal(fclose(to), 0);
	qr_free(qr);
}

static void
a_code_is_drawn_module_by_module(void **state)
{
	static char drawn[DRAWN_BYTES];
	struct drawing plain = { 0 }, coloured = { 0 };
	struct qr *qr = qr_new(DIGITS);
	size_t dark = 0;

	(void)state;
	assert_non_null(qr);
	assert_int_equal(qr_columns(qr), SIDE);
	draw(DIGITS, false, drawn);
	read_drawing(drawn, "", "\n", &plain);
	draw(DIGITS, true, drawn);
	read_drawing(drawn, "\x1b[38;5;16;48;5;231m", "\x1b[0m\n", &coloured);
	for (size_t row = 0; row < SIDE; row++)
		for (size_t column = 0; column < SIDE; column++) {
			bool is_dark = qr_is_dark(qr, row, column);

			assert_int_equal(coloured.seen[row][column], is_dark);
			assert_int_equal(plain.seen[row][column], !is_dark);
			dark += is_dark;
		}
	assert_in_range(dark, SIDE * SIDE / 5, SIDE * SIDE / 2);
	qr_free(qr);
}

/* ISO/IEC 18004: a square of seven in three corners, light around it. */
static void
the_corners_are_where_a_scanner_looks_for_them(void **state)
{
	struct qr *qr = qr_new(DIGITS);

	(void)state;
	assert_non_null(qr);
	for (size_t i = 0; i < 7; i++) {
		assert_true(qr_is_dark(qr, 4, 4 + i));
		assert_true(qr_is_dark(qr, 4 + i, 4));
		assert_true(qr_is_dark(qr, 4, SIDE - 5 - i));
		assert_true(qr_is_dark(qr, SIDE - 5 - i, 4));
		assert_false(qr_is_dark(qr, 3, 4 + i));
		assert_false(qr_is_dark(qr, 4 + i, 11));
	}
	assert_false(qr_is_dark(qr, 5, 5));
	assert_true(qr_is_dark(qr, 6, 6));
	qr_free(qr);
}

static void
what_does_not_fit_is_no_code(void **state)
{
	(void)state;
	assert_null(qr_new("no digits"));
	qr_free(NULL);
}

static void
verify_draws_when_asked(void **state)
{
	struct run r = run("verify", "alice", "--qr");

	(void)state;
	assert_int_equal(r.code, 0);
	assert_non_null(strstr(r.out, "    01234 56789 01234 56789\n"));
	assert_non_null(strstr(r.out, FULL));
	assert_null(strstr(r.out, "\x1b")); /* not a terminal */
	assert_null(strstr(run("verify", "alice").out, FULL));
	assert_int_equal(run("verify", "alice", "--qr", "--json").code, 2);
}

/* Standard output as a terminal of so many columns. */
static int
run_on_terminal(unsigned short columns, char *out, size_t size)
{
	char words[][8] = { "tacit", "verify", "alice", "--qr" };
	char *argv[] = { words[0], words[1], words[2], words[3], NULL };
	struct winsize wide = { .ws_row = 60, .ws_col = columns };
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	struct cli_streams io = { .in = 0, .err = tmpfile() };
	size_t len = 0;
	ssize_t got;
	int slave, code;

	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	assert_int_equal(ioctl(slave, TIOCSWINSZ, &wide), 0);
	io.out = fdopen(slave, "w");
	assert_non_null(io.out);
	assert_non_null(io.err);
	code = cli_main(4, argv, &io);
	fflush(io.out);
	assert_int_equal(write(slave, "DONE", 4), 4);
	while (len < size - 1 && memmem(out, len, "DONE", 4) == NULL) {
		got = read(master, out + len, size - 1 - len);
		assert_true(got > 0);
		len += (size_t)got;
	}
	out[len] = '\0';
	fclose(io.out);
	fclose(io.err);
	close(master);
	return code;
}

static void
a_terminal_is_told_its_colours_and_one_that_is_narrow_to_be_wider(void **state)
{
	static char out[DRAWN_BYTES];

	(void)state;
	assert_int_equal(run_on_terminal(SIDE - 1, out, sizeof(out)), 1);
	assert_non_null(strstr(out, "01234 56789"));
	assert_null(strstr(out, FULL));
	assert_int_equal(run_on_terminal(SIDE, out, sizeof(out)), 0);
	assert_non_null(strstr(out, "\x1b[38;5;16;48;5;231m"));
	setenv("NO_COLOR", "1", 1);
	assert_int_equal(run_on_terminal(SIDE, out, sizeof(out)), 0);
	unsetenv("NO_COLOR");
	assert_non_null(strstr(out, FULL));
	assert_null(strstr(out, "\x1b[38"));
}

static void
a_number_is_compared_from_the_argument_or_standard_input(void **state)
{
	struct run r = run("verify", "alice", "--compare", "01 23", "--mark");

	(void)state;
	assert_int_equal(r.code, 0);
	assert_string_equal(fake.compare, "01 23");
	assert_true(fake.mark);
	assert_non_null(strstr(r.err, "The numbers are the same"));
	r = run_input("45\n67\n", "verify", "alice", "--compare", "-");
	assert_int_equal(r.code, 0);
	assert_string_equal(fake.compare, "45\n67");
	assert_false(fake.mark);
	assert_int_equal(run("verify", "alice", "--compare", "-").code, 2);
	r = run("verify", "alice", "--compare", "1", "--json");
	assert_non_null(strstr(r.out, "\"same\":true"));
	fake.answer = TACIT_KEY_CHANGED;
	r = run("verify", "alice", "--compare", "1", "--json");
	assert_int_equal(r.code, 5);
	assert_string_equal(r.out, "");
}

static void
the_number_of_a_changed_key_says_so(void **state)
{
	struct run r;

	(void)state;
	fake.contact_changed = true;
	r = run("verify", "alice");
	assert_non_null(strstr(r.out, "not accepted yet"));
	assert_non_null(strstr(r.err, "tacit trust alice"));
	r = run("verify", "alice", "--json");
	assert_non_null(strstr(r.out, "\"changed\":true"));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_code_is_drawn_module_by_module),
		TEST(the_corners_are_where_a_scanner_looks_for_them),
		TEST(what_does_not_fit_is_no_code),
		TEST(verify_draws_when_asked),
		TEST(
		    a_terminal_is_told_its_colours_and_one_that_is_narrow_to_be_wider),
		TEST(a_number_is_compared_from_the_argument_or_standard_input),
		TEST(the_number_of_a_changed_key_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
