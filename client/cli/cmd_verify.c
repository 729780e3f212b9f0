/* cmd_verify.c - the safety number of two people, to compare by voice. */
#include "client/cli/show.h"
#include "client/cli/text.h"

enum { BLOCK_DIGITS = 5, LINE_BLOCKS = 4 };

/* Four blocks of five digits on each of three lines. */
static void
print_digits(FILE *to, const char *digits)
{
	for (size_t i = 0; digits[i] != '\0'; i++) {
		if (i % (BLOCK_DIGITS * LINE_BLOCKS) == 0)
			fputs(i == 0 ? "    " : "\n    ", to);
		else if (i % BLOCK_DIGITS == 0)
			fputc(' ', to);
		fputc(digits[i], to);
	}
	fputc('\n', to);
}

static void
print_number(struct cli *cli, const char *digits, bool verified)
{
	FILE *out = cli->io.out;

	fputs("Safety number with ", out);
	text_put_z(out, TEXT_NAME, cli->args.words[0]);
	fprintf(out, " (%s):\n", verified ? "verified" : "not verified");
	print_digits(out, digits);
	if (!verified)
		cli_note(cli,
		    "Compare it with theirs by voice or in person; if it is "
		    "the same, run this again with --mark");
}

static enum tacit_code
run_verify(struct cli *cli)
{
	char digits[TACIT_SAFETY_NUMBER_DIGITS + 1] = "";
	bool verified = false;
	struct object o;
	enum tacit_code code;

	code = cli_open(cli);
	if (code == TACIT_DONE)
		code = tacit_verify(cli->t, cli->args.words[0], cli->args.mark,
		    digits, &verified, &cli->error);
	if (code != TACIT_DONE)
		return code;
	if (!cli->args.json) {
		print_number(cli, digits, verified);
		return TACIT_DONE;
	}
	o = object_new("safety-number");
	object_text(&o, "name", cli->args.words[0]);
	object_text(&o, "digits", digits);
	object_bool(&o, "verified", verified);
	show_object(cli, &o);
	return TACIT_DONE;
}

static const struct option_row rows[] = {
	{ "mark", 0, OPTION_FLAG, OPTION_FIELD(mark), NULL,
	    "remember that the number was compared and is the same" },
	{ "compare", 0, OPTION_LATER, 0, "NUMBER", NULL },
	{ "qr", 0, OPTION_LATER, 0, NULL, NULL },
};

const struct command command_verify = {
	.name = "verify",
	.arguments = "NAME",
	.help = "print the safety number with someone",
	.options = OPTION_TABLE(rows),
	.words_min = 1,
	.words_max = 1,
	.run = run_verify,
};
