/* bash.c - for bash 4 and later. */
#include <stdio.h>

#include "relay/completions/completions.h"

static const char opening[] =
    "# bash completion for tacit-relay(8)\n"
    "\n"
    "_tacit_relay()\n"
    "{\n"
    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}"
    "\n"
    "\tlocal command= options= verbs= words=0 i IFS=$' \\t\\n'\n"
    "\n"
    "\tCOMPREPLY=()\n"
    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
    "\t\tcase ${COMP_WORDS[i]} in\n";

static const char skipping[] = "\t\t-*) ;;\n"
			       "\t\t*)\n"
			       "\t\t\tif [[ -z $command ]]; then\n"
			       "\t\t\t\tcommand=${COMP_WORDS[i]}\n"
			       "\t\t\telse\n"
			       "\t\t\t\t((words++))\n"
			       "\t\t\tfi\n"
			       "\t\t\t;;\n"
			       "\t\tesac\n"
			       "\tdone\n"
			       "\tcase $prev in\n";

static const char closing[] =
    "\tesac\n"
    "\tif [[ $cur == -* ]]; then\n"
    "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
    "\telif ((words == 0)); then\n"
    "\t\tif [[ $verbs == DIR ]]; then\n"
    "\t\t\tIFS=$'\\n'\n"
    "\t\t\tCOMPREPLY=($(compgen -d -- \"$cur\"))\n"
    "\t\telse\n"
    "\t\t\tCOMPREPLY=($(compgen -W \"$verbs\" -- \"$cur\"))\n"
    "\t\tfi\n"
    "\tfi\n"
    "}\n"
    "\n"
    "complete -o filenames -F _tacit_relay tacit-relay\n";

static void
put_skipped(const struct completed *o, const struct command *c)
{
	(void)c;
	if (o->has_value)
		printf("\t\t--%s) ((i++)) ;;\n", o->name);
}

static void
put_value(const struct completed *o, const struct command *c)
{
	(void)c;
	if (!o->has_value)
		return;
	printf("\t--%s)\n", o->name);
	if (o->is == COMPLETE_WORDS)
		printf("\t\tCOMPREPLY=($(compgen -W '%s' -- \"$cur\"))\n",
		    o->words);
	else if (o->is != COMPLETE_NOTHING)
		printf("\t\tIFS=$'\\n'\n"
		       "\t\tCOMPREPLY=($(compgen -%c -- \"$cur\"))\n",
		    o->is == COMPLETE_DIR ? 'd' : 'f');
	fputs("\t\treturn\n\t\t;;\n", stdout);
}

static void
put_option(const struct completed *o, const struct command *c)
{
	(void)c;
	printf(" --%s", o->name);
}

static void
put_command(const struct command *c)
{
	printf("\t%s)\n\t\toptions='", c->name);
	completion_options(c, put_option);
	fputs("'\n", stdout);
	switch (completion_of_words(c)) {
	case COMPLETE_DIR:
		fputs("\t\tverbs=DIR\n", stdout);
		break;
	case COMPLETE_WORDS:
		printf("\t\tverbs='%s'\n", c->verbs);
		break;
	case COMPLETE_NOTHING:
	case COMPLETE_FILE:
		break;
	}
	fputs("\t\t;;\n", stdout);
}

void
completions_bash(void)
{
	fputs(opening, stdout);
	completion_each(put_skipped);
	fputs(skipping, stdout);
	completion_each(put_value);
	fputs("\tesac\n\tcase $command in\n\t'')\n\t\toptions='", stdout);
	completion_options(NULL, put_option);
	fputs("'\n\t\tverbs='", stdout);
	for (size_t i = 0; i < commands_count; i++)
		printf(" %s", commands[i].name);
	fputs("'\n\t\t;;\n", stdout);
	for (size_t i = 0; i < commands_count; i++)
		put_command(&commands[i]);
	fputs(closing, stdout);
}
