/* cmd_edit.c - say a message of one's own anew. */
#include "client/cli/act.h"
#include "client/cli/input.h"

static enum tacit_code
run_edit(struct cli *cli)
{
	const struct arguments *a = &cli->args;
	struct tacit_act act = { .word = TACIT_EDIT };
	struct buf *typed = NULL;
	struct bytes text = BYTES_NONE;
	enum tacit_code code = TACIT_DONE;

	if (a->words_count == 2) {
		text = bytes_text(a->words[1]);
		code = input_check(cli, text, "The text");
	}
	if (code == TACIT_DONE)
		code = cli_open(cli);
	/* A passphrase on the same descriptor stands before the text. */
	if (code == TACIT_DONE && a->words_count < 2)
		code = input_text(cli, &typed);
	if (typed != NULL)
		text = buf_view(typed);
	act.text = text.data;
	act.text_len = text.len;
	if (code == TACIT_DONE)
		code = act_run(cli, &act);
	buf_free(typed);
	return code;
}

static const struct option_row rows[] = {
	ACT_ROW_ID,
	ACT_ROW_QUEUE,
	ACT_ROW_WAIT,
	ACT_ROW_NOW,
};

const struct command command_edit = {
	.name = "edit",
	.arguments = "ID [TEXT]",
	.help =
	    "change a message that you sent; without TEXT, to what standard "
	    "input holds",
	.options = OPTION_TABLE(rows),
	.words_min = 1,
	.words_max = 2,
	.run = run_edit,
};
