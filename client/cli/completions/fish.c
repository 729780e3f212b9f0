/* fish.c - for fish 3 and later. */
#include <stdio.h>
#include <string.h>

#include "client/cli/completions/completions.h"
#include "client/cli/options.h"

static const char opening[] =
    "# fish completion for tacit(1)\n"
    "\n"
    "# Words before the one that is written, without options: command, "
    "verb...\n"
    "function __tacit_words\n"
    "    set -l skip 0\n"
    "    for word in (commandline -opc)[2..-1]\n"
    "        if test $skip = 1\n"
    "            set skip 0\n"
    "        else if contains -- $word $__tacit_with_value\n"
    "            set skip 1\n"
    "        else if not string match -q -- '-*' $word\n"
    "            echo $word\n"
    "        end\n"
    "    end\n"
    "end\n"
    "\n"
    "# __tacit_at COUNT WORD... - COUNT words (or more, with +) that begin so\n"
    "function __tacit_at\n"
    "    set -l words (__tacit_words)\n"
    "    set -l count (string trim -c + -- $argv[1])\n"
    "    if string match -q -- '*+' $argv[1]\n"
    "        test (count $words) -ge $count; or return 1\n"
    "    else\n"
    "        test (count $words) -eq $count; or return 1\n"
    "    end\n"
    "    set -l given $argv\n"
    "    set -e given[1]\n"
    "    for i in (seq (count $given))\n"
    "        test \"$words[$i]\" = \"$given[$i]\"; or return 1\n"
    "    end\n"
    "end\n"
    "\n"
    "# Names that the profile knows.  It never asks for a passphrase.\n"
    "function __tacit_names\n"
    "    set -l place\n"
    "    set -l words (commandline -opc)\n"
    "    for i in (seq 2 (math (count $words) - 1))\n"
    "        if contains -- $words[$i] --profile --home --passphrase-file\n"
    "            set -l next (math $i + 1)\n"
    "            set -a place $words[$i] $words[$next]\n"
    "        end\n"
    "    end\n"
    "    command tacit $place --quiet --json $argv 2>/dev/null </dev/null |\n"
    "        string replace -fr '^.*?\"name\":\"([^\"\\\\\\\\]*)\".*$' '$1'\n"
    "end\n"
    "\n"
    "complete -c tacit -f\n";

static void
put_quoted(const char *text)
{
	putchar('\'');
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '\'' || *c == '\\')
			putchar('\\');
		putchar(*c);
	}
	putchar('\'');
}

static void
put_words(const char *words)
{
	fputs(" -x -a ", stdout);
	put_quoted(words);
}

static void
put_key(const struct tacit_setting *setting)
{
	printf("%s ", setting->key);
}

/* What COMPLETE_CHOICE stands for is put where the key is known. */
static void
put_value(enum completion is, const char *words)
{
	switch (is) {
	case COMPLETE_NOTHING:
		fputs(" -x", stdout);
		return;
	case COMPLETE_FILE:
		fputs(" -r -F", stdout);
		return;
	case COMPLETE_DIR:
		fputs(" -x -a '(__fish_complete_directories)'", stdout);
		return;
	case COMPLETE_CONTACT:
		fputs(" -x -a '(__tacit_names contacts)'", stdout);
		return;
	case COMPLETE_GROUP:
		fputs(" -x -a '(__tacit_names group list)'", stdout);
		return;
	case COMPLETE_REQUEST:
		fputs(" -x -a '(__tacit_names requests)'", stdout);
		return;
	case COMPLETE_LINKS:
		printf(" -x -a '%s (__tacit_names group list)'",
		    completion_link_verbs);
		return;
	case COMPLETE_WORDS:
		put_words(words);
		return;
	case COMPLETE_SETTING:
		fputs(" -x -a '", stdout);
		completion_each_setting(put_key);
		putchar('\'');
		return;
	case COMPLETE_CHOICE:
		return;
	}
}

static void
put_options(const struct option_table *table, const struct command *c)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];
		const char *words = NULL;

		if (row->kind == OPTION_LATER)
			continue;
		fputs("complete -c tacit", stdout);
		if (c != NULL)
			printf(" -n '__tacit_at %s %s%s%s'",
			    c->verb != NULL ? "2+" : "1+", c->name,
			    c->verb != NULL ? " " : "",
			    c->verb != NULL ? c->verb : "");
		printf(" -l %s", row->name);
		if (row->letter != 0)
			printf(" -s %c", row->letter);
		if (row->argument != NULL) {
			enum completion is = completion_of_option(row, &words);

			put_value(is, words);
		}
		fputs(" -d ", stdout);
		put_quoted(row->help);
		putchar('\n');
	}
}

static void
put_with_value(const struct option_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];

		if (row->kind == OPTION_LATER || row->argument == NULL)
			continue;
		printf(" --%s", row->name);
		if (row->letter != 0)
			printf(" -%c", row->letter);
	}
}

static void
put_choices(const struct tacit_setting *setting)
{
	printf("complete -c tacit -n '__tacit_at 3 config set %s' -x -a '",
	    setting->key);
	for (size_t i = 0; i < setting->values_count; i++)
		printf("%s ", setting->values[i]);
	fputs("'\n", stdout);
}

/* The words that follow a command: the first, and those after it. */
static void
put_following(const struct command *c)
{
	int before = c->verb != NULL ? 2 : 1;

	for (int more = 0; more < 2; more++) {
		enum completion is =
		    more == 1 ? completion_of_more(c) : completion_of_words(c);

		if (is == COMPLETE_CHOICE)
			completion_each_setting(put_choices);
		if (is == COMPLETE_CHOICE || is == COMPLETE_NOTHING)
			continue;
		printf("complete -c tacit -n '__tacit_at %d%s %s%s%s'",
		    before + more, more == 1 ? "+" : "", c->name,
		    c->verb != NULL ? " " : "", c->verb != NULL ? c->verb : "");
		if (is == COMPLETE_FILE)
			fputs(" -F", stdout);
		else
			put_value(is, NULL);
		putchar('\n');
	}
}

void
completions_fish(void)
{
	fputs("set -g __tacit_with_value", stdout);
	put_with_value(&options_global);
	for (size_t i = 0; commands[i] != NULL; i++)
		put_with_value(&commands[i]->options);
	putchar('\n');
	fputs(opening, stdout);
	put_options(&options_global, NULL);
	for (size_t i = 0; commands[i] != NULL; i++) {
		const struct command *c = commands[i];

		if (completion_is_first(&commands[i])) {
			printf("complete -c tacit -n '__tacit_at 0' -a %s",
			    c->name);
			if (!completion_has_verbs(c->name)) {
				fputs(" -d ", stdout);
				put_quoted(c->help);
			}
			putchar('\n');
		}
		if (c->verb != NULL) {
			printf("complete -c tacit -n '__tacit_at 1 %s' -a %s "
			       "-d ",
			    c->name, c->verb);
			put_quoted(c->help);
			putchar('\n');
		}
		put_options(&c->options, c);
		put_following(c);
	}
}
