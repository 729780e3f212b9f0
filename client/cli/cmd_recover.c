/* cmd_recover.c - an account goes on in a new profile, by its recovery key. */
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
	enum tacit_code code =
	    tacit_status(cli->t, false, &status, &cli->error);

	if (code != TACIT_DONE)
		return code;
	if (!cli->args.json) {
		cli_note(cli,
		    "%s is recovered at %s, as device %u; the device it had "
		    "is out. Contacts and groups come back as people write.",
		    status.account, status.relay, (unsigned)status.device);
		return TACIT_DONE;
	}
	o = object_new("recovered");
	object_text(&o, "account", status.account);
	object_number(&o, "device", status.device);
	object_text(&o, "relay", status.relay);
	object_text(&o, "profile", cli->dir);
	return show_object(cli, &o) ? TACIT_DONE : TACIT_FAILED;
}

static enum tacit_code
recover(struct cli *cli, const struct passphrase *p,
    const struct passphrase *key, const char *link)
{
	struct tacit_options options = {
		.dir = cli->dir,
		.timeout_ms = cli->args.timeout_ms,
		.proxy = cli->args.proxy,
	};
	enum tacit_code code;

	if (p->len > 0) {
		options.passphrase = p->text;
		options.passphrase_len = p->len;
	}
	code = tacit_recover(&options, cli->args.words[0], link,
	    (const char *)key->text, &cli->t, &cli->error);
	return code == TACIT_DONE ? report(cli) : code;
}

static enum tacit_code
run_recover(struct cli *cli)
{
	struct passphrase *p = NULL;
	struct passphrase *key = NULL;
	char link[INPUT_LINK_BYTES];
	enum tacit_code code;

	if (cli->args.relay == NULL)
		return cli_fail(cli, TACIT_USAGE,
		    "Say which relay: --relay LINK, or --relay - to read the "
		    "link from standard input");
	p = passphrase_new();
	key = passphrase_new();
	if (p == NULL || key == NULL)
		code = cli_fail(cli, TACIT_FAILED, "Out of memory");
	else
		code = passphrase_choose(cli, p);
	if (code == TACIT_DONE)
		code = input_link(cli, cli->args.relay, link);
	if (code == TACIT_DONE)
		code = recovery_read(cli, key);
	if (code == TACIT_DONE)
		code = profile_make_parents(cli->dir, &cli->error);
	if (code == TACIT_DONE)
		code = recover(cli, p, key, link);
	passphrase_free(p);
	passphrase_free(key);
	input_forget(link);
	return code;
}

static const struct option_row rows[] = {
	{ "relay", 0, OPTION_TEXT, OPTION_FIELD(relay), "LINK",
	    "the relay's link; - reads it from standard input" },
	{ "recovery-key-file", 0, OPTION_TEXT, OPTION_FIELD(recovery_key_file),
	    "FILE", "where the recovery key is; else it is asked for" },
	{ "no-passphrase", 0, OPTION_FLAG, OPTION_FIELD(no_passphrase), NULL,
	    "keep the profile without one: its files alone open it" },
};

const struct command command_recover = {
	.name = "recover",
	.arguments = "NAME --relay LINK",
	.help = "go on with an account in a new profile, by its recovery key",
	.options = OPTION_TABLE(rows),
	.words_min = 1,
	.words_max = 1,
	.run = run_recover,
};
