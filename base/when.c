#include "base/when.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/number.h"

enum { TEN_YEARS_S = 10 * 366 * 86400 };

static const struct {
	char unit;
	int64_t s;
} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };

enum status
when_parse_duration(const char *text, int64_t *ms)
{
	char digits[16];
	size_t len = strlen(text);
	uint64_t count;

	if (len < 2 || len > sizeof(digits))
		return STATUS_BAD_INPUT;
	memcpy(digits, text, len - 1);
	digits[len - 1] = '\0';
	if (number_parse(digits, 0, TEN_YEARS_S, &count) != STATUS_OK)
		return STATUS_BAD_INPUT;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (text[len - 1] != units[i].unit)
			continue;
		if ((int64_t)count > TEN_YEARS_S / units[i].s)
			return STATUS_BAD_INPUT;
		*ms = (int64_t)count * units[i].s * 1000;
		return STATUS_OK;
	}
	return STATUS_BAD_INPUT;
}

void
when_format_duration(uint64_t s, char text[WHEN_TEXT_BYTES])
{
	size_t i = sizeof(units) / sizeof(units[0]) - 1;

	while (i > 0 && (s == 0 || s % (uint64_t)units[i].s != 0))
		i--;
	snprintf(text, WHEN_TEXT_BYTES, "%llu%c",
	    (unsigned long long)(s / (uint64_t)units[i].s), units[i].unit);
}

/* strptime() accepts a prefix; here the whole text must have been used. */
static bool
parse_whole(const char *text, const char *format, struct tm *tm)
{
	const char *end = strptime(text, format, tm);

	return end != NULL && *end == '\0';
}

static enum status
parse_rfc3339(const char *text, int64_t *ms)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t millis = 0;
	int64_t scale = 100;
	long offset_s;

	if (end == NULL)
		return STATUS_BAD_INPUT;
	if (*end == '.') {
		for (end++; *end >= '0' && *end <= '9'; end++) {
			millis += (*end - '0') * scale;
			scale /= 10;
		}
	}
	/* strptime's %z needs the letter or a numeric offset. */
	offset_s = 0;
	if (strcmp(end, "Z") != 0 && strcmp(end, "z") != 0) {
		struct tm zone = { 0 };

		if (!parse_whole(end, "%z", &zone))
			return STATUS_BAD_INPUT;
		offset_s = zone.tm_gmtoff;
	}
	*ms = ((int64_t)timegm(&tm) - offset_s) * 1000 + millis;
	return STATUS_OK;
}

enum status
when_parse_time(const char *text, int64_t now_ms, int64_t *ms)
{
	time_t now_s = (time_t)(now_ms / 1000);
	struct tm tm = { .tm_isdst = -1 };
	int64_t ago_ms;

	if (when_parse_duration(text, &ago_ms) == STATUS_OK) {
		*ms = now_ms - ago_ms;
		return STATUS_OK;
	}
	if (parse_rfc3339(text, ms) == STATUS_OK)
		return STATUS_OK;
	if (parse_whole(text, "%Y-%m-%d", &tm)) {
		tm.tm_isdst = -1;
		*ms = (int64_t)mktime(&tm) * 1000;
		return STATUS_OK;
	}
	localtime_r(&now_s, &tm);
	tm.tm_sec = 0;
	if (!parse_whole(text, "%H:%M", &tm) &&
	    !parse_whole(text, "%H:%M:%S", &tm))
		return STATUS_BAD_INPUT;
	tm.tm_isdst = -1;
	*ms = (int64_t)mktime(&tm) * 1000;
	return STATUS_OK;
}

/* Whole seconds rounding down, also before 1970. */
static time_t
floor_s(int64_t ms)
{
	return (time_t)(ms / 1000 - (ms % 1000 < 0));
}

void
when_format_utc(int64_t ms, char text[WHEN_TEXT_BYTES])
{
	time_t s = floor_s(ms);
	struct tm tm;
	char day[24];

	if (gmtime_r(&s, &tm) == NULL || tm.tm_year > 8099 || tm.tm_year < 0) {
		snprintf(
		    text, WHEN_TEXT_BYTES, "%s", "1970-01-01T00:00:00.000Z");
		return;
	}
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, WHEN_TEXT_BYTES, "%s.%03dZ", day,
	    (int)(ms - (int64_t)s * 1000));
}

void
when_format_local(int64_t ms, char text[WHEN_TEXT_BYTES])
{
	time_t s = floor_s(ms);
	struct tm tm;

	if (localtime_r(&s, &tm) == NULL || tm.tm_year > 8099 ||
	    tm.tm_year < 0) {
		snprintf(text, WHEN_TEXT_BYTES, "%s", "1970-01-01 00:00:00");
		return;
	}
	strftime(text, WHEN_TEXT_BYTES, "%Y-%m-%d %H:%M:%S", &tm);
}
