/* fish.c - for fish 3. */
#include <stdio.h>

#include "relay/completions/completions.h"

static const char opening[] =
    "# The words so far, without options and their values.\n"
    "function __tacit_relay_words\n"
    "    set -l skip no\n"
    "    for word in (commandline -opc)[2..-1]\n"
    "        if test $skip = yes\n"
    "            set skip no\n"
    "        else if contains -- $word $__tacit_relay_with_value\n"
    "            set skip yes\n"
    "        else if not string match -q -- '-*' $word\n"
    "            echo $word\n"
    "        end\n"
    "    end\n"
    "end\n"
    "\n"
    "# COUNT COMMAND: so many words, or `any`, of which this is the first.\n"
    "function __tacit_relay_at\n"
    "    set -l words (__tacit_relay_words)\n"
    "    if test $argv[1] != any -a (count $words) != $argv[1]\n"
    "        return 1\n"
    "    end\n"
    "    test (count $argv) -lt 2; or test \"$words[1]\" = $argv[2]\n"
    "end\n"
    "\n"
    "complete -c tacit-relay -f\n";

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
	case COMPLETE_WORDS:
		printf(" -x -a '%s'", words);
		return;
	}
}

static void
put_with_value(const struct completed *o, const struct command *c)
{
	(void)c;
	if (o->has_value)
		printf(" --%s", o->name);
}

/* What every command has stands once. */
static void
put_option(const struct completed *o, const struct command *c)
{
	if (c != NULL && o->on == ON_ALL)
		return;
	fputs("complete -c tacit-relay", stdout);
	if (c != NULL)
		printf(" -n '__tacit_relay_at any %s'", c->name);
	printf(" -l %s", o->name);
	if (o->has_value)
		put_value(o->is, o->words);
	fputs(" -d ", stdout);
	put_quoted(o->help);
	putchar('\n');
}

static void
put_command(const struct command *c)
{
	enum completion is = completion_of_words(c);

	printf("complete -c tacit-relay -n '__tacit_relay_at 0' -a %s -d ",
	    c->name);
	put_quoted(c->help);
	putchar('\n');
	if (is != COMPLETE_NOTHING) {
		printf("complete -c tacit-relay -n '__tacit_relay_at 1 %s'",
		    c->name);
		put_value(is, c->verbs);
		putchar('\n');
	}
	completion_options(c, put_option);
}

void
completions_fish(void)
{
	fputs("set -g __tacit_relay_with_value", stdout);
	completion_each(put_with_value);
	putchar('\n');
	fputs(opening, stdout);
	completion_options(NULL, put_option);
	for (size_t i = 0; i < commands_count; i++)
		put_command(&commands[i]);
}
