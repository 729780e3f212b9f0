/*
 * config.h - tables of settings, read from files (inih) and command lines.
 *
 * A table says for each setting its name, type, bounds, default and one
 * sentence; `--help`, the parser and the error messages all come from it.  An
 * unknown name or a value out of range is an error that names file and line.
 */
#ifndef TACIT_BASE_CONFIG_H
#define TACIT_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

enum {
	CONFIG_TEXT_BYTES = 256, /* with the NUL */
	CONFIG_LIST_ITEMS = 64,
	CONFIG_WHY_BYTES = 512,
};

struct config_list {
	char items[CONFIG_LIST_ITEMS][CONFIG_TEXT_BYTES];
	size_t count;
	bool kept; /* from an earlier source: the next addition starts anew */
};

/* What the field at `offset` is. */
enum config_type {
	CONFIG_TEXT,     /* char[CONFIG_TEXT_BYTES] */
	CONFIG_NUMBER,   /* uint64_t, min..max */
	CONFIG_DURATION, /* int64_t in milliseconds, min..max of them */
	CONFIG_CHOICE,   /* uint64_t, index in choices */
	CONFIG_LIST,     /* struct config_list */
};

/* When a new value counts. */
enum config_when {
	CONFIG_LIVE,     /* while the program runs, once it is read again */
	CONFIG_AT_START, /* only when it starts */
};

struct config_setting {
	const char *name;
	enum config_type type;
	size_t offset;
	uint64_t min;
	uint64_t max;
	const char *const *choices; /* NULL-terminated; CONFIG_CHOICE only */
	const char *fallback; /* as it would stand in a file; NULL: none */
	const char *help;     /* one sentence */
	enum config_when when;
};

struct config_table {
	const struct config_setting *settings;
	size_t count;
};

/* Set every setting to its default.  The table is ours, so it cannot fail. */
void config_defaults(const struct config_table *table, void *into);

/* Lists keep their entries, but the next one added replaces them all. */
void config_next_source(const struct config_table *table, void *into);

/*
 * Set one setting from text.
 *
 * BAD_INPUT: no such name, or not a value of its type and bounds; `why` is then
 * a sentence for the person who wrote it.
 */
enum status config_set(const struct config_table *table, void *into,
    const char *name, const char *value, char why[CONFIG_WHY_BYTES]);

bool config_is_same(
    const struct config_setting *s, const void *a, const void *b);

/* Give `into` the value that `from` has. */
void config_copy(const struct config_setting *s, void *into, const void *from);

/*
 * Read `name = value` lines; `#` and `;` begin comments, sections are refused.
 *
 * NOT_FOUND: no such file.  BAD_INPUT: `why` begins with file and line.  IO.
 */
enum status config_read(const struct config_table *table, void *into,
    const char *path, char why[CONFIG_WHY_BYTES]);

#endif
