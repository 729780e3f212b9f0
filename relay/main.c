/* main.c - tacit-relay: the command line (tacit-relay(8)). */
#include <assert.h>
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "relay/command.h"
#include "relay/commands.h"
#include "relay/sandbox.h"

enum { ALL_MAX = OPTIONS_MAX + GIVEN_MAX };

static const char *
placeholder(const struct config_setting *s)
{
	switch (s->type) {
	case CONFIG_NUMBER:
		return "N";
	case CONFIG_DURATION:
		return "TIME";
	case CONFIG_CHOICE:
		return "WORD";
	case CONFIG_TEXT:
	case CONFIG_LIST:
		return "TEXT";
	}
	return "";
}

static void
print_settings(enum config_when when)
{
	const struct config_table *table = settings_table();

	for (size_t i = 0; i < table->count; i++) {
		const struct config_setting *s = &table->settings[i];
		char left[40], name[OPTION_NAME_BYTES];

		if (s->when != when)
			continue;
		commands_option_name(s, name);
		snprintf(left, sizeof(left), "--%s %s", name, placeholder(s));
		printf("  %-29s %s%s%s%s\n", left, s->help,
		    *s->fallback != '\0' ? " [" : "", s->fallback,
		    *s->fallback != '\0' ? "]" : "");
	}
}

static void
print_help(void)
{
	puts("usage: tacit-relay COMMAND [OPTION]...\n\nCommands:");
	for (size_t i = 0; i < commands_count; i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].help);
	puts("\nOptions:");
	for (size_t i = 0; i < options_count; i++) {
		char left[40];

		snprintf(left, sizeof(left), "--%s %s", options[i].name,
		    options[i].value != NULL ? options[i].value : "");
		printf("  %-22s %s\n", left, options[i].help);
	}
	puts("\nOptions of serve and init, as in relay.conf, which SIGHUP "
	     "reads again:");
	print_settings(CONFIG_LIVE);
	puts("\nThe same, counting only when the relay starts:");
	print_settings(CONFIG_AT_START);
}

static const struct command *
find_command(const char *name)
{
	for (size_t i = 0; i < commands_count; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* Where an option's value goes; NULL: it is a setting. */
static const char **
own_place(struct command_line *line, const char *name)
{
	const struct {
		const char *name;
		const char **place;
	} places[] = {
		{ "data", &line->data },
		{ "config", &line->config },
		{ "uses", &line->uses },
		{ "expires", &line->expires },
		{ "code-file", &line->code_file },
		{ "label", &line->label },
		{ "rate", &line->rate },
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strcmp(places[i].name, name) == 0)
			return places[i].place;
	return NULL;
}

struct parsed {
	struct command_line line;
	int options_on; /* the commands that all given options belong to */
	char stray[OPTION_NAME_BYTES]; /* an option, to name in an error */
	bool help;
	bool version;
};

/* Narrows the commands it may be; the first that does not fit is named. */
static void
belongs_to(struct parsed *p, const char *name, int on)
{
	if (p->stray[0] == '\0' || (p->options_on & on) != p->options_on)
		snprintf(p->stray, sizeof(p->stray), "%s", name);
	p->options_on &= on;
}

static bool
take_setting(
    struct parsed *p, const struct config_setting *s, const char *value)
{
	char name[OPTION_NAME_BYTES];

	commands_option_name(s, name);
	belongs_to(p, name, ON_PLACE);
	if (p->line.settings_count == GIVEN_MAX)
		return false;
	p->line.settings[p->line.settings_count++] =
	    (struct given){ s->name, value };
	return true;
}

static void
take_option(struct parsed *p, const struct option_row *o, const char *value)
{
	const char **place = own_place(&p->line, o->name);

	belongs_to(p, o->name, o->on);
	if (place != NULL) {
		*place = value;
	} else if (strcmp(o->name, "json") == 0) {
		p->line.json = true;
	} else if (strcmp(o->name, "frozen") == 0) {
		p->line.frozen = true;
	} else if (strcmp(o->name, "yes") == 0) {
		p->line.yes = true;
	} else if (strcmp(o->name, "follow") == 0) {
		p->line.follow = true;
	} else if (strcmp(o->name, "help") == 0) {
		p->help = true;
	} else if (strcmp(o->name, "version") == 0) {
		p->version = true;
	}
}

/* Ours first, then a setting each; `names` hold the latter's. */
static void
fill_table(struct option *table, char names[GIVEN_MAX][OPTION_NAME_BYTES])
{
	const struct config_table *settings = settings_table();

	assert(settings->count <= GIVEN_MAX && options_count <= OPTIONS_MAX);
	for (size_t i = 0; i < options_count; i++) {
		table[i].name = options[i].name;
		table[i].has_arg =
		    options[i].value != NULL ? required_argument : no_argument;
	}
	for (size_t i = 0; i < settings->count; i++) {
		commands_option_name(&settings->settings[i], names[i]);
		table[options_count + i].name = names[i];
		table[options_count + i].has_arg = required_argument;
	}
}

static bool
take(struct parsed *p, size_t at, const char *value)
{
	if (at >= options_count)
		return take_setting(
		    p, &settings_table()->settings[at - options_count], value);
	take_option(p, &options[at], value);
	return true;
}

static bool
parse(int argc, char **argv, struct parsed *p)
{
	struct option table[ALL_MAX + 1] = { 0 };
	char names[GIVEN_MAX][OPTION_NAME_BYTES];
	int at;

	fill_table(table, names);
	/* Known before the first error is printed. */
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--json") == 0)
			p->line.json = true;
	opterr = 0;
	for (;;) {
		int got = getopt_long(argc, argv, "", table, &at);

		if (got == -1)
			break;
		if (got != 0 || !take(p, (size_t)at, optarg)) {
			command_fail(&p->line, EXIT_USAGE,
			    "bad option %.64s; see tacit-relay --help",
			    argv[optind - 1]);
			return false;
		}
	}
	p->line.words = argv + optind;
	p->line.words_count = (size_t)(argc - optind);
	return true;
}

static int
run(struct parsed *p)
{
	struct command_line *line = &p->line;
	const struct command *command;

	if (line->words_count == 0)
		return command_fail(
		    line, EXIT_USAGE, "say what to do; see tacit-relay --help");
	command = find_command(line->words[0]);
	if (command == NULL)
		return command_fail(line, EXIT_USAGE,
		    "there is no command \"%.64s\"; see tacit-relay --help",
		    line->words[0]);
	if ((p->options_on & command->bit) == 0)
		return command_fail(line, EXIT_USAGE,
		    "--%s does not belong to %s", p->stray, command->name);
	if (line->words_count > command->words + 1)
		return command_fail(line, EXIT_USAGE, "%s takes no \"%.64s\"",
		    command->name, line->words[command->words + 1]);
	return command->run(line);
}

/* As log_event() would write it. */
static const char last_line[] =
    "error db-damaged reason=\"the database cannot be read, as it seems; "
    "`tacit-relay doctor` says more\"\n";

int
main(int argc, char **argv)
{
	struct parsed p = { .options_on = ON_ALL };

	fatal_say(last_line, EXIT_FAILED);
	log_set_level(LOG_LEVEL_INFO);
	if (!parse(argc, argv, &p))
		return EXIT_USAGE;
	if (p.help) {
		print_help();
		return EXIT_DONE;
	}
	if (p.version) {
		puts("tacit-relay " TACIT_VERSION);
		return EXIT_DONE;
	}
	if (sandbox_prepare() != STATUS_OK || sodium_init() < 0)
		return command_fail(
		    &p.line, EXIT_FAILED, "the process could not be prepared");
	return run(&p);
}
