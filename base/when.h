/* when.h - durations and points in time as people write them (tacit(1)). */
#ifndef TACIT_BASE_WHEN_H
#define TACIT_BASE_WHEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* `30s`, `5m`, `2h`, `7d`, at most 10 years; out in milliseconds. */
enum status when_parse_duration(const char *text, int64_t *ms);

/*
 * RFC 3339, `2026-11-21`, `14:00` (today, local time) or a duration (ago);
 * out in milliseconds since the epoch.
 */
enum status when_parse_time(const char *text, int64_t now_ms, int64_t *ms);

enum { WHEN_TEXT_BYTES = 32 };

/* As when_parse_duration() reads it, in the largest unit that says it. */
void when_format_duration(uint64_t s, char text[WHEN_TEXT_BYTES]);

/* RFC 3339 UTC with milliseconds, for JSON: 2026-11-21T14:03:22.123Z. */
void when_format_utc(int64_t ms, char text[WHEN_TEXT_BYTES]);

/* Local time for people: 2026-11-21 14:03:22. */
void when_format_local(int64_t ms, char text[WHEN_TEXT_BYTES]);

#endif
