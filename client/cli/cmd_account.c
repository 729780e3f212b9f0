/*
 * cmd_account.c - leaving the relay for good.
 *
 * Whoever does it says the account's name: on a terminal when asked, elsewhere
 * with --yes, so that neither a slip nor a script does it unawares.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/show.h"

enum { ANSWER_BYTES = 64 }; /* no account name is as long */

/* One line of the terminal; what does not fit is no name either. */
static enum tacit_code
read_answer(struct cli *cli, char answer[ANSWER_BYTES])
{
	size_t len = 0;
	char byte = '\0';
	ssize_t got;

	while ((got = read(cli->io.in, &byte, 1)) != 0 && byte != '\n') {
		if (got < 0 && errno != EINTR)
			return cli_fail(cli, TACIT_FAILED,
			    "The answer cannot be read: %s", strerror(errno));
		if (got > 0 && len < ANSWER_BYTES - 1)
			answer[len++] = byte;
	}
	answer[len] = '\0';
	return TACIT_DONE;
}

static enum tacit_code
confirm(struct cli *cli, const struct tacit_status *status,
    char answer[ANSWER_BYTES])
{
	if (!isatty(cli->io.in))
		return cli_fail(cli, TACIT_USAGE,
		    "Standard input is not a terminal to ask on: give the "
		    "account's name with --yes NAME");
	fprintf(cli->io.err,
	    "The account %s at %s will be removed for good. What waits for it "
	    "there is\nlost, and nobody can take its name again.\n"
	    "Type the account's name to go on: ",
	    status->account, status->relay);
	fflush(cli->io.err);
	return read_answer(cli, answer);
}

static enum tacit_code
report(struct cli *cli, const struct tacit_status *status)
{
	struct object o;

	if (!cli->args.json) {
		cli_note(cli, "The account %s is removed from %s",
		    status->account, status->relay);
		cli_note(cli,
		    "Its keys and its history are still in %s; remove that "
		    "directory to be rid of them",
		    cli->dir);
		return TACIT_DONE;
	}
	o = object_new("account-deleted");
	object_text(&o, "account", status->account);
	object_text(&o, "relay", status->relay);
	object_text(&o, "profile", cli->dir);
	return show_object(cli, &o) ? TACIT_DONE : TACIT_FAILED;
}

static enum tacit_code
run_delete(struct cli *cli)
{
	struct tacit_status status = { 0 };
	char answer[ANSWER_BYTES] = "";
	const char *name = cli->args.yes;
	enum tacit_code code = cli_open(cli);

	if (code == TACIT_DONE)
		code = tacit_status(cli->t, false, &status, &cli->error);
	if (code == TACIT_DONE && name == NULL) {
		code = confirm(cli, &status, answer);
		name = answer;
	}
	if (code == TACIT_DONE)
		code = tacit_account_delete(cli->t, name, &cli->error);
	return code == TACIT_DONE ? report(cli, &status) : code;
}

static const struct option_row rows[] = {
	{ "yes", 0, OPTION_TEXT, OPTION_FIELD(yes), "NAME",
	    "do not ask; NAME is the account's own" },
};

const struct command command_account_delete = {
	.name = "account",
	.verb = "delete",
	.arguments = "",
	.help = "remove the account from its relay for good",
	.options = OPTION_TABLE(rows),
	.run = run_delete,
};
