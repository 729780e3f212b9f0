/* cmd_config.c - the settings of a profile. */
#include <string.h>

#include "client/cli/show.h"

static bool
json_setting(struct cli *cli, const struct tacit_setting *setting)
{
	struct object o = object_new("setting");

	object_text(&o, "key", setting->key);
	object_text(&o, "value", setting->value);
	object_list(&o, "values", setting->values, setting->values_count);
	return show_object(cli, &o);
}

/* One that was asked for is a word for a script; a list is for people. */
static bool
show_setting(const struct tacit_setting *setting, void *arg)
{
	struct cli *cli = arg;
	FILE *out = cli->io.out;

	if (cli->args.json)
		return json_setting(cli, setting);
	if (cli->command == &command_config_get) {
		fprintf(out, "%s\n", setting->value);
		return true;
	}
	fprintf(out, "%s  %s\n    %s (", setting->key, setting->value,
	    setting->help);
	for (size_t i = 0; i < setting->values_count; i++)
		fprintf(out, "%s%s", i == 0 ? "" : ", ", setting->values[i]);
	fputs(")\n", out);
	return true;
}

static enum tacit_code
run_list(struct cli *cli)
{
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	return tacit_config(cli->t, NULL, show_setting, cli, &cli->error);
}

static enum tacit_code
run_get(struct cli *cli)
{
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	return tacit_config(
	    cli->t, cli->args.words[0], show_setting, cli, &cli->error);
}

static enum tacit_code
run_set(struct cli *cli)
{
	const char *key = cli->args.words[0];
	bool changed = false;
	enum tacit_code code = cli_open(cli);

	if (code == TACIT_DONE)
		code = tacit_config_set(
		    cli->t, key, cli->args.words[1], &changed, &cli->error);
	if (code != TACIT_DONE)
		return code;
	if (cli->args.json)
		return tacit_config(
		    cli->t, key, show_setting, cli, &cli->error);
	if (!changed)
		cli_note(cli, "Nothing to do: it is so already");
	return TACIT_DONE;
}

const struct command command_config_list = {
	.name = "config",
	.verb = "list",
	.verb_is_default = true,
	.arguments = "",
	.help = "list the settings of this profile",
	.run = run_list,
};

const struct command command_config_get = {
	.name = "config",
	.verb = "get",
	.arguments = "KEY",
	.help = "print the value of one setting",
	.words_min = 1,
	.words_max = 1,
	.run = run_get,
};

const struct command command_config_set = {
	.name = "config",
	.verb = "set",
	.arguments = "KEY VALUE",
	.help = "change one setting",
	.words_min = 2,
	.words_max = 2,
	.run = run_set,
};
