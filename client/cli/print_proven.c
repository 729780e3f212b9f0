/* print_proven.c - what a proof says, and what it does not. */
#include <inttypes.h>
#include <string.h>

#include "base/when.h"
#include "client/cli/show.h"
#include "client/cli/text.h"

static void
put(struct cli *cli, const char *label, const char *text)
{
	fprintf(cli->io.out, "%-14s", label);
	text_put_z(cli->io.out, TEXT_SENTENCE, text);
	fputc('\n', cli->io.out);
}

static void
put_where(struct cli *cli, const struct tacit_proven *p)
{
	if (p->kind == TACIT_GROUP) {
		put(cli, "in the group", p->group);
		return;
	}
	put(cli, "to", p->to != NULL ? p->to : "the account with this key");
	put(cli, "account key", p->to_key);
}

void
print_proven(struct cli *cli, const struct tacit_proven *p)
{
	FILE *out = cli->io.out;
	char when[WHEN_TEXT_BYTES];

	put(cli, "proof", "valid");
	put(cli, "signed by", p->from);
	put(cli, "account key", p->from_key);
	fprintf(out, "%-14s%" PRIu32 "\n", "device", p->device);
	put_where(cli, p);
	when_format_local(p->sent_ms, when);
	fprintf(out, "%-14s%s, by the clock of who signed it\n", "sent", when);
	put(cli, "id", p->id);
	if (p->about != NULL)
		put(cli, "about", p->about);
	fprintf(out, "%-14s", p->message);
	text_put(out, TEXT_BODY, p->content, p->content_len);
	fputs("\n\nIt does not prove who holds that account key (compare it "
	      "with one that you have\nfrom the person), nor when it was "
	      "signed, nor that it arrived, nor what was\nsaid before and "
	      "after",
	    out);
	fputs(p->kind == TACIT_GROUP ? ", nor who was in the group.\n" : ".\n",
	    out);
}

bool
json_proven(struct cli *cli, const struct tacit_proven *p)
{
	struct object o = object_new("proof-check");

	object_bool(&o, "valid", true);
	object_text(&o, "from", p->from);
	object_text(&o, "from_key", p->from_key);
	object_number(&o, "device", p->device);
	object_text(&o, "kind", p->kind == TACIT_GROUP ? "group" : "direct");
	object_text_if(&o, "group", p->group);
	object_text_if(&o, "to", p->to);
	object_text_if(&o, "to_key", p->to_key);
	object_text(&o, "id", p->id);
	object_time(&o, "sent_at", p->sent_ms);
	object_number(&o, "seq", p->seq);
	object_text(&o, "message", p->message);
	object_text_if(&o, "about", p->about);
	object_bytes(&o, "content", p->content, p->content_len);
	return show_object(cli, &o);
}

void
show_proven(const struct tacit_proven *proven, void *arg)
{
	struct cli *cli = arg;

	if (cli->args.json)
		json_proven(cli, proven);
	else
		print_proven(cli, proven);
}
