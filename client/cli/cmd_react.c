/* cmd_react.c - answer a message with a sign. */
#include <string.h>

#include "client/cli/act.h"

static enum tacit_code
run_react(struct cli *cli)
{
	const struct arguments *a = &cli->args;
	struct tacit_act act = { .word = TACIT_REACTION };

	if (a->remove == (a->words_count == 2))
		return cli_fail(cli, TACIT_USAGE,
		    "Say with what: tacit react ID EMOJI, or --remove to take "
		    "the last one back");
	if (!a->remove) {
		act.text = a->words[1];
		act.text_len = strlen(a->words[1]);
	}
	return act_run(cli, &act);
}

static const struct option_row rows[] = {
	ACT_ROW_ID,
	ACT_ROW_QUEUE,
	ACT_ROW_WAIT,
	ACT_ROW_NOW,
	{ "remove", 0, OPTION_FLAG, OPTION_FIELD(remove), NULL,
	    "take the last reaction to that message back" },
};

const struct command command_react = {
	.name = "react",
	.arguments = "ID EMOJI | ID --remove",
	.help = "answer a message with an emoji",
	.options = OPTION_TABLE(rows),
	.words_min = 1,
	.words_max = 2,
	.run = run_react,
};
