/* cmd_search.c - where something was said, in one conversation or in all. */
#include "client/cli/show.h"
#include "client/cli/window.h"

static enum tacit_code
run_search(struct cli *cli)
{
	const struct arguments *a = &cli->args;
	struct tacit_history how = {
		.kind = a->group != NULL ? TACIT_GROUP : TACIT_DIRECT,
		.with = a->group,
		.search = a->words[0],
	};
	enum tacit_code code;

	if (how.search[0] == '\0')
		return cli_fail(cli, TACIT_USAGE,
		    "Say what to look for: tacit search TEXT");
	if (a->group != NULL && a->words_count > 1)
		return cli_fail(cli, TACIT_USAGE,
		    "Say where: tacit search TEXT NAME, or -g GROUP, or "
		    "neither for everywhere");
	if (a->words_count > 1)
		how.with = a->words[1];
	cli->args.everywhere = how.with == NULL;
	code = window_take(cli, &how);
	if (code == TACIT_DONE)
		code = cli_open(cli);
	if (code != TACIT_DONE)
		return code;
	return tacit_history(cli->t, &how, show_event, cli, &cli->error);
}

static const struct option_row rows[] = {
	{ "group", 'g', OPTION_NAME, OPTION_FIELD(group), "GROUP",
	    "only in this group" },
	WINDOW_ROW_LIMIT,
	WINDOW_ROW_SINCE,
	WINDOW_ROW_UNTIL,
	{ "long", 0, OPTION_FLAG, OPTION_FIELD(detailed), NULL,
	    "with ids, states and times of arrival" },
};

const struct command command_search = {
	.name = "search",
	.arguments = "TEXT [NAME | -g GROUP]",
	.help = "print messages that contain TEXT, in any case",
	.options = OPTION_TABLE(rows),
	.words_min = 1,
	.words_max = 2,
	.run = run_search,
};
