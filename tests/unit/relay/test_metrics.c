#include "tests/support/test.h"

#include <stdbool.h>
#include <stdio.h>

#include "relay/metrics.h"

enum { PAGE_BYTES = 64 * 1024 };

static struct metrics *m;
static struct buf *page;

static int
begin(void **state)
{
	(void)state;
	assert_status(STATUS_OK, metrics_new(&m));
	assert_status(STATUS_OK, buf_new(PAGE_BYTES, &page));
	return 0;
}

static int
end(void **state)
{
	(void)state;
	metrics_free(m);
	buf_free(page);
	return 0;
}

/* The page as text; borrowed until the next one. */
static const char *
print(const char *version)
{
	buf_clear(page);
	assert_status(STATUS_OK, metrics_print(m, version, page));
	assert_status(STATUS_OK, buf_put_u8(page, 0));
	return (const char *)buf_view(page).data;
}

static void
assert_line(const char *text, const char *line)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "\n%s\n", line);
	if (strstr(text, whole) == NULL)
		fail_msg("no line \"%s\" in:\n%s", line, text);
}

static bool
is_name(const char *text)
{
	return *text != '\0' &&
	       text[strspn(text, "abcdefghijklmnopqrstuvwxyz_")] == '\0';
}

static void
every_metric_has_a_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < METRICS; i++) {
		const struct metric_row *row = &metric_rows[i];

		assert_non_null(row->name);
		assert_true(is_name(row->name));
		assert_true(row->divisor > 0);
		assert_int_equal(row->label == NULL, row->value == NULL);
		assert_true(strlen(row->help) > 0);
		assert_null(strpbrk(row->help, "\n\\"));
		/* Prometheus: a counter's name ends so, a gauge's does not. */
		assert_int_equal(row->type == METRIC_COUNTER,
		    strstr(row->name, "_total") != NULL);
	}
	for (size_t i = 0; i < METRIC_HISTOGRAMS; i++) {
		const struct metric_histogram_row *row =
		    &metric_histogram_rows[i];

		assert_true(is_name(row->name));
		assert_in_range(row->count, 1, METRIC_BUCKETS);
		for (size_t b = 1; b < row->count; b++)
			assert_true(row->bounds[b] > row->bounds[b - 1]);
	}
}

static void
a_name_is_explained_once_and_its_labels_differ(void **state)
{
	(void)state;
	for (size_t i = 0; i < METRICS; i++)
		for (size_t j = 0; j < i; j++) {
			const struct metric_row *a = &metric_rows[j];
			const struct metric_row *b = &metric_rows[i];

			if (strcmp(a->name, b->name) != 0)
				continue;
			assert_string_equal(a->help, b->help);
			assert_non_null(a->label);
			assert_string_equal(a->label, b->label);
			assert_string_not_equal(a->value, b->value);
			/* Together, or the page would explain it twice. */
			assert_string_equal(b->name, metric_rows[i - 1].name);
		}
}

static void
the_page_holds_what_was_counted(void **state)
{
	const char *text;

	(void)state;
	metrics_add(m, METRIC_SUBMITS, 1);
	metrics_add(m, METRIC_SUBMITS, 41);
	metrics_add(m, METRIC_CONNECTIONS_OPEN, 3);
	metrics_add(m, METRIC_CONNECTIONS_OPEN, -1);
	metrics_set(m, METRIC_CPU_MS, 12034);
	metrics_set(m, METRIC_WAITING, -5);
	metrics_add(m, metric_of_request(REQUEST_SUBMIT), 7);
	metrics_add(m, metric_of_error(ERROR_RATE_LIMITED), 2);
	text = print("1.2.3");
	assert_line(text, "# TYPE tacit_relay_submits_total counter");
	assert_line(text, "tacit_relay_submits_total 42");
	assert_line(text, "# TYPE tacit_relay_connections_open gauge");
	assert_line(text, "tacit_relay_connections_open 2");
	assert_line(text, "tacit_relay_cpu_seconds_total 12.034");
	assert_line(text, "tacit_relay_requests_waiting -5");
	assert_line(text, "tacit_relay_requests_total{kind=\"submit\"} 7");
	assert_line(text, "tacit_relay_errors_total{code=\"rate_limited\"} 2");
	assert_line(text, "tacit_relay_build_info{version=\"1.2.3\"} 1");
}

static void
labels_are_escaped(void **state)
{
	(void)state;
	assert_line(print("a\"b\\c\nd"),
	    "tacit_relay_build_info{version=\"a\\\"b\\\\c\\nd\"} 1");
}

static void
a_histogram_is_cumulative_and_counts_what_is_beyond(void **state)
{
	const char *text;

	(void)state;
	metrics_observe(m, HISTOGRAM_COMMIT_US, 100); /* its own bound: in */
	metrics_observe(m, HISTOGRAM_COMMIT_US, 101);
	metrics_observe(m, HISTOGRAM_COMMIT_US, 4000);
	metrics_observe(m, HISTOGRAM_COMMIT_US, 60 * 1000000);
	text = print("1");
	assert_line(text, "# TYPE tacit_relay_commit_seconds histogram");
	assert_line(
	    text, "tacit_relay_commit_seconds_bucket{le=\"0.000100\"} 1");
	assert_line(
	    text, "tacit_relay_commit_seconds_bucket{le=\"0.000250\"} 2");
	assert_line(
	    text, "tacit_relay_commit_seconds_bucket{le=\"0.002500\"} 2");
	assert_line(
	    text, "tacit_relay_commit_seconds_bucket{le=\"0.005000\"} 3");
	assert_line(
	    text, "tacit_relay_commit_seconds_bucket{le=\"5.000000\"} 3");
	assert_line(text, "tacit_relay_commit_seconds_bucket{le=\"+Inf\"} 4");
	assert_line(text, "tacit_relay_commit_seconds_sum 60.004201");
	assert_line(text, "tacit_relay_commit_seconds_count 4");
}

static void
a_page_that_does_not_fit_says_so(void **state)
{
	struct buf *small = NULL;

	(void)state;
	assert_status(STATUS_OK, buf_new(1000, &small));
	assert_status(STATUS_FULL, metrics_print(m, "1", small));
	buf_free(small);
}

static void
nothing_is_counted_without_metrics(void **state)
{
	(void)state;
	metrics_add(NULL, METRIC_SUBMITS, 1);
	metrics_set(NULL, METRIC_WAITING, 1);
	metrics_observe(NULL, HISTOGRAM_LAG_US, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_metric_has_a_row),
		cmocka_unit_test(
		    a_name_is_explained_once_and_its_labels_differ),
		cmocka_unit_test_setup_teardown(
		    the_page_holds_what_was_counted, begin, end),
		cmocka_unit_test_setup_teardown(labels_are_escaped, begin, end),
		cmocka_unit_test_setup_teardown(
		    a_histogram_is_cumulative_and_counts_what_is_beyond, begin,
		    end),
		cmocka_unit_test_setup_teardown(
		    a_page_that_does_not_fit_says_so, begin, end),
		cmocka_unit_test(nothing_is_counted_without_metrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
