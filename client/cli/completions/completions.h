/*
 * completions.h - what shells complete, from the same rows that the parser and
 * --help read.
 *
 * tacit-completions prints a script for a shell at build time; it is not
 * installed.  What the table says is ours: words, letters and sentences without
 * a control character.  A sentence may hold quotes, which each shell writes in
 * its own way.
 */
#ifndef TACIT_CLI_COMPLETIONS_H
#define TACIT_CLI_COMPLETIONS_H

#include <stdbool.h>

#include "client/cli/command.h"

/* What an argument is, by its placeholder in the table. */
enum completion {
	COMPLETE_NOTHING, /* a text, a time, a number */
	COMPLETE_FILE,
	COMPLETE_DIR,
	COMPLETE_CONTACT, /* names that the profile knows */
	COMPLETE_GROUP,
};
enum completion completion_of(const char *placeholder);
/* Of the first word after a command, and its verb. */
enum completion completion_of_words(const struct command *c);

/* The first row of this name: each name is offered once. */
bool completion_is_first(const struct command *const *at);
/* Does some row of this name have verbs? */
bool completion_has_verbs(const char *name);

/* To standard output. */
void completions_bash(void);
void completions_fish(void);
void completions_zsh(void);

#endif
