/* main.c - tacit-completions SHELL: prints the completions for it. */
#include <stdio.h>
#include <string.h>

#include "client/cli/completions/completions.h"

struct word {
	const char *text;
	enum completion is;
};

struct option_words {
	const char *option;
	const char *words; /* NULL: nothing is offered */
};

const char completion_link_verbs[] = "list revoke";

/* By the placeholder in the table: the first of "NAME | -g GROUP". */
static enum completion
completion_of(const char *placeholder)
{
	static const struct word words[] = {
		{ "FILE", COMPLETE_FILE },
		{ "PATH", COMPLETE_FILE },
		{ "DIR", COMPLETE_DIR },
		{ "GROUP", COMPLETE_GROUP },
		{ "NAME", COMPLETE_CONTACT },
		{ "KEY", COMPLETE_SETTING },
	};
	size_t len;

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
completion_of_option(const struct option_row *row, const char **words)
{
	/* What the commands take: cmd_export.c, cmd_group_set.c, input_timer.c.
	 * The names behind the others are not those of contacts. */
	static const struct option_words known[] = {
		{ "format", "jsonl md" },
		{ "who-may-add", "admins members" },
		{ "timer", "off" },
		{ "profile", NULL },
		{ "yes", NULL },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].option, row->name) != 0)
			continue;
		if (known[i].words == NULL)
			return COMPLETE_NOTHING;
		*words = known[i].words;
		return COMPLETE_WORDS;
	}
	return completion_of(row->argument);
}

enum completion
completion_of_words(const struct command *c)
{
	/* A name that is to be taken is not one that the profile knows. */
	if (c == &command_register || c == &command_recover ||
	    c == &command_group_create)
		return COMPLETE_NOTHING;
	if (c == &command_requests_accept || c == &command_requests_refuse)
		return COMPLETE_REQUEST;
	if (c == &command_group_link)
		return COMPLETE_LINKS;
	return completion_of(c->arguments);
}

enum completion
completion_of_more(const struct command *c)
{
	if (c == &command_config_set)
		return COMPLETE_CHOICE;
	if (c == &command_group_link)
		return COMPLETE_GROUP;
	if (c == &command_search)
		return COMPLETE_CONTACT;
	/* Members follow the name of a group. */
	if (strcmp(c->arguments, "GROUP NAME...") == 0)
		return COMPLETE_CONTACT;
	return COMPLETE_NOTHING;
}

static bool
put_setting(const struct tacit_setting *setting, void *arg)
{
	void (*const *put)(const struct tacit_setting *) = arg;

	(*put)(setting);
	return true;
}

void
completion_each_setting(void (*put)(const struct tacit_setting *setting))
{
	struct tacit_error ignored;

	(void)tacit_config(NULL, NULL, put_setting, &put, &ignored);
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
