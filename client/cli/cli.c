#include "client/cli/cli.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "client/cli/command.h"
#include "client/cli/help.h"
#include "client/cli/options.h"
#include "client/cli/passphrase.h"
#include "client/cli/profile.h"
#include "client/cli/report.h"

enum { EXIT_INTERRUPTED = 130 };

enum tacit_code
cli_fail(struct cli *cli, enum tacit_code code, const char *format, ...)
{
	va_list args;

	cli->error.code = code;
	cli->error.retry_after_ms = 0;
	va_start(args, format);
	vsnprintf(cli->error.message, sizeof(cli->error.message), format, args);
	va_end(args);
	return code;
}

void
cli_note(struct cli *cli, const char *format, ...)
{
	char sentence[sizeof(cli->error.message)];
	va_list args;

	if (cli->args.quiet)
		return;
	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	report_note(cli->io.err, cli->args.json, sentence);
}

/* A pipe nobody reads any more, or a connection that was closed. */
static bool
reader_left(FILE *out)
{
	struct pollfd end = { .fd = fileno(out) };

	return poll(&end, 1, 0) > 0 && (end.revents & (POLLERR | POLLHUP)) != 0;
}

/*
 * A reader that left knows why and needs no sentence; anything else that keeps
 * output from arriving does.
 */
bool
cli_flush(struct cli *cli)
{
	struct tacit_error *e = &cli->output_error;

	errno = 0;
	if (fflush(cli->io.out) == 0 && !ferror(cli->io.out))
		return !cli->output_failed;
	if (!cli->output_failed) {
		e->code = errno == ENOSPC ? TACIT_DISK_FULL : TACIT_FAILED;
		if (!reader_left(cli->io.out))
			snprintf(e->message, sizeof(e->message),
			    "Standard output cannot be written%s%s",
			    errno != 0 ? ": " : "",
			    errno != 0 ? strerror(errno) : "");
	}
	cli->output_failed = true;
	return false;
}

static enum tacit_code
open_with(struct cli *cli, const struct passphrase *p)
{
	struct tacit_options options = {
		.dir = cli->dir,
		.timeout_ms = cli->args.timeout_ms,
		.proxy = cli->args.proxy,
	};

	if (p != NULL) {
		options.passphrase = p->text;
		options.passphrase_len = p->len;
	}
	return tacit_open(&options, &cli->t, &cli->error);
}

static enum tacit_code
open_asking(struct cli *cli)
{
	struct passphrase *p = passphrase_new();
	enum tacit_code code =
	    p == NULL ? cli_fail(cli, TACIT_FAILED, "Out of memory")
		      : passphrase_read(cli, false, p);

	if (code == TACIT_DONE) {
		code = open_with(cli, p);
		if (code == TACIT_PASSPHRASE)
			code = cli_fail(cli, code, "The passphrase is wrong");
	}
	passphrase_free(p);
	return code;
}

enum tacit_code
cli_open_by_passphrase(struct cli *cli)
{
	bool needed = false;
	enum tacit_code code =
	    tacit_needs_passphrase(cli->dir, &needed, &cli->error);

	if (code != TACIT_DONE)
		return code;
	return needed ? open_asking(cli) : open_with(cli, NULL);
}

enum tacit_code
cli_open(struct cli *cli)
{
	bool needed = false;
	bool keyring = false;
	enum tacit_code code =
	    tacit_needs_passphrase(cli->dir, &needed, &cli->error);

	if (code == TACIT_DONE && needed && !passphrase_is_given(cli))
		code = tacit_asks_keyring(cli->dir, &keyring, &cli->error);
	if (code != TACIT_DONE)
		return code;
	if (needed && !keyring)
		return open_asking(cli);
	code = open_with(cli, NULL);
	if (!keyring || code != TACIT_PASSPHRASE)
		return code;
	cli->error = (struct tacit_error){ .code = TACIT_DONE };
	return open_asking(cli);
}

static bool
is_later(const char *name, const char *verb)
{
	for (size_t i = 0; commands_later[i] != NULL; i++) {
		const char *later = commands_later[i];
		size_t len = strcspn(later, " ");

		if (strlen(name) != len || strncmp(name, later, len) != 0)
			continue;
		if (later[len] == '\0')
			return true;
		if (verb != NULL && strcmp(later + len + 1, verb) == 0)
			return true;
	}
	return false;
}

static bool
is_command_name(const char *name)
{
	for (size_t i = 0; commands[i] != NULL; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return true;
	return false;
}

/* verb NULL: the command without one, or its default verb. */
static const struct command *
command_find(const char *name, const char *verb)
{
	for (size_t i = 0; commands[i] != NULL; i++) {
		const struct command *c = commands[i];

		if (strcmp(c->name, name) != 0)
			continue;
		if (c->verb == NULL || (verb == NULL && c->verb_is_default) ||
		    (verb != NULL && strcmp(c->verb, verb) == 0))
			return c;
	}
	return NULL;
}

static enum tacit_code
unknown_command(struct cli *cli, const char *name, const char *verb)
{
	if (is_later(name, verb))
		return cli_fail(cli, TACIT_USAGE,
		    "`%s%s%s`: not in this release", name,
		    verb != NULL ? " " : "", verb != NULL ? verb : "");
	if (!is_command_name(name))
		return cli_fail(cli, TACIT_USAGE,
		    "There is no command `%s`; tacit --help lists them", name);
	if (verb == NULL)
		return cli_fail(cli, TACIT_USAGE,
		    "`%s` wants to know what to do; tacit %s --help lists it",
		    name, name);
	return cli_fail(cli, TACIT_USAGE,
	    "`%s` has no `%s`; tacit %s --help lists what it has", name, verb,
	    name);
}

/* The words that choose a command, and how much of argv they took. */
struct choice {
	const char *name; /* NULL: no word at all */
	const char *verb; /* NULL: none */
	int used;         /* index in argv of the last of them */
};

static bool
has_verbs(const char *name)
{
	const struct command *c = command_find(name, NULL);

	return is_command_name(name) && (c == NULL || c->verb != NULL);
}

/* Global options, the command, more global options, its verb. */
static enum tacit_code
choose(struct cli *cli, int argc, char **argv, struct choice *choice)
{
	int at = 0;
	enum tacit_code code;

	code = options_leading(argc, argv, &cli->args, &at, &cli->error);
	if (code != TACIT_DONE || at >= argc)
		return code;
	choice->name = argv[at];
	choice->used = at;
	if (!has_verbs(choice->name))
		return TACIT_DONE;
	code = options_leading(argc - choice->used, argv + choice->used,
	    &cli->args, &at, &cli->error);
	if (code != TACIT_DONE || choice->used + at >= argc)
		return code;
	choice->used += at;
	choice->verb = argv[choice->used];
	return TACIT_DONE;
}

static enum tacit_code
run_command(struct cli *cli)
{
	enum tacit_code code;

	if (cli->args.verbose)
		log_set_level(LOG_LEVEL_INFO);
	code = profile_find(
	    cli->args.profile, cli->args.home, &cli->dir, &cli->error);
	if (code == TACIT_DONE)
		code = profile_proxy(
		    cli->args.proxy, &cli->args.proxy, &cli->error);
	if (code != TACIT_DONE)
		return code;
	return cli->command->run(cli);
}

/* What needs no command, or only the name of one. */
static bool
was_informed(struct cli *cli, const struct choice *choice)
{
	if (cli->args.version) {
		fprintf(cli->io.out, "tacit %s\n", tacit_version());
		return true;
	}
	if (!cli->args.help)
		return false;
	if (choice->name == NULL)
		help_all(cli->io.out);
	else if (cli->command != NULL)
		help_command(cli->io.out, choice->name, choice->verb);
	else if (is_command_name(choice->name))
		help_command(cli->io.out, choice->name, NULL);
	else
		return false;
	return true;
}

static enum tacit_code
run(struct cli *cli, int argc, char **argv)
{
	struct choice choice = { 0 };
	enum tacit_code code;

	code = choose(cli, argc, argv, &choice);
	if (code != TACIT_DONE)
		return code;
	if (choice.name != NULL)
		cli->command = command_find(choice.name, choice.verb);
	if (was_informed(cli, &choice))
		return TACIT_DONE;
	if (choice.name == NULL)
		return cli_fail(
		    cli, TACIT_USAGE, "Say a command; tacit --help lists them");
	if (cli->command == NULL)
		return unknown_command(cli, choice.name, choice.verb);
	code = options_command(cli->command, argc - choice.used,
	    argv + choice.used, &cli->args, &cli->error);
	if (code != TACIT_DONE)
		return code;
	if (was_informed(cli, &choice))
		return TACIT_DONE;
	return run_command(cli);
}

static bool
wants_colour(FILE *out)
{
	const char *no_color = getenv("NO_COLOR"); /* no-color.org */
	const char *term = getenv("TERM");

	return (no_color == NULL || no_color[0] == '\0') && term != NULL &&
	       strcmp(term, "dumb") != 0 && fileno(out) >= 0 &&
	       isatty(fileno(out));
}

/* Once a command, until the user has gone after it. */
static void
note_moved(struct cli *cli)
{
	const char *to = cli->t != NULL ? tacit_moved_to(cli->t) : NULL;

	if (to != NULL)
		cli_note(cli,
		    "The relay says that it is elsewhere now; to follow it: "
		    "tacit relay set %s",
		    to);
}

int
cli_main(int argc, char **argv, const struct cli_streams *streams)
{
	struct cli cli = {
		.io = *streams,
		.colour = wants_colour(streams->out),
	};
	enum tacit_code code;

	code = run(&cli, argc, argv);
	if (code != TACIT_DONE && options_want_json(argc, argv))
		cli.args.json = true;
	/* Closing may take a moment for the profile's sake. */
	if (!cli_flush(&cli)) {
		cli.error = cli.output_error;
		code = cli.error.code;
	}
	note_moved(&cli);
	tacit_close(cli.t);
	cli.t = NULL;
	if (code != TACIT_DONE && cli.error.message[0] != '\0')
		report_error(cli.io.err, cli.args.json, &cli.error);
	options_clear(&cli.args);
	free(cli.dir);
	return cli.interrupted ? EXIT_INTERRUPTED : (int)code;
}
