/* cmd_passphrase.c - what opens the profile. */
#include <unistd.h>

#include "client/cli/passphrase.h"
#include "client/cli/recovery.h"
#include "client/cli/show.h"

static enum tacit_code
check_options(struct cli *cli)
{
	const struct arguments *a = &cli->args;

	if ((a->new_passphrase_file != NULL) + a->no_passphrase + a->keyring +
		a->no_keyring >
	    1)
		return cli_fail(cli, TACIT_USAGE,
		    "--new-passphrase-file, --remove, --keyring and "
		    "--no-keyring exclude each other");
	return TACIT_DONE;
}

/* Whether the profile is there and opens comes before how to ask. */
static enum tacit_code
check_terminal(struct cli *cli)
{
	const struct arguments *a = &cli->args;

	if (a->new_passphrase_file != NULL || a->no_passphrase || a->keyring ||
	    a->no_keyring || isatty(cli->io.in))
		return TACIT_DONE;
	return cli_fail(cli, TACIT_USAGE,
	    "Standard input is not a terminal to ask for a new passphrase: use "
	    "--new-passphrase-file FILE or --remove");
}

static enum tacit_code
set_new(struct cli *cli)
{
	struct passphrase *p = passphrase_new();
	enum tacit_code code;

	if (p == NULL)
		return cli_fail(cli, TACIT_FAILED, "Out of memory");
	code = passphrase_read_new(cli, cli->args.new_passphrase_file, p);
	if (code == TACIT_DONE)
		code =
		    tacit_set_passphrase(cli->t, p->text, p->len, &cli->error);
	passphrase_free(p);
	return code;
}

static enum tacit_code
open_by_recovery_key(struct cli *cli)
{
	struct tacit_options options = {
		.dir = cli->dir,
		.timeout_ms = cli->args.timeout_ms,
		.proxy = cli->args.proxy,
	};
	struct passphrase *key = passphrase_new();
	enum tacit_code code;

	if (key == NULL)
		return cli_fail(cli, TACIT_FAILED, "Out of memory");
	code = recovery_read(cli, key);
	if (code == TACIT_DONE) {
		options.recovery_key = (const char *)key->text;
		code = tacit_open(&options, &cli->t, &cli->error);
	}
	passphrase_free(key);
	return code;
}

/* Whoever sits at an open desktop does not choose a new one. */
static enum tacit_code
open_profile(struct cli *cli)
{
	if (cli->args.recovery_key || cli->args.recovery_key_file != NULL)
		return open_by_recovery_key(cli);
	return cli_open_by_passphrase(cli);
}

/* It is what was wanted already: done. */
static enum tacit_code
drop_keyring(struct cli *cli)
{
	enum tacit_code code = tacit_keyring_drop(cli->t, &cli->error);

	if (code != TACIT_EXISTS)
		return code;
	cli->error = (struct tacit_error){ .code = TACIT_DONE };
	cli_note(cli, "Nothing to do: it is so already");
	return TACIT_DONE;
}

static enum tacit_code
change(struct cli *cli)
{
	if (cli->args.keyring)
		return tacit_keyring_add(cli->t, &cli->error);
	if (cli->args.no_keyring)
		return drop_keyring(cli);
	if (cli->args.no_passphrase)
		return tacit_set_passphrase(cli->t, NULL, 0, &cli->error);
	return set_new(cli);
}

static void
tell(struct cli *cli, const struct tacit_ways *ways)
{
	if (!ways->passphrase)
		cli_note(cli, "The profile has no passphrase: whoever reads "
			      "its files opens it");
	else if (ways->keyring)
		cli_note(cli, "The profile opens with its passphrase, or by "
			      "itself where the desktop keyring is unlocked");
	else
		cli_note(cli, "The profile opens with its passphrase");
}

static enum tacit_code
run_passphrase(struct cli *cli)
{
	struct tacit_ways ways = { 0 };
	struct object o;
	enum tacit_code code = check_options(cli);

	if (code == TACIT_DONE)
		code = open_profile(cli);
	if (code == TACIT_DONE)
		code = check_terminal(cli);
	if (code == TACIT_DONE)
		code = change(cli);
	if (code == TACIT_DONE)
		code = tacit_ways(cli->t, &ways, &cli->error);
	if (code != TACIT_DONE)
		return code;
	if (!cli->args.json) {
		tell(cli, &ways);
		return TACIT_DONE;
	}
	o = object_new("passphrase");
	object_bool(&o, "passphrase", ways.passphrase);
	object_bool(&o, "keyring", ways.keyring);
	object_bool(&o, "recovery_key", ways.recovery_key);
	return show_object(cli, &o) ? TACIT_DONE : TACIT_FAILED;
}

static const struct option_row rows[] = {
	{ "new-passphrase-file", 0, OPTION_TEXT,
	    OPTION_FIELD(new_passphrase_file), "FILE",
	    "its first line is the new passphrase" },
	{ "remove", 0, OPTION_FLAG, OPTION_FIELD(no_passphrase), NULL,
	    "have none: the files alone open the profile" },
	{ "recovery-key", 0, OPTION_FLAG, OPTION_FIELD(recovery_key), NULL,
	    "the passphrase is forgotten: ask for the recovery key" },
	{ "recovery-key-file", 0, OPTION_TEXT, OPTION_FIELD(recovery_key_file),
	    "FILE", "the same, and it is in FILE" },
	{ "keyring", 0, OPTION_FLAG, OPTION_FIELD(keyring), NULL,
	    "let the desktop keyring open the profile as well" },
	{ "no-keyring", 0, OPTION_FLAG, OPTION_FIELD(no_keyring), NULL,
	    "let it do so no more" },
};

const struct command command_passphrase = {
	.name = "passphrase",
	.arguments = "",
	.help = "change the passphrase, or what else opens the profile",
	.options = OPTION_TABLE(rows),
	.run = run_passphrase,
};
