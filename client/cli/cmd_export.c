/* cmd_export.c - all that was said, for other programs and for reading. */
#include <string.h>

#include "client/cli/markdown.h"
#include "client/cli/show.h"

/* The same objects as `history --json`, with or without --json. */
static bool
show_jsonl(const struct tacit_event *event, void *arg)
{
	return json_event(arg, event);
}

static enum tacit_code
export_history(struct cli *cli, const struct tacit_export *how, bool markdown)
{
	struct markdown m = { .cli = cli, .title = how->with };
	enum tacit_code code;

	cli->colour = false; /* it is read from a file, later */
	if (!markdown)
		return tacit_export(cli->t, how, show_jsonl, cli, &cli->error);
	code = tacit_export(cli->t, how, markdown_event, &m, &cli->error);
	if (code == TACIT_DONE)
		markdown_begin(&m);
	return code;
}

static enum tacit_code
run_export(struct cli *cli)
{
	const struct arguments *a = &cli->args;
	struct tacit_export how = {
		.kind = a->group != NULL ? TACIT_GROUP : TACIT_DIRECT,
		.with = a->group,
		.since_ms = a->since_ms,
		.until_ms = a->until_ms,
	};
	bool markdown = a->format != NULL && strcmp(a->format, "md") == 0;
	enum tacit_code code;

	if (a->format != NULL && !markdown && strcmp(a->format, "jsonl") != 0)
		return cli_fail(cli, TACIT_USAGE, "--format is jsonl or md");
	if (a->group != NULL && a->words_count > 0)
		return cli_fail(cli, TACIT_USAGE,
		    "Say whose: tacit export NAME, or -g GROUP, or neither "
		    "for everything");
	if (a->words_count > 0)
		how.with = a->words[0];
	if (how.since_ms != 0 && how.until_ms != 0 &&
	    how.since_ms > how.until_ms)
		return cli_fail(
		    cli, TACIT_USAGE, "--since is later than --until");
	code = cli_open(cli);
	return code == TACIT_DONE ? export_history(cli, &how, markdown) : code;
}

static const struct option_row rows[] = {
	{ "group", 'g', OPTION_NAME, OPTION_FIELD(group), "GROUP",
	    "the history of a group" },
	{ "format", 0, OPTION_TEXT, OPTION_FIELD(format), "FORMAT",
	    "jsonl, the objects of history --json, or md, for reading" },
	{ "since", 0, OPTION_TIME, OPTION_FIELD(since_ms), "T",
	    "not what is older: 2026-11-21, 14:00, RFC 3339, or 2h (ago)" },
	{ "until", 0, OPTION_TIME, OPTION_FIELD(until_ms), "T",
	    "not what is newer" },
};

const struct command command_export = {
	.name = "export",
	.arguments = "[NAME | -g GROUP]",
	.help = "print a conversation, or everything, to be kept elsewhere",
	.options = OPTION_TABLE(rows),
	.words_max = 1,
	.run = run_export,
};
