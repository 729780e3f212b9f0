/* cmd_group_show.c - looking at groups: rosters and signed logs. */
#include "client/cli/show.h"

static enum tacit_code
run_list(struct cli *cli)
{
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	return tacit_groups(cli->t, show_group, cli, &cli->error);
}

static enum tacit_code
run_show(struct cli *cli)
{
	const char *group = cli->args.words[0];
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	if (cli->args.message != NULL)
		return tacit_group_message(cli->t, group, cli->args.message,
		    show_holder, cli, &cli->error);
	return tacit_group(cli->t, group, show_group, cli, &cli->error);
}

static bool
show_members(const struct tacit_group *group, void *arg)
{
	print_log_members(arg, group);
	return true;
}

static enum tacit_code
run_log(struct cli *cli)
{
	const struct tacit_log how = {
		.group = cli->args.words[0],
		.verify = cli->args.verify,
		.show = show_log_entry,
		.sum_up = show_log_summary,
		.arg = cli,
	};
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	code = tacit_group_log(cli->t, &how, &cli->error);
	if (code != TACIT_DONE || cli->args.json)
		return code;
	return tacit_group(cli->t, how.group, show_members, cli, &cli->error);
}

const struct command command_group_list = {
	.name = "group",
	.verb = "list",
	.arguments = "",
	.help = "list the groups",
	.run = run_list,
};

static const struct option_row show_rows[] = {
	{ "message", 0, OPTION_TEXT, OPTION_FIELD(message), "ID",
	    "who has got and read this message of yours" },
};

const struct command command_group_show = {
	.name = "group",
	.verb = "show",
	.arguments = "GROUP",
	.help = "show the roster with roles",
	.options = OPTION_TABLE(show_rows),
	.words_min = 1,
	.words_max = 1,
	.run = run_show,
};

static const struct option_row log_rows[] = {
	{ "verify", 0, OPTION_FLAG, OPTION_FIELD(verify), NULL,
	    "check every hash and signature again" },
};

const struct command command_group_log = {
	.name = "group",
	.verb = "log",
	.arguments = "GROUP",
	.help = "explain the signed log of who did what",
	.options = OPTION_TABLE(log_rows),
	.words_min = 1,
	.words_max = 1,
	.run = run_log,
};
