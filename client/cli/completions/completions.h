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

/* What an argument is. */
enum completion {
	COMPLETE_NOTHING, /* a text, a time, a number */
	COMPLETE_FILE,
	COMPLETE_DIR,
	COMPLETE_CONTACT, /* names that the profile knows */
	COMPLETE_GROUP,
	COMPLETE_REQUEST, /* names of strangers who wait */
	COMPLETE_LINKS,   /* a group, or a verb of `group link` */
	COMPLETE_WORDS,   /* one of a few, which are handed out beside it */
	COMPLETE_SETTING, /* a key of `config` */
	COMPLETE_CHOICE,  /* a value of the setting before it */
};
/* Of an option's value.  `words` is written for COMPLETE_WORDS: "a b c". */
enum completion completion_of_option(
    const struct option_row *row, const char **words);
/* Of the first word after a command, and its verb; and of those after it. */
enum completion completion_of_words(const struct command *c);
enum completion completion_of_more(const struct command *c);

/* Verbs within `group link`. */
extern const char completion_link_verbs[];

/* Each setting there is, with its values. */
void completion_each_setting(void (*put)(const struct tacit_setting *setting));

/* The first row of this name: each name is offered once. */
bool completion_is_first(const struct command *const *at);
/* Does some row of this name have verbs? */
bool completion_has_verbs(const char *name);

/* To standard output. */
void completions_bash(void);
void completions_fish(void);
void completions_zsh(void);

#endif
