#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"

/* What log_event() writes, caught at the descriptor. */
static size_t
capture(enum log_level level, const char *text, char *line, size_t size)
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	size_t len;

	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	log_event(level, "event", "%s", text);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	len = fread(line, 1, size - 1, file);
	line[len] = '\0';
	fclose(file);
	return len;
}

static void
a_hostile_string_forges_no_second_line(void **state)
{
	char line[1024];

	(void)state;
	capture(LOG_LEVEL_ERROR, "a=1\nerror forged b=\x1b[31m\x7f\t\r", line,
	    sizeof(line));
	assert_string_equal("error event a=1?error forged b=?[31m???\n", line);
}

static void
a_long_string_is_cut(void **state)
{
	char text[4000], line[8000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_true(capture(LOG_LEVEL_ERROR, text, line, sizeof(line)) < 600);
	assert_int_equal('\n', line[strlen(line) - 1]);
}

static void
what_is_below_the_level_is_not_written(void **state)
{
	char line[64];

	(void)state;
	log_set_level(LOG_LEVEL_WARN);
	assert_int_equal(0, capture(LOG_LEVEL_INFO, "a=1", line, sizeof(line)));
	assert_int_not_equal(
	    0, capture(LOG_LEVEL_WARN, "a=1", line, sizeof(line)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hostile_string_forges_no_second_line),
		cmocka_unit_test(a_long_string_is_cut),
		cmocka_unit_test(what_is_below_the_level_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
