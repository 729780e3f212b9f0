#include "client/cli/show.h"

/* The stream's own errors are found by cli_flush(). */
static bool
goes_on(struct cli *cli)
{
	return !ferror(cli->io.out) && !cli->output_failed;
}

bool
show_object(struct cli *cli, struct object *o)
{
	if (object_print(o, cli->io.out))
		return true;
	if (goes_on(cli)) {
		cli->output_failed = true;
		cli->output_error.code = TACIT_FAILED;
		snprintf(cli->output_error.message,
		    sizeof(cli->output_error.message), "Out of memory");
	}
	return false;
}

bool
show_event(const struct tacit_event *event, void *arg)
{
	struct cli *cli = arg;

	if (cli->args.json)
		return json_event(cli, event);
	print_event(cli, event);
	return goes_on(cli);
}

bool
show_contact(const struct tacit_contact *contact, void *arg)
{
	struct cli *cli = arg;

	if (cli->args.json)
		return json_contact(cli, contact);
	print_contact(cli, contact);
	return goes_on(cli);
}

bool
show_group(const struct tacit_group *group, void *arg)
{
	struct cli *cli = arg;

	if (cli->args.json)
		return json_group(cli, group);
	print_group(cli, group);
	return goes_on(cli);
}

bool
show_holder(const struct tacit_holder *holder, void *arg)
{
	struct cli *cli = arg;

	if (cli->args.json)
		return json_holder(
		    cli, cli->args.words[0], cli->args.message, holder);
	print_holder(cli, holder);
	return goes_on(cli);
}

bool
show_log_entry(const struct tacit_log_entry *entry, void *arg)
{
	struct cli *cli = arg;

	if (cli->args.json)
		return json_log_entry(cli, entry);
	print_log_entry(cli, entry);
	return goes_on(cli);
}

void
show_log_summary(const struct tacit_log_summary *sum, void *arg)
{
	struct cli *cli = arg;

	if (!cli->args.json)
		print_log_summary(cli, sum);
}

bool
show_outbox(const struct tacit_outbox_item *item, void *arg)
{
	struct cli *cli = arg;

	if (cli->args.json)
		return json_outbox(cli, item);
	print_outbox(cli, item);
	return goes_on(cli);
}

void
show_sent(const struct tacit_sent *sent, void *arg)
{
	struct cli *cli = arg;

	if (cli->args.json)
		json_sent(cli, sent);
	else
		print_sent(cli, sent);
}

void
show_check(const struct tacit_check *check, void *arg)
{
	struct cli *cli = arg;

	if (cli->args.json)
		json_check(cli, check);
	else
		print_check(cli, check);
	cli_flush(cli); /* a step may take a while: show what is known */
}

bool
show_finding(const struct tacit_finding *finding, void *arg)
{
	struct cli *cli = arg;

	if (cli->args.json)
		return json_finding(cli, finding);
	print_finding(cli, finding);
	return goes_on(cli);
}

bool
show_status(struct cli *cli, const struct tacit_status *status)
{
	if (cli->args.json)
		return json_status(cli, status);
	print_status(cli, status);
	return goes_on(cli);
}

enum tacit_code
cli_done(struct cli *cli, enum tacit_code code)
{
	struct object o;

	if (code != TACIT_DONE || !cli->args.json)
		return code;
	o = object_new("done");
	object_text(&o, "command", cli->command->name);
	object_text_if(&o, "verb", cli->command->verb);
	show_object(cli, &o);
	return TACIT_DONE;
}
