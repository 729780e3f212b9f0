/* cmd_group_set.c - the settings of a group. */
#include <string.h>

#include "client/cli/input.h"
#include "client/cli/show.h"

static enum tacit_code
read_may_add(
    struct cli *cli, const char *text, struct tacit_group_settings *wanted)
{
	if (strcmp(text, "admins") == 0)
		wanted->who_may_add = TACIT_ADMINS_MAY_ADD;
	else if (strcmp(text, "members") == 0)
		wanted->who_may_add = TACIT_MEMBERS_MAY_ADD;
	else
		return cli_fail(cli, TACIT_USAGE,
		    "--who-may-add wants `admins` or `members`, not `%s`",
		    text);
	return TACIT_DONE;
}

static void
show_set(struct cli *cli, bool changed)
{
	struct object o;

	if (!cli->args.json) {
		if (!changed)
			cli_note(cli, "Nothing to do: it is so already");
		return;
	}
	o = object_new("group-change");
	object_text(&o, "group", cli->args.words[0]);
	object_text(&o, "act", "set");
	object_number(&o, "changed", changed);
	show_object(cli, &o);
}

static enum tacit_code
run_set(struct cli *cli)
{
	const struct arguments *a = &cli->args;
	struct tacit_group_settings wanted = { 0 };
	enum tacit_code code = TACIT_DONE;
	bool changed = false;

	if (a->who_may_add == NULL && a->timer == NULL)
		return cli_fail(cli, TACIT_USAGE,
		    "Say what to set: --who-may-add or --timer");
	if (a->who_may_add != NULL)
		code = read_may_add(cli, a->who_may_add, &wanted);
	wanted.has_timer = a->timer != NULL;
	if (code == TACIT_DONE && a->timer != NULL)
		code = input_timer(cli, a->timer, &wanted.timer_s);
	if (code == TACIT_DONE)
		code = cli_open(cli);
	if (code != TACIT_DONE)
		return code;
	code = tacit_group_set(
	    cli->t, a->words[0], &wanted, &changed, &cli->error);
	if (code == TACIT_DONE)
		show_set(cli, changed);
	return code;
}

static const struct option_row set_rows[] = {
	{ "who-may-add", 0, OPTION_TEXT, OPTION_FIELD(who_may_add), "WHO",
	    "`admins` alone, or all `members`" },
	{ "timer", 0, OPTION_TEXT, OPTION_FIELD(timer), "T",
	    "messages sent from now on disappear after this time; or `off`" },
};

const struct command command_group_set = {
	.name = "group",
	.verb = "set",
	.arguments = "GROUP",
	.help = "set who may add, and when messages disappear",
	.options = OPTION_TABLE(set_rows),
	.words_min = 1,
	.words_max = 1,
	.run = run_set,
};
