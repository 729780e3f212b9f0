/* cmd_contacts.c - whom this account knows, and by which name. */
#include "client/cli/show.h"

static enum tacit_code
run_list(struct cli *cli)
{
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	return tacit_contacts(cli->t, show_contact, cli, &cli->error);
}

static enum tacit_code
run_show(struct cli *cli)
{
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	return tacit_contact(
	    cli->t, cli->args.words[0], show_contact, cli, &cli->error);
}

static enum tacit_code
run_rename(struct cli *cli)
{
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	code = tacit_contact_rename(
	    cli->t, cli->args.words[0], cli->args.words[1], &cli->error);
	return cli_done(cli, code);
}

static enum tacit_code
run_remove(struct cli *cli)
{
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	code = tacit_contact_remove(cli->t, cli->args.words[0], &cli->error);
	return cli_done(cli, code);
}

/* With --json, whether it made a difference. */
static enum tacit_code
block(struct cli *cli, bool wanted)
{
	bool changed = false;
	struct object o;
	enum tacit_code code = cli_open(cli);

	if (code == TACIT_DONE)
		code = tacit_contact_block(
		    cli->t, cli->args.words[0], wanted, &changed, &cli->error);
	if (code != TACIT_DONE || !cli->args.json)
		return code;
	o = object_new("block");
	object_text(&o, "name", cli->args.words[0]);
	object_bool(&o, "blocked", wanted);
	object_bool(&o, "changed", changed);
	return show_object(cli, &o) ? TACIT_DONE : TACIT_FAILED;
}

static enum tacit_code
run_block(struct cli *cli)
{
	return block(cli, true);
}

static enum tacit_code
run_unblock(struct cli *cli)
{
	return block(cli, false);
}

const struct command command_contacts_list = {
	.name = "contacts",
	.verb = "list",
	.verb_is_default = true,
	.arguments = "",
	.help = "list the accounts this one has met",
	.run = run_list,
};

const struct command command_contacts_show = {
	.name = "contacts",
	.verb = "show",
	.arguments = "NAME",
	.help = "show one, with its key",
	.words_min = 1,
	.words_max = 1,
	.run = run_show,
};

const struct command command_contacts_rename = {
	.name = "contacts",
	.verb = "rename",
	.arguments = "NAME ALIAS",
	.help = "give one a name of your own; an empty ALIAS takes it away",
	.words_min = 2,
	.words_max = 2,
	.run = run_rename,
};

const struct command command_contacts_remove = {
	.name = "contacts",
	.verb = "remove",
	.arguments = "NAME",
	.help = "take one off the list, until one of you writes again",
	.words_min = 1,
	.words_max = 1,
	.run = run_remove,
};

const struct command command_contacts_block = {
	.name = "contacts",
	.verb = "block",
	.arguments = "NAME",
	.help = "drop what one writes and their invitations, without a word",
	.words_min = 1,
	.words_max = 1,
	.run = run_block,
};

const struct command command_contacts_unblock = {
	.name = "contacts",
	.verb = "unblock",
	.arguments = "NAME",
	.help = "let one write again",
	.words_min = 1,
	.words_max = 1,
	.run = run_unblock,
};
