/* print_verified.c - what checking the history again has found. */
#include <inttypes.h>

#include "client/cli/paint.h"
#include "client/cli/print.h"
#include "client/cli/show.h"
#include "client/cli/text.h"

static void
print_break(struct cli *cli, const struct tacit_break *b)
{
	FILE *out = cli->io.out;

	paint(cli, PAINT_WARN);
	fputs("DAMAGED", out);
	paint(cli, PAINT_OFF);
	fprintf(out, " n %" PRIu64, b->n);
	if (b->conversation != NULL) {
		fputs(", ", out);
		print_name(cli, b->conversation->name);
		fputc('/', out);
		print_name(cli, b->from);
		fprintf(out, ", id %s", b->id);
	}
	fputs(": ", out);
	text_put_z(out, TEXT_SENTENCE, b->sentence);
	fputc('\n', out);
}

static bool
json_break(struct cli *cli, const struct tacit_break *b)
{
	struct object o = object_new("damage");

	object_number(&o, "n", b->n);
	object_text(&o, "kind", b->kind);
	if (b->conversation != NULL)
		object_conversation(&o, "conversation", b->conversation);
	object_text_if(&o, "from", b->from);
	object_text_if(&o, "id", b->id);
	object_text(&o, "message", b->sentence);
	return show_object(cli, &o);
}

void
show_break(const struct tacit_break *b, void *arg)
{
	struct cli *cli = arg;

	if (cli->args.json)
		json_break(cli, b);
	else
		print_break(cli, b);
}

static void
put(struct cli *cli, const char *label, uint64_t count, const char *note)
{
	fprintf(cli->io.out, "%-13s %" PRIu64 "%s\n", label, count, note);
}

static void
print_verified(struct cli *cli, const struct tacit_verified *sum)
{
	put(cli, "messages", sum->messages, "");
	put(cli, "intact", sum->intact,
	    ": signature, content and place are right");
	put(cli, "without text", sum->disappeared,
	    " of these: deleted, or their time is over");
	put(cli, "unsigned", sum->unproven,
	    ": not rightly signed when they came, and shown so");
	put(cli, "unsent", sum->unsent, ": our own, not signed");
	put(cli, "missing", sum->missing, ": numbers that never came");
	put(cli, "damaged", sum->damaged, "");
	fprintf(cli->io.out, "verdict       %s\n",
	    sum->damaged == 0 ? "sound" : "DAMAGED");
}

void
show_verified(struct cli *cli, const struct tacit_verified *sum)
{
	struct object o;

	if (!cli->args.json) {
		print_verified(cli, sum);
		return;
	}
	o = object_new("history-verified");
	object_text(&o, "verdict", sum->damaged == 0 ? "sound" : "damaged");
	object_number(&o, "messages", sum->messages);
	object_number(&o, "intact", sum->intact);
	object_number(&o, "disappeared", sum->disappeared);
	object_number(&o, "unsigned", sum->unproven);
	object_number(&o, "unsent", sum->unsent);
	object_number(&o, "gaps", sum->gaps);
	object_number(&o, "missing", sum->missing);
	object_number(&o, "damaged", sum->damaged);
	show_object(cli, &o);
}
