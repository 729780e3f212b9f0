/* zsh.c - for zsh 5, with compinit. */
#include <stdio.h>
#include <string.h>

#include "relay/completions/completions.h"

static const char opening[] = "#compdef tacit-relay\n"
			      "\n"
			      "_tacit_relay()\n"
			      "{\n"
			      "\tlocal context state state_descr line\n"
			      "\tlocal -a common choices\n"
			      "\ttypeset -A opt_args\n"
			      "\n"
			      "\tcommon=(";

static const char after_common[] =
    ")\n"
    "\t_arguments -C $common '1: :->command' '*:: :->words' && return\n"
    "\tif [[ $state == command ]]; then\n"
    "\t\tchoices=(";

static const char after_commands[] = ")\n"
				     "\t\t_describe command choices\n"
				     "\t\treturn\n"
				     "\tfi\n"
				     "\tcase $words[1] in\n";

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
	case COMPLETE_WORDS:
		printf("(%s)", words);
		return;
	}
}

/* What every command has stands in $common. */
static void
put_option(const struct completed *o, const struct command *c)
{
	if (c != NULL && o->on == ON_ALL)
		return;
	printf(" \\\n\t\t\t'--%s[", o->name);
	put_escaped(o->help, "[]:\\");
	putchar(']');
	if (o->has_value) {
		printf(":%s:", o->name);
		put_action(o->is, o->words);
	}
	putchar('\'');
}

static void
put_command(const struct command *c)
{
	printf("\t%s)\n\t\t_arguments $common", c->name);
	completion_options(c, put_option);
	fputs(" \\\n\t\t\t'1: :", stdout);
	put_action(completion_of_words(c), c->verbs);
	fputs("' '*: : '\n\t\t;;\n", stdout);
}

void
completions_zsh(void)
{
	fputs(opening, stdout);
	completion_options(NULL, put_option);
	fputs(after_common, stdout);
	for (size_t i = 0; i < commands_count; i++) {
		printf("\n\t\t\t'%s:", commands[i].name);
		put_escaped(commands[i].help, "\\");
		putchar('\'');
	}
	fputs(after_commands, stdout);
	for (size_t i = 0; i < commands_count; i++)
		put_command(&commands[i]);
	fputs("\tesac\n}\n\n_tacit_relay \"$@\"\n", stdout);
}
