/* cmd_register.c - make keys, publish prekeys, take the name. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/command.h"
#include "client/cli/input.h"
#include "client/cli/passphrase.h"
#include "client/cli/profile.h"
#include "client/cli/show.h"

/*
 * A new profile gets a passphrase or an explicit no.  One that has a
 * passphrase already is an unfinished registration: its own is asked for.
 */
static enum tacit_code
choose_passphrase(struct cli *cli, struct passphrase *p)
{
	bool existing = false;
	enum tacit_code code;

	code = tacit_needs_passphrase(cli->dir, &existing, &cli->error);
	if (code != TACIT_DONE)
		return code;
	if (cli->args.no_passphrase && (cli->args.passphrase_file != NULL ||
					   cli->args.passphrase_fd != NULL))
		return cli_fail(cli, TACIT_USAGE,
		    "--no-passphrase and a passphrase exclude each other");
	if (cli->args.no_passphrase)
		return TACIT_DONE;
	if (!existing && !passphrase_is_given(cli) && !isatty(cli->io.in))
		return cli_fail(cli, TACIT_USAGE,
		    "Standard input is not a terminal to ask for a passphrase: "
		    "use --passphrase-file FILE, --passphrase-fd N or "
		    "--no-passphrase");
	return passphrase_read(cli, !existing, p);
}

static enum tacit_code
report(struct cli *cli)
{
	struct tacit_status status = { 0 };
	struct object o;
	enum tacit_code code;

	code = tacit_status(cli->t, false, &status, &cli->error);
	if (code != TACIT_DONE)
		return code;
	if (!cli->args.json) {
		cli_note(cli, "%s is registered at %s", status.account,
		    status.relay);
		return TACIT_DONE;
	}
	o = object_new("registered");
	object_text(&o, "account", status.account);
	object_number(&o, "device", status.device);
	object_text(&o, "relay", status.relay);
	object_text(&o, "profile", cli->dir);
	return show_object(cli, &o) ? TACIT_DONE : TACIT_FAILED;
}

static enum tacit_code
run_register(struct cli *cli)
{
	struct tacit_options options = {
		.dir = cli->dir,
		.timeout_ms = cli->args.timeout_ms,
		.proxy = cli->args.proxy,
	};
	struct passphrase *p = NULL;
	char link[INPUT_LINK_BYTES];
	enum tacit_code code;

	if (cli->args.relay == NULL)
		return cli_fail(cli, TACIT_USAGE,
		    "Say which relay: --relay LINK, or --relay - to read the "
		    "link from standard input");
	p = passphrase_new();
	if (p == NULL)
		return cli_fail(cli, TACIT_FAILED, "Out of memory");
	code = choose_passphrase(cli, p);
	if (code == TACIT_DONE)
		code = input_link(cli, cli->args.relay, link);
	if (code == TACIT_DONE)
		code = profile_make_parents(cli->dir, &cli->error);
	if (code != TACIT_DONE)
		goto out;
	if (p->len > 0) {
		options.passphrase = p->text;
		options.passphrase_len = p->len;
	}
	code = tacit_register(
	    &options, cli->args.words[0], link, &cli->t, &cli->error);
	if (code == TACIT_DONE)
		code = report(cli);
out:
	passphrase_free(p);
	input_forget(link); /* it may hold a join code */
	return code;
}

static const struct option_row rows[] = {
	{ "relay", 0, OPTION_TEXT, OPTION_FIELD(relay), "LINK",
	    "the relay's link; - reads it from standard input" },
	{ "no-passphrase", 0, OPTION_FLAG, OPTION_FIELD(no_passphrase), NULL,
	    "keep the profile without one: its files alone open it" },
};

const struct command command_register = {
	.name = "register",
	.arguments = "NAME --relay LINK",
	.help = "make keys, publish prekeys and take the name",
	.options = OPTION_TABLE(rows),
	.words_min = 1,
	.words_max = 1,
	.run = run_register,
};
