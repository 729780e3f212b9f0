/* cmd_send.c - commit messages to the outbox and bring them to the relay. */
#include <string.h>

#include "client/cli/act.h"
#include "client/cli/command.h"
#include "client/cli/input.h"
#include "client/cli/show.h"

static struct tacit_send
message_to(const struct cli *cli, struct bytes text)
{
	const struct arguments *a = &cli->args;

	return (struct tacit_send){
		.kind = a->group != NULL ? TACIT_GROUP : TACIT_DIRECT,
		.to = a->group != NULL ? a->group : a->words[0],
		.text = text.data,
		.text_len = text.len,
		.id = a->id,
		.queue_only = a->queue,
		.now = a->now,
		.wait_ms = a->wait_ms,
		.reply_to = a->reply,
		.expire_s = (uint64_t)(a->expire_ms / 1000),
	};
}

static enum tacit_code
send_one(struct cli *cli, struct bytes text)
{
	struct tacit_send message = message_to(cli, text);

	return tacit_send(cli->t, &message, 1, show_sent, cli, &cli->error);
}

/* Their messages are kept, so the lines that follow are worth queueing. */
static bool
is_kept(enum tacit_code code)
{
	return code == TACIT_UNREACHABLE || code == TACIT_REFUSED;
}

/*
 * A relay that did not answer one batch is not waited for again: the rest is
 * only committed, and the first such error is the one of the command.
 */
static enum tacit_code
send_batch(struct cli *cli, const struct bytes *lines, size_t count,
    struct tacit_error *kept)
{
	struct tacit_send messages[INPUT_LINES];
	struct tacit_error e = { 0 };
	enum tacit_code code;

	for (size_t i = 0; i < count; i++) {
		messages[i] = message_to(cli, lines[i]);
		if (kept->code == TACIT_UNREACHABLE)
			messages[i].queue_only = true;
	}
	code = tacit_send(cli->t, messages, count, show_sent, cli, &e);
	if (is_kept(code)) {
		if (kept->code == TACIT_DONE)
			*kept = e;
		code = TACIT_DONE;
	} else if (code != TACIT_DONE) {
		cli->error = e;
	}
	if (code == TACIT_DONE && !cli_flush(cli))
		code = TACIT_FAILED;
	return code;
}

static enum tacit_code
send_lines(struct cli *cli)
{
	struct input_lines *in = NULL;
	struct bytes lines[INPUT_LINES];
	struct tacit_error kept = { 0 };
	enum tacit_code ended = TACIT_DONE;
	enum tacit_code code;
	bool any = false;
	size_t count;

	code = cli_open(cli);
	if (code == TACIT_DONE)
		code = input_lines_new(cli, &in);
	while (code == TACIT_DONE && ended == TACIT_DONE) {
		ended = input_lines_next(in, cli, lines, &count);
		if (count == 0)
			break;
		any = true;
		code = send_batch(cli, lines, count, &kept);
	}
	input_lines_free(in);
	if (code != TACIT_DONE)
		return code;
	if (ended != TACIT_DONE)
		return ended;
	if (!any)
		return cli_fail(
		    cli, TACIT_USAGE, "Standard input holds no line to send");
	if (kept.code != TACIT_DONE)
		cli->error = kept;
	return kept.code;
}

static enum tacit_code
check_options(struct cli *cli, bool has_text)
{
	const struct arguments *a = &cli->args;

	if (a->group == NULL && a->words_count == 0)
		return cli_fail(cli, TACIT_USAGE,
		    "Say to whom: tacit send NAME [TEXT], or -g GROUP [TEXT]");
	if (a->group != NULL && a->words_count > 1)
		return cli_fail(cli, TACIT_USAGE,
		    "With -g GROUP there is one argument, the text (quote it)");
	if (a->lines && has_text)
		return cli_fail(cli, TACIT_USAGE,
		    "--lines reads standard input; a text cannot be given too");
	if (a->lines && a->id != NULL)
		return cli_fail(cli, TACIT_USAGE,
		    "--id names one message; --lines sends many");
	if (a->queue && a->wait_ms != 0)
		return cli_fail(
		    cli, TACIT_USAGE, "--queue does not wait; --wait does");
	return TACIT_DONE;
}

static enum tacit_code
run_send(struct cli *cli)
{
	size_t names = cli->args.group != NULL ? 0 : 1;
	bool has_text = cli->args.words_count > names;
	struct buf *typed = NULL;
	struct bytes text;
	enum tacit_code code;

	code = check_options(cli, has_text);
	if (code != TACIT_DONE)
		return code;
	if (cli->args.lines)
		return send_lines(cli);
	if (has_text) {
		text = bytes_text(cli->args.words[names]);
		code = input_check(cli, text, "The text");
		if (code == TACIT_DONE)
			code = cli_open(cli);
		return code == TACIT_DONE ? send_one(cli, text) : code;
	}
	/* A passphrase on the same descriptor stands before the text. */
	code = cli_open(cli);
	if (code == TACIT_DONE)
		code = input_text(cli, &typed);
	if (code == TACIT_DONE)
		code = send_one(cli, buf_view(typed));
	buf_free(typed);
	return code;
}

static const struct option_row rows[] = {
	{ "group", 'g', OPTION_NAME, OPTION_FIELD(group), "GROUP",
	    "send to a group" },
	{ "id", 0, OPTION_TEXT, OPTION_FIELD(id), "ID",
	    "32 hex digits; the same ID again is the same message" },
	{ "lines", 0, OPTION_FLAG, OPTION_FIELD(lines), NULL,
	    "each line of standard input is a message; empty ones are not" },
	{ "queue", 0, OPTION_FLAG, OPTION_FIELD(queue), NULL,
	    "return once the message is in the local outbox" },
	ACT_ROW_WAIT,
	ACT_ROW_NOW,
	{ "file", 0, OPTION_LATER, 0, "PATH", NULL },
	{ "reply", 0, OPTION_TEXT, OPTION_FIELD(reply), "ID",
	    "it answers the message whose id begins so" },
	{ "expire", 0, OPTION_DURATION, OPTION_FIELD(expire_ms), "T",
	    "the message disappears at everyone after this time" },
};

const struct command command_send = {
	.name = "send",
	.arguments = "NAME [TEXT] | -g GROUP [TEXT]",
	.help = "send a text; without TEXT, what standard input holds",
	.options = OPTION_TABLE(rows),
	.words_max = 2,
	.run = run_send,
};
