/* cmd_group.c - making and changing groups. */
#include <stdint.h>

#include "base/when.h"
#include "client/cli/show.h"

static enum tacit_code
run_create(struct cli *cli)
{
	const struct arguments *a = &cli->args;
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	/* People see the group with `group show`; scripts want its id now. */
	return tacit_group_create(cli->t, a->words[0],
	    (const char *const *)(a->words + 1), a->words_count - 1, show_group,
	    cli, &cli->error);
}

static void
show_change(struct cli *cli, size_t changed)
{
	struct object o;

	if (!cli->args.json) {
		if (changed == 0)
			cli_note(cli, "Nothing to do: it is so already");
		return;
	}
	o = object_new("group-change");
	object_text(&o, "group", cli->args.words[0]);
	object_text(&o, "act", cli->command->verb);
	object_number(&o, "changed", changed);
	show_object(cli, &o);
}

static enum tacit_code
change(struct cli *cli, enum tacit_group_act act)
{
	const struct arguments *a = &cli->args;
	size_t changed = 0;
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	code = tacit_group_change(cli->t, act, a->words[0],
	    (const char *const *)(a->words + 1), a->words_count - 1, &changed,
	    &cli->error);
	if (code == TACIT_DONE)
		show_change(cli, changed);
	return code;
}

static enum tacit_code
run_add(struct cli *cli)
{
	const struct arguments *a = &cli->args;
	size_t changed = 0;
	int64_t ms = 0;
	enum tacit_code code;

	if (a->history == NULL)
		return change(cli, TACIT_GROUP_ADD);
	if (when_parse_duration(a->history, &ms) != STATUS_OK || ms <= 0)
		return cli_fail(cli, TACIT_USAGE,
		    "--history wants a time such as 12h or 7d, not `%s`",
		    a->history);
	code = cli_open(cli);
	if (code != TACIT_DONE)
		return code;
	code = tacit_group_add(cli->t, a->words[0],
	    (const char *const *)(a->words + 1), a->words_count - 1, ms,
	    &changed, &cli->error);
	if (code == TACIT_DONE)
		show_change(cli, changed);
	return code;
}

static enum tacit_code
run_remove(struct cli *cli)
{
	return change(cli, TACIT_GROUP_REMOVE);
}

static enum tacit_code
run_promote(struct cli *cli)
{
	return change(cli, TACIT_GROUP_PROMOTE);
}

static enum tacit_code
run_demote(struct cli *cli)
{
	return change(cli, TACIT_GROUP_DEMOTE);
}

static enum tacit_code
run_leave(struct cli *cli)
{
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	code = tacit_group_leave(cli->t, cli->args.words[0], &cli->error);
	return cli_done(cli, code);
}

static enum tacit_code
run_rename(struct cli *cli)
{
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	code = tacit_group_rename(
	    cli->t, cli->args.words[0], cli->args.words[1], &cli->error);
	return cli_done(cli, code);
}

const struct command command_group_create = {
	.name = "group",
	.verb = "create",
	.arguments = "GROUP NAME...",
	.help = "make a group; its creator is its first admin",
	.words_min = 2,
	.words_max = SIZE_MAX,
	.run = run_create,
};

static const struct option_row add_rows[] = {
	{ "history", 0, OPTION_TEXT, OPTION_FIELD(history), "T",
	    "send them what was said in this time before, such as 7d" },
};

const struct command command_group_add = {
	.name = "group",
	.verb = "add",
	.arguments = "GROUP NAME...",
	.help = "take people in",
	.options = OPTION_TABLE(add_rows),
	.words_min = 2,
	.words_max = SIZE_MAX,
	.run = run_add,
};

const struct command command_group_remove = {
	.name = "group",
	.verb = "remove",
	.arguments = "GROUP NAME...",
	.help = "put people out; they read nothing that is sent after",
	.words_min = 2,
	.words_max = SIZE_MAX,
	.run = run_remove,
};

const struct command command_group_promote = {
	.name = "group",
	.verb = "promote",
	.arguments = "GROUP NAME...",
	.help = "make members admins",
	.words_min = 2,
	.words_max = SIZE_MAX,
	.run = run_promote,
};

const struct command command_group_demote = {
	.name = "group",
	.verb = "demote",
	.arguments = "GROUP NAME...",
	.help = "make admins ordinary members",
	.words_min = 2,
	.words_max = SIZE_MAX,
	.run = run_demote,
};

const struct command command_group_leave = {
	.name = "group",
	.verb = "leave",
	.arguments = "GROUP",
	.help = "leave; the last admin cannot",
	.words_min = 1,
	.words_max = 1,
	.run = run_leave,
};

const struct command command_group_rename = {
	.name = "group",
	.verb = "rename",
	.arguments = "GROUP NEW",
	.help = "give the group a new name",
	.words_min = 2,
	.words_max = 2,
	.run = run_rename,
};
