/* cmd_verify.c - is it them: the safety number of two people. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/cli/input.h"
#include "client/cli/qr.h"
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
print_number(struct cli *cli, const struct tacit_safety_number *number)
{
	FILE *out = cli->io.out;

	fputs("Safety number with ", out);
	text_put_z(out, TEXT_NAME, cli->args.words[0]);
	fprintf(out, " (%s):\n",
	    number->changed    ? "of a changed key, not accepted yet"
	    : number->verified ? "verified"
			       : "not verified");
	print_digits(out, number->digits);
}

/* How many columns the output has; 0: it is no terminal. */
static size_t
terminal_columns(const struct cli *cli)
{
	int fd = fileno(cli->io.out);
	struct winsize size = { 0 };

	if (fd < 0 || !isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) != 0)
		return 0;
	return size.ws_col;
}

static enum tacit_code
draw(struct cli *cli, const char *digits)
{
	struct qr *qr = qr_new(digits);
	size_t columns = terminal_columns(cli);
	enum tacit_code code = TACIT_DONE;

	if (qr == NULL)
		return cli_fail(cli, TACIT_FAILED, "Out of memory");
	if (columns > 0 && columns < qr_columns(qr))
		code = cli_fail(cli, TACIT_FAILED,
		    "The terminal has %zu columns and the code needs %zu; make "
		    "the window wider or the letters smaller, or compare the "
		    "digits",
		    columns, qr_columns(qr));
	else
		qr_draw(qr, cli->colour, cli->io.out);
	qr_free(qr);
	return code;
}

static void
advise(struct cli *cli, const struct tacit_safety_number *number, bool compared)
{
	const char *name = cli->args.words[0];

	if (compared)
		cli_note(cli, "The numbers are the same");
	if (number->changed)
		cli_note(cli,
		    "This is the number of a new key; if it is the same as "
		    "theirs, accept it with `tacit trust %s`",
		    name);
	else if (number->verified)
		return;
	else if (compared)
		cli_note(cli, "Run this with --mark to remember it");
	else
		cli_note(cli,
		    "Compare it with theirs by voice or in person; if it is "
		    "the same, run this again with --mark");
}

static enum tacit_code
print(struct cli *cli, const struct tacit_safety_number *number)
{
	enum tacit_code code = TACIT_DONE;

	print_number(cli, number);
	if (cli->args.qr)
		code = draw(cli, number->digits);
	if (code == TACIT_DONE)
		advise(cli, number, cli->args.compare != NULL);
	return code;
}

static enum tacit_code
print_json(struct cli *cli, const struct tacit_safety_number *number)
{
	struct object o = object_new("safety-number");

	object_text(&o, "name", cli->args.words[0]);
	object_text(&o, "digits", number->digits);
	object_bool(&o, "verified", number->verified);
	object_bool(&o, "changed", number->changed);
	if (cli->args.compare != NULL)
		object_bool(&o, "same", true);
	return show_object(cli, &o) ? TACIT_DONE : TACIT_FAILED;
}

/* *text: owned; what to compare with, or NULL. */
static enum tacit_code
read_compared(struct cli *cli, char **text)
{
	struct buf *b = NULL;
	enum tacit_code code;

	if (cli->args.compare == NULL || strcmp(cli->args.compare, "-") != 0) {
		*text = NULL;
		return TACIT_DONE;
	}
	code = input_text(cli, &b);
	if (code != TACIT_DONE)
		return code;
	*text = strndup((const char *)buf_view(b).data, buf_view(b).len);
	buf_free(b);
	return *text != NULL ? TACIT_DONE
			     : cli_fail(cli, TACIT_FAILED, "Out of memory");
}

static enum tacit_code
run_verify(struct cli *cli)
{
	struct tacit_verify how = { .mark = cli->args.mark };
	struct tacit_safety_number number = { .digits = "" };
	char *read = NULL;
	enum tacit_code code;

	if (cli->args.qr && cli->args.json)
		return cli_fail(cli, TACIT_USAGE,
		    "--qr draws for people; --json has the digits");
	code = read_compared(cli, &read);
	how.compare = read != NULL ? read : cli->args.compare;
	if (code == TACIT_DONE)
		code = cli_open(cli);
	if (code == TACIT_DONE)
		code = tacit_verify(
		    cli->t, cli->args.words[0], &how, &number, &cli->error);
	free(read);
	if (code != TACIT_DONE)
		return code;
	return cli->args.json ? print_json(cli, &number) : print(cli, &number);
}

static const struct option_row rows[] = {
	{ "mark", 0, OPTION_FLAG, OPTION_FIELD(mark), NULL,
	    "remember that the number was compared and is the same" },
	{ "compare", 0, OPTION_TEXT, OPTION_FIELD(compare), "NUMBER",
	    "tell whether NUMBER is the same; - reads it from standard input" },
	{ "qr", 0, OPTION_FLAG, OPTION_FIELD(qr), NULL,
	    "draw it as a QR code" },
};

const struct command command_verify = {
	.name = "verify",
	.arguments = "NAME",
	.help = "print the safety number with someone, or compare it",
	.options = OPTION_TABLE(rows),
	.words_min = 1,
	.words_max = 1,
	.run = run_verify,
};
