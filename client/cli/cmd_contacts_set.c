/* cmd_contacts_set.c - what holds between two people. */
#include "client/cli/input.h"
#include "client/cli/show.h"

/* With --json the object says whether it made a difference; else a remark. */
static void
show_set(struct cli *cli, uint64_t timer_s, bool changed)
{
	struct object o;

	if (!cli->args.json) {
		if (!changed)
			cli_note(cli, "Nothing to do: it is so already");
		return;
	}
	o = object_new("contact-change");
	object_text(&o, "name", cli->args.words[0]);
	object_number(&o, "timer_s", timer_s);
	object_bool(&o, "changed", changed);
	show_object(cli, &o);
}

/* What is sent is no message that people think of as theirs. */
static void
show_queued(const struct tacit_sent *sent, void *arg)
{
	struct cli *cli = arg;

	if (!cli->args.json && sent->state == TACIT_QUEUED)
		cli_note(cli,
		    "It holds here from now on; the other side hears of it "
		    "with the next command that reaches the relay");
}

static enum tacit_code
run_set(struct cli *cli)
{
	const struct arguments *a = &cli->args;
	struct tacit_talk_timer wanted = { .with = a->words[0] };
	enum tacit_code code;
	bool changed = false;

	if (a->timer == NULL)
		return cli_fail(
		    cli, TACIT_USAGE, "Say what to set: --timer T, or off");
	code = input_timer(cli, a->timer, &wanted.timer_s);
	if (code == TACIT_DONE)
		code = cli_open(cli);
	if (code == TACIT_DONE)
		code = tacit_talk_timer(
		    cli->t, &wanted, &changed, show_queued, cli, &cli->error);
	if (code == TACIT_DONE || code == TACIT_UNREACHABLE)
		show_set(cli, wanted.timer_s, changed);
	return code;
}

static const struct option_row rows[] = {
	{ "timer", 0, OPTION_TEXT, OPTION_FIELD(timer), "T",
	    "messages sent from now on disappear after this time; or `off`" },
};

const struct command command_contacts_set = {
	.name = "contacts",
	.verb = "set",
	.arguments = "NAME",
	.help = "set when messages between the two of you disappear",
	.options = OPTION_TABLE(rows),
	.words_min = 1,
	.words_max = 1,
	.run = run_set,
};
