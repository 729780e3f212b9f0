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
    "_tacit_requests() { _tacit_names requests }\n"
    "_tacit_links() { compadd list revoke; _tacit_groups }\n"
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

static void
put_key(const struct tacit_setting *setting)
{
	printf("%s ", setting->key);
}

static void
put_action(enum completion is, const char *words)
{
	switch (is) {
	case COMPLETE_NOTHING:
		putchar(' ');
		return;
	case COMPLETE_FILE:
		fputs("_files", stdout);
		return;
	case COMPLETE_DIR:
		fputs("_directories", stdout);
		return;
	case COMPLETE_CONTACT:
		fputs("_tacit_contacts", stdout);
		return;
	case COMPLETE_GROUP:
		fputs("_tacit_groups", stdout);
		return;
	case COMPLETE_REQUEST:
		fputs("_tacit_requests", stdout);
		return;
	case COMPLETE_LINKS:
		fputs("_tacit_links", stdout);
		return;
	case COMPLETE_WORDS:
		printf("(%s)", words);
		return;
	case COMPLETE_SETTING:
		putchar('(');
		completion_each_setting(put_key);
		putchar(')');
		return;
	case COMPLETE_CHOICE: /* put_choices() has found them */
		fputs("($choices)", stdout);
		return;
	}
}

static void
put_argument(const struct option_row *row)
{
	const char *words = NULL;
	enum completion is = completion_of_option(row, &words);

	putchar(':');
	put_escaped(row->argument, ":[]\\");
	putchar(':');
	put_action(is, words);
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
put_values(const struct tacit_setting *setting)
{
	printf("\t\t%s) choices=(", setting->key);
	for (size_t i = 0; i < setting->values_count; i++)
		printf("%s ", setting->values[i]);
	fputs(") ;;\n", stdout);
}

/* $words[1] is the verb, so the key comes after it. */
static void
put_choices(const struct command *c)
{
	if (completion_of_more(c) != COMPLETE_CHOICE)
		return;
	fputs("\t\tchoices=()\n\t\tcase $words[2] in\n", stdout);
	completion_each_setting(put_values);
	fputs("\t\tesac\n", stdout);
}

static void
put_words(const struct command *c)
{
	enum completion is = completion_of_words(c);
	enum completion more = completion_of_more(c);

	if (is == COMPLETE_NOTHING && more == COMPLETE_NOTHING) {
		fputs(" \\\n\t\t\t'*: : '", stdout);
		return;
	}
	fputs(" \\\n\t\t\t'1: :", stdout);
	put_action(is, NULL);
	putchar('\'');
	if (more == COMPLETE_NOTHING)
		return;
	fputs(" \\\n\t\t\t\"*: :", stdout);
	put_action(more, NULL);
	putchar('"');
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
	printf("\t%s%s%s)\n", c->name, c->verb != NULL ? "\\ " : "",
	    c->verb != NULL ? c->verb : "");
	put_choices(c);
	fputs("\t\t_arguments -s $globals", stdout);
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
