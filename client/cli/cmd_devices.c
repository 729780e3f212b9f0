/* cmd_devices.c - the devices of this account, or of a contact. */
#include "base/when.h"
#include "client/cli/show.h"
#include "client/cli/text.h"

static void
print_device(struct cli *cli, const struct tacit_device *d)
{
	FILE *out = cli->io.out;
	char since[WHEN_TEXT_BYTES];

	text_put_z(out, TEXT_NAME, d->account);
	when_format_local(d->listed_ms, since);
	fprintf(out, "/%u  %s  since %s%s\n", (unsigned)d->device,
	    d->fingerprint, since, d->is_this ? "  (this one)" : "");
}

static void
show_device(const struct tacit_device *d, void *arg)
{
	struct cli *cli = arg;
	struct object o;

	if (!cli->args.json) {
		print_device(cli, d);
		return;
	}
	o = object_new("device");
	object_text(&o, "account", d->account);
	object_number(&o, "device", d->device);
	object_text(&o, "fingerprint", d->fingerprint);
	object_time(&o, "listed_at", d->listed_ms);
	object_bool(&o, "this", d->is_this);
	(void)show_object(cli, &o);
}

static enum tacit_code
run_devices(struct cli *cli)
{
	const char *name =
	    cli->args.words_count > 0 ? cli->args.words[0] : NULL;
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	return tacit_devices(cli->t, name, show_device, cli, &cli->error);
}

const struct command command_devices = {
	.name = "devices",
	.arguments = "[NAME]",
	.help = "list the devices of this account, or of a contact",
	.words_min = 0,
	.words_max = 1,
	.run = run_devices,
};
