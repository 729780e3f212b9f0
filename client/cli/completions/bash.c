/* bash.c - for bash 4 and later; needs nothing but bash, sed and tacit. */
#include <stdio.h>
#include <string.h>

#include "client/cli/completions/completions.h"
#include "client/cli/options.h"

static const char opening[] =
    "# bash completion for tacit(1)\n"
    "\n"
    "# Names that the profile knows.  It never asks for a passphrase.\n"
    "_tacit_names()\n"
    "{\n"
    "\tcommand tacit \"${place[@]}\" --quiet --json \"$@\" 2> /dev/null "
    "< /dev/null |\n"
    "\t\tsed -n 's/\"name\":\"\\([^\"\\\\]*\\)\".*/\\n\\1/; s/.*\\n//p'\n"
    "}\n"
    "\n"
    "_tacit_reply()\n"
    "{\n"
    "\tlocal IFS=$'\\n'\n"
    "\n"
    "\tcase $1 in\n"
    "\tfile) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
    "\tdir) COMPREPLY=($(compgen -d -- \"$cur\")) ;;\n"
    "\tcontact) COMPREPLY=($(compgen -W \"$(_tacit_names contacts)\" -- "
    "\"$cur\")) ;;\n"
    "\tgroup) COMPREPLY=($(compgen -W \"$(_tacit_names group list)\" -- "
    "\"$cur\")) ;;\n"
    "\trequest) COMPREPLY=($(compgen -W \"$(_tacit_names requests)\" -- "
    "\"$cur\")) ;;\n"
    "\tlinks) COMPREPLY=($(compgen -W \"$choices"
    "$(_tacit_names group list)\" -- \"$cur\")) ;;\n"
    "\twords) COMPREPLY=($(compgen -W \"$choices\" -- \"$cur\")) ;;\n"
    "\tesac\n"
    "}\n"
    "\n"
    "_tacit()\n"
    "{\n"
    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}"
    "\n"
    "\tlocal command= verb= first= choices= words=0 i\n"
    "\tlocal -a place=()\n"
    "\n"
    "\tCOMPREPLY=()\n"
    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n";

static const char *const kinds[] = {
	[COMPLETE_NOTHING] = "text",
	[COMPLETE_FILE] = "file",
	[COMPLETE_DIR] = "dir",
	[COMPLETE_CONTACT] = "contact",
	[COMPLETE_GROUP] = "group",
	[COMPLETE_REQUEST] = "request",
	[COMPLETE_LINKS] = "links",
	[COMPLETE_WORDS] = "words",
	[COMPLETE_SETTING] = "words",
	[COMPLETE_CHOICE] = "words",
};

/* Words of which one is completed, a line each, as _tacit_reply splits them. */
static void
put_choices(const char *words)
{
	fputs("choices=$'", stdout);
	for (; *words != '\0'; words++)
		fputs(*words == ' ' ? "\\n" : (char[]){ *words, '\0' }, stdout);
	fputs("\\n'", stdout);
}

/* Of one command: the same name may mean something else in another. */
static void
put_own_form(
    const struct option_row *row, const char *command, const char *verb)
{
	printf("'%s %s --%s'", command, verb, row->name);
	if (row->letter != 0)
		printf(" | '%s %s -%c'", command, verb, row->letter);
}

/* NULL: whatever the command is. */
static void
put_form(const struct option_row *row, const struct command *c)
{
	if (c == NULL) {
		printf("--%s", row->name);
		if (row->letter != 0)
			printf(" | -%c", row->letter);
		return;
	}
	put_own_form(row, c->name, c->verb != NULL ? c->verb : "");
	if (c->verb == NULL || !c->verb_is_default)
		return;
	fputs(" | ", stdout);
	put_own_form(row, c->name, "");
}

/* Where the profile is goes on to the tacit that is asked for names. */
static bool
is_place(const struct option_row *row)
{
	return strcmp(row->name, "profile") == 0 ||
	       strcmp(row->name, "home") == 0 ||
	       strcmp(row->name, "passphrase-file") == 0;
}

typedef void put_row(const struct option_row *row, const struct command *c);

static void
each_with_value(
    const struct option_table *table, const struct command *c, put_row *put)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].kind != OPTION_LATER &&
		    table->rows[i].argument != NULL)
			put(&table->rows[i], c);
}

static void
put_skipped(const struct option_row *row, const struct command *c)
{
	fputs("\t\t", stdout);
	put_form(row, c);
	if (is_place(row))
		fputs(")\n\t\t\tplace+=(\"${COMP_WORDS[i]}\" "
		      "\"${COMP_WORDS[i + 1]}\")\n\t\t\t((i++))\n",
		    stdout);
	else
		fputs(")\n\t\t\t((i++))\n", stdout);
	fputs(c != NULL ? "\t\t\tcontinue\n\t\t\t;;\n" : "\t\t\t;;\n", stdout);
}

static void
put_value(const struct option_row *row, const struct command *c)
{
	const char *words = NULL;
	enum completion is = completion_of_option(row, &words);

	putchar('\t');
	put_form(row, c);
	fputs(")\n\t\t", stdout);
	if (words != NULL) {
		put_choices(words);
		fputs("\n\t\t", stdout);
	}
	printf("_tacit_reply %s\n\t\treturn\n\t\t;;\n", kinds[is]);
}

/* Those of commands, then those of all: `word` is the one that is looked at. */
static void
put_each_option(put_row *put, const char *word, const char *indent)
{
	printf("%scase \"$command $verb %s\" in\n", indent, word);
	for (size_t i = 0; commands[i] != NULL; i++)
		each_with_value(&commands[i]->options, commands[i], put);
	printf("%sesac\n%scase %s in\n", indent, indent, word);
	each_with_value(&options_global, NULL, put);
}

static void
put_verbs(const char *name)
{
	for (size_t i = 0; commands[i] != NULL; i++)
		if (strcmp(commands[i]->name, name) == 0 &&
		    commands[i]->verb != NULL)
			printf(" %s", commands[i]->verb);
}

static void
put_options(const struct option_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].kind != OPTION_LATER)
			printf(" --%s", table->rows[i].name);
}

static void
put_key(const struct tacit_setting *setting)
{
	printf("%s\\n", setting->key);
}

static void
put_values(const struct tacit_setting *setting)
{
	printf("\t'config set %s')\n\t\tchoices=$'", setting->key);
	for (size_t i = 0; i < setting->values_count; i++)
		printf("%s\\n", setting->values[i]);
	fputs("'\n\t\t;;\n", stdout);
}

/* The choices of the first word of a command. */
static void
put_first_choices(const struct command *c)
{
	enum completion is = completion_of_words(c);

	if (is == COMPLETE_SETTING) {
		fputs("\t\tchoices=$'", stdout);
		completion_each_setting(put_key);
		fputs("'\n", stdout);
	}
	if (is == COMPLETE_LINKS) {
		fputs("\t\t", stdout);
		put_choices(completion_link_verbs);
		putchar('\n');
	}
}

/* What may follow one command, as words of one string. */
static void
put_command_options(void)
{
	fputs("\tcase \"$command $verb\" in\n", stdout);
	for (size_t i = 0; commands[i] != NULL; i++) {
		const struct command *c = commands[i];

		printf("\t'%s %s')\n\t\toptions+='", c->name,
		    c->verb != NULL ? c->verb : "");
		put_options(&c->options);
		printf("'\n\t\tkind=%s more=%s\n",
		    kinds[completion_of_words(c)],
		    kinds[completion_of_more(c)]);
		put_first_choices(c);
		fputs("\t\t;;\n", stdout);
	}
	fputs("\tesac\n\tcase \"$command $verb $first\" in\n", stdout);
	completion_each_setting(put_values);
	fputs("\tesac\n", stdout);
}

static void
put_has_verbs(void)
{
	fputs("\t\t\telif [[ -z $verb && ' ", stdout);
	for (size_t i = 0; commands[i] != NULL; i++)
		if (completion_is_first(&commands[i]) &&
		    completion_has_verbs(commands[i]->name))
			printf("%s ", commands[i]->name);
	fputs("' == *\" $command \"* ]]; then\n", stdout);
}

void
completions_bash(void)
{
	fputs(opening, stdout);
	put_each_option(put_skipped, "${COMP_WORDS[i]}", "\t\t");
	fputs("\t\t-*) ;;\n\t\t*)\n\t\t\tif [[ -z $command ]]; then\n"
	      "\t\t\t\tcommand=${COMP_WORDS[i]}\n",
	    stdout);
	put_has_verbs();
	fputs(
	    "\t\t\t\tverb=${COMP_WORDS[i]}\n\t\t\telse\n"
	    "\t\t\t\t((words++)) || "
	    "first=${COMP_WORDS[i]}\n\t\t\tfi\n\t\t\t;;\n\t\tesac\n\tdone\n\n",
	    stdout);
	put_each_option(put_value, "$prev", "\t");
	fputs("\tesac\n\n\tlocal options='", stdout);
	put_options(&options_global);
	fputs("' kind=text more=text\n", stdout);
	put_command_options();
	fputs("\tif [[ $cur == -* ]]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
	      "\t\treturn\n\tfi\n\tif [[ -z $command ]]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W '",
	    stdout);
	for (size_t i = 0; commands[i] != NULL; i++)
		if (completion_is_first(&commands[i]))
			printf(" %s", commands[i]->name);
	fputs("' -- \"$cur\"))\n\t\treturn\n\tfi\n\tif [[ -z $verb ]]; then\n"
	      "\t\tcase $command in\n",
	    stdout);
	for (size_t i = 0; commands[i] != NULL; i++) {
		if (!completion_is_first(&commands[i]) ||
		    !completion_has_verbs(commands[i]->name))
			continue;
		printf("\t\t%s)\n\t\t\tCOMPREPLY=($(compgen -W '",
		    commands[i]->name);
		put_verbs(commands[i]->name);
		fputs("' -- \"$cur\"))\n\t\t\treturn\n\t\t\t;;\n", stdout);
	}
	fputs("\t\tesac\n\tfi\n"
	      "\t((words == 0)) || kind=$more\n"
	      "\t_tacit_reply \"$kind\"\n}\n\n"
	      "complete -o filenames -F _tacit tacit\n",
	    stdout);
}
