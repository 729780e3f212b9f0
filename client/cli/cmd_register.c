/* cmd_register.c - make keys, publish prekeys, take the name. */
#include "client/cli/command.h"
#include "client/cli/input.h"
#include "client/cli/passphrase.h"
#include "client/cli/profile.h"
#include "client/cli/recovery.h"
#include "client/cli/show.h"

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
	struct tacit_registration how = { .arg = cli };
	struct passphrase *p = NULL;
	bool recovery = false;
	char link[INPUT_LINK_BYTES];
	enum tacit_code code;

	if (cli->args.relay == NULL)
		return cli_fail(cli, TACIT_USAGE,
		    "Say which relay: --relay LINK, or --relay - to read the "
		    "link from standard input");
	p = passphrase_new();
	if (p == NULL)
		return cli_fail(cli, TACIT_FAILED, "Out of memory");
	code = passphrase_choose(cli, p);
	if (code == TACIT_DONE)
		code = input_link(cli, cli->args.relay, link);
	if (code == TACIT_DONE)
		code = recovery_choose(cli, &recovery);
	if (code == TACIT_DONE)
		code = profile_make_parents(cli->dir, &cli->error);
	if (code != TACIT_DONE)
		goto out;
	how.show_recovery = recovery ? recovery_show : NULL;
	if (p->len > 0) {
		options.passphrase = p->text;
		options.passphrase_len = p->len;
	}
	code = tacit_register_with(
	    &options, cli->args.words[0], link, &how, &cli->t, &cli->error);
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
	{ "recovery-key-file", 0, OPTION_TEXT, OPTION_FIELD(recovery_key_file),
	    "FILE", "make a recovery key, and write it to this new file" },
	{ "no-recovery-key", 0, OPTION_FLAG, OPTION_FIELD(no_recovery_key),
	    NULL, "make none: without the profile the account is lost" },
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
