/* cmd_check.c - each step of reaching a relay, a verdict each. */
#include "client/cli/input.h"
#include "client/cli/show.h"

static enum tacit_code
run_check(struct cli *cli)
{
	char link[INPUT_LINK_BYTES];
	enum tacit_code code;

	code = input_link(cli, cli->args.words[0], link);
	if (code == TACIT_DONE)
		code = tacit_check(link, cli->args.proxy, cli->args.timeout_ms,
		    show_check, cli, &cli->error);
	input_forget(link);
	return code;
}

const struct command command_check = {
	.name = "check",
	.arguments = "LINK",
	.help = "try each step of reaching a relay; - reads the link from "
		"standard input",
	.words_min = 1,
	.words_max = 1,
	.run = run_check,
};
