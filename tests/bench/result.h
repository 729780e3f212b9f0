/*
 * result.h - what one job found, as rows of a table and as one JSON object.
 *
 * With --json a result is one line:
 *
 *   {"type":"result","driver":"tacit","job":"submit","messages_per_s":51234.5,
 *    ...}
 *
 * A number that could not be had (no --pid, no --metrics) is left out of both.
 */
#ifndef TACIT_TESTS_BENCH_RESULT_H
#define TACIT_TESTS_BENCH_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RESULT_ITEMS = 48 };

struct result_item {
	const char *key;  /* snake_case, for JSON; kept */
	const char *unit; /* for people; kept */
	double value;     /* NAN: unknown */
	int digits;       /* after the point, for people */
};

struct result {
	const char *driver; /* kept */
	const char *job;    /* kept */
	const char *note;   /* NULL, or a sentence for people and JSON; kept */
	struct result_item items[RESULT_ITEMS];
	size_t count;
};

void result_begin(struct result *r, const char *driver, const char *job);
void result_add(struct result *r, const char *key, const char *unit, int digits,
    double value);

/* To standard output. */
void result_print(const struct result *r, bool as_json);

/* a / b, and NAN when b is nothing. */
double ratio(double a, double b);

/* Many durations of which a few are wanted. */
struct samples {
	int64_t *ns;
	size_t count;
	size_t room;
};

/* false: out of memory.  `room` samples at most. */
bool samples_init(struct samples *s, size_t room);
void samples_clear(struct samples *s);
void samples_add(struct samples *s, int64_t ns);

/* Sorts.  share: 0.5 is the median, 1 the largest; NAN when there are none. */
double samples_at_ms(struct samples *s, double share);

#endif
