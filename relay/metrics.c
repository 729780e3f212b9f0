#include "relay/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 512, VALUE_BYTES = 32 };

static const char PREFIX[] = "tacit_relay_";

enum status
metrics_new(struct metrics **m)
{
	struct metrics *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	*m = fresh;
	return STATUS_OK;
}

void
metrics_free(struct metrics *m)
{
	free(m);
}

void
metrics_observe(struct metrics *m, enum metric_histogram id, uint64_t value)
{
	const struct metric_histogram_row *row = &metric_histogram_rows[id];
	size_t i = 0;

	if (m == NULL)
		return;
	while (i < row->count && value > row->bounds[i])
		i++;
	if (i == row->count)
		i = METRIC_BUCKETS;
	atomic_fetch_add_explicit(
	    &m->histograms[id].buckets[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(
	    &m->histograms[id].sum, value, memory_order_relaxed);
}

__attribute__((format(printf, 2, 3))) static enum status
put(struct buf *out, const char *format, ...)
{
	char line[LINE_BYTES];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(line))
		return STATUS_FULL;
	return buf_put(out, (struct bytes){ (uint8_t *)line, (size_t)len });
}

static enum status
put_head(struct buf *out, const char *name, const char *type, const char *help)
{
	return put(out, "# HELP %s%s %s\n# TYPE %s%s %s\n", PREFIX, name, help,
	    PREFIX, name, type);
}

/* Exact, and without a locale's comma; a divisor is a power of ten. */
static void
format_value(char text[VALUE_BYTES], uint64_t value, uint64_t divisor)
{
	int len = snprintf(text, VALUE_BYTES, "%" PRIu64, value / divisor);

	if (divisor == 1 || len < 0)
		return;
	text[len++] = '.';
	while (divisor > 1 && len < VALUE_BYTES - 1) {
		divisor /= 10;
		text[len++] = (char)('0' + value / divisor % 10);
	}
	text[len] = '\0';
}

static enum status
put_row(const struct metrics *m, size_t i, struct buf *out)
{
	const struct metric_row *row = &metric_rows[i];
	const int64_t value = metrics_get(m, (enum metric)i);
	const char *sign = value < 0 ? "-" : "";
	enum status st = STATUS_OK;
	char text[VALUE_BYTES];

	if (i == 0 || strcmp(metric_rows[i - 1].name, row->name) != 0)
		st = put_head(out, row->name,
		    row->type == METRIC_COUNTER ? "counter" : "gauge",
		    row->help);
	if (st != STATUS_OK)
		return st;
	format_value(
	    text, value < 0 ? -(uint64_t)value : (uint64_t)value, row->divisor);
	if (row->label == NULL)
		return put(out, "%s%s %s%s\n", PREFIX, row->name, sign, text);
	return put(out, "%s%s{%s=\"%s\"} %s%s\n", PREFIX, row->name, row->label,
	    row->value, sign, text);
}

/* The count is that of the buckets as they were read, so that they agree. */
static enum status
put_histogram(const struct metrics *m, size_t i, struct buf *out)
{
	const struct metric_histogram_row *row = &metric_histogram_rows[i];
	const struct histogram *h = &m->histograms[i];
	enum status st = put_head(out, row->name, "histogram", row->help);
	uint64_t count = 0;
	char text[VALUE_BYTES];

	for (size_t b = 0; b < row->count && st == STATUS_OK; b++) {
		count +=
		    atomic_load_explicit(&h->buckets[b], memory_order_relaxed);
		format_value(text, row->bounds[b], row->divisor);
		st = put(out, "%s%s_bucket{le=\"%s\"} %" PRIu64 "\n", PREFIX,
		    row->name, text, count);
	}
	if (st != STATUS_OK)
		return st;
	count += atomic_load_explicit(
	    &h->buckets[METRIC_BUCKETS], memory_order_relaxed);
	format_value(text, atomic_load_explicit(&h->sum, memory_order_relaxed),
	    row->divisor);
	return put(out,
	    "%s%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s%s_sum %s\n"
	    "%s%s_count %" PRIu64 "\n",
	    PREFIX, row->name, count, PREFIX, row->name, text, PREFIX,
	    row->name, count);
}

/* A label's value: backslash, quote and line feed are escaped. */
static void
escape(const char *from, char *to, size_t size)
{
	size_t len = 0;

	for (; *from != '\0' && len + 3 <= size; from++) {
		if (*from == '\\' || *from == '"' || *from == '\n')
			to[len++] = '\\';
		to[len++] = *from == '\n' ? 'n' : *from;
	}
	to[len] = '\0';
}

enum status
metrics_print(const struct metrics *m, const char *version, struct buf *out)
{
	enum status st = put_head(out, "build_info", "gauge",
	    "Always 1; the label tells which version runs.");
	char safe[64];

	escape(version, safe, sizeof(safe));
	if (st == STATUS_OK)
		st = put(out, "%sbuild_info{version=\"%s\"} 1\n", PREFIX, safe);
	for (size_t i = 0; i < METRICS && st == STATUS_OK; i++)
		st = put_row(m, i, out);
	for (size_t i = 0; i < METRIC_HISTOGRAMS && st == STATUS_OK; i++)
		st = put_histogram(m, i, out);
	return st;
}
