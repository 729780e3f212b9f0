/* cmd_doctor.c - what is wrong with a profile, and mending it. */
#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/passphrase.h"
#include "client/cli/show.h"
#include "client/cli/terminal.h"

static void
show_one(const struct tacit_finding *f, void *arg)
{
	(void)show_finding(f, arg);
}

/* A line typed on the terminal; anything but yes is no. */
static bool
ask(const char *sentence, void *arg)
{
	struct cli *cli = arg;
	char answer[8] = "";
	size_t len = 0;
	char c;

	if (cli->args.repair)
		return true;
	if (!isatty(cli->io.in))
		return false;
	(void)cli_flush(cli);
	fprintf(cli->io.err, "%s [y/N] ", sentence);
	(void)fflush(cli->io.err);
	while (read(cli->io.in, &c, 1) == 1 && c != '\n')
		if (len + 1 < sizeof(answer))
			answer[len++] = c;
	return strcmp(answer, "y") == 0 || strcmp(answer, "yes") == 0;
}

static enum tacit_code
run_doctor(struct cli *cli)
{
	struct tacit_options options = {
		.dir = cli->dir,
		.timeout_ms = cli->args.timeout_ms,
		.proxy = cli->args.proxy,
	};
	struct tacit_doctor how = {
		.check_only = cli->args.check_only,
		.may_repair = ask,
		.arg = cli,
	};
	struct passphrase *p = NULL;
	bool needed = false;
	enum tacit_code code;

	if (cli->args.check_only && cli->args.repair)
		return cli_fail(cli, TACIT_USAGE,
		    "--check and --repair exclude each other");
	/* Damage is what it looks for, so it does not end here. */
	code = tacit_needs_passphrase(cli->dir, &needed, &cli->error);
	if (code == TACIT_DONE && needed) {
		p = passphrase_new();
		code = p == NULL ? cli_fail(cli, TACIT_FAILED, "Out of memory")
				 : passphrase_read(cli, false, p);
		if (code != TACIT_DONE)
			goto out;
		assert(p != NULL);
		options.passphrase = p->text;
		options.passphrase_len = p->len;
	}
	code = tacit_doctor(&options, &how, show_one, cli, &cli->error);
out:
	passphrase_free(p);
	return code;
}

static const struct option_row rows[] = {
	{ "check", 0, OPTION_FLAG, OPTION_FIELD(check_only), NULL,
	    "only look; change nothing" },
	{ "repair", 0, OPTION_FLAG, OPTION_FIELD(repair), NULL,
	    "say yes to whatever would be asked" },
};

const struct command command_doctor = {
	.name = "doctor",
	.arguments = "",
	.help = "look for what is wrong with the profile, and mend it",
	.options = OPTION_TABLE(rows),
	.run = run_doctor,
};
