/*
 * log.h - one line per event on standard error: `level event key=value ...`.
 *
 * error: someone must act.  warn: degraded.  info: life cycle.  debug: whatever
 * a stranger can trigger.  Never content, never keys; below debug, no account.
 */
#ifndef TACIT_BASE_LOG_H
#define TACIT_BASE_LOG_H

enum log_level {
	LOG_LEVEL_NONE = -1, /* for a program that has words of its own */
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* Any thread, any time.  The default is LOG_LEVEL_WARN. */
void log_set_level(enum log_level level);

/*
 * The format gives `key=value` pairs; control characters in the outcome are
 * replaced, so that a hostile string cannot forge a second line.
 */
[[gnu::format(printf, 3, 4)]] void log_event(
    enum log_level level, const char *event, const char *format, ...);

#endif
