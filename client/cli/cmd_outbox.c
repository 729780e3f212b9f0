/* cmd_outbox.c - what is not yet at the relay, and why. */
#include "client/cli/show.h"

static enum tacit_code
run_list(struct cli *cli)
{
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	return tacit_outbox(cli->t, show_outbox, cli, &cli->error);
}

static enum tacit_code
run_retry(struct cli *cli)
{
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	return tacit_outbox_retry(cli->t, show_sent, cli, &cli->error);
}

static enum tacit_code
run_cancel(struct cli *cli)
{
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	code = tacit_outbox_cancel(cli->t, cli->args.words[0], &cli->error);
	return cli_done(cli, code);
}

const struct command command_outbox_list = {
	.name = "outbox",
	.verb = "list",
	.verb_is_default = true,
	.arguments = "",
	.help = "list what is not yet at the relay, and why",
	.run = run_list,
};

const struct command command_outbox_retry = {
	.name = "outbox",
	.verb = "retry",
	.arguments = "",
	.help = "send all of it now",
	.run = run_retry,
};

const struct command command_outbox_cancel = {
	.name = "outbox",
	.verb = "cancel",
	.arguments = "ID",
	.help = "give up on one message",
	.words_min = 1,
	.words_max = 1,
	.run = run_cancel,
};
