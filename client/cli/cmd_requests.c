/* cmd_requests.c - what strangers want, and the answer. */
#include <inttypes.h>

#include "base/when.h"
#include "client/cli/show.h"
#include "client/cli/text.h"

static void
put_count(FILE *out, uint64_t count, const char *one, const char *many)
{
	if (count > 0)
		fprintf(
		    out, "  %" PRIu64 " %s", count, count == 1 ? one : many);
}

static bool
show_request(const struct tacit_request *r, void *arg)
{
	struct cli *cli = arg;
	char since[WHEN_TEXT_BYTES];
	struct object o;

	if (!cli->args.json) {
		text_put_z(cli->io.out, TEXT_NAME, r->name);
		put_count(cli->io.out, r->messages, "message", "messages");
		put_count(
		    cli->io.out, r->invitations, "invitation", "invitations");
		fputs("  since ", cli->io.out);
		when_format_local(r->first_ms, since);
		fputs(since, cli->io.out);
		fputc('\n', cli->io.out);
		return true;
	}
	o = object_new("request");
	object_text(&o, "name", r->name);
	object_text(&o, "key", r->key);
	object_number(&o, "messages", r->messages);
	object_number(&o, "invitations", r->invitations);
	object_time(&o, "first_at", r->first_ms);
	object_time(&o, "last_at", r->last_ms);
	return show_object(cli, &o);
}

static enum tacit_code
run_list(struct cli *cli)
{
	uint64_t dropped = 0;
	enum tacit_code code = cli_open(cli);

	if (code == TACIT_DONE)
		code = tacit_requests(
		    cli->t, show_request, cli, &dropped, &cli->error);
	if (code == TACIT_DONE && dropped > 0)
		cli_note(cli,
		    "There was no room for %" PRIu64
		    " messages of strangers; their senders are not told",
		    dropped);
	return code;
}

static enum tacit_code
report(struct cli *cli, const char *verb, size_t count)
{
	struct object o;

	if (!cli->args.json)
		return TACIT_DONE;
	o = object_new("request-answered");
	object_text(&o, "name", cli->args.words[0]);
	object_text(&o, "answer", verb);
	object_number(&o, "count", count);
	return show_object(cli, &o) ? TACIT_DONE : TACIT_FAILED;
}

static enum tacit_code
run_accept(struct cli *cli)
{
	size_t count = 0;
	enum tacit_code code = cli_open(cli);

	if (code == TACIT_DONE)
		code = tacit_request_accept(
		    cli->t, cli->args.words[0], &count, &cli->error);
	if (code != TACIT_DONE)
		return code;
	cli_note(cli, "%s is a contact now; `tacit receive` shows what waited",
	    cli->args.words[0]);
	return report(cli, "accepted", count);
}

static enum tacit_code
run_refuse(struct cli *cli)
{
	size_t count = 0;
	enum tacit_code code = cli_open(cli);

	if (code == TACIT_DONE)
		code = tacit_request_refuse(cli->t, cli->args.words[0],
		    cli->args.block, &count, &cli->error);
	return code == TACIT_DONE ? report(cli, "refused", count) : code;
}

static const struct option_row refuse_rows[] = {
	{ "block", 0, OPTION_FLAG, OPTION_FIELD(block), NULL,
	    "block the account as well" },
};

const struct command command_requests_list = {
	.name = "requests",
	.verb = "list",
	.verb_is_default = true,
	.arguments = "",
	.help = "list the strangers who want to write or to invite",
	.run = run_list,
};

const struct command command_requests_accept = {
	.name = "requests",
	.verb = "accept",
	.arguments = "NAME",
	.help = "let one in; receive shows what waited",
	.words_min = 1,
	.words_max = 1,
	.run = run_accept,
};

const struct command command_requests_refuse = {
	.name = "requests",
	.verb = "refuse",
	.arguments = "NAME",
	.help = "drop what waits, without a word",
	.options = OPTION_TABLE(refuse_rows),
	.words_min = 1,
	.words_max = 1,
	.run = run_refuse,
};
