/*
 * options.h - getopt_long driven by the option tables.
 *
 * Options may stand before and after the words of a command, whatever
 * POSIXLY_CORRECT says; `--` ends them.
 */
#ifndef TACIT_CLI_OPTIONS_H
#define TACIT_CLI_OPTIONS_H

#include "client/cli/command.h"

enum { OPTIONS_MAX = 40 }; /* of one command, with the global ones */

extern const struct option_table options_global;

/*
 * Parse global options up to the first word; *next is its index in argv, or
 * argc.  USAGE: e says why.
 */
enum tacit_code options_leading(int argc, char **argv, struct arguments *args,
    int *next, struct tacit_error *e);

/*
 * Parse everything behind argv[0]: global options, those of the command, and
 * its words into args->words.  USAGE.
 */
enum tacit_code options_command(const struct command *command, int argc,
    char **argv, struct arguments *args, struct tacit_error *e);

void options_clear(struct arguments *args);

/* Whether --json stands among the arguments: for errors made before it was
 * parsed. */
bool options_want_json(int argc, char **argv);

#endif
