#include "client/cli/help.h"

#include <string.h>

#include "client/cli/options.h"

enum { HELP_COLUMN = 28 };

static void
put_options(FILE *to, const struct option_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];
		char form[64];

		if (row->kind == OPTION_LATER)
			continue;
		snprintf(form, sizeof(form), "--%s%s%s", row->name,
		    row->argument != NULL ? " " : "",
		    row->argument != NULL ? row->argument : "");
		if (row->letter != 0)
			fprintf(to, "  -%c, %-*s %s\n", row->letter,
			    HELP_COLUMN - 6, form, row->help);
		else
			fprintf(to, "  %-*s %s\n", HELP_COLUMN - 2, form,
			    row->help);
	}
}

static void
put_usage(FILE *to, const struct command *c)
{
	fprintf(to, "tacit %s%s%s%s%s\n", c->name, c->verb != NULL ? " " : "",
	    c->verb != NULL ? c->verb : "", c->arguments[0] != '\0' ? " " : "",
	    c->arguments);
}

static void
put_global(FILE *to)
{
	fputs("\nOptions of every command:\n", to);
	put_options(to, &options_global);
}

void
help_all(FILE *to)
{
	fputs("usage: tacit [OPTION]... COMMAND ...\n\nCommands:\n", to);
	for (size_t i = 0; commands[i] != NULL; i++) {
		fputs("  ", to);
		put_usage(to, commands[i]);
		fprintf(to, "      %s\n", commands[i]->help);
	}
	put_global(to);
	fputs("\n`tacit COMMAND --help` lists the options of a command; "
	      "the manual is tacit(1).\n",
	    to);
}

void
help_command(FILE *to, const char *name, const char *verb)
{
	bool first = true;

	for (size_t i = 0; commands[i] != NULL; i++) {
		const struct command *c = commands[i];

		if (strcmp(c->name, name) != 0 ||
		    (verb != NULL && strcmp(c->verb, verb) != 0))
			continue;
		if (!first)
			putc('\n', to);
		first = false;
		fputs("usage: ", to);
		put_usage(to, c);
		fprintf(to, "      %s\n", c->help);
		put_options(to, &c->options);
	}
	put_global(to);
}
