/* cmd_history.c - what was said, from the local store; needs no relay. */
#include "client/cli/show.h"

enum { HISTORY_LIMIT = 50 };

static enum tacit_code
run_history(struct cli *cli)
{
	const struct arguments *a = &cli->args;
	struct tacit_history how = {
		.kind = a->group != NULL ? TACIT_GROUP : TACIT_DIRECT,
		.with = a->group,
		.limit = a->limit != 0 ? (size_t)a->limit : HISTORY_LIMIT,
		.since_ms = a->since_ms,
		.until_ms = a->until_ms,
		.search = a->search,
	};
	enum tacit_code code;

	if ((a->group == NULL) == (a->words_count == 0))
		return cli_fail(cli, TACIT_USAGE,
		    "Say whose: tacit history NAME, or -g GROUP");
	if (how.with == NULL)
		how.with = a->words[0];
	if (how.search != NULL && how.search[0] == '\0')
		return cli_fail(
		    cli, TACIT_USAGE, "--search wants a text to look for");
	if (how.since_ms != 0 && how.until_ms != 0 &&
	    how.since_ms > how.until_ms)
		return cli_fail(
		    cli, TACIT_USAGE, "--since is later than --until");
	code = cli_open(cli);
	if (code != TACIT_DONE)
		return code;
	return tacit_history(cli->t, &how, show_event, cli, &cli->error);
}

static const struct option_row rows[] = {
	{ "group", 'g', OPTION_NAME, OPTION_FIELD(group), "GROUP",
	    "the history of a group" },
	{ "limit", 0, OPTION_COUNT, OPTION_FIELD(limit), "N",
	    "the newest N; 50 unless said" },
	{ "since", 0, OPTION_TIME, OPTION_FIELD(since_ms), "T",
	    "not what is older: 2026-11-21, 14:00, RFC 3339, or 2h (ago)" },
	{ "until", 0, OPTION_TIME, OPTION_FIELD(until_ms), "T",
	    "not what is newer" },
	{ "search", 0, OPTION_TEXT, OPTION_FIELD(search), "TEXT",
	    "only what contains TEXT, in any case" },
	{ "long", 0, OPTION_FLAG, OPTION_FIELD(detailed), NULL,
	    "with ids, states and times of arrival" },
	{ "verify", 0, OPTION_LATER, 0, NULL, NULL },
};

const struct command command_history = {
	.name = "history",
	.arguments = "NAME | -g GROUP",
	.help = "print a conversation in the order it was stored",
	.options = OPTION_TABLE(rows),
	.words_max = 1,
	.run = run_history,
};
