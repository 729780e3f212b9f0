/* cmd_trust.c - accept a changed key: the user has decided. */
#include "client/cli/show.h"

static enum tacit_code
run_trust(struct cli *cli)
{
	const char *name = cli->args.words[0];
	bool changed = false;
	struct object o;
	enum tacit_code code;

	code = cli_open(cli);
	if (code == TACIT_DONE)
		code = tacit_trust(cli->t, name, &changed, &cli->error);
	if (code != TACIT_DONE)
		return code;
	if (!cli->args.json) {
		cli_note(cli,
		    changed ? "The new key of %s is accepted, and not verified"
			    : "%s has no new key to accept",
		    name);
		return TACIT_DONE;
	}
	o = object_new("trust");
	object_text(&o, "name", name);
	object_bool(&o, "changed", changed);
	show_object(cli, &o);
	return TACIT_DONE;
}

const struct command command_trust = {
	.name = "trust",
	.arguments = "NAME",
	.help = "accept the changed key of someone",
	.words_min = 1,
	.words_max = 1,
	.run = run_trust,
};
