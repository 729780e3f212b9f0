#include "client/cli/options.h"

#include <assert.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/when.h"
#include "client/cli/text.h"

static const struct option_row global_rows[] = {
	{ "profile", 0, OPTION_TEXT, OPTION_FIELD(profile), "NAME",
	    "use this profile (TACIT_PROFILE; `default` unless said)" },
	{ "home", 0, OPTION_TEXT, OPTION_FIELD(home), "DIR",
	    "use the profile in this directory (TACIT_HOME)" },
	{ "passphrase-file", 0, OPTION_TEXT, OPTION_FIELD(passphrase_file),
	    "FILE", "first line is the passphrase (TACIT_PASSPHRASE_FILE)" },
	{ "passphrase-fd", 0, OPTION_TEXT, OPTION_FIELD(passphrase_fd), "N",
	    "read the passphrase from this descriptor" },
	{ "timeout", 0, OPTION_DURATION, OPTION_FIELD(timeout_ms), "T",
	    "give up on the relay after this time; 30s unless said" },
	{ "proxy", 0, OPTION_TEXT, OPTION_FIELD(proxy), "URL",
	    "reach the relay through socks5h://HOST:PORT (TACIT_PROXY)" },
	{ "json", 0, OPTION_FLAG, OPTION_FIELD(json), NULL,
	    "print one JSON object per line" },
	{ "quiet", 'q', OPTION_FLAG, OPTION_FIELD(quiet), NULL,
	    "say nothing on standard error but errors" },
	{ "verbose", 'v', OPTION_FLAG, OPTION_FIELD(verbose), NULL,
	    "say more on standard error" },
	{ "help", 'h', OPTION_FLAG, OPTION_FIELD(help), NULL,
	    "print this help" },
	{ "version", 0, OPTION_FLAG, OPTION_FIELD(version), NULL,
	    "print the version" },
};

const struct option_table options_global = OPTION_TABLE(global_rows);

/* What getopt_long wants, made from our rows. */
struct getopt_tables {
	const struct option_row *rows[OPTIONS_MAX];
	struct option longs[OPTIONS_MAX + 1];
	char shorts[OPTIONS_MAX * 2 + 3];
	size_t count;
	size_t shorts_len;
};

enum { ROW_BASE = 256 }; /* getopt's value of rows[0]; above any letter */

[[gnu::format(printf, 2, 3)]] static enum tacit_code
usage(struct tacit_error *e, const char *format, ...)
{
	va_list args;

	e->code = TACIT_USAGE;
	e->retry_after_ms = 0;
	va_start(args, format);
	vsnprintf(e->message, sizeof(e->message), format, args);
	va_end(args);
	return e->code;
}

static void
tables_add(struct getopt_tables *t, const struct option_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];

		t->longs[t->count] = (struct option){
			.name = row->name,
			.has_arg = row->argument != NULL ? required_argument
							 : no_argument,
			.val = ROW_BASE + (int)t->count,
		};
		t->rows[t->count++] = row;
		if (row->letter == 0)
			continue;
		t->shorts[t->shorts_len++] = row->letter;
		if (row->argument != NULL)
			t->shorts[t->shorts_len++] = ':';
	}
}

/*
 * `first`: '+' stops at the first word, '-' hands words over in their place;
 * either overrules POSIXLY_CORRECT.  The colon keeps getopt silent.
 */
static void
tables_init(struct getopt_tables *t, char first, const struct command *command)
{
	memset(t, 0, sizeof(*t));
	t->shorts[t->shorts_len++] = first;
	t->shorts[t->shorts_len++] = ':';
	tables_add(t, &options_global);
	if (command != NULL)
		tables_add(t, &command->options);
}

static const struct option_row *
row_of(const struct getopt_tables *t, int value)
{
	if (value >= ROW_BASE && (size_t)(value - ROW_BASE) < t->count)
		return t->rows[value - ROW_BASE];
	for (size_t i = 0; i < t->count; i++)
		if (t->rows[i]->letter != 0 && t->rows[i]->letter == value)
			return t->rows[i];
	return NULL;
}

static enum tacit_code
set_count(uint64_t *into, const struct option_row *row, struct tacit_error *e)
{
	if (number_parse(optarg, 1, INT32_MAX, into) == STATUS_OK)
		return TACIT_DONE;
	return usage(e, "--%s wants a number of at least 1, not `%s`",
	    row->name, optarg);
}

static enum tacit_code
set_duration(int64_t *into, const struct option_row *row, struct tacit_error *e)
{
	int64_t ms;

	if (when_parse_duration(optarg, &ms) != STATUS_OK || ms <= 0)
		return usage(e,
		    "--%s wants a time such as 30s, 5m, 2h or 7d, not `%s`",
		    row->name, optarg);
	*into = ms;
	return TACIT_DONE;
}

static enum tacit_code
set_time(int64_t *into, const struct option_row *row, struct tacit_error *e)
{
	if (when_parse_time(optarg, clock_wall_ms(), into) == STATUS_OK)
		return TACIT_DONE;
	return usage(e,
	    "--%s wants a time such as 2026-11-21, 14:00, 2h (ago) or "
	    "2026-11-21T14:00:00Z, not `%s`",
	    row->name, optarg);
}

static enum tacit_code
set_name(char **into, const char *name, struct tacit_error *e)
{
	char *normal;

	if (!text_is_plain(name, strlen(name)))
		return usage(e, "An argument is not valid UTF-8");
	normal = text_nfc(name);
	if (normal == NULL) {
		usage(e, "Out of memory");
		return e->code = TACIT_FAILED;
	}
	free(*into);
	*into = normal;
	return TACIT_DONE;
}

static enum tacit_code
set_option(
    const struct option_row *row, struct arguments *args, struct tacit_error *e)
{
	void *into = (char *)args + row->offset;

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)into = true;
		return TACIT_DONE;
	case OPTION_TEXT:
		*(const char **)into = optarg;
		return TACIT_DONE;
	case OPTION_NAME:
		return set_name(into, optarg, e);
	case OPTION_DURATION:
		return set_duration(into, row, e);
	case OPTION_TIME:
		return set_time(into, row, e);
	case OPTION_COUNT:
		return set_count(into, row, e);
	case OPTION_LATER:
		return usage(e, "--%s: not in this release", row->name);
	}
	return usage(e, "--%s cannot be used", row->name);
}

/* getopt_long() refused argv[optind - 1], or the letter optopt in it. */
static enum tacit_code
refuse(const struct getopt_tables *t, int value, char **argv,
    struct tacit_error *e)
{
	const struct option_row *row = row_of(t, optopt);

	if (row != NULL && value == ':')
		return usage(e, "--%s wants its %s", row->name, row->argument);
	if (row != NULL)
		return usage(e, "--%s takes no value", row->name);
	if (optopt > 0 && optopt < ROW_BASE)
		return usage(e,
		    "No option -%c here; --help lists them, and -- comes "
		    "before a word that begins with a dash",
		    optopt);
	return usage(e,
	    "No option `%s` here; --help lists them, and -- comes before a "
	    "word that begins with a dash",
	    argv[optind - 1]);
}

/*
 * The row of what getopt_long() found; NULL when it is only the beginning of a
 * name, which another option of a later release may share.
 */
static const struct option_row *
row_found(const struct getopt_tables *t, int value, char **argv)
{
	const struct option_row *row = row_of(t, value);
	const char *word;
	size_t len;

	if (row == NULL || value < ROW_BASE)
		return row;
	word = argv[optind - 1];
	if (row->argument != NULL && optarg == word)
		word = argv[optind - 2];
	len = strlen(row->name);
	if (strncmp(word, "--", 2) != 0 ||
	    strncmp(word + 2, row->name, len) != 0 ||
	    (word[2 + len] != '\0' && word[2 + len] != '='))
		return NULL;
	return row;
}

static enum tacit_code
refuse_word(const struct getopt_tables *t, int value, char **argv,
    struct tacit_error *e)
{
	const struct option_row *begun = row_of(t, value);

	if (begun == NULL)
		return refuse(t, value, argv, e);
	return usage(e, "Write the option out: --%s", begun->name);
}

enum tacit_code
options_leading(int argc, char **argv, struct arguments *args, int *next,
    struct tacit_error *e)
{
	struct getopt_tables t;
	enum tacit_code code;
	int value;

	tables_init(&t, '+', NULL);
	optind = 0; /* forget the previous parse (GNU) */
	while (
	    (value = getopt_long(argc, argv, t.shorts, t.longs, NULL)) != -1) {
		const struct option_row *row = row_found(&t, value, argv);

		if (row != NULL)
			code = set_option(row, args, e);
		else
			code = refuse_word(&t, value, argv, e);
		if (code != TACIT_DONE)
			return code;
	}
	*next = optind;
	return TACIT_DONE;
}

static enum tacit_code
add_word(struct arguments *args, const char *word, struct tacit_error *e)
{
	char *copy;

	if (!text_is_plain(word, strlen(word)))
		return usage(e, "An argument is not valid UTF-8");
	copy = strdup(word);
	if (copy == NULL) {
		usage(e, "Out of memory");
		return e->code = TACIT_FAILED;
	}
	args->words[args->words_count++] = copy;
	return TACIT_DONE;
}

/* People type a name composed or not; everywhere else it has one form. */
static enum tacit_code
normalise_words(const struct command *command, struct arguments *args,
    struct tacit_error *e)
{
	size_t names = args->words_count;
	enum tacit_code code = TACIT_DONE;

	if (command == &command_send && names > 0)
		names = args->group != NULL ? 0 : 1;
	if (command == &command_edit && names > 1)
		names = 1;
	for (size_t i = 0; i < names && code == TACIT_DONE; i++) {
		assert(args->words[i] != NULL);
		code = set_name(&args->words[i], args->words[i], e);
	}
	return code;
}

static enum tacit_code
check_words(const struct command *command, const struct arguments *args,
    struct tacit_error *e)
{
	const char *verb = command->verb != NULL ? command->verb : "";
	const char *gap = command->verb != NULL ? " " : "";

	if (args->help || (args->words_count >= command->words_min &&
			      args->words_count <= command->words_max))
		return TACIT_DONE;
	return usage(e, "Too %s arguments: tacit %s%s%s%s%s%s",
	    args->words_count < command->words_min ? "few" : "many",
	    command->name, gap, verb, command->arguments[0] != '\0' ? " " : "",
	    command->arguments,
	    command == &command_send || command == &command_edit
		? " (quote the text)"
		: "");
}

enum tacit_code
options_command(const struct command *command, int argc, char **argv,
    struct arguments *args, struct tacit_error *e)
{
	struct getopt_tables t;
	enum tacit_code code = TACIT_DONE;
	int value;

	tables_init(&t, '-', command);
	args->words = calloc((size_t)argc + 1, sizeof(*args->words));
	if (args->words == NULL) {
		usage(e, "Out of memory");
		return e->code = TACIT_FAILED;
	}
	optind = 0;
	while (code == TACIT_DONE && (value = getopt_long(argc, argv, t.shorts,
					  t.longs, NULL)) != -1) {
		const struct option_row *row = row_found(&t, value, argv);

		if (value == 1)
			code = add_word(args, optarg, e);
		else if (row == NULL)
			code = refuse_word(&t, value, argv, e);
		else
			code = set_option(row, args, e);
	}
	for (int i = optind; code == TACIT_DONE && i < argc; i++)
		code = add_word(args, argv[i], e);
	if (code == TACIT_DONE)
		code = normalise_words(command, args, e);
	return code == TACIT_DONE ? check_words(command, args, e) : code;
}

void
options_clear(struct arguments *args)
{
	for (size_t i = 0; i < args->words_count; i++)
		free(args->words[i]);
	free(args->words);
	free(args->group);
	args->group = NULL;
	args->words = NULL;
	args->words_count = 0;
}

bool
options_want_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}
