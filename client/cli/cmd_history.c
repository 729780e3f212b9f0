/* cmd_history.c - what was said, from the local store; needs no relay. */
#include <stdio.h>

#include "client/cli/show.h"
#include "client/cli/window.h"

/* With --long: whose message it is that holders are shown of. */
struct looking {
	struct cli *cli;
	char id[40];
};

static bool
show_with_id(const struct tacit_event *event, void *arg)
{
	struct looking *l = arg;

	l->id[0] = '\0';
	if (event->id != NULL)
		snprintf(l->id, sizeof(l->id), "%s", event->id);
	return show_event(event, l->cli);
}

/* Behind `--`, which no text can begin a line with. */
static bool
show_held(const struct tacit_holder *holder, void *arg)
{
	const struct looking *l = arg;
	struct cli *cli = l->cli;

	if (cli->args.json)
		return json_holder(cli, cli->args.group, l->id, holder);
	fputs("--", cli->io.out);
	print_holder(cli, holder);
	return !ferror(cli->io.out);
}

/* In one conversation, or in all. */
static enum tacit_code
verify(struct cli *cli, enum tacit_kind kind, const char *with)
{
	const struct arguments *a = &cli->args;
	struct tacit_verified sum = { .damaged = 0 };
	enum tacit_code code;

	if (a->since_ms != 0 || a->until_ms != 0 || a->limit != 0 ||
	    a->search != NULL || a->detailed)
		return cli_fail(
		    cli, TACIT_USAGE, "--verify looks at all of a history");
	code = cli_open(cli);
	if (code != TACIT_DONE)
		return code;
	code = tacit_history_verify(
	    cli->t, kind, with, show_break, cli, &sum, &cli->error);
	if (code == TACIT_DONE || sum.damaged > 0)
		show_verified(cli, &sum);
	return code;
}

static enum tacit_code
run_history(struct cli *cli)
{
	const struct arguments *a = &cli->args;
	struct tacit_history how = {
		.kind = a->group != NULL ? TACIT_GROUP : TACIT_DIRECT,
		.with = a->group,
		.search = a->search,
		.holder = a->detailed && a->group != NULL ? show_held : NULL,
	};
	struct looking looking = { .cli = cli };
	enum tacit_code code;

	if (a->group != NULL ? a->words_count > 0
			     : a->words_count == 0 && !a->verify)
		return cli_fail(cli, TACIT_USAGE,
		    "Say whose: tacit history NAME, or -g GROUP");
	if (how.with == NULL && a->words_count > 0)
		how.with = a->words[0];
	if (a->verify)
		return verify(cli, how.kind, how.with);
	if (how.search != NULL && how.search[0] == '\0')
		return cli_fail(
		    cli, TACIT_USAGE, "--search wants a text to look for");
	code = window_take(cli, &how);
	if (code == TACIT_DONE)
		code = cli_open(cli);
	if (code != TACIT_DONE)
		return code;
	if (a->detailed && a->group != NULL)
		return tacit_history(
		    cli->t, &how, show_with_id, &looking, &cli->error);
	return tacit_history(cli->t, &how, show_event, cli, &cli->error);
}

static const struct option_row rows[] = {
	{ "group", 'g', OPTION_NAME, OPTION_FIELD(group), "GROUP",
	    "the history of a group" },
	WINDOW_ROW_LIMIT,
	WINDOW_ROW_SINCE,
	WINDOW_ROW_UNTIL,
	{ "search", 0, OPTION_TEXT, OPTION_FIELD(search), "TEXT",
	    "only what contains TEXT, in any case" },
	{ "long", 0, OPTION_FLAG, OPTION_FIELD(detailed), NULL,
	    "with ids, states and their times, and who has it in a group" },
	{ "verify", 0, OPTION_FLAG, OPTION_FIELD(verify), NULL,
	    "check every signature, text and chain; of all without NAME" },
};

const struct command command_history = {
	.name = "history",
	.arguments = "NAME | -g GROUP",
	.help = "print a conversation in the order it was stored",
	.options = OPTION_TABLE(rows),
	.words_max = 1,
	.run = run_history,
};
