/* cmd_export.c - all that was said, for other programs and for reading. */
#include <string.h>

#include "client/cli/markdown.h"
#include "client/cli/proof_file.h"
#include "client/cli/show.h"
#include "client/cli/window.h"

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
export_all(struct cli *cli)
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
	code = window_check(cli);
	if (code == TACIT_DONE)
		code = cli_open(cli);
	return code == TACIT_DONE ? export_history(cli, &how, markdown) : code;
}

static enum tacit_code
export_proof(struct cli *cli)
{
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	return tacit_proof(
	    cli->t, cli->args.proof, proof_file_print, cli, &cli->error);
}

static enum tacit_code
check_proof(struct cli *cli)
{
	struct proof_file *file = NULL;
	enum tacit_code code = proof_file_read(cli, cli->args.check, &file);

	if (code == TACIT_DONE)
		code = tacit_proof_check(
		    proof_file_view(file), show_proven, cli, &cli->error);
	proof_file_free(file);
	return code;
}

/* A proof is of one message, and a check of one file. */
static enum tacit_code
run_export(struct cli *cli)
{
	const struct arguments *a = &cli->args;
	bool history = a->group != NULL || a->words_count > 0 ||
		       a->format != NULL || a->since_ms != 0 ||
		       a->until_ms != 0;

	if ((a->proof != NULL) + (a->check != NULL) + history > 1)
		return cli_fail(cli, TACIT_USAGE,
		    "--proof ID and --check FILE stand alone");
	if (a->proof != NULL)
		return export_proof(cli);
	if (a->check != NULL)
		return check_proof(cli);
	return export_all(cli);
}

static const struct option_row rows[] = {
	{ "group", 'g', OPTION_NAME, OPTION_FIELD(group), "GROUP",
	    "the history of a group" },
	{ "format", 0, OPTION_TEXT, OPTION_FIELD(format), "FORMAT",
	    "jsonl, the objects of history --json, or md, for reading" },
	WINDOW_ROW_SINCE,
	WINDOW_ROW_UNTIL,
	{ "proof", 0, OPTION_TEXT, OPTION_FIELD(proof), "ID",
	    "what shows others who said this message" },
	{ "check", 0, OPTION_TEXT, OPTION_FIELD(check), "FILE",
	    "check such a proof; - is standard input; needs no profile" },
};

const struct command command_export = {
	.name = "export",
	.arguments = "[NAME | -g GROUP | --proof ID | --check FILE]",
	.help = "print a conversation, or everything, to be kept elsewhere",
	.options = OPTION_TABLE(rows),
	.words_max = 1,
	.run = run_export,
};
