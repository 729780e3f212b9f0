#include "tests/bench/result.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
result_begin(struct result *r, const char *driver, const char *job)
{
	memset(r, 0, sizeof(*r));
	r->driver = driver;
	r->job = job;
}

void
result_add(struct result *r, const char *key, const char *unit, int digits,
    double value)
{
	assert(r->count < RESULT_ITEMS);
	r->items[r->count++] = (struct result_item){
		.key = key, .unit = unit, .value = value, .digits = digits
	};
}

static void
print_json(const struct result *r)
{
	json_t *o = json_pack(
	    "{ssssss}", "type", "result", "driver", r->driver, "job", r->job);
	bool bad = o == NULL;

	if (!bad && r->note != NULL)
		bad = json_object_set_new(o, "note", json_string(r->note)) != 0;
	for (size_t i = 0; !bad && i < r->count; i++)
		if (isfinite(r->items[i].value))
			bad = json_object_set_new(o, r->items[i].key,
				  json_real(r->items[i].value)) != 0;
	if (bad || json_dumpf(o, stdout, JSON_COMPACT) != 0)
		fprintf(stderr, "tacit-bench: out of memory\n");
	putchar('\n');
	json_decref(o);
}

static void
print_table(const struct result *r)
{
	printf("%s %s\n", r->driver, r->job);
	for (size_t i = 0; i < r->count; i++) {
		const struct result_item *item = &r->items[i];

		if (isfinite(item->value))
			printf("    %-26s %14.*f %s\n", item->key, item->digits,
			    item->value, item->unit);
	}
	if (r->note != NULL)
		printf("    (%s)\n", r->note);
}

void
result_print(const struct result *r, bool as_json)
{
	if (as_json)
		print_json(r);
	else
		print_table(r);
	fflush(stdout);
}

double
ratio(double a, double b)
{
	return b == 0 ? NAN : a / b;
}

bool
samples_init(struct samples *s, size_t room)
{
	s->count = 0;
	s->room = room;
	s->ns = calloc(room, sizeof(*s->ns));
	return s->ns != NULL;
}

void
samples_clear(struct samples *s)
{
	free(s->ns);
	s->ns = NULL;
}

void
samples_add(struct samples *s, int64_t ns)
{
	if (s->count < s->room)
		s->ns[s->count++] = ns;
}

static int
by_length(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double
samples_at_ms(struct samples *s, double share)
{
	size_t at;

	if (s->count == 0)
		return NAN;
	qsort(s->ns, s->count, sizeof(*s->ns), by_length);
	at = (size_t)(share * (double)s->count);
	if (at >= s->count)
		at = s->count - 1;
	return (double)s->ns[at] / 1e6;
}
