/*
 * completions.h - what shells complete after `tacit-relay`, from the rows that
 * the parser and --help read.
 *
 * tacit-relay-completions prints a script for a shell at build time; it is not
 * installed.  Words, names and sentences of the tables are ours; a sentence may
 * hold quotes, which each shell writes in its own way.
 */
#ifndef TACIT_RELAY_COMPLETIONS_H
#define TACIT_RELAY_COMPLETIONS_H

#include "relay/commands.h"

enum completion {
	COMPLETE_NOTHING, /* a text, a time, a number */
	COMPLETE_FILE,
	COMPLETE_DIR,
	COMPLETE_WORDS, /* one of a few */
};

/* An option of the command line, be it one of our rows or a setting. */
struct completed {
	char name[OPTION_NAME_BYTES];
	int on; /* ON_... of commands.h */
	bool has_value;
	enum completion is;
	char words[64]; /* for COMPLETE_WORDS: "a b c" */
	const char *help;
};

/* Those of one command, or (NULL) those that stand without one, in order. */
void completion_options(const struct command *c,
    void (*put)(const struct completed *option, const struct command *c));
/* Those of every command, each once. */
void completion_each(
    void (*put)(const struct completed *option, const struct command *c));

/* Of the words after a command. */
enum completion completion_of_words(const struct command *c);

/* To standard output. */
void completions_bash(void);
void completions_fish(void);
void completions_zsh(void);

#endif
