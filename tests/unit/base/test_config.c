#include "tests/support/test.h"

#include <stdio.h>
#include <unistd.h>

#include "base/config.h"

struct sample {
	char text[CONFIG_TEXT_BYTES];
	uint64_t number;
	int64_t wait_ms;
	uint64_t colour;
	struct config_list list;
};

static const char *const colours[] = { "red", "green", NULL };

static const struct config_setting settings[] = {
	{ "text", CONFIG_TEXT, offsetof(struct sample, text), 0, 0, NULL, "t",
	    "Text.", CONFIG_LIVE },
	{ "number", CONFIG_NUMBER, offsetof(struct sample, number), 2, 9, NULL,
	    "5", "A number.", CONFIG_LIVE },
	{ "wait", CONFIG_DURATION, offsetof(struct sample, wait_ms), 1000,
	    60000, NULL, "10s", "A wait.", CONFIG_LIVE },
	{ "colour", CONFIG_CHOICE, offsetof(struct sample, colour), 0, 0,
	    colours, "green", "A colour.", CONFIG_LIVE },
	{ "list", CONFIG_LIST, offsetof(struct sample, list), 0, 0, NULL, NULL,
	    "A list.", CONFIG_LIVE },
};

static const struct config_table table = { settings, 5 };

struct fixture {
	char *dir;
	char path[512];
	struct sample sample;
	char why[CONFIG_WHY_BYTES];
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL || (f->dir = scratch_dir_new()) == NULL)
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/conf", f->dir);
	config_defaults(&table, &f->sample);
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

static enum status
read_text(struct fixture *f, const char *text)
{
	FILE *file = fopen(f->path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	return config_read(&table, &f->sample, f->path, f->why);
}

static void
an_unknown_setting_names_file_and_line(void **state)
{
	struct fixture *f = *state;

	assert_status(
	    STATUS_BAD_INPUT, read_text(f, "# fine\nnumber = 3\nnumbr = 3\n"));
	assert_non_null(strstr(f->why, "conf:3:"));
	assert_non_null(strstr(f->why, "numbr"));
}

static void
the_first_mistake_is_the_one_that_is_told(void **state)
{
	struct fixture *f = *state;

	assert_status(STATUS_BAD_INPUT,
	    read_text(f, "number = 1\ncolour = blue\nwait = x\n"));
	assert_non_null(strstr(f->why, "conf:1:"));
	assert_non_null(strstr(f->why, "from 2 to 9"));
}

static void
every_kind_of_value_has_its_bounds(void **state)
{
	static const char *const wrong[] = { "number = 10\n", "number = -3\n",
		"number = \n", "wait = 61s\n", "wait = 10\n", "colour = \n",
		"[section]\nnumber = 3\n", "just words\n" };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_status(STATUS_BAD_INPUT, read_text(f, wrong[i]));
	assert_int_equal(5, f->sample.number);
	assert_int_equal(1, f->sample.colour);
}

static void
a_list_has_an_end(void **state)
{
	struct fixture *f = *state;
	char why[CONFIG_WHY_BYTES];

	for (int i = 0; i < CONFIG_LIST_ITEMS; i++)
		assert_status(STATUS_OK,
		    config_set(&table, &f->sample, "list", "x", why));
	assert_status(
	    STATUS_BAD_INPUT, config_set(&table, &f->sample, "list", "x", why));
}

static void
a_file_that_is_not_there_is_told_apart(void **state)
{
	struct fixture *f = *state;

	assert_status(STATUS_NOT_FOUND,
	    config_read(&table, &f->sample, "/nonexistent/conf", f->why));
}

static void
a_good_file_sets_what_it_names_and_nothing_else(void **state)
{
	struct fixture *f = *state;

	assert_status(STATUS_OK,
	    read_text(f, "; all of it\nnumber=9\nwait = 1m ; inline\n"
			 "list = a\nlist = b\n"));
	assert_int_equal(9, f->sample.number);
	assert_int_equal(2, f->sample.list.count);
	assert_string_equal("t", f->sample.text);
	assert_int_equal(1, f->sample.colour);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_unknown_setting_names_file_and_line),
		CASE(the_first_mistake_is_the_one_that_is_told),
		CASE(every_kind_of_value_has_its_bounds),
		CASE(a_list_has_an_end),
		CASE(a_file_that_is_not_there_is_told_apart),
		CASE(a_good_file_sets_what_it_names_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
