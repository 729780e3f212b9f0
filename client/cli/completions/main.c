/* main.c - tacit-completions SHELL: prints the completions for it. */
#include <stdio.h>
#include <string.h>

#include "client/cli/completions/completions.h"

struct word {
	const char *text;
	enum completion is;
};

enum completion
completion_of(const char *placeholder)
{
	static const struct word words[] = {
		{ "FILE", COMPLETE_FILE },
		{ "PATH", COMPLETE_FILE },
		{ "DIR", COMPLETE_DIR },
		{ "GROUP", COMPLETE_GROUP },
		{ "NAME", COMPLETE_CONTACT },
	};
	size_t len;

	if (placeholder == NULL)
		return COMPLETE_NOTHING;
	if (placeholder[0] == '[')
		placeholder++;
	len = strcspn(placeholder, " ].|");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].text) == len &&
		    strncmp(words[i].text, placeholder, len) == 0)
			return words[i].is;
	return COMPLETE_NOTHING;
}

enum completion
completion_of_words(const struct command *c)
{
	/* A name that is to be taken is not one that the profile knows. */
	if (strcmp(c->name, "register") == 0)
		return COMPLETE_NOTHING;
	if (c->verb != NULL && strcmp(c->verb, "create") == 0)
		return COMPLETE_NOTHING;
	return completion_of(c->arguments);
}

bool
completion_is_first(const struct command *const *at)
{
	for (const struct command *const *c = commands; c != at; c++)
		if (strcmp((*c)->name, (*at)->name) == 0)
			return false;
	return true;
}

bool
completion_has_verbs(const char *name)
{
	for (size_t i = 0; commands[i] != NULL; i++)
		if (strcmp(commands[i]->name, name) == 0 &&
		    commands[i]->verb != NULL)
			return true;
	return false;
}

int
main(int argc, char **argv)
{
	const char *shell = argc == 2 ? argv[1] : "";

	if (strcmp(shell, "bash") == 0) {
		completions_bash();
	} else if (strcmp(shell, "fish") == 0) {
		completions_fish();
	} else if (strcmp(shell, "zsh") == 0) {
		completions_zsh();
	} else {
		fputs("usage: tacit-completions bash|fish|zsh\n", stderr);
		return 2;
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
