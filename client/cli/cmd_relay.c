/* cmd_relay.c - which relay, and another one. */
#include "client/cli/input.h"
#include "client/cli/show.h"

static void
print_relay(struct cli *cli, const struct tacit_relay *relay)
{
	fprintf(cli->io.out, "relay     %s\nlink      %s\n", relay->relay,
	    relay->link);
	if (relay->moved_to != NULL)
		fprintf(cli->io.out, "moved to  %s\n", relay->moved_to);
}

/* What the profile knows is shown even when the relay does not answer. */
static enum tacit_code
run_show(struct cli *cli)
{
	struct tacit_relay relay = { .relay = NULL };
	struct object o;
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	code = tacit_relay(cli->t, true, &relay, &cli->error);
	if (!cli->args.json) {
		print_relay(cli, &relay);
		return code;
	}
	o = object_new("relay");
	object_text(&o, "relay", relay.relay);
	object_text(&o, "link", relay.link);
	object_bool(&o, "reached", relay.reached);
	object_text_if(&o, "moved_to", relay.moved_to);
	return show_object(cli, &o) ? code : TACIT_FAILED;
}

static enum tacit_code
report(struct cli *cli, bool registered)
{
	struct tacit_relay relay = { .relay = NULL };
	struct tacit_error ignored;
	struct object o;

	(void)tacit_relay(cli->t, false, &relay, &ignored);
	if (!cli->args.json) {
		cli_note(cli, "%s is the relay now%s", relay.relay,
		    registered ? "; the account was registered there" : "");
		return TACIT_DONE;
	}
	o = object_new("relay-set");
	object_text(&o, "relay", relay.relay);
	object_text(&o, "link", relay.link);
	object_bool(&o, "registered", registered);
	return show_object(cli, &o) ? TACIT_DONE : TACIT_FAILED;
}

static enum tacit_code
run_set(struct cli *cli)
{
	char link[INPUT_LINK_BYTES];
	bool registered = false;
	enum tacit_code code = input_link(cli, cli->args.words[0], link);

	if (code == TACIT_DONE)
		code = cli_open(cli);
	if (code == TACIT_DONE)
		code = tacit_relay_set(cli->t, link, &registered, &cli->error);
	input_forget(link);
	return code == TACIT_DONE ? report(cli, registered) : code;
}

const struct command command_relay_show = {
	.name = "relay",
	.verb = "show",
	.verb_is_default = true,
	.arguments = "",
	.help = "show which relay is used, and whether it has moved",
	.run = run_show,
};

const struct command command_relay_set = {
	.name = "relay",
	.verb = "set",
	.arguments = "LINK",
	.help = "use another relay, once it knows us",
	.words_min = 1,
	.words_max = 1,
	.run = run_set,
};
