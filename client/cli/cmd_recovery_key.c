/* cmd_recovery_key.c - the recovery key of an account that is there. */
#include <stdio.h>
#include <unistd.h>

#include "base/when.h"
#include "client/cli/recovery.h"
#include "client/cli/show.h"

static void
print_key(struct cli *cli, const struct tacit_recovery *is)
{
	FILE *out = cli->io.out;
	char since[WHEN_TEXT_BYTES];

	if (is->has) {
		when_format_local(is->set_ms, since);
		fprintf(out, "There is a recovery key, since %s.\n", since);
	} else {
		fputs("There is no recovery key; `tacit recovery-key new` "
		      "makes one.\n",
		    out);
	}
	if (is->waits)
		fprintf(out, "The relay has not said yet whether %s: %s.\n",
		    is->next_has ? "a new one took its place" : "it is gone",
		    is->next_has && is->has
			? "keep the new one and the one before"
			: "keep it");
}

static enum tacit_code
report(struct cli *cli)
{
	struct tacit_recovery is = { 0 };
	struct object o;
	enum tacit_code code = tacit_recovery_key(cli->t, &is, &cli->error);

	if (code != TACIT_DONE)
		return code;
	if (!cli->args.json) {
		print_key(cli, &is);
		return TACIT_DONE;
	}
	o = object_new("recovery-key");
	object_bool(&o, "recovery_key", is.has);
	if (is.has)
		object_time(&o, "since", is.set_ms);
	object_bool(&o, "waits", is.waits);
	return show_object(cli, &o) ? TACIT_DONE : TACIT_FAILED;
}

static enum tacit_code
run_show(struct cli *cli)
{
	enum tacit_code code = cli_open(cli);

	return code == TACIT_DONE ? report(cli) : code;
}

/* Told before the new one, which it would otherwise be thrown away for. */
static bool
show_next(const char *key, void *arg)
{
	struct cli *cli = arg;
	struct tacit_recovery is = { 0 };
	struct tacit_error ignored;

	if (tacit_recovery_key(cli->t, &is, &ignored) == TACIT_DONE && is.has)
		cli_note(cli,
		    "Keep the recovery key that you have until this command "
		    "is done: until then it is the one that works");
	return recovery_show(key, cli);
}

static enum tacit_code
run_new(struct cli *cli)
{
	const struct tacit_registration how = { show_next, cli };
	enum tacit_code code;

	if (cli->args.recovery_key_file == NULL && !isatty(cli->io.in))
		return cli_fail(cli, TACIT_USAGE,
		    "Standard input is not a terminal to show a recovery key "
		    "on: use --recovery-key-file FILE");
	code = cli_open_by_passphrase(cli);
	if (code == TACIT_DONE)
		code = tacit_recovery_key_new(cli->t, &how, &cli->error);
	if (code == TACIT_DONE)
		cli_note(cli,
		    "The new recovery key works; one that was there before "
		    "opens nothing any more");
	return code == TACIT_DONE && cli->args.json ? report(cli) : code;
}

static enum tacit_code
run_remove(struct cli *cli)
{
	enum tacit_code code = cli_open_by_passphrase(cli);

	if (code == TACIT_DONE)
		code = tacit_recovery_key_remove(cli->t, &cli->error);
	if (code == TACIT_DONE)
		cli_note(cli,
		    "This account has no recovery key: without the profile "
		    "and its backups it is lost");
	return code == TACIT_DONE && cli->args.json ? report(cli) : code;
}

static const struct option_row new_rows[] = {
	{ "recovery-key-file", 0, OPTION_TEXT, OPTION_FIELD(recovery_key_file),
	    "FILE", "write it to this new file; else it is shown" },
};

const struct command command_recovery_key_show = {
	.name = "recovery-key",
	.verb = "show",
	.verb_is_default = true,
	.arguments = "",
	.help = "say whether the account has a recovery key, and since when",
	.run = run_show,
};

const struct command command_recovery_key_new = {
	.name = "recovery-key",
	.verb = "new",
	.arguments = "",
	.help = "make a recovery key, in the place of the one there was",
	.options = OPTION_TABLE(new_rows),
	.run = run_new,
};

const struct command command_recovery_key_remove = {
	.name = "recovery-key",
	.verb = "remove",
	.arguments = "",
	.help = "have none any more",
	.run = run_remove,
};
