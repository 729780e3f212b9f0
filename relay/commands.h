/*
 * commands.h - the commands and options of tacit-relay: what the parser,
 * --help, the man page's lint and the completions of shells read.
 */
#ifndef TACIT_RELAY_COMMANDS_H
#define TACIT_RELAY_COMMANDS_H

#include <stddef.h>

#include "base/config.h"

/* Which commands an option belongs to. */
enum {
	ON_SERVE = 1,
	ON_INIT = 2,
	ON_LINK = 4,
	ON_INVITE = 8,
	ON_STATS = 16,
	ON_RELOAD = 32,
	ON_ROTATE_KEY = 64,
	ON_USERS = 128,
	ON_BACKUP = 256,
	ON_DOCTOR = 512,
	ON_RESTORE = 1024,
	ON_ALL = 2047,
	ON_PLACE = ON_SERVE | ON_INIT,
};

struct command_line; /* relay/command.h */

struct command {
	const char *name;
	int bit;
	int (*run)(const struct command_line *line);
	const char *help;
	size_t words;      /* that may follow it */
	const char *verbs; /* the first of them; NULL: it is a directory */
};

/* Beside these, every setting is an option of serve and init. */
struct option_row {
	const char *name;
	const char *value; /* NULL: takes none */
	int on;
	const char *help;
};

extern const struct command commands[];
extern const size_t commands_count;
extern const struct option_row options[];
extern const size_t options_count;

enum { OPTIONS_MAX = 16, OPTION_NAME_BYTES = 32 };

/* Files write words with an underscore, command lines with a dash. */
void commands_option_name(
    const struct config_setting *s, char name[OPTION_NAME_BYTES]);

#endif
