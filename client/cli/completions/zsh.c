/* zsh.c - for zsh 5, with compinit. */
#include <stdio.h>
#include <string.h>

#include "client/cli/completions/completions.h"
#include "client/cli/options.h"

static const char opening[] =
    "#compdef tacit\n"
    "\n"
    "# Names that the profile knows.  It never asks for a passphrase.\n"
    "_tacit_names()\n"
    "{\n"
    "\tlocal -a names\n"
    "\n"
    "\tnames=(${(f)\"$(command tacit $place --quiet --json $@ 2> /dev/null "
    "< /dev/null |\n"
    "\t\tsed -n 's/\"name\":\"\\([^\"\\\\]*\\)\".*/\\n\\1/; s/.*\\n//p')\"})\n"
    "\tcompadd -a names\n"
    "}\n"
    "\n"
    "_tacit_contacts() { _tacit_names contacts }\n"
    "_tacit_groups() { _tacit_names group list }\n"
    "\n";

/* In single quotes, and with what _arguments reads itself escaped. */
static void
put_escaped(const char *text, const char *special)
{
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '\'')
			fputs("'\\'", stdout);
		else if (strchr(special, *c) != NULL)
			putchar('\\');
		putchar(*c);
	}
}

static const char *
action(enum completion is)
{
	switch (is) {
	case COMPLETE_NOTHING:
		return " ";
	case COMPLETE_FILE:
		return "_files";
	case COMPLETE_DIR:
		return "_directories";
	case COMPLETE_CONTACT:
		return "_tacit_contacts";
	case COMPLETE_GROUP:
		return "_tacit_groups";
	}
	return "";
}

static void
put_argument(const struct option_row *row)
{
	enum completion is = strcmp(row->name, "profile") == 0
				 ? COMPLETE_NOTHING
				 : completion_of(row->argument);

	putchar(':');
	put_escaped(row->argument, ":[]\\");
	printf(":%s", action(is));
}

static void
put_option(const struct option_row *row)
{
	for (int letter = 0; letter < 2; letter++) {
		if (letter == 1 && row->letter == 0)
			return;
		fputs(" \\\n\t\t\t'", stdout);
		if (letter == 1)
			printf("-%c[", row->letter);
		else
			printf("--%s[", row->name);
		put_escaped(row->help, "[]:\\");
		putchar(']');
		if (row->argument != NULL)
			put_argument(row);
		putchar('\'');
	}
}

static void
put_options(const struct option_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].kind != OPTION_LATER)
			put_option(&table->rows[i]);
}

static void
put_words(const struct command *c)
{
	enum completion is = completion_of_words(c);

	if (is == COMPLETE_NOTHING) {
		fputs(" \\\n\t\t\t'*: : '", stdout);
		return;
	}
	printf(" \\\n\t\t\t'1: :%s'", action(is));
	if (is == COMPLETE_GROUP)
		fputs(" \\\n\t\t\t'*: :_tacit_contacts'", stdout);
}

static void
put_described(const char *word, const char *help)
{
	fputs("\n\t\t'", stdout);
	put_escaped(word, ":\\");
	putchar(':');
	put_escaped(help, "\\");
	putchar('\'');
}

/* One function for what a command, with its verb, is followed by. */
static void
put_function(const struct command *c)
{
	printf("\t%s%s%s)\n\t\t_arguments -s $globals", c->name,
	    c->verb != NULL ? "\\ " : "", c->verb != NULL ? c->verb : "");
	put_options(&c->options);
	put_words(c);
	fputs("\n\t\t;;\n", stdout);
}

static void
put_verbs(const char *name)
{
	printf("\t%s)\n\t\tchoices=(", name);
	for (size_t i = 0; commands[i] != NULL; i++)
		if (strcmp(commands[i]->name, name) == 0 &&
		    commands[i]->verb != NULL)
			put_described(commands[i]->verb, commands[i]->help);
	fputs(")\n\t\t;;\n", stdout);
}

void
completions_zsh(void)
{
	fputs(opening, stdout);
	fputs("_tacit()\n{\n\tlocal context state state_descr line command "
	      "option\n"
	      "\tlocal -a globals choices place\n\ttypeset -A opt_args\n\n"
	      "\tglobals=(",
	    stdout);
	put_options(&options_global);
	fputs(")\n\t_arguments -s -C $globals '1: :->command' "
	      "'*:: :->words' && return\n"
	      "\tif [[ $state == command ]]; then\n\t\tchoices=(",
	    stdout);
	for (size_t i = 0; commands[i] != NULL; i++)
		if (completion_is_first(&commands[i]))
			put_described(commands[i]->name, commands[i]->help);
	fputs(")\n\t\t_describe command choices\n\t\treturn\n\tfi\n"
	      "\tfor option in --profile --home --passphrase-file; do\n"
	      "\t\t(( ${+opt_args[$option]} )) &&\n"
	      "\t\t\tplace+=($option ${(Q)opt_args[$option]})\n"
	      "\tdone\n"
	      "\tcommand=$words[1]\n\tcase $command in\n",
	    stdout);
	for (size_t i = 0; commands[i] != NULL; i++)
		if (completion_is_first(&commands[i]) &&
		    completion_has_verbs(commands[i]->name))
			put_verbs(commands[i]->name);
	fputs("\tesac\n\tif (( $#choices )); then\n"
	      "\t\tif (( CURRENT == 2 )); then\n"
	      "\t\t\t_describe verb choices\n\t\t\treturn\n\t\tfi\n"
	      "\t\tshift words\n\t\t(( CURRENT-- ))\n"
	      "\t\tcommand=\"$command $words[1]\"\n\tfi\n"
	      "\tcase $command in\n",
	    stdout);
	for (size_t i = 0; commands[i] != NULL; i++)
		put_function(commands[i]);
	fputs("\tesac\n}\n\n_tacit \"$@\"\n", stdout);
}
