/* cmd_group_adopt.c - putting a group right whose log is not. */
#include "client/cli/show.h"

static enum tacit_code
run_adopt(struct cli *cli)
{
	const struct arguments *a = &cli->args;
	bool changed = false;
	struct object o;
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	code = tacit_group_adopt(
	    cli->t, a->words[0], a->from, &changed, &cli->error);
	if (code != TACIT_DONE)
		return code;
	if (!a->json) {
		if (!changed)
			cli_note(cli, "This group's log can be read and "
				      "written; it has a new key now");
		return code;
	}
	o = object_new("group-change");
	object_text(&o, "group", a->words[0]);
	object_text(&o, "act", "adopt");
	object_number(&o, "changed", changed);
	show_object(cli, &o);
	return code;
}

static const struct option_row adopt_rows[] = {
	{ "from", 0, OPTION_TEXT, OPTION_FIELD(from), "NAME",
	    "take up the log that this member offers, instead of ours" },
};

const struct command command_group_adopt = {
	.name = "group",
	.verb = "adopt",
	.arguments = "GROUP",
	.help = "give a frozen or locked group a new log, as an admin",
	.options = OPTION_TABLE(adopt_rows),
	.words_min = 1,
	.words_max = 1,
	.run = run_adopt,
};
