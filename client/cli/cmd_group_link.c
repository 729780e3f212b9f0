/* cmd_group_link.c - links into a group: made, listed, revoked, and used. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/when.h"
#include "client/cli/input.h"
#include "client/cli/show.h"
#include "client/cli/text.h"

enum { JOIN_WAIT_MS = 3000 }; /* an admin's client may be there */

static bool
json_link(struct cli *cli, const struct tacit_link *link)
{
	struct object o = object_new("group-link");
	size_t last = cli->args.words_count > 1 ? 1 : 0;

	object_text(&o, "group", cli->args.words[last]);
	object_text(&o, "id", link->id);
	object_text(&o, "label", link->label);
	object_text(&o, "author", link->author);
	object_text(&o, "state", link->state);
	object_number(&o, "uses", link->uses);
	object_number(&o, "used", link->used);
	object_time(&o, "expires_at", link->expires_ms);
	object_text_if(&o, "link", link->link);
	return show_object(cli, &o);
}

static void
print_link(struct cli *cli, const struct tacit_link *link)
{
	char when[WHEN_TEXT_BYTES];
	FILE *out = cli->io.out;

	if (link->link != NULL) {
		fprintf(out, "%s\n", link->link);
		return;
	}
	fprintf(out, "%.8s  %s  %" PRIu64, link->id, link->state, link->used);
	if (link->uses > 0)
		fprintf(out, " of %" PRIu64, link->uses);
	fputs(" taken in  ", out);
	if (link->expires_ms == 0) {
		fputs("does not expire", out);
	} else {
		when_format_local(link->expires_ms, when);
		fprintf(out, "expires %s", when);
	}
	fputs("  by ", out);
	text_put_z(out, TEXT_NAME, link->author);
	if (link->label[0] != '\0') {
		fputs(": ", out);
		text_put_z(out, TEXT_SENTENCE, link->label);
	}
	fputc('\n', out);
}

static bool
show_link(const struct tacit_link *link, void *arg)
{
	struct cli *cli = arg;

	if (cli->args.json)
		return json_link(cli, link);
	print_link(cli, link);
	return !cli->output_failed;
}

static enum tacit_code
make_link(struct cli *cli)
{
	const struct arguments *a = &cli->args;
	struct tacit_link_wish wanted = { .uses = 1, .label = a->label };
	enum tacit_code code;

	if (a->uses != NULL &&
	    number_parse(a->uses, 0, INT32_MAX, &wanted.uses) != STATUS_OK)
		return cli_fail(cli, TACIT_USAGE,
		    "--uses wants a number, or 0 for any number, not `%s`",
		    a->uses);
	if (a->expires_ms > 0)
		wanted.expires_ms = clock_wall_ms() + a->expires_ms;
	code = cli_open(cli);
	if (code != TACIT_DONE)
		return code;
	return tacit_group_link(
	    cli->t, a->words[0], &wanted, show_link, cli, &cli->error);
}

static enum tacit_code
list_links(struct cli *cli)
{
	enum tacit_code code = cli_open(cli);

	if (code != TACIT_DONE)
		return code;
	return tacit_group_links(
	    cli->t, cli->args.words[1], show_link, cli, &cli->error);
}

static enum tacit_code
revoke_link(struct cli *cli)
{
	const struct arguments *a = &cli->args;
	bool changed = false;
	struct object o;
	enum tacit_code code = cli_open(cli);

	if (code == TACIT_DONE)
		code = tacit_group_unlink(
		    cli->t, a->words[1], a->words[2], &changed, &cli->error);
	if (code != TACIT_DONE)
		return code;
	if (!a->json) {
		if (!changed)
			cli_note(cli, "Nothing to do: it is so already");
		return TACIT_DONE;
	}
	o = object_new("group-change");
	object_text(&o, "group", a->words[1]);
	object_text(&o, "act", "unlink");
	object_number(&o, "changed", changed);
	show_object(cli, &o);
	return TACIT_DONE;
}

/* One word is always a group, also one that is called `list`. */
static enum tacit_code
run_link(struct cli *cli)
{
	const struct arguments *a = &cli->args;
	bool options = a->uses != NULL || a->expires_ms > 0 || a->label != NULL;

	if (a->words_count == 1)
		return make_link(cli);
	if (!options && a->words_count == 2 && strcmp(a->words[0], "list") == 0)
		return list_links(cli);
	if (!options && a->words_count == 3 &&
	    strcmp(a->words[0], "revoke") == 0)
		return revoke_link(cli);
	return cli_fail(cli, TACIT_USAGE,
	    "Say `group link GROUP`, `group link list GROUP` or "
	    "`group link revoke GROUP ID`");
}

static bool
show_joined(const struct tacit_group *group, void *arg)
{
	struct cli *cli = arg;

	if (strcmp(group->standing, "asked") == 0)
		cli_note(cli,
		    "You have asked to be taken in. No admin's client has "
		    "answered yet; when one is there it takes you in by "
		    "itself, and your next `tacit receive` shows it");
	return show_group(group, cli);
}

/* Who has no profile is told how to get one, at the relay of the link. */
static enum tacit_code
explain_no_profile(struct cli *cli, const char *link)
{
	char relay[TACIT_RELAY_LINK_BYTES];
	struct tacit_error ignored;

	if (tacit_group_link_relay(link, relay, &ignored) != TACIT_DONE)
		return cli->error.code;
	return cli_fail(cli, TACIT_NOT_FOUND,
	    "You have no account here yet. Take a name first: `tacit register "
	    "NAME --relay %s` (if the relay wants a join code, ask its "
	    "operator for a link with one); then say `tacit group join` again",
	    relay);
}

static enum tacit_code
run_join(struct cli *cli)
{
	const struct arguments *a = &cli->args;
	char link[INPUT_LINK_BYTES];
	struct tacit_join how = {
		.link = link,
		.wait_ms = a->wait_ms > 0 ? a->wait_ms : JOIN_WAIT_MS,
		.must = a->wait_ms > 0,
	};
	enum tacit_code code = input_link(cli, a->words[0], link);

	if (code == TACIT_DONE) {
		code = cli_open(cli);
		if (code == TACIT_NOT_FOUND)
			code = explain_no_profile(cli, link);
	}
	if (code == TACIT_DONE)
		code = tacit_group_join(
		    cli->t, &how, show_joined, cli, &cli->error);
	input_forget(link);
	return code;
}

static const struct option_row link_rows[] = {
	{ "uses", 0, OPTION_TEXT, OPTION_FIELD(uses), "N",
	    "how many it takes in; one unless said, 0 for any number" },
	{ "expires", 0, OPTION_DURATION, OPTION_FIELD(expires_ms), "T",
	    "it takes nobody in after this time" },
	{ "label", 0, OPTION_TEXT, OPTION_FIELD(label), "TEXT",
	    "what the members see it is for" },
};

const struct command command_group_link = {
	.name = "group",
	.verb = "link",
	.arguments = "GROUP | list GROUP | revoke GROUP ID",
	.help = "print a link: whoever has it comes in by `group join`",
	.options = OPTION_TABLE(link_rows),
	.words_min = 1,
	.words_max = 3,
	.run = run_link,
};

static const struct option_row join_rows[] = {
	{ "wait", 0, OPTION_DURATION, OPTION_FIELD(wait_ms), "T",
	    "wait so long for an admin; exit 12 when none came" },
};

const struct command command_group_join = {
	.name = "group",
	.verb = "join",
	.arguments = "LINK",
	.help = "ask to be taken in by a link; - reads it from standard input",
	.options = OPTION_TABLE(join_rows),
	.words_min = 1,
	.words_max = 1,
	.run = run_join,
};
