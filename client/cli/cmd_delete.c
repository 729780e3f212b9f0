/* cmd_delete.c - take the text of a message back, or erase it here. */
#include "client/cli/act.h"
#include "client/cli/show.h"

static enum tacit_code
delete_here(struct cli *cli)
{
	const char *id = cli->args.words[0];
	struct object o;
	enum tacit_code code = cli_open(cli);

	if (code == TACIT_DONE)
		code = tacit_delete_here(cli->t, id, &cli->error);
	if (code != TACIT_DONE || !cli->args.json)
		return code;
	o = object_new("deleted");
	object_text(&o, "id", id);
	show_object(cli, &o);
	return code;
}

static enum tacit_code
run_delete(struct cli *cli)
{
	const struct arguments *a = &cli->args;
	struct tacit_act act = { .word = TACIT_DELETION };

	if (!a->local)
		return act_run(cli, &act);
	if (a->queue || a->now || a->wait_ms != 0 || a->id != NULL)
		return cli_fail(cli, TACIT_USAGE,
		    "--local tells nobody; there is nothing to send");
	return delete_here(cli);
}

static const struct option_row rows[] = {
	ACT_ROW_ID,
	ACT_ROW_QUEUE,
	ACT_ROW_WAIT,
	ACT_ROW_NOW,
	{ "local", 0, OPTION_FLAG, OPTION_FIELD(local), NULL,
	    "only in this profile; the others keep it" },
};

const struct command command_delete = {
	.name = "delete",
	.arguments = "ID",
	.help = "delete a message that you sent, at everyone who has it",
	.options = OPTION_TABLE(rows),
	.words_min = 1,
	.words_max = 1,
	.run = run_delete,
};
